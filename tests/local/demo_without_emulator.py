"""`python -m local demo` on a machine that the emulator does not run on."""

from __future__ import annotations

import sys

from local import __main__ as main

sys.platform = "darwin"  # all that is asked of the machine
main._DEMO_REQUEST = {"prime": "marla", "length": 9}
sys.argv = ["local", "demo"]
sys.exit(main.main())
