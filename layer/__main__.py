"""The command line: python -m layer build | verify | sizes | zip | sbom | hot | compile."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from layer.archive import write_zip
from layer.build import build
from layer.cache import CACHE
from layer.check.verify import compare, smoke
from layer.errors import LayerError
from layer.paging.hot import add_trace
from layer.python.bytecode import compile_all, find_python
from layer.sbom import write_sbom
from layer.sizes import check, measure, report, report_stages
from layer.target import RUNTIMES, Arch, PythonPart, Target

_ARCHES = [str(arch) for arch in Arch]
_PARTS = [str(part) for part in PythonPart]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"layer: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status: 0, 1 for a LayerError, 2 for bad arguments (by SystemExit)."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        return status
    except (LayerError, OSError) as error:
        print(f"layer: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("layer: interrupted", file=sys.stderr)
        return 130


def _build(options: argparse.Namespace) -> int:
    part = PythonPart(options.python_part)
    target = Target.of_this_machine(part) if options.here else replace(_target(options), part=part)
    print(f"building the layer for {target}", flush=True)
    print(report_stages(build(target, options.out, CACHE)), flush=True)
    return _print_sizes(options.out)


def _sizes(options: argparse.Namespace) -> int:
    return _print_sizes(options.out, options.functions)


def _print_sizes(layer: Path, functions: Sequence[Path] = ()) -> int:
    parts = measure(layer, functions)
    print(report(parts), flush=True)
    check(parts)
    return 0


def _zip(options: argparse.Namespace) -> int:
    folder = options.out.absolute()  # `.` has no name
    archive = folder.with_name(f"{folder.name}.zip")
    write_zip(folder, archive)
    print(f"{archive}: {archive.stat().st_size:,} bytes")
    return 0


def _sbom(options: argparse.Namespace) -> int:
    file, num_components = write_sbom(options.layer)
    print(f"{file}: {num_components:,} components")
    return 0


def _compile(options: argparse.Namespace) -> int:
    python = find_python(options.python)
    if python is not None:
        compile_all(options.folder, python, options.prefix)
    return 0


def _hot(options: argparse.Namespace) -> int:
    num_functions = add_trace(options.trace, _target(options), CACHE)
    print(f"{num_functions:,} functions are on the hot list of {options.arch}")
    return 0


def _target(options: argparse.Namespace) -> Target:
    return Target(Arch(options.arch), RUNTIMES[options.python])


def _verify(options: argparse.Namespace) -> int:
    print(smoke(options.out), end="", flush=True)
    num_differences = 0
    for num_threads in (1, 2):
        comparison = compare(options.out, num_threads)
        num_differences += len(comparison.differences)
        print(f"{num_threads} thread{'s' * (num_threads > 1)}: {comparison}")
        print("".join(f"  {line}\n" for line in comparison.differences), end="", flush=True)
    return int(num_differences > 0)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m layer", description="Make the Lambda layer with torch for CPU inference.")
    commands = parser.add_subparsers(required=True, metavar="command")
    make = commands.add_parser("build", help="build a layer into a folder")
    make.set_defaults(run=_build)
    make.add_argument("--arch", choices=_ARCHES, default="x86_64", metavar="|".join(_ARCHES))
    make.add_argument(
        "--python", choices=list(RUNTIMES), default="3.13", metavar="3.X", help="the runtime's Python (3.13)"
    )
    make.add_argument(
        "--here", action="store_true", help="for this machine and Python instead: Lambda's C library is not asked for"
    )
    make.add_argument(
        "--python-part",
        choices=_PARTS,
        default="inference",
        metavar="|".join(_PARTS),
        help="what of torch's Python: the least that serves (inference), or all that programs may import",
    )
    make.add_argument("--out", type=Path, required=True, metavar="DIR", help="the layer goes to DIR/python")
    hot = commands.add_parser("hot", help="add a trace to the list of functions that are mapped at once")
    hot.set_defaults(run=_hot)
    hot.add_argument("trace", type=Path, metavar="FILE", help="what TORCH_PAGER_TRACE=FILE wrote")
    hot.add_argument("--arch", choices=_ARCHES, default="x86_64", metavar="|".join(_ARCHES))
    hot.add_argument("--python", choices=list(RUNTIMES), default="3.13", metavar="3.X", help="of the traced layer")
    verify = commands.add_parser("verify", help="run a layer, and compare its operators with the installed torch's")
    verify.set_defaults(run=_verify)
    verify.add_argument("out", type=Path, metavar="DIR", help="a folder that `build` wrote")
    ahead = commands.add_parser("compile", help="compile a folder's Python files, if the runtime's Python is here")
    ahead.set_defaults(run=_compile)
    ahead.add_argument("folder", type=Path, metavar="DIR")
    ahead.add_argument("--python", choices=list(RUNTIMES), required=True, metavar="3.X", help="the runtime's Python")
    ahead.add_argument("--prefix", default="/var/task", help="where the folder will be on Lambda (/var/task)")
    sizes = commands.add_parser("sizes", help="list a layer's parts in bytes; fails if they are over Lambda's limit")
    sizes.set_defaults(run=_sizes)
    sizes.add_argument("out", type=Path, metavar="DIR", help="a folder that `build` wrote")
    sizes.add_argument("functions", type=Path, nargs="*", metavar="FUNCTION", help="what is deployed with it")
    pack = commands.add_parser("zip", help="pack a layer into DIR.zip")
    pack.set_defaults(run=_zip)
    pack.add_argument("out", type=Path, metavar="DIR", help="a folder that `build` wrote")
    bill = commands.add_parser("sbom", help="write what is in a layer, with licences and digests (CycloneDX)")
    bill.set_defaults(run=_sbom)
    bill.add_argument("layer", type=Path, metavar="DIR|ZIP", help="a folder that `build` wrote, or a .zip of it")
    return parser


if __name__ == "__main__":
    sys.exit(main())
