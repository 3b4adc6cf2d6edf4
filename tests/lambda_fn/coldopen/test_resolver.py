"""The resolver: the real one, and what it spares a cold start."""

from __future__ import annotations

import subprocess
import sys


def run(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout


def test_it_is_powertools_own_and_comes_without_asyncio() -> None:
    script = """
import sys
from coldopen.http.resolver import APIGatewayRestResolver
print(APIGatewayRestResolver.__module__, "asyncio" in sys.modules, "ssl" in sys.modules)
"""
    assert run(script) == "aws_lambda_powertools.event_handler.api_gateway False False\n"


def test_the_whole_package_can_be_imported_before_and_after() -> None:
    whole = "from aws_lambda_powertools.event_handler import APIGatewayRestResolver as theirs, AppSyncResolver\n"
    ours = "from coldopen.resolver import APIGatewayRestResolver as ours\n"
    for script in (whole + ours, ours + whole):
        assert run(script + "print(ours is theirs)") == "True\n"
