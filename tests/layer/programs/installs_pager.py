"""Installs the pager into a layer of nothing, by whatever of the project is on the path; compiles nothing."""

from __future__ import annotations

import sys
from pathlib import Path

from layer.paging import pager
from layer.target import Arch

folder = Path(sys.argv[1])
(folder / "torch").mkdir(parents=True)
(folder / "torch" / "__init__.py").write_text('"""torch"""\nimport os\n')
(folder / "LICENSE").write_text("zstd's")
vars(pager)["_zstd_source"] = lambda _: folder
vars(pager)["_compile_pager"] = lambda *_: None
pager.install_pager(folder, {}, next(iter(Arch)), folder)
print(sorted(path.name for path in (folder / pager.LICENCES).iterdir()))
