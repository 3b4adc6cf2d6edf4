"""An HTTP port before a function that runs already, behind an emulator of its own: `python -m local.front URL`.

compose.yaml puts it before the function's container. It needs nothing but Python's standard library.
"""

from __future__ import annotations

import argparse
import signal
import sys

from local.gateway import gateway
from local.runtime import EmulatedFunction, LocalError


def main() -> int:
    """Serve until the process is told to stop; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.front", description=__doc__.partition(":")[0] + ".")
    parser.add_argument("url", metavar="URL", help="where the emulator listens, such as http://localhost:9000")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (127.0.0.1: this machine alone)")
    parser.add_argument("--port", type=int, default=8080)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    function = EmulatedFunction(arguments.url)
    try:
        function.wait_until_up()
        with gateway(function, arguments.port, arguments.host) as url:
            print(f"Open {url.replace('127.0.0.1', 'localhost')}/ in a browser", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except LocalError as error:
        print(f"local: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
