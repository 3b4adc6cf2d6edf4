"""Whether a reply is the one that a sample event must get, from whichever build of torch computed it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from local.expected_replies import expected_reply, without_timing


def assert_expected(reply: dict[str, Any], event: Path) -> None:
    """Compare a reply of the handler with the one in events/expected."""
    assert without_build(without_timing(reply)) == without_build(json.loads(expected_reply(event).read_bytes()))


def without_build(reply: dict[str, Any]) -> dict[str, Any]:
    """A reply without the build of torch (2.13.0+cpu, 2.13.0+cu130) and the processor's library for int8."""
    if "body" in reply:
        return {**reply, "body": without_build(reply["body"])}
    if "engine" in reply:
        return {**reply, "engine": re.sub(r"\+\w+, int8 by \w+", ", int8", reply["engine"])}
    return reply
