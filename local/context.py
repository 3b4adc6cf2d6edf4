"""Lambda's context object, for those who call the handler themselves."""

from __future__ import annotations

import time

TIMEOUT_S = 29  # API Gateway waits no longer


class LambdaContext:
    """What the handler asks of the context.

    Args:
        timeout_s: how many seconds the invocation may take from now.
        aws_request_id: the name of the invocation.
    """

    def __init__(self, timeout_s: float = TIMEOUT_S, aws_request_id: str = "local") -> None:
        self.aws_request_id = aws_request_id
        self._deadline = time.monotonic() + timeout_s

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the time is up; 0 afterwards."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))
