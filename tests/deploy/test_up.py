"""`make deploy`: what it deploys and prints, and where it stops."""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import boto3
import pytest

from coldopen.bundle.manifest import MANIFEST
from local.runtime import ROOT
from tests.deploy.aws_stand_in import CloudFormation
from tests.deploy.conftest import Run
from tests.deploy.state import StackState

ONE, TWO = "s3://models/cold-open/0123456789ab/", "s3://models/cold-open/ba9876543210/"


def write_parameters(project: Path, parameters: str) -> None:
    """Put parameters into the default environment of samconfig.toml."""
    file = project / "samconfig.toml"
    text, count = re.subn(
        r"parameter_overrides = \[.*?\n\]", f"parameter_overrides = {parameters}", file.read_text(), count=1, flags=re.S
    )
    assert count == 1
    file.write_text(text)


@pytest.mark.slow
def test_it_prints_the_page_s_address_and_a_curl_line_that_works(cloud: CloudFormation, deploy: Run) -> None:
    done = deploy("up")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Creating the stack cold-open in us-east-1, account 123456789012\n")
    assert re.search(r"^The API answers with tuned, version shipped: /health in \d+ ms, 2 words in", done.stdout, re.M)
    assert f"\n  page  {cloud.api_url}/\n" in done.stdout
    (curl,) = re.findall(r"^  ask   (curl .*)$", done.stdout, re.M)
    reply = subprocess.run([*shlex.split(curl), "--silent"], capture_output=True, text=True, check=True).stdout
    assert '"asked": {"prime": "marla", "length": 20}' in reply


@pytest.mark.slow
def test_architecture_and_runtime_are_built_for_where_they_are_deployed(
    cloud: CloudFormation, project: Path, deploy: Run
) -> None:
    write_parameters(project, '["Architecture=arm64", "Runtime=python3.12", "MemorySize=3008"]')
    assert deploy("up").returncode == 0
    properties = cloud.stacks["cold-open"].resources["WriterFunction"]["Properties"]
    assert (properties["Architectures"], properties["Runtime"], properties["MemorySize"]) == (
        ["arm64"],
        "python3.12",
        "3008",
    )
    (library,) = (project / ".aws-sam/build/TorchLayer").rglob("*.so")
    assert (library.name, library.read_bytes()[18]) == ("_C.cpython-312-linux-gnu.so", 183)
    write_parameters(project, "[]")  # as in a colleague's checkout: the stack says what it runs on
    assert deploy("up").returncode == 0
    assert cloud.stacks["cold-open"].parameters["Architecture"] == "arm64"
    assert (project / ".aws-sam/build/TorchLayer/python/torch/_C.cpython-312-linux-gnu.so").exists()


@pytest.mark.slow
def test_the_built_template_is_small_enough_to_be_sent_with_a_roll_back(cloud: CloudFormation, deploy: Run) -> None:
    assert deploy("up").returncode == 0
    assert len(cloud.stacks["cold-open"].template.encode()) < 51_200  # TemplateBody's limit


def test_a_model_that_can_not_serve_stops_before_anything_is_built_or_changed(
    cloud: CloudFormation, project: Path, deploy: Run
) -> None:
    done = deploy("up", "--model", "s3://models/cold-open/ffffffffffff/")
    assert done.returncode == 1
    assert done.stderr == (
        "training: this is no bundle\n"
        "deploy: s3://models/cold-open/ffffffffffff/ can't serve, and nothing was changed; the reason stands above\n"
    )
    assert not cloud.stacks
    assert not (project / ".aws-sam").exists()


@pytest.mark.slow
def test_a_model_is_verified_by_reading_it_from_s3(
    cloud: CloudFormation, s3: str, project: Path, deploy: Run, untrained_files: dict[str, bytes]
) -> None:
    shutil.rmtree(project / "training")  # the stand-in
    (project / "training").symlink_to(ROOT / "training")
    version = hashlib.sha256(untrained_files[MANIFEST]).hexdigest()[:12]
    store = boto3.client("s3", endpoint_url=s3)
    store.create_bucket(Bucket="models")
    for name, content in untrained_files.items():
        store.put_object(Bucket="models", Key=f"cold-open/{version}/{name}", Body=content)
    done = deploy("up", "--model", f"s3://models/cold-open/{version}/")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"The API answers with tuned, version {version}: " in done.stdout
    store.put_object(Bucket="models", Key=f"cold-open/{version}/vocab.json", Body=b"[]")
    before = len(cloud.stacks["cold-open"].events)
    done = deploy("up", "--model", f"s3://models/cold-open/{version}/")
    assert done.returncode == 1
    assert "vocab.json" in done.stderr
    assert len(cloud.stacks["cold-open"].events) == before


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("ROLLBACK_COMPLETE", "`make delete`, then `make deploy`"),
        ("UPDATE_IN_PROGRESS", "wait until that is done"),
        ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback --stack-name cold-open"),
        ("DELETE_FAILED", "`make delete` again"),
    ],
)
def test_a_stack_that_can_not_be_updated_is_told_with_what_to_do(
    cloud: CloudFormation, deploy: Run, status: str, advice: str
) -> None:
    cloud.stacks["cold-open"] = StackState("cold-open", status)
    done = deploy("up")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert status in done.stderr
    assert advice in done.stderr


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("ExpiredToken", "the AWS credentials have expired: get new ones"),
        ("InvalidClientTokenId", "AWS does not know these credentials (InvalidClientTokenId)"),
        ("AccessDenied", "these AWS credentials may not do DescribeStacks: you may not"),
        ("Throttling", "AWS refused DescribeStacks: you may not"),
    ],
)
def test_a_refusal_of_aws_is_one_sentence(cloud: CloudFormation, deploy: Run, code: str, sentence: str) -> None:
    cloud.refusal = (code, "you may not")
    done = deploy("up")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"deploy: {sentence}")


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "there are no AWS credentials: set AWS_PROFILE"),
        ({"AWS_PROFILE": "mine"}, "The config profile (mine) could not be found"),
        ({"AWS_DEFAULT_REGION": ""}, "in which region is cold-open? Set AWS_DEFAULT_REGION"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "AWS does not answer; is the region right"),
    ],
)
def test_settings_that_lead_to_no_account_are_told_in_one_sentence(
    cloud: CloudFormation, deploy: Run, tmp_path: Path, environment: dict[str, str], sentence: str
) -> None:
    nowhere = {name: str(tmp_path / "none") for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
    done = deploy("up", **nowhere, **environment)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"deploy: {sentence}")


def test_a_model_in_samconfig_that_is_not_the_one_served_is_asked_about(
    cloud: CloudFormation, project: Path, deploy: Run
) -> None:
    write_parameters(project, f'["ModelUri={TWO}"]')
    cloud.stacks["cold-open"] = StackState("cold-open", "CREATE_COMPLETE", parameters={"ModelUri": ONE})
    done = deploy("up")
    assert done.returncode == 1
    assert f"samconfig.toml has ModelUri={TWO}, and the stack serves {ONE}. Say which: make deploy" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--env", "staging", "up"), "ENV=staging: samconfig.toml has no such environment, but default, prod"),
        (("up", "--model", "runs/mine/bundle"), "MODEL_URI=runs/mine/bundle/ is no address in S3: it reads s3://"),
    ],
)
def test_what_can_not_be_meant_is_told_in_one_sentence(
    cloud: CloudFormation, deploy: Run, arguments: tuple[str, ...], sentence: str
) -> None:
    done = deploy(*arguments)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"deploy: {sentence}")


@pytest.mark.parametrize(
    ("parameter", "sentence"),
    [
        ("Architecture=arm", "Architecture=arm: samconfig.toml may say arm64, x86_64"),
        ("Runtime=python3.11", "Runtime=python3.11: samconfig.toml may say python3.12, python3.13, python3.14"),
        (
            "Architecture arm64",
            "samconfig.toml: parameter_overrides has 'Architecture', which does not read Name=value",
        ),
    ],
)
def test_a_parameter_that_nothing_can_be_built_for_is_told_in_one_sentence(
    cloud: CloudFormation, project: Path, deploy: Run, parameter: str, sentence: str
) -> None:
    write_parameters(project, f'["{parameter}"]')
    done = deploy("build")
    assert (done.returncode, done.stderr) == (1, f"deploy: {sentence}\n")


@pytest.mark.slow
def test_a_failure_of_sam_passes_its_exit_code_on(cloud: CloudFormation, project: Path, deploy: Run) -> None:
    (project / "layer" / "Makefile").write_text("build-TorchLayer:\n\texit 3\n")
    done = deploy("up")
    assert done.returncode == 1
    assert done.stderr.endswith("deploy: `sam build` failed; its reason stands above\n")
    assert not cloud.stacks


@pytest.mark.slow
def test_changes_that_are_not_confirmed_are_not_called_deployed(cloud: CloudFormation, deploy: Run) -> None:
    done = deploy("--env", "prod", "up", answers="n\n")
    assert done.returncode == 1
    assert done.stderr.endswith("deploy: nothing was deployed: the changes were not confirmed\n")
    assert cloud.stacks["cold-open-prod"].status == "REVIEW_IN_PROGRESS"
