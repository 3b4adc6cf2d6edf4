"""What tests share: real things, made once."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import boto3
import hypothesis
import pytest
import torch
from moto.server import ThreadedMotoServer

from coldopen.bundle.content import Bundle
from coldopen.bundle.read import read_bundle
from coldopen.bundle.write import bundle_files, write_bundle
from coldopen.network import NetworkConfig, ScriptNetwork
from coldopen.vocabulary import Vocabulary, tokenise
from layer.python.bytecode import find_python
from local.runtime import Function, local_function
from training.command_line import main as training_main

ROOT = Path(__file__).resolve().parent.parent
SEINFELD_TEXT = ROOT.parent / "shared" / "data" / "Seinfeld_Scripts.txt"
SEINFELD_CSV = ROOT.parent / "shared" / "data" / "scripts.csv"

# The tests' networks are so small that a second thread costs more than it brings, here and in child processes.
os.environ["OMP_NUM_THREADS"] = "1"
torch.set_num_threads(1)

# The same examples each time, and as long as they take: a test that passes once passes again.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("same")

PRESET = """
[network]
embedding_dim = 16
hidden_size = 24
num_layers = 2
dropout = {dropout}
[training]
sequence_length = 10
batch_size = 32
learning_rate = {learning_rate}
epochs = {epochs}
seed = 7
"""

RECIPE = """
[recipe]
embedding_spread = 0.5
embedding_dropout = {dropout}
word_dropout = {dropout}
layer_dropout = {dropout}
recurrent_dropout = {dropout}
weight_decay = 0.01
warm_up = 0.05
clip = 1.0
average = 0.9
samples = {samples}
full_from = 0.5
patience = 50
"""


@pytest.fixture(scope="session")
def diner() -> str:
    """A few lines of script, written for these tests."""
    return (ROOT / "tests" / "data" / "diner.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of some 8,000 words in which speakers alternate and each line has the same grammar."""
    rng = random.Random(5)
    things = ["soup", "table", "street", "phone", "car", "cake", "letter"]
    deeds = ["took", "broke", "wants", "found", "hates"]
    lines = [
        f"{speaker}: i {rng.choice(deeds)} the {rng.choice(things)}, why? (he {rng.choice(deeds)} it.)\n\n"
        for _ in range(125)
        for speaker in ("marla", "otto", "ines", "bo")
    ]
    file = tmp_path_factory.mktemp("scripts") / "diner.txt"
    file.write_text("".join(lines), encoding="utf-8")
    return file


@pytest.fixture
def preset_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a preset small enough for a test."""

    def write(epochs: int = 3, learning_rate: float = 0.01, dropout: float = 0.5) -> Path:
        file = tmp_path / "small.toml"
        file.write_text(PRESET.format(epochs=epochs, learning_rate=learning_rate, dropout=dropout), encoding="utf-8")
        return file

    return write


@pytest.fixture
def recipe_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a preset with a recipe, small enough for a test."""

    def write(epochs: int = 3, learning_rate: float = 0.01, dropout: float = 0.1, samples: int = 5) -> Path:
        file = tmp_path / "recipe.toml"
        small = PRESET.format(epochs=epochs, learning_rate=learning_rate, dropout=dropout)
        file.write_text(small + RECIPE.format(dropout=dropout, samples=samples), encoding="utf-8")
        return file

    return write


@pytest.fixture(scope="session")
def training() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a `python -m training` command as a person would, but in this process, which has torch loaded."""

    def run(*arguments: object, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
        output, errors = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(output), redirect_stderr(errors):
            patch.chdir(folder)
            patch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers another test's credentials
            for name, value in environment.items():
                patch.setenv(name, value)
            words = [str(argument) for argument in arguments]
            try:
                code = training_main(words)
            except SystemExit as end:  # argparse's, for arguments that make no sense
                code = int(end.code or 0)
        return subprocess.CompletedProcess(words, code, output.getvalue(), errors.getvalue())

    return run


@pytest.fixture(scope="session")
def local_module() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `python -m local` as a person would."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "local", *map(str, arguments)]
        variables = {**os.environ, **environment}
        return subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, env=variables, check=False, timeout=500
        )

    return run


@pytest.fixture(scope="session")
def untrained_files(diner: str) -> dict[str, bytes]:
    """The files of a bundle whose network knows the diner's words and has learnt nothing."""
    vocabulary = Vocabulary.of(tokenise(diner))
    torch.manual_seed(3)
    network = ScriptNetwork(NetworkConfig(len(vocabulary), 12, 20, 2, 0.5))
    return bundle_files(network.state_dict(), vocabulary, network.config, "diner", {"source": "untrained"})


@pytest.fixture
def untrained_folder(untrained_files: dict[str, bytes], tmp_path: Path) -> Path:
    """That bundle on disk, this test's own to damage."""
    write_bundle(tmp_path / "diner", untrained_files)
    return tmp_path / "diner"


@pytest.fixture
def untrained_bundle(untrained_folder: Path) -> Bundle:
    """That bundle, read."""
    return read_bundle(str(untrained_folder))


@pytest.fixture(scope="session")
def trained_run(
    scripts: Path, training: Callable[..., subprocess.CompletedProcess[str]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a run that the real command line trained to its end."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "small.toml").write_text(PRESET.format(epochs=8, learning_rate=0.01, dropout=0.1), encoding="utf-8")
    done = training("train", "--scripts", scripts, "--preset", folder / "small.toml", "--folder", folder / "run")
    assert done.returncode == 0, done.stderr
    return folder / "run"


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The URL of moto's S3, served over HTTP."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """S3's URL, with this process's AWS settings pointing there; empty again afterwards."""
    import urllib.request

    for name, value in aws_settings(s3_server).items():
        monkeypatch.setenv(name, value)
    yield s3_server
    request = urllib.request.Request(f"{s3_server}/moto-api/reset", method="POST")
    urllib.request.urlopen(request).close()


def aws_settings(url: str) -> dict[str, str]:
    """The environment of somebody whose AWS is at `url`."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def python_313() -> Path | None:
    """An interpreter of the default runtime's version, if this machine has one."""
    return find_python("3.13")


@pytest.fixture(scope="session")
def emulated(trained_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    """The real handler behind the real emulator, with the small trained model."""
    log = (tmp_path_factory.mktemp("emulated") / "log").open("wb")
    with log, local_function(log, {"MODEL_URI": str(trained_run / "bundle")}) as function:
        yield function


def pytest_make_parametrize_id(val: object) -> str | None:
    """The name of a case: long bytes have none, for packed ones hold the time, and each worker must find the same."""
    return "bytes" if isinstance(val, bytes) and len(val) > 60 else None
