"""The sample events, and the replies that they must get."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from coldopen.files import write_file
from local.runtime import ROOT, local_function

EVENTS = ROOT / "events"
EXPECTED = EVENTS / "expected"


def sample_events() -> list[Path]:
    """The files of the sample events."""
    return sorted(EVENTS.glob("*.json"))


def expected_reply(event: Path) -> Path:
    """The file of the reply that an event must get."""
    return EXPECTED / event.name


def without_timing(reply: dict[str, Any]) -> dict[str, Any]:
    """A reply of the handler with its body read, if it has one, and without what differs from run to run."""
    if "body" not in reply:
        return {name: value for name, value in reply.items() if name != "timing"}
    headers = reply["multiValueHeaders"] if "multiValueHeaders" in reply else reply["headers"]
    return {"statusCode": reply["statusCode"], "headers": headers, "body": without_timing(json.loads(reply["body"]))}


def write_expected_replies() -> None:
    """Write the reply that each sample event gets now, as a new model needs."""
    with local_function() as function:
        for event in sample_events():
            reply = without_timing(function.invoke(json.loads(event.read_bytes())))
            text = json.dumps(reply, indent=2, ensure_ascii=False) + "\n"
            write_file(expected_reply(event), text.encode())
