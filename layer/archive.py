"""A layer as a .zip, as `aws lambda publish-layer-version` takes it."""

import shutil
import zipfile
from pathlib import Path

from coldopen.files import written_aside
from layer.errors import LayerError

_DATE = (1980, 1, 2, 0, 0, 0)
_REGULAR_FILE = 0o100000 << 16


def write_zip(layer: Path, archive: Path) -> None:
    """Pack a layer's python/ folder; the same layer gives the same bytes. The .zip is written whole or not at all.

    Raises LayerError if there is no layer.
    """
    files = sorted(path for path in (layer / "python").rglob("*") if path.is_file())
    if not files:
        raise LayerError(f"{layer} holds no layer: there is nothing in {layer / 'python'}")
    with (
        written_aside(archive) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed,
    ):
        for path in files:
            _add(packed, path, path.relative_to(layer).as_posix())


def _add(packed: zipfile.ZipFile, path: Path, name: str) -> None:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.external_attr = _REGULAR_FILE | 0o444 << 16
    # To compress these again would take time and save nothing.
    entry.compress_type = zipfile.ZIP_STORED if path.suffix == ".blocks" else zipfile.ZIP_DEFLATED
    with path.open("rb") as source, packed.open(entry, "w") as target:
        shutil.copyfileobj(source, target, 1 << 20)
