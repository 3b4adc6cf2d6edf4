"""Turns the Python part of torch's wheel into an inference-only torch, or into one for libraries.

The first imports a seventh of the modules; its rules are in `rules.py`. The second is stock torch but for what no
program for inference imports, and loads much of it later; its rules are in `library_rules.py` and `left_out.py`.
Rules are applied to the unpacked wheel in this order:

- CUTS and EDITS: text of torch's files that is left out or changed. Each text must be in its file exactly once.
- EMPTIED, DROPPED and LEFT_OUT: packages, folders and files that are left out. Each must be in the wheel.
- `replacements/` and `library/`: modules of ours that take the place of torch's. Each must replace one, unless it is in
  NEW.

For a new version of torch: run a build, and correct the rules that it says do not match. Compare each module of
`replacements/` with the one that it replaces. Then run tests/layer/python/test_rewrite.py against the new layer.
"""

import ast
import re
from collections.abc import Collection
from pathlib import Path

from layer.errors import LayerError, OtherTorchError
from layer.python import left_out, library_rules
from layer.python.rules import CUTS, DROPPED, EDITS, EMPTIED, KEPT, LAZY_NN, NEW, Cut, Edit

_REPLACEMENTS = Path(__file__).parent / "replacements"
_LIBRARY = Path(__file__).parent / "library"


def make_inference_only(root: Path) -> None:
    """Make the torch under `root` an inference-only one.

    Raises OtherTorchError, naming the rule, where a rule does not match.
    """
    for cut in CUTS:
        _apply_cut(root, cut)
    for edit in EDITS:
        _apply_edit(root, edit)
    _import_nn_lazily(root)
    for package in EMPTIED:
        _empty(root, package)
    for name in DROPPED:
        _drop(root / name, name)
    _replace_modules(root, _REPLACEMENTS, NEW)
    for path in sorted((root / "torch").rglob("*.py")):
        _simplify(path)


def make_library(root: Path) -> None:
    """Leave out of the torch under `root` what no program for inference imports, and let it load the rest later.

    Raises OtherTorchError, naming the rule, where a rule does not match.
    """
    for cut in library_rules.CUTS:
        _apply_cut(root, cut)
    for edit in library_rules.EDITS:
        _apply_edit(root, edit)
    for package, names in library_rules.LATE.items():
        source = _read(root, f"{package}/__init__.py")
        _write(root, f"{package}/__init__.py", source + library_rules.GET_LATE.format(names=names))
    for name in left_out.LEFT_OUT:
        _drop(root / name, name, left_out.KEPT)
    _replace_modules(root, _LIBRARY, library_rules.NEW)
    reasons = {name.removesuffix(".py").replace("/", "."): reason for name, reason in left_out.LEFT_OUT.items()}
    marker = "# LEFT_OUT: the build writes it here, from the names of modules to the reason why each is left out.\n"
    _apply_edit(root, Edit("torch/_later.py", marker, f"LEFT_OUT = {reasons!r}\n"))


def import_first(init: Path, module: str) -> None:
    """Let a package's __init__ import `module` before all else but its docstring and __future__ imports.

    Raises LayerError if the file is not Python.
    """
    source = init.read_text(encoding="utf-8")
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise LayerError(f"{init} is not Python that can be read: {error}") from error
    lines = source.split("\n")
    first = next((statement for statement in statements if not _stays_above(statement)), None)
    lines.insert(first.lineno - 1 if first else len(lines), f"import {module}  # before any library is loaded")
    init.write_text("\n".join(lines), encoding="utf-8", newline="")


def _stays_above(statement: ast.stmt) -> bool:
    """Whether this is a docstring or a __future__ import."""
    if isinstance(statement, ast.ImportFrom):
        return statement.module == "__future__"
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _apply_cut(root: Path, cut: Cut) -> None:
    source = _read(root, cut.path)
    _check_once(cut.path, source, cut.start)
    start = source.index(cut.start)
    end = source.find(cut.end, start)
    if end < 0:
        raise OtherTorchError(f"{cut.path} does not hold {cut.end!r} after {cut.start!r}")
    _write(root, cut.path, source[:start] + cut.instead + source[end:])


def _apply_edit(root: Path, edit: Edit) -> None:
    source = _read(root, edit.path)
    _check_once(edit.path, source, edit.old)
    _write(root, edit.path, source.replace(edit.old, edit.new))


def _check_once(path: str, source: str, text: str) -> None:
    if (count := source.count(text)) != 1:
        raise OtherTorchError(f"{path} holds {text!r} {count} times instead of once")


def _read(root: Path, path: str) -> str:
    try:
        return (root / path).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise OtherTorchError(f"{path} is not in the wheel") from error


def _write(root: Path, path: str, source: str) -> None:
    (root / path).write_text(source, encoding="utf-8", newline="")


def _import_nn_lazily(root: Path) -> None:
    """Let torch.nn and torch.nn.modules import a module of theirs when a class of it is asked for."""
    path = "torch/nn/modules/__init__.py"
    module_of = {
        name.name: node.module
        for node in ast.parse(_read(root, path)).body
        if isinstance(node, ast.ImportFrom) and node.module
        for name in node.names
    }
    if module_of.get("Linear") != "linear" or module_of.get("LSTM") != "rnn":
        raise OtherTorchError(f"{path} does not import Linear and LSTM from .linear and .rnn")
    modules = sorted(file.stem for file in (root / path).parent.glob("*.py") if file.stem != "__init__")
    _write(root, path, LAZY_NN.format(homes=module_of, modules=modules) + f"\n\n__all__ = {sorted(module_of)!r}\n")
    nn = "torch/nn/__init__.py"
    modules = sorted(p.name.removesuffix(".py") for p in (root / nn).parent.iterdir() if not p.name.startswith("__"))
    below_nn = {name: f"modules.{module}" for name, module in module_of.items()}
    lazy = LAZY_NN.format(homes=below_nn, modules=modules)
    _apply_cut(root, Cut(nn, "from torch.nn.modules import *", "def factory_kwargs(", lazy + "\n\n"))


def _empty(root: Path, package: str) -> None:
    folder = root / "torch" / package
    replaced = {path.relative_to(_REPLACEMENTS).as_posix() for path in _REPLACEMENTS.rglob("*.py")}
    _drop(folder, f"torch/{package}", KEPT | replaced)


def _drop(path: Path, name: str, kept: Collection[str] = ()) -> None:
    """Delete a file, or a folder but for the files `kept`, which are named as `name` is: relative to the layer."""
    if path.is_dir():
        for file in [p for p in path.rglob("*") if p.is_file()]:
            if f"{name}/{file.relative_to(path).as_posix()}" not in kept:
                file.unlink()
        for folder in sorted((path, *(p for p in path.rglob("*") if p.is_dir())), reverse=True):
            if not any(folder.iterdir()):
                folder.rmdir()
    elif path.is_file():
        path.unlink()
    else:
        raise OtherTorchError(f"{name} is not in the wheel, and is to be left out")


def _replace_modules(root: Path, replacements: Path, new: Collection[str]) -> None:
    for source in sorted(replacements.rglob("*.py")):
        name = source.relative_to(replacements).as_posix()
        if (root / name).is_file() == (name in new):
            state = "is in the wheel" if name in new else "is not in the wheel, and is to be replaced"
            raise OtherTorchError(f"{name} {state}")
        (root / name).write_bytes(source.read_bytes())


def _simplify(path: Path) -> None:
    """Replace typing_extensions by torch._typing, and leave docstrings without the texts of torch._torch_docs."""
    source = path.read_text(encoding="utf-8")
    changed = re.sub(r"^(\s*)from typing_extensions import", r"\1from torch._typing import", source, flags=re.M)
    changed = re.sub(
        r"^(\s*)import typing_extensions$", r"\1import torch._typing as typing_extensions", changed, flags=re.M
    )
    changed = re.sub(r'"""\.format\(\s*\*\*[^)]*\)', '"""', changed)
    if changed != source:
        path.write_text(changed, encoding="utf-8", newline="")
