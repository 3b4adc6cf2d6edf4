"""Cross-origin requests: what a browser must be told before a page from elsewhere may read a reply.

Source: the Fetch standard, "HTTP extensions".
"""

from __future__ import annotations

from coldopen.http.message import Reply, Request

_HEADERS = "Content-Type, Authorization, X-Api-Key, *"  # * does not stand for Authorization
_EXPOSED = "Allow, Model-Version, Retry-After"
_MAX_AGE_S = 86_400


def with_cors(reply: Reply, request: Request, origin: str) -> Reply:
    """A reply that pages of an origin may read.

    Args:
        origin: such as https://example.com; * for all.
    """
    headers = {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": _EXPOSED}
    if origin != "*":
        headers["Vary"] = "Origin"
    if request.method == "OPTIONS" and "Allow" in reply.headers:
        headers |= {
            "Access-Control-Allow-Methods": reply.headers["Allow"],
            "Access-Control-Allow-Headers": _HEADERS,
            "Access-Control-Max-Age": str(_MAX_AGE_S),
        }
    return reply._replace(headers={**headers, **reply.headers})
