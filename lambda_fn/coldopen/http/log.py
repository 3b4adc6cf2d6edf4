"""The log: a line per request, from which CloudWatch makes the metrics too.

A line of JSON that names some of its members in `_aws` is a line of any log, and its members are metrics (AWS,
"Specification: Embedded metric format"). A member that begins with a capital is a metric, or the metrics' dimension.

What people send and what is written for them stands in no line, unless the level is DEBUG.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger

from coldopen.http.message import Reply, Request

NAMESPACE = "ColdOpen"
UNITS = {
    "Words": "Count",
    "GenerateMs": "Milliseconds",
    "ModelLoadMs": "Milliseconds",
    "ColdStart": "Count",
    "Deadline": "Count",
    "ModelUnavailable": "Count",
}
"""The metrics and their units. The last three are 1 or 0 for each request, so that their average is a share."""

_MAX_LOGGED = 200  # characters of what a client sent
_WAITED_FOR = ("on-demand", "snap-start")  # an INIT that the first request waits for


class Log:
    """Writes the function's log.

    Args:
        logger: of Powertools; its level decides whether what people send is logged.
        environment: Lambda's variables.
    """

    def __init__(self, logger: Logger, environment: Mapping[str, str] = os.environ) -> None:
        self._logger = logger
        self._dimension = environment.get("AWS_LAMBDA_FUNCTION_NAME", "local")
        self._is_cold = environment.get("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand") in _WAITED_FOR
        self._load_ms: float | None = None

    def loaded(self, version: str, load_ms: float) -> None:
        """The model is there: each line from here on names its version, and the next request's how long it took."""
        self._logger.append_keys(version=version)
        self._logger.info("model loaded", extra={"load_ms": load_ms})
        self._load_ms = load_ms

    def unavailable(self, what: str, reason: str) -> None:
        """Something can't be had now, and why. The request's line counts it."""
        self._logger.error(what, extra={"reason": reason})

    def not_loaded(self) -> None:
        """INIT ends without the model, which no request's line counts."""
        self._logger.error("no model at the start", extra=self._metrics({"ModelUnavailable": 1}))

    def forget_load(self) -> None:
        """No request waits for the load that was: a snapshot is made."""
        self._load_ms = None

    def begin(self, request_id: str) -> None:
        """Name the request in each line from here on, as Powertools does."""
        self._logger.append_keys(function_request_id=request_id)

    def asked(self, request: Request) -> None:
        """What was sent, at DEBUG."""
        if self._logs_content:
            sent = {"path": request.path, "query": request.query, "body": request.fields or request.body}
            self._logger.debug("asked", extra={name: _loggable(value) for name, value in sent.items()})

    def failed(self, error: Exception) -> None:
        """An error that nobody foresaw: where it arose. Its message may hold what was sent, and is for DEBUG."""
        if self._logs_content:
            return self._logger.exception("unexpected error", exc_info=error)
        import traceback

        frames = [
            f"{frame.f_code.co_filename}:{line} {frame.f_code.co_name}"
            for frame, line in traceback.walk_tb(error.__traceback__)
        ]
        self._logger.error("unexpected error", extra={"exception_name": type(error).__name__, "frames": frames})

    def answered(self, front: str, method: str, reply: Reply, ms: float) -> None:
        """The line of a request.

        Args:
            front: what stands before the function.
            method: HTTP's.
            reply: what it was answered.
            ms: milliseconds from the event to the reply.
        """
        log = self._logger.error if reply.status >= 500 else self._logger.info
        log(
            "request",
            extra={
                "front": front,
                "method": _loggable(method),
                "route": reply.route or None,
                "status": reply.status,
                "code": reply.code or None,
                "ms": round(ms, 1),
                "finish_reason": reply.work.finish_reason if reply.work else None,
                **self._metrics(self._measured(reply)),
            },
        )

    def _measured(self, reply: Reply) -> dict[str, float]:
        measured: dict[str, float] = {}
        if reply.work:
            measured |= {"Words": reply.work.num_words, "GenerateMs": round(reply.work.ms, 1)}
        if self._load_ms is not None:
            measured["ModelLoadMs"] = self._load_ms
        measured |= {
            "ColdStart": int(self._is_cold),
            "Deadline": int(reply.work is not None and "deadline" in reply.work.finish_reason),
            "ModelUnavailable": int(reply.status == 503),
        }
        self._is_cold, self._load_ms = False, None
        return measured

    def _metrics(self, values: Mapping[str, float]) -> dict[str, Any]:
        """Members of a line that make it a document in embedded metric format."""
        directive = {
            "Namespace": NAMESPACE,
            "Dimensions": [["FunctionName"]],
            "Metrics": [{"Name": name, "Unit": UNITS[name]} for name in values],
        }
        about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
        return {"_aws": about, "FunctionName": self._dimension, **values}

    @property
    def _logs_content(self) -> bool:
        return self._logger.log_level <= logging.DEBUG


def _loggable(value: object) -> str:
    """What a client sent, so that a log can hold it: not too long, and without half a surrogate pair."""
    return str(value)[:_MAX_LOGGED].encode("utf-8", "replace").decode()
