"""Imports Powertools' resolver in the ways that the arguments name, `ours` or `theirs`; prints what came, as JSON."""

from __future__ import annotations

import json
import sys


def resolver(way: str) -> type:
    """The resolver, imported in one way."""
    if way == "ours":
        from coldopen.http.resolver import APIGatewayRestResolver as Ours

        return Ours
    from aws_lambda_powertools.event_handler import APIGatewayRestResolver as Theirs
    from aws_lambda_powertools.event_handler import AppSyncResolver

    assert AppSyncResolver.__module__.startswith("aws_lambda_powertools.event_handler.appsync")
    return Theirs


resolvers = [resolver(way) for way in sys.argv[1:]]
print(
    json.dumps(
        {
            "num_resolvers": len(set(resolvers)),
            "module": resolvers[0].__module__,
            "heavy": sorted({"asyncio", "ssl"} & sys.modules.keys()),
        }
    )
)
