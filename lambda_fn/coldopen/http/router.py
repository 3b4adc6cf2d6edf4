"""The router: a table of paths and methods, and what follows from it.

It gives the 404 and 405, answers HEAD where GET is answered, and OPTIONS, and takes a slash at a path's end for none.
Source: RFC 9110, sections 9.3 (methods), 10.2.1 (Allow) and 15.5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import unquote

from coldopen.errors import RequestError, shown
from coldopen.http.message import Reply, Request
from coldopen.http.replies import error_reply

Handler = Callable[[Request], Reply]
Table = Mapping[str, Mapping[str, Handler]]
"""Path -> method -> handler. A path that ends in `{name}` stands for all with something in that place."""


def route(table: Table, request: Request) -> Request:
    """The request with the path of the table that it asks for, and what stands for that path's parameter."""
    path, parameter = _find(table, request)
    return request._replace(route=path, parameter=parameter)


def answer(table: Table, request: Request) -> Reply:
    """Have a routed request answered by the handler that the table names for it.

    Raises:
        RequestError: as the handler does.
    """
    if not request.route:
        known = ", ".join(f"{method} {path}" for path, methods in table.items() for method in methods)
        message = f"there is nothing at {shown(request.path)}; there are: {known}"
        return error_reply(RequestError(404, "not_found", message))
    methods = table[request.route]
    handler = methods.get("GET" if request.method == "HEAD" else request.method)
    if handler:
        return handler(request)
    allow = {"Allow": ", ".join(allowed_methods(methods))}
    if request.method == "OPTIONS":
        return Reply(204, content_type="", headers=allow)
    message = f"{request.route} answers {', '.join(methods)}, not {request.method[:20]}"
    return error_reply(RequestError(405, "method_not_allowed", message), allow)


def allowed_methods(methods: Mapping[str, Handler]) -> list[str]:
    """The methods that a path of the table answers."""
    return [*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"]


def _find(table: Table, request: Request) -> tuple[str, str]:
    """The path of the table that a request asks for, and what stands for its parameter; empty if there is none."""
    for prefix in ("", *request.prefixes):
        if not request.path.startswith(prefix):
            continue
        path = request.path[len(prefix) :].rstrip("/") or "/"
        if path in table:
            return path, ""
        for known in table:
            stem = known.partition("{")[0]
            if stem != known and path.startswith(stem) and path != stem:
                return known, unquote(path[len(stem) :])
    return "", ""
