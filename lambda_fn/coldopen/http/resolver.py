"""Powertools' resolver of REST events, without the rest of its package.

The package's own __init__ imports the resolvers of all other services, and asyncio and ssl with AppSync's. That is as
much again as all that is needed here, and every cold start would wait for it.
"""

from __future__ import annotations

import importlib.util
import sys

_PACKAGE = "aws_lambda_powertools.event_handler"

_whole = sys.modules.get(_PACKAGE)
_spec = importlib.util.find_spec(_PACKAGE)
assert _spec, "Powertools is installed"
sys.modules[_PACKAGE] = _whole or importlib.util.module_from_spec(_spec)  # where its modules are found; not run

from aws_lambda_powertools.event_handler.api_gateway import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

if not _whole:
    del sys.modules[_PACKAGE]  # who imports it later gets all of it

__all__ = ["APIGatewayRestResolver", "NotFoundError", "Response"]
