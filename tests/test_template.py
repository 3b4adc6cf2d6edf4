"""The template, as sam reads it, builds it and, where Docker runs, invokes it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coldopen.bundle import CONTENT, MANIFEST
from layer.sizes import LIMIT
from local.replies import expected_reply, sample_events, without_timing
from local.runtime import ROOT
from tests.conftest import python_313

SAM = Path(sys.prefix) / "sam" / "bin" / "sam"
IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"

Sam = Callable[..., subprocess.CompletedProcess[str]]


def sam(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run sam without an AWS account and without the internet."""
    offline = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "SAM_CLI_TELEMETRY": "0",
    }
    command = [str(SAM), *map(str, arguments)]
    environment = {**os.environ, **offline}
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False, timeout=400)


@pytest.fixture(scope="module", params=["x86_64", "arm64"])
def architecture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def built(architecture: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sam build` makes for an architecture, python3.13."""
    folder = tmp_path_factory.mktemp(f"build-{architecture}")
    done = sam("build", "--build-dir", folder, "--parameter-overrides", f"Architecture={architecture}")
    assert done.returncode == 0, done.stderr
    return folder


def test_the_template_is_valid() -> None:
    done = sam("validate", "--lint")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_function_s_package_holds_the_function_and_nothing_else(built: Path) -> None:
    package = built / "WriterFunction"
    names = {path.name.split("-")[0] for path in package.iterdir()}
    assert {"app.py", "coldopen", "model", "aws_lambda_powertools", "safetensors"} <= names
    assert not names & {"training", "layer", "local", "tests", "torch", "numpy", "boto3", "Makefile"}
    compiled = list(package.rglob("*.pyc"))
    assert bool(compiled) == (python_313() is not None)
    assert not [path for path in compiled if not path.name.endswith(".cpython-313.pyc")]
    assert {path.name for path in (package / "model").iterdir()} == {*CONTENT, MANIFEST}


def test_machine_code_is_for_the_architecture_that_was_asked_for(built: Path, architecture: str) -> None:
    machine = {"x86_64": 62, "arm64": 183}[architecture]  # e_machine in the ELF header (elf.h)
    libraries = [file for file in built.rglob("*.so*") if file.suffix != ".blocks"]
    assert {"libtorch_cpu.so", "_safetensors_rust.abi3.so"} <= {library.name for library in libraries}
    for library in libraries:
        with library.open("rb") as file:
            assert int.from_bytes(file.read(20)[18:], "little") == machine, library


def test_function_model_and_layer_together_leave_room_in_lambda(built: Path, architecture: str) -> None:
    layer, function = (
        sum(path.stat().st_size for path in (built / part).rglob("*") if path.is_file())
        for part in ("TorchLayer", "WriterFunction")
    )
    assert layer < {"x86_64": 195_000_000, "arm64": 165_000_000}[architecture]
    assert layer + function < LIMIT - 30_000_000


def test_the_built_function_answers_with_its_layer_and_nothing_else_on_the_path(built: Path, architecture: str) -> None:
    python = python_313()
    if python is None or architecture != "x86_64" or os.uname().machine != "x86_64":
        pytest.skip("needs Python 3.13 on the architecture that was built for")
    program = """
import json, sys, time
import app
class Context:
    aws_request_id = "test"
    def get_remaining_time_in_millis(self): return 29_000
for path in sys.argv[1:]:
    with open(path) as file:
        print("reply " + json.dumps(app.handler(json.load(file), Context())))
print("torch " + sys.modules["torch"].__file__)
"""
    path = f"{built / 'WriterFunction'}:{built / 'TorchLayer' / 'python'}"
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "PYTHONPATH": path}
    done = subprocess.run(
        [str(python), "-S", "-W", "error", "-c", program, *map(str, sample_events())],
        capture_output=True, text=True, env=environment, cwd=built, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"torch {built / 'TorchLayer'}" in done.stdout
    replies = [json.loads(line[6:]) for line in done.stdout.splitlines() if line.startswith("reply ")]
    for event, reply in zip(sample_events(), replies, strict=True):
        assert_same_but_for_the_engine(reply, event)


def assert_same_but_for_the_engine(reply: dict[str, Any], event: Path) -> None:
    """The engine's name says which build of torch computes, and this is another than the tests'."""
    got, expected = without_timing(reply), json.loads(expected_reply(event).read_bytes())
    assert got["body"].pop("engine", None) is None or expected["body"].pop("engine").startswith("torch 2.13.0")
    assert got == expected


def docker_runs() -> bool:
    if not shutil.which("docker"):
        return False
    return subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not docker_runs(), reason=f"Docker does not run here or lacks {IMAGE}")
def test_sam_local_invoke_answers_in_docker(built: Path, architecture: str) -> None:
    if architecture != "x86_64":
        pytest.skip("the image is for x86_64")
    event = ROOT / "events" / "word.json"
    done = sam("local", "invoke", "--skip-pull-image", "--template", built / "template.yaml", "--event", event)
    assert done.returncode == 0, done.stderr
    assert_same_but_for_the_engine(json.loads(done.stdout.strip().splitlines()[-1]), event)


POLICIES = """
import json, sys
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse
class NoPolicies(ManagedPolicyLoader):
    def __init__(self): pass
    def load(self): return {}
with open(sys.argv[1]) as file:
    template = yaml_parse(file.read())
template["Resources"]["WriterFunction"]["Properties"]["CodeUri"] = "s3://uploaded/function"
template["Resources"]["TorchLayer"]["Properties"]["ContentUri"] = "s3://uploaded/layer"
template = transform(template, {}, NoPolicies())
print(json.dumps(template["Resources"]["WriterFunctionRole"]["Properties"]["Policies"]))
"""


def test_the_function_may_read_its_model_and_nothing_else() -> None:
    command = [str(SAM.with_name("python")), "-c", POLICIES, str(ROOT / "template.yaml")]
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    (policy,) = json.loads(done.stdout)
    condition, granted, otherwise = policy["Fn::If"]
    (statement,) = granted["PolicyDocument"]["Statement"]
    assert (condition, otherwise) == ("HasModelUri", {"Ref": "AWS::NoValue"})
    assert (statement["Effect"], statement["Action"]) == ("Allow", "s3:GetObject")
    arn, variables = statement["Resource"]["Fn::Sub"]
    assert arn == "arn:${AWS::Partition}:s3:::${Prefix}*"
    assert variables == {"Prefix": {"Fn::Select": [1, {"Fn::Split": ["s3://", {"Ref": "ModelUri"}]}]}}
