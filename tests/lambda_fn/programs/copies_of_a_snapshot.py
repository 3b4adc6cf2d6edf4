"""Lambda's runtime client under SnapStart; where Lambda would keep a snapshot, forks are made for its copies."""

from __future__ import annotations

import gc
import os

from awslambdaric import bootstrap
from awslambdaric.lambda_runtime_client import LambdaRuntimeClient


class Client(LambdaRuntimeClient):  # type: ignore[misc]
    """The runtime client, which goes on in two processes after the snapshot."""

    def restore_next(self) -> None:
        """Say that the snapshot may be made, and return in each of its copies."""
        if kept := _kept():
            raise AssertionError(f"the snapshot would hold {kept}")
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


def _kept() -> list[str]:
    """The AWS SDK's clients, sessions and credentials that are in memory."""
    gc.unfreeze()
    kinds = {type(each).__name__ for each in gc.get_objects()}
    return sorted(kind for kind in kinds if kind == "S3" or kind.endswith(("Session", "Credentials")))


bootstrap.run("app.handler", Client(os.environ["AWS_LAMBDA_RUNTIME_API"]))
