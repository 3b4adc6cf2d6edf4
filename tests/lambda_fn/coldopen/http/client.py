"""A client of the API, as the tests use it."""

from __future__ import annotations

import json
from typing import Any

from coldopen.http.routes import Api
from local.context import LambdaContext
from local.event import api_event

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Client:
    """Sends requests to an Api as API Gateway would, and reads the replies.

    Attributes:
        headers: of the latest reply.
    """

    def __init__(self, api: Api) -> None:
        self.api = api
        self.headers: dict[str, list[str]] = {}

    def send(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] = JSON, timeout_s: float = 29
    ) -> tuple[int, Any]:
        """Status and content of the reply."""
        context = LambdaContext(timeout_s, aws_request_id="request-7")
        reply = self.api.handle(api_event(method, target, headers, body), context)
        self.headers = dict(reply["multiValueHeaders"])
        assert self.headers["Content-Type"] == ["application/json"]
        return reply["statusCode"], json.loads(reply["body"])

    def generate(self, **fields: Any) -> tuple[int, Any]:
        """Status and content of the reply to `POST /generate`."""
        return self.send("POST", "/generate", json.dumps(fields).encode())
