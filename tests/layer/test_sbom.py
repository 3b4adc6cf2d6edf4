"""The bill of materials of a layer, checked against CycloneDX's own schema."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import get_spdx_licensing

from layer.__main__ import main
from layer.archive import write_zip
from layer.cache import CACHE
from layer.paging.pager import LICENCES
from layer.wheel.rules import SHA256, ZSTD_LIBRARY_VERSION, ZSTD_VERSION

FILES = {
    "torch-2.13.0+cpu.dist-info/METADATA": (
        "Metadata-Version: 2.4\nName: torch\nVersion: 2.13.0+cpu\nSummary: Tensors\n"
        "License-Expression: BSD-3-Clause AND MIT\n"
    ),
    "torch-2.13.0+cpu.dist-info/WHEEL": "Wheel-Version: 1.0\nTag: cp313-cp313-manylinux_2_28_x86_64\n",
    "typing_extensions-4.16.0.dist-info/METADATA": (
        "Metadata-Version: 2.4\nName: typing_extensions\nVersion: 4.16.0\nSummary: Types\nLicense-Expression: PSF-2.0\n"
    ),
    "typing_extensions-4.16.0.dist-info/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
    "libtorch_pager.so": "a pager",
    "torch_pager.py": "'''Loads it.'''",
    "torch_pager.txt": "12 12 00 torch/lib/libtorch_cpu.so",
    "torch/__init__.py": "'''A torch.'''",
    "torch/lib/libtorch_cpu.so": "a library",
    "torch/lib/libtorch_cpu.so.blocks": "its code",
}


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """A folder with the files of a layer that tell what it is."""
    for name, text in FILES.items():
        path = tmp_path / "layer" / "python" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "layer"


@pytest.fixture(autouse=True)
def no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)


def sbom(layer: Path) -> dict[str, Any]:
    """What `layer sbom` writes, once the schema has taken it."""
    assert main(["sbom", str(layer)]) == 0
    written = layer.with_name(f"{layer.name.removesuffix('.zip')}.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written) is None
    document: dict[str, Any] = json.loads(written)
    return document


def components(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {component["name"]: component for component in document["components"]}


def digest(component: dict[str, Any]) -> str:
    (found,) = component["hashes"]
    assert found["alg"] == "SHA-256"
    return str(found["content"])


def test_each_distribution_has_version_licence_purl_and_its_wheel_s_digest(layer: Path) -> None:
    torch = components(sbom(layer))["torch"]
    assert (torch["version"], torch["purl"]) == ("2.13.0+cpu", "pkg:pypi/torch@2.13.0%2Bcpu")
    assert torch["licenses"] == [{"expression": "BSD-3-Clause AND MIT"}]
    (wheel,) = torch["externalReferences"]
    assert wheel["url"] == "torch-2.13.0%2Bcpu-cp313-cp313-manylinux_2_28_x86_64.whl"
    assert digest(wheel) == SHA256["torch-2.13.0+cpu-cp313-cp313-manylinux_2_28_x86_64.whl"]
    assert components(sbom(layer))["typing_extensions"]["purl"] == "pkg:pypi/typing-extensions@4.16.0"


def test_what_the_layer_adds_and_changes_has_digests(layer: Path) -> None:
    found = components(sbom(layer))
    for name in ("libtorch_pager.so", "torch_pager.py", "torch_pager.txt"):
        assert digest(found[f"python/{name}"]) == sha256(FILES[name].encode()).hexdigest()
    changed = {component["name"]: digest(component) for component in found["torch"]["components"]}
    assert changed == {
        f"python/torch/lib/{name}": sha256(FILES[f"torch/lib/{name}"].encode()).hexdigest()
        for name in ("libtorch_cpu.so", "libtorch_cpu.so.blocks")
    }


def test_what_is_compiled_into_the_pager_is_named(layer: Path) -> None:
    document = sbom(layer)
    zstd = components(document)["zstd"]
    assert zstd["version"] == ZSTD_LIBRARY_VERSION
    assert {"ref": "python/libtorch_pager.so", "dependsOn": [zstd["bom-ref"]]} in document["dependencies"]


def test_a_zip_has_the_same_contents_and_so_the_same_file(layer: Path, tmp_path: Path) -> None:
    of_folder = sbom(layer)
    write_zip(layer, tmp_path / "packed.zip")
    assert sbom(tmp_path / "packed.zip") == of_folder
    assert (tmp_path / "packed.cdx.json").read_bytes() == (tmp_path / "layer.cdx.json").read_bytes()


def test_another_layer_has_another_serial_number(layer: Path) -> None:
    first = sbom(layer)["serialNumber"]
    (layer / "python/libtorch_pager.so").write_text("another pager")
    assert sbom(layer)["serialNumber"] != first


def test_there_is_no_time_but_the_one_asked_for(layer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "timestamp" not in sbom(layer)["metadata"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "315619200")
    assert sbom(layer)["metadata"]["timestamp"] == "1980-01-02T00:00:00Z"


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda layer: shutil.rmtree(layer / "python"), "holds no layer: there is no python/torch-*.dist-info in it"),
        (
            lambda layer: (layer / "python/torch-2.13.0+cpu.dist-info/WHEEL").write_text("Tag: py3-none-any\n"),
            "no sha256 is pinned for torch-2.13.0+cpu-py3-none-any.whl",
        ),
    ],
)
def test_a_folder_that_is_no_layer_of_ours_is_one_sentence(
    layer: Path, break_it: Callable[[Path], object], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    break_it(layer)
    assert main(["sbom", str(layer)]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not layer.with_name("layer.cdx.json").exists()


def test_a_file_that_is_no_zip_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "layer.zip").write_text("no zip")
    assert main(["sbom", str(tmp_path / "layer.zip")]) == 1
    assert "neither a folder nor a .zip of a layer" in capsys.readouterr().err


def test_a_time_that_is_no_number_is_one_sentence(
    layer: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "today")
    assert main(["sbom", str(layer)]) == 1
    assert capsys.readouterr().err == "layer: SOURCE_DATE_EPOCH is 'today': it must be a number of seconds\n"


def test_the_real_layer_names_its_parts_and_holds_their_licences(built: Path, tmp_path: Path) -> None:
    (tmp_path / "layer").symlink_to(built)
    found = components(sbom(tmp_path / "layer"))
    assert {"torch", "typing_extensions", "zstd", "python/libtorch_startup.so"} <= set(found)
    for component in found.values():
        for licence in component.get("licenses", ()):
            if "expression" in licence:
                assert get_spdx_licensing().validate(licence["expression"]).errors == []
    for name, wheel in (("torch", found["torch"]), ("typing_extensions", found["typing_extensions"])):
        info = built / "python" / f"{name}-{wheel['version']}.dist-info"
        named = [line for line in (info / "METADATA").read_text().splitlines() if line.startswith("License-File: ")]
        assert named
        assert [line for line in named if not (info / "licenses" / line.removeprefix("License-File: ")).is_file()] == []
    source = (CACHE / f"zstd-{ZSTD_VERSION}-source" / "zstd.c").read_text()
    numbers = re.findall(r"#define ZSTD_VERSION_(?:MAJOR|MINOR|RELEASE) +(\d+)", source)
    assert ".".join(numbers) == ZSTD_LIBRARY_VERSION
    assert {path.name for path in (built / "python" / LICENCES).iterdir()} == {"zstd", "cold-open"}
