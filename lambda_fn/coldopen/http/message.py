"""HTTP messages: what a client sent, and what it is answered, whatever stands between."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

JSON = "application/json"


class Request(NamedTuple):  # made in a sixth of a dataclass's time, and a cold start waits for it
    """A request.

    Attributes:
        method: in capitals, as clients send it.
        path: without the query; percent signs as they came.
        query: the last value of each parameter, decoded.
        headers: by their names in small letters.
        body: a string from any front; something else only where an event was written by hand.
        is_base64: whether the body is base64 of the bytes that were sent.
        fields: what stands in the body's place where a front brings it read.
        deadline: on `time.monotonic()`'s clock, in seconds; a reply that is later is too late.
        id: the invocation's, as in Lambda's log.
        prefixes: what the front may have put before the path.
        parameter: what stands for `{...}` in the route's path, decoded.
        route: the path of the table of routes that answers.
        asked_path: as the client asked for it, a stage or a base path before it; for links.
        gives_up_at: when the front stops waiting for the reply, in seconds since 1970; infinite where that is not told.
    """

    method: str
    path: str
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: Any = None
    is_base64: bool = False
    fields: Mapping[str, Any] | None = None
    deadline: float = 0.0
    id: str = ""
    prefixes: tuple[str, ...] = ()
    parameter: str = ""
    route: str = ""
    asked_path: str = ""
    gives_up_at: float = math.inf


class Work(NamedTuple):
    """What was written for a reply.

    Attributes:
        num_words: of all its texts.
        ms: milliseconds that writing them took.
        finish_reason: why they end; of several texts the reasons that there are, in order, parted by commas.
    """

    num_words: int
    ms: float
    finish_reason: str


class Reply(NamedTuple):
    """A reply.

    Attributes:
        status: HTTP's status code.
        body: text; empty for none.
        content_type: of the body; empty where there can be none.
        headers: the others, by name.
        route: the path of the table of routes that answered; empty where none did.
        code: of an error, as the body has it.
        work: what was written; None where nothing was asked to be.
    """

    status: int
    body: str = ""
    content_type: str = JSON
    headers: Mapping[str, str] = {}
    route: str = ""
    code: str = ""
    work: Work | None = None
