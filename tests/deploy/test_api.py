"""The one call of a deployed API: what is said if it does not answer as it should."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.account import Account
from deploy.api import call
from deploy.environment import Environment
from deploy.errors import DeployError
from deploy.stack import Stack
from tests.deploy.aws_stand_in import CloudFormation
from tests.deploy.state import StackState

ONE = "s3://models/cold-open/0123456789ab/"


@pytest.fixture
def account(cloud: CloudFormation) -> Account:
    return Account(Environment("default", "cold-open", {}, "us-east-1", None, Path(".aws-sam/build")))


def stack(url: str, **outputs: str) -> Stack:
    """A stack that serves ONE at a URL."""
    every = {"ApiUrl": url, "PageUrl": f"{url}/", **outputs}
    return Stack("cold-open", "us-east-1", "CREATE_COMPLETE", {"ModelUri": ONE}, every, datetime.now(UTC))


def test_an_api_that_does_not_answer_is_told_with_where_to_look(account: Account) -> None:
    with pytest.raises(DeployError, match=r"cold-open is deployed, and .*/health does not .* refused.*See `make logs`"):
        call(account, stack("http://127.0.0.1:9/v1"), ready_limit_s=0)


def test_an_api_that_serves_another_version_is_told(account: Account, cloud: CloudFormation) -> None:
    cloud.stacks["cold-open"] = StackState("cold-open", parameters={"ModelUri": "s3://models/cold-open/ba9876543210/"})
    with pytest.raises(
        DeployError, match=rf"/health says version ba9876543210, and {ONE} was deployed: see `make logs`"
    ):
        call(account, stack(cloud.api_url), ready_limit_s=0)


def test_the_key_is_sent_and_not_shown(account: Account, cloud: CloudFormation) -> None:
    cloud.stacks["cold-open"] = StackState("cold-open", parameters={"ModelUri": ONE})
    cloud.api_key = "a secret key"
    with pytest.raises(DeployError, match="forbidden"):
        call(account, stack(cloud.api_url), ready_limit_s=0)
    said = call(account, stack(cloud.api_url, ApiKeyId="k1"), ready_limit_s=0)
    assert '-H "x-api-key: $(aws apigateway get-api-key --api-key k1 --include-value ' in said
    assert "a secret key" not in said
