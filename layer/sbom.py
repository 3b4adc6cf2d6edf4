"""What a layer holds, as a software bill of materials: CycloneDX 1.6, in JSON.

The fields are those of https://cyclonedx.org/docs/1.6/json/. The same layer gives the same bytes: there is no time in
the file, unless SOURCE_DATE_EPOCH gives one (https://reproducible-builds.org/specs/source-date-epoch/).
"""

import json
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from coldopen.files import written_aside
from layer.errors import LayerError
from layer.wheel.rules import SHA256, ZSTD_LIBRARY_VERSION, ZSTD_SOURCE_SHA256, ZSTD_VERSION

Component = dict[str, Any]
Contents = Mapping[str, Callable[[], bytes]]
"""Reads each file of a layer, by its path in it."""

_METADATA = re.compile(r"python/([^/]+)\.dist-info/METADATA")
_SHARED_LIBRARY = re.compile(r"\.so(\.\d+)*(\.blocks)?$")
_OWN_MODULE = re.compile(r"python/torch_(pager|startup|cpuinfo)\.(py|txt)")
_PAGER = "python/libtorch_pager.so"


def write_sbom(layer: Path) -> tuple[Path, int]:
    """Write what is in a layer to a .cdx.json file beside it, whole or not at all.

    Args:
        layer: a folder that `build` wrote, or a .zip of it.

    Returns:
        The file, and how many components it names.

    Raises:
        LayerError: if that is no layer, or it is made of wheels whose digests are not pinned here.
    """
    with _opened(layer.absolute()) as contents:
        document = describe(contents, layer)
    file = layer.absolute().with_name(f"{layer.absolute().name.removesuffix('.zip')}.cdx.json")
    with written_aside(file) as target:
        target.write(json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n")
    return file, sum(1 + len(component.get("components", ())) for component in document["components"])


def describe(contents: Contents, layer: Path) -> dict[str, Any]:
    """Return the bill of materials of a layer's files; `layer` is for messages."""
    distributions = [_distribution(name[1], contents) for path in contents if (name := _METADATA.fullmatch(path))]
    torch = next((component for component in distributions if component["name"] == "torch"), None)
    if torch is None:
        raise LayerError(f"{layer} holds no layer: there is no python/torch-*.dist-info in it")
    own = [_file(path, contents) for path in contents if _is_own(path)]
    changed = [_file(path, contents) for path in contents if _SHARED_LIBRARY.search(path) and not _is_own(path)]
    torch["components"] = changed
    torch["pedigree"] = {"notes": "Cut down to CPU inference; shared libraries are stripped and their code compressed."}
    zstd = [_zstd()] if _PAGER in contents else []
    components = [*distributions, *zstd, *own]
    about: Component = {
        "type": "library",
        "bom-ref": "layer",
        "name": "cold-open-layer",
        "version": version("cold-open"),
        "description": f"torch {torch['version']} for CPU inference, as a Lambda layer",
        "licenses": [{"license": {"id": "MIT"}}],
    }
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {**_timestamp(), "component": about},
        "components": components,
        "dependencies": [
            {"ref": "layer", "dependsOn": sorted(component["bom-ref"] for component in components)},
            {"ref": torch["bom-ref"], "dependsOn": sorted(_others(distributions, torch))},
            *({"ref": _PAGER, "dependsOn": [each["bom-ref"]]} for each in zstd),
        ],
    }
    digest = sha256(json.dumps(document).encode()).hexdigest()
    return {**document, "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, digest)}"}


@contextmanager
def _opened(layer: Path) -> Iterator[Contents]:
    if layer.is_dir():
        paths = sorted(path for path in layer.rglob("*") if path.is_file())
        yield {path.relative_to(layer).as_posix(): path.read_bytes for path in paths}
        return
    try:
        with zipfile.ZipFile(layer) as archive:
            yield {name: partial(archive.read, name) for name in sorted(archive.namelist())}
    except zipfile.BadZipFile as error:
        raise LayerError(f"{layer} is neither a folder nor a .zip of a layer: {error}") from error


def _distribution(name: str, contents: Contents) -> Component:
    """The component of an unpacked wheel, with the sha256 that is pinned for the wheel."""
    metadata = _headers(f"python/{name}.dist-info/METADATA", contents)
    tag = _headers(f"python/{name}.dist-info/WHEEL", contents)["Tag"]
    wheel = f"{name}-{tag}.whl"
    if wheel not in SHA256:
        raise LayerError(f"no sha256 is pinned for {wheel}: the layer was built by another version of this program")
    purl = f"pkg:pypi/{metadata['Name'].lower().replace('_', '-')}@{quote(metadata['Version'])}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": metadata["Name"],
        "version": metadata["Version"],
        "description": metadata["Summary"] or "",
        "licenses": [{"expression": metadata["License-Expression"]}],
        "purl": purl,
        "externalReferences": [_reference("distribution", quote(wheel), SHA256[wheel])],
        "evidence": {"occurrences": [{"location": f"python/{name}.dist-info"}]},
    }


def _headers(path: str, contents: Contents) -> Message:
    return BytesParser().parsebytes(contents[path](), headersonly=True)


def _zstd() -> Component:
    """The decompressor that is compiled into the pager."""
    purl = f"pkg:github/facebook/zstd@v{ZSTD_LIBRARY_VERSION}"
    source = f"zstandard-{ZSTD_VERSION}.tar.gz"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": "zstd",
        "version": ZSTD_LIBRARY_VERSION,
        "description": f"The decompressor, compiled into {PurePosixPath(_PAGER).name}",
        "licenses": [{"license": {"id": "BSD-3-Clause"}}],
        "purl": purl,
        "cpe": f"cpe:2.3:a:facebook:zstandard:{ZSTD_LIBRARY_VERSION}:*:*:*:*:*:*:*",
        "externalReferences": [_reference("source-distribution", source, ZSTD_SOURCE_SHA256)],
    }


def _file(path: str, contents: Contents) -> Component:
    digest = sha256(contents[path]()).hexdigest()
    return {"type": "file", "bom-ref": path, "name": path, "hashes": [{"alg": "SHA-256", "content": digest}]}


def _is_own(path: str) -> bool:
    """Whether the build made a file itself: the libraries beside torch's folder, and the modules that load them."""
    return bool(_OWN_MODULE.fullmatch(path)) or re.fullmatch(r"python/lib\w+\.so", path) is not None


def _others(components: list[Component], one: Component) -> list[str]:
    return [component["bom-ref"] for component in components if component is not one]


def _reference(kind: str, url: str, digest: str) -> Component:
    return {"type": kind, "url": url, "hashes": [{"alg": "SHA-256", "content": digest}]}


def _timestamp() -> dict[str, str]:
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    if seconds is None:
        return {}
    if not seconds.isdecimal():
        raise LayerError(f"SOURCE_DATE_EPOCH is {seconds!r}: it must be a number of seconds")
    return {"timestamp": datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
