"""The resolver: the real one, and what it spares a cold start."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("import_resolver.py")


def imported(*ways: str) -> Any:
    done = subprocess.run([sys.executable, str(PROGRAM), *ways], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_it_is_powertools_own_and_comes_without_asyncio() -> None:
    assert imported("ours") == {
        "num_resolvers": 1,
        "module": "aws_lambda_powertools.event_handler.api_gateway",
        "heavy": [],
    }
    assert imported("theirs")["heavy"] == ["asyncio", "ssl"], "nothing is spared any more"


@pytest.mark.parametrize("ways", [("theirs", "ours"), ("ours", "theirs")])
def test_the_whole_package_can_be_imported_before_and_after(ways: tuple[str, str]) -> None:
    assert imported(*ways)["num_resolvers"] == 1
