"""HTTP requests as the events that API Gateway makes of them (REST API, Lambda proxy integration).

Source: AWS, "Input format of a Lambda function for proxy integration", API Gateway Developer Guide.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit


def api_event(method: str, target: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The event of one request.

    Args:
        target: path and query, as in the request line.
        body: a text body travels as it is; one that is not UTF-8 travels as base64.
    """
    if not target.startswith("/"):
        target = urlsplit(target)._replace(scheme="", netloc="").geturl()  # as clients ask a proxy
    path, _, encoded = target.partition("?")
    query = parse_qs(encoded, keep_blank_values=True)
    try:
        text, is_base64 = body.decode(), False
    except UnicodeDecodeError:
        text, is_base64 = base64.b64encode(body).decode(), True
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {"resourcePath": "/{proxy+}", "httpMethod": method, "path": path, "stage": "local"},
        "body": text or None,
        "isBase64Encoded": is_base64,
    }
