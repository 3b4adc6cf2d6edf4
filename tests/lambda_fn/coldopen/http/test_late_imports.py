"""A cold start imports nothing that only some requests need."""

from __future__ import annotations

import json
import subprocess
import sys

_PROGRAM = "import json, sys, coldopen.http.routes; print(json.dumps(sorted(sys.modules)))"
_LATE = {
    "coldopen.http.openai", "coldopen.http.openapi", "coldopen.http.docs", "coldopen.logprobs", "html",
    "coldopen.http.batch", "coldopen.batch", "coldopen.in_step", "coldopen.http.snapshot", "snapshot_restore_py",
}  # fmt: skip


def test_routes_are_imported_without_what_openai_s_clients_and_the_documentation_need() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    imported = set(json.loads(done.stdout))
    assert "coldopen.writer" in imported
    assert not {name for name in imported if any(name == late or name.startswith(f"{late}.") for late in _LATE)}
