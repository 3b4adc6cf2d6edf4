"""Models: the one that there is."""

from __future__ import annotations

from typing import Any

from coldopen.http.message import Reply, Request
from coldopen.http.openai.fields import no_such_model
from coldopen.http.replies import json_reply
from coldopen.writer import Writer


def models_reply(writer: Writer) -> Reply:
    """All models."""
    return json_reply(200, {"object": "list", "data": [_model(writer)]})


def model_reply(request: Request, writer: Writer) -> Reply:
    """The model of the name that the path has.

    Raises:
        RequestError: 404, if that is another.
    """
    if request.parameter != writer.name:
        raise no_such_model(request.parameter, writer.name)
    return json_reply(200, _model(writer))


def _model(writer: Writer) -> dict[str, Any]:
    # a bundle knows no time, so that the same training makes the same bundle
    return {"id": writer.name, "object": "model", "created": 0, "owned_by": "cold-open"}
