"""The command line: `python -m local serve | demo | expected`."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from coldopen.default_prime import default_prime
from coldopen.errors import ColdOpenError
from layer.build import build
from layer.cache import CACHE
from layer.errors import LayerError
from layer.target import Target
from local.expected_replies import write_expected_replies
from local.gateway import gateway
from local.runtime import ROOT, LocalError, emulator, local_function

_DEMO_REQUEST = {"length": 120, "end": "sentence"}
_DEMO_PORT = 8080
_LAYER = ROOT / "build" / "layer-here"


def main() -> int:
    """Run one command; returns the exit code: 0, 1 for an error, or 141 (as shells count) if nobody reads on."""
    parser = argparse.ArgumentParser(prog="python -m local", description="The Lambda function on this machine.")
    commands = parser.add_subparsers(required=True, metavar="command")
    serve = commands.add_parser("serve", help="serve the function over HTTP until Ctrl-C")
    serve.add_argument("--port", type=int, default=_DEMO_PORT)
    serve.set_defaults(command=lambda arguments: _serve(arguments.port))
    demo = commands.add_parser("demo", help="write one script and say how to ask for more")
    demo.set_defaults(command=lambda arguments: _demo())
    expected = commands.add_parser("expected", help="after a new model: rewrite events/expected")
    expected.set_defaults(command=lambda arguments: write_expected_replies())
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stop the emulator as on Ctrl-C
    try:
        arguments.command(arguments)
        sys.stdout.flush()  # at Python's end it would be too late to catch a BrokenPipeError
    except BrokenPipeError:  # nobody reads on, as after `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # where Python's own flush at its end succeeds
        return 141
    except KeyboardInterrupt:
        print("stopped")
    except ColdOpenError as error:
        print(f"local: {error}", file=sys.stderr)
        return 1
    return 0


def _serve(port: int) -> None:
    print(_how_it_runs())
    with local_function() as function, gateway(function, port) as url:
        print(f"serving on {url}; stop with Ctrl-C", flush=True)
        try:
            curl = _curl(url, _demo_request(url))
            print(f"Open {url}/ in a browser, or try:\n\n  {curl}\n", flush=True)
        except LocalError as error:  # no model yet: each request tries again
            print(f"local: {error}", file=sys.stderr)
        signal.pause()


def _demo() -> None:
    print(_how_it_runs(), flush=True)
    layer = _built_layer()
    with tempfile.TemporaryFile() as log, local_function(log, layer=layer) as function, gateway(function) as url:
        try:
            request = _demo_request(url)
            print(f"POST /generate {json.dumps(request)}\n", flush=True)
            reply = _ask(f"{url}/generate", request)
        except LocalError:
            log.seek(0)
            print(log.read().decode(errors="replace"), file=sys.stderr)
            raise
    print(reply["script"])
    timing, model = reply["timing"], reply["model"]
    print(
        f"\n{reply['length']} words in {timing['generate_ms']:.0f} ms "
        f"({timing['words_per_s']} words/s on this machine), model {model['name']} {model['version']}\n\n"
        f"For the same script over HTTP, run `make serve PORT={_DEMO_PORT}` and, in another terminal:\n\n"
        f"  {_curl(f'http://127.0.0.1:{_DEMO_PORT}', {**request, 'seed': reply['seed']})}"
    )


def _demo_request(url: str) -> dict[str, Any]:
    """A request that the service's model can answer, whatever it was trained on."""
    return {"prime": default_prime(_ask(f"{url}/vocabulary")["words"]), **_DEMO_REQUEST}


def _built_layer() -> Path | None:
    """The torch layer as Lambda would have it, built for this machine; None where it can't be built."""
    if not emulator():
        return None
    print(
        "torch is the layer's, built for this machine: the first time that takes a download and a minute.", flush=True
    )
    try:
        build(Target.of_this_machine(), _LAYER, CACHE)
    except (LayerError, OSError) as error:
        print(f"The layer can't be built, so the installed torch takes its place: {error}", flush=True)
        return None
    return _LAYER


def _how_it_runs() -> str:
    if emulator():
        return "Starting the real handler under Lambda's runtime client, behind Lambda's Runtime Interface Emulator."
    return "Lambda's Runtime Interface Emulator does not run on this machine: calling the real handler in this process."


def _curl(url: str, request: dict[str, Any]) -> str:
    body = shlex.quote(json.dumps(request))
    return f"curl {url}/generate -H 'Content-Type: application/json' -d {body}"


def _ask(url: str, content: dict[str, Any] | None = None) -> Any:
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as reply:
            return json.loads(reply.read())
    except urllib.error.HTTPError as error:
        raise LocalError(f"the function answered {error.code}: {error.read().decode()}") from None


if __name__ == "__main__":
    sys.exit(main())
