"""The example of a function with the layer: built by sam, and answering in Lambda's image."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from operator import mul
from pathlib import Path
from typing import Any

import pytest

from layer.build import build
from layer.cache import CACHE
from layer.sizes import LIMIT, measure
from layer.target import RUNTIMES, Arch, Target
from local.runtime import ROOT
from tests.docker.conftest import ARCHITECTURE
from tests.template.stack import OFFLINE, SAM, sam

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

Built = tuple[Path, Path]


@pytest.fixture(scope="module")
def built_example(sam_image: str, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The layer's folder, and what `sam build` makes of the example with it; the model's wheel is downloaded."""
    if ARCHITECTURE != "x86_64":
        pytest.skip("the example is for x86_64")
    project = tmp_path_factory.mktemp("project")
    layer = project / "build" / "layer-x86_64-python3.13"
    build(Target(Arch.X86_64, RUNTIMES["3.13"]), layer, CACHE)
    example = shutil.copytree(ROOT / "examples" / "sentence-embeddings", project / "examples" / "sentence-embeddings")
    environment = {**os.environ, **OFFLINE, "PYTHON": sys.executable}
    command = [str(SAM), "build", "--build-dir", str(project / "built")]
    done = subprocess.run(command, cwd=example, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return layer, project / "built"


def invoke(built: Path, body: str, folder: Path) -> dict[str, Any]:
    event = folder / "event.json"
    event.write_text(json.dumps({"body": body}))
    done = sam("local", "invoke", "--skip-pull-image", "--template", built / "template.yaml", "--event", event)
    assert done.returncode == 0, done.stderr
    reply: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return reply


def test_function_and_layer_are_below_the_limit(built_example: Built) -> None:
    layer, built = built_example
    total = sum(part.size for part in measure(layer, [built / "EmbedFunction"]))
    assert 0 < total < LIMIT


def test_it_tells_what_means_the_same_from_what_does_not(built_example: Built, tmp_path: Path) -> None:
    sentences = ["A cat sleeps on the sofa.", "A kitten naps on the couch.", "The stock market fell sharply."]
    reply = invoke(built_example[1], json.dumps({"sentences": sentences}), tmp_path)
    assert reply["statusCode"] == 200
    cat, kitten, market = json.loads(reply["body"])["embeddings"]
    # As sentence-transformers 6.2.0 has it, with stock torch and float32 weights.
    assert sum(map(mul, cat, kitten)) == pytest.approx(0.7629, abs=5e-4)
    assert sum(map(mul, cat, market)) == pytest.approx(0.0040, abs=5e-4)


@pytest.mark.parametrize("body", ["", '{"sentences": [1]}'])
def test_a_body_that_is_not_understood_is_a_sentence(built_example: Built, tmp_path: Path, body: str) -> None:
    reply = invoke(built_example[1], body, tmp_path)
    assert reply == {"statusCode": 400, "body": 'The body must be {"sentences": ["...", ...]}.'}
