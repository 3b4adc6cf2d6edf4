"""Cold start: `import torch` alone, and a whole start under Lambda's emulator, ours against stock, alternating.

    python -m bench.init [RUNS]

A start is timed from the outside: from the first event, which is sent to a function that has not started, to the reply
with one word. Both functions run on this Python. Ours has the layer built for this machine and the function's package,
and nothing else on the path. The stock one (bench/stock) has the installed torch and `quantize_dynamic`, and makes a
boto3 client at its start. Where the page cache may be dropped (as root on Linux), the starts are timed once more with
an empty cache.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version as package_version
from pathlib import Path

import torch

from coldopen.bundle.read import read_bundle
from coldopen.network import serving_network
from layer.build import build
from layer.cache import CACHE
from layer.python.bytecode import compile_all
from layer.target import Target
from local.event import api_event
from local.runtime import FUNCTION, ROOT, SHIPPED_BUNDLE, emulated

_EVENT = api_event("POST", "/generate", {"Content-Type": "application/json"}, b'{"prime": "jerry", "length": 1}')
_CACHE_SWITCH = Path("/proc/sys/vm/drop_caches")
INSTALLED = sysconfig.get_path("purelib")  # without its .pth files, which `-S` leaves out of both ways
_RUNTIME_CLIENT = ("awslambdaric", "simplejson", "snapshot_restore_py")

Way = Callable[[], float]


def layer_here(folder: Path) -> Path:
    """Build the layer for this machine and Python below `folder`; returns what goes on the path."""
    build(Target.of_this_machine(), folder / "layer", CACHE)
    return folder / "layer" / "python"


def our_function(folder: Path) -> tuple[Path, str]:
    """Put the layer and the function's package into `folder`; returns the package, and the path that both make."""
    path = layer_here(folder)
    package = folder / "function"
    shutil.copytree(FUNCTION, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(SHIPPED_BUNDLE, package / "model")
    _install(package, ["--requirement", str(FUNCTION / "requirements.txt")])
    _install(package, [f"{name}=={package_version(name)}" for name in _RUNTIME_CLIENT])
    compile_all(package, Path(sys.executable), "/var/task")
    return package, f"{package}:{path}"


def our_way(folder: Path) -> Way:
    """Returns a function that starts ours and returns seconds to the first word."""
    package, path = our_function(folder)
    return lambda: _first_word(["-S", "-B"], package, path)


def stock_way(folder: Path) -> Way:
    """Returns a function that starts the stock one and returns seconds to the first word."""
    package = folder / "stock"
    shutil.copytree(ROOT / "bench" / "stock", package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "model").mkdir()
    bundle = read_bundle(str(SHIPPED_BUNDLE))
    config = bundle.manifest.network
    network = serving_network(config, bundle.state_dict())
    weights = network.named_parameters(remove_duplicate=False)  # tied ones twice
    torch.save({name: weight.data for name, weight in weights}, package / "model" / "model.pt")
    sizes = {
        "words": config.vocabulary_size, "embedding_dim": config.embedding_dim,
        "hidden_size": config.hidden_size, "num_layers": config.num_layers, "proj_size": config.proj_size,
    }  # fmt: skip
    (package / "model" / "sizes.json").write_text(json.dumps(sizes))
    (package / "model" / "vocab.json").write_text(json.dumps(bundle.vocabulary.words))
    compile_all(package, Path(sys.executable), "/var/task")
    return lambda: _first_word(["-S", "-B", "-W", "ignore"], package, f"{package}:{INSTALLED}")


def import_way(path: str) -> Way:
    """Returns a function that imports torch in a new process and returns the seconds it says that took."""
    script = "import time; t = time.perf_counter(); import torch; print(time.perf_counter() - t)"

    def way() -> float:
        command = [sys.executable, "-S", "-B", "-W", "ignore", "-c", script]
        done = subprocess.run(command, env={"PYTHONPATH": path}, capture_output=True, text=True, check=True)
        return float(done.stdout)

    return way


def _install(package: Path, requirements: Sequence[str]) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--target", str(package)]
    subprocess.run([*command, *requirements], check=True)


def _first_word(options: Sequence[str], package: Path, path: str) -> float:
    variables = {"PATH": os.environ["PATH"], "HOME": str(package), "PYTHONPATH": path}
    with (package.parent / "log").open("wb") as log, emulated([sys.executable, *options], package, variables, log) as f:
        begun = time.perf_counter()
        reply = f.invoke(_EVENT)
        took = time.perf_counter() - begun
    if reply.get("statusCode") != 200:
        raise SystemExit(f"{package} answered {reply}: see its log\n{(package.parent / 'log').read_text()}")
    return took


def _compare(ways: dict[str, Way], num_runs: int, cold: bool) -> None:
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(num_runs):
        for name, way in ways.items():
            if cold:
                os.sync()
                _CACHE_SWITCH.write_text("3")
            times[name].append(way())
    for name, values in times.items():
        spread = f"{min(values) * 1000:.0f} to {max(values) * 1000:.0f}"
        print(f"{name:<6} {statistics.median(values) * 1000:6.0f} ms ({spread})")
    ratios = [ours / stock for ours, stock in zip(*times.values(), strict=True)]
    print(f"ours / stock: {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f}), {num_runs} runs")


def main() -> None:
    """Measure and print."""
    num_runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        ways = {"ours": our_way(Path(scratch)), "stock": stock_way(Path(scratch))}
        imports = {"ours": import_way(f"{scratch}/layer/python"), "stock": import_way(INSTALLED)}
        for way in (*ways.values(), *imports.values()):
            way()
        print("import torch")
        _compare(imports, num_runs, cold=False)
        print("start to first word, page cache warm")
        _compare(ways, num_runs, cold=False)
        if os.access(_CACHE_SWITCH, os.W_OK):
            print("the same, page cache dropped before each start")
            _compare(ways, max(3, num_runs // 2), cold=True)


if __name__ == "__main__":
    main()
