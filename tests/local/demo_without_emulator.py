"""`python -m local demo` where there is no emulator."""

from __future__ import annotations

import sys

from local import __main__ as main

sys.prefix = "/nowhere"  # where the emulator is looked for
main._DEMO_REQUEST = {"length": 9}
sys.argv = ["local", "demo"]
sys.exit(main.main())
