"""Lambda's runtime client under SnapStart; where Lambda would keep a snapshot, forks are made for its copies."""

from __future__ import annotations

import os

from awslambdaric import bootstrap
from awslambdaric.lambda_runtime_client import LambdaRuntimeClient


class Client(LambdaRuntimeClient):  # type: ignore[misc]
    """The runtime client, which goes on in two processes after the snapshot."""

    def restore_next(self) -> None:
        """Say that the snapshot may be made, and return in each of its copies."""
        super().restore_next()
        copies = []
        for _ in range(2):
            pid = os.fork()
            if pid == 0:
                return
            copies.append(pid)
        for pid in copies:
            os.waitpid(pid, 0)
        os._exit(0)


bootstrap.run("app.handler", Client(os.environ["AWS_LAMBDA_RUNTIME_API"]))
