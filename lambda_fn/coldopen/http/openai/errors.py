"""Errors in OpenAI's form."""

from __future__ import annotations

import json

from coldopen.http.message import Reply

_PATHS = ("/v1/completions", "/v1/models", "/v1/chat/", "/v1/embeddings")
_PARAMS = {"prime": "prompt"}


def is_asked_for(path: str) -> bool:
    """Whether a path is one of OpenAI's API that a program may ask for, be it answered or not."""
    return any(known in path for known in _PATHS)


def openai_error(reply: Reply) -> Reply:
    """An error of this service as OpenAI's would be: with its names, and 400 for each value that is refused."""
    error = json.loads(reply.body)["error"]
    content = {
        "message": error["message"],
        "type": "server_error" if reply.status >= 500 else "invalid_request_error",
        "param": _PARAMS.get(error.get("field"), error.get("field")),
        "code": error["code"],
    }
    return reply._replace(status=400 if reply.status == 422 else reply.status, body=json.dumps({"error": content}))
