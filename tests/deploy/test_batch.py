"""`make batch`: what the stack has is handed to `python -m training batch`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.aws_stand_in import CloudFormation
from tests.deploy.conftest import Run

pytestmark = pytest.mark.slow

PLACE = "s3://my-bucket/batches/"
ARGUMENTS = ("batch", "--primes", "s3://my-bucket/primes.csv", "--out", f"{PLACE}one/")

# Stands in for `python -m training batch`, which has tests of its own.
_BATCH = """
import os, sys
print(*sys.argv[1:], os.environ["AWS_DEFAULT_REGION"])
sys.exit(3 if "fails" in sys.argv[-1] else 0)
"""


def test_what_the_stack_has_is_handed_on_and_one_without_a_machine_says_how_to_get_it(
    cloud: CloudFormation, project: Path, deploy: Run
) -> None:
    assert deploy("up").returncode == 0
    done = deploy(*ARGUMENTS)
    assert done.returncode == 1
    assert done.stderr == (
        "deploy: cold-open has no state machine for batches: write BatchPlace=s3://my-bucket/batches/ into "
        "parameter_overrides in samconfig.toml, then `make deploy`\n"
    )
    config = project / "samconfig.toml"
    config.write_text(config.read_text().replace('# "Architecture=arm64"', f'"BatchPlace={PLACE}"', 1))
    assert deploy("up").returncode == 0
    (project / "training" / "__main__.py").write_text(_BATCH)
    done = deploy(*ARGUMENTS, "--length", "300")
    assert done.returncode == 0, done.stderr
    known = f"--machine cold-open-batches --function cold-open-writerfunction --place {PLACE}"
    told = f"batch {known} --primes s3://my-bucket/primes.csv --out {PLACE}one/ --length 300 us-east-1\n"
    assert done.stdout == told
    done = deploy("batch", "--primes", "primes.csv", "--out", "fails")
    assert (done.returncode, done.stderr) == (3, "deploy: the batch is not done; the reason stands above\n")


@pytest.mark.parametrize("missing", ["--primes", "--out"])
def test_what_is_missing_is_told_with_an_example(missing: str, deploy: Run) -> None:
    given = {"--primes": "primes.csv", "--out": PLACE}
    del given[missing]
    done = deploy("batch", *next(iter(given.items())))
    assert done.returncode == 1
    assert done.stderr.startswith("deploy: say which primes, and where to: make batch PRIMES=primes.csv OUT=s3://")
