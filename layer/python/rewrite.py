"""Turns the wheel's Python part into an inference-only torch that imports a seventh of the modules.

`rules.py` says what is changed. Its rules are applied in this order to the unpacked wheel:

- CUTS and EDITS: text of torch's that is left out or changed. Each text must be there exactly once.
- EMPTIED and DROPPED: what is deleted. Each must be there.
- `replacements/`: our own modules, which take the place of torch's. Each must replace one, unless it is in NEW.

A new torch version needs three things: the rules that fail corrected (each failure names its rule), `replacements/`
compared with the modules that they replace, and tests/layer/python/test_rewrite.py run against the new layer.
"""

import ast
import re
import shutil
from pathlib import Path

from layer.errors import LayerError
from layer.python.rules import CUTS, DROPPED, EDITS, EMPTIED, KEPT, LAZY_NN, NEW, Cut, Edit

_REPLACEMENTS = Path(__file__).parent / "replacements"


def make_inference_only(root: Path) -> None:
    """Make the torch under `root` an inference-only one.

    Raises LayerError, naming the rule, where a rule does not match: the wheel is of another version.
    """
    for cut in CUTS:
        _apply_cut(root, cut)
    for edit in EDITS:
        _apply_edit(root, edit)
    _import_layers_lazily(root)
    for name in EMPTIED:
        _empty(root, name)
    for name in DROPPED:
        _drop(root / name, name)
    _replace(root)
    for path in sorted((root / "torch").rglob("*.py")):
        _simplify(path)


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
    _check(cut.path, source, cut.start)
    start = source.index(cut.start)
    end = source.find(cut.end, start)
    if end < 0:
        raise LayerError(f"{cut.path} does not hold {cut.end!r} after {cut.start!r}: it is not 2.13's")
    _write(root, cut.path, source[:start] + cut.instead + source[end:])


def _apply_edit(root: Path, edit: Edit) -> None:
    source = _read(root, edit.path)
    _check(edit.path, source, edit.old)
    _write(root, edit.path, source.replace(edit.old, edit.new))


def _check(path: str, source: str, text: str) -> None:
    if (found := source.count(text)) != 1:
        raise LayerError(f"{path} holds {text!r} {found} times instead of once: it is not 2.13's")


def _read(root: Path, path: str) -> str:
    try:
        return (root / path).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise LayerError(f"{path} is not in the wheel: it is not 2.13's") from error


def _write(root: Path, path: str, source: str) -> None:
    (root / path).write_text(source, encoding="utf-8", newline="")


def _import_layers_lazily(root: Path) -> None:
    """Let torch.nn and torch.nn.modules import a layer's module when the layer is asked for."""
    path = "torch/nn/modules/__init__.py"
    homes = {
        name.name: node.module
        for node in ast.parse(_read(root, path)).body
        if isinstance(node, ast.ImportFrom) and node.module
        for name in node.names
    }
    if homes.get("Linear") != "linear" or homes.get("LSTM") != "rnn":
        raise LayerError(f"{path} does not import Linear and LSTM from .linear and .rnn: it is not 2.13's")
    files = sorted(file.stem for file in (root / path).parent.glob("*.py") if file.stem != "__init__")
    _write(root, path, LAZY_NN.format(homes=homes, modules=files) + f"\n\n__all__ = {sorted(homes)!r}\n")
    nn = "torch/nn/__init__.py"
    subs = sorted(p.name.removesuffix(".py") for p in (root / nn).parent.iterdir() if not p.name.startswith("__"))
    lazy = LAZY_NN.format(homes={name: f"modules.{home}" for name, home in homes.items()}, modules=subs)
    _apply_cut(root, Cut(nn, "from torch.nn.modules import *", "def factory_kwargs(", lazy + "\n\n"))


def _empty(root: Path, name: str) -> None:
    folder = root / "torch" / name
    if not folder.is_dir():
        raise LayerError(f"torch/{name} is not in the wheel: it is not 2.13's")
    for path in [p for p in folder.rglob("*") if p.is_file()]:
        name = path.relative_to(root).as_posix()
        if name not in KEPT and not (_REPLACEMENTS / name).is_file():
            path.unlink()
    for path in sorted((p for p in folder.rglob("*") if p.is_dir()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()


def _drop(path: Path, name: str) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    elif path.is_file():
        path.unlink()
    else:
        raise LayerError(f"{name} is not in the wheel, and is to be left out: it is not 2.13's")


def _replace(root: Path) -> None:
    for source in sorted(_REPLACEMENTS.rglob("*.py")):
        name = source.relative_to(_REPLACEMENTS).as_posix()
        if (root / name).is_file() == (name in NEW):
            state = "is in the wheel" if name in NEW else "is not in the wheel, and is to be replaced"
            raise LayerError(f"{name} {state}: it is not 2.13's")
        (root / name).write_bytes(source.read_bytes())


def _simplify(path: Path) -> None:
    """Take typing's names from our own module, and leave docstrings without the texts of torch._torch_docs."""
    source = path.read_text(encoding="utf-8")
    changed = re.sub(r"^(\s*)from typing_extensions import", r"\1from torch._typing import", source, flags=re.M)
    changed = re.sub(
        r"^(\s*)import typing_extensions$", r"\1import torch._typing as typing_extensions", changed, flags=re.M
    )
    changed = re.sub(r'"""\.format\(\s*\*\*[^)]*\)', '"""', changed)
    if changed != source:
        path.write_text(changed, encoding="utf-8", newline="")
