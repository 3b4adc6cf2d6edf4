"""Batches, as Step Functions and `aws lambda invoke` send them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from coldopen.http.batch import MAX_REQUESTS, BatchFailedError
from coldopen.http.routes import Api
from coldopen.settings import Settings
from local.context import LambdaContext
from tests.lambda_fn.coldopen.http.client import Client

SOUP = {"prime": "soup", "length": 5, "seed": 1}


def invoke(client: Client, event: Any, timeout_s: float = 29) -> Any:
    return client.api.handle(event, LambdaContext(timeout_s))


def test_a_list_is_answered_with_a_list_in_its_order(client: Client) -> None:
    first, wrong, last = invoke(client, {"requests": [SOUP, {"prime": "soupe"}, {**SOUP, "seed": 2}]})
    alone = invoke(client, SOUP)
    del alone["timing"]
    assert (first, last["seed"]) == (alone, 2)
    assert wrong == invoke(client, {"prime": "soupe"})


def test_an_empty_list_is_answered_with_one(client: Client) -> None:
    assert invoke(client, {"requests": []}) == []


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"requests": "soup"}, 'requests is "soup"; it must be a list of requests'),
        ({"requests": None}, "requests is null; it must be a list of requests"),
        ({"requests": [], "length": 5}, 'beside requests there is "length"; the fields of each request belong into it'),
        ({"requests": [{}] * (MAX_REQUESTS + 1)}, "there are 1,001 requests; at most 1,000 are read"),
    ],
)
def test_what_is_no_batch_is_told_so(event: Any, message: str, client: Client) -> None:
    assert invoke(client, event)["error"]["message"] == message


def test_over_http_there_are_no_batches(client: Client) -> None:
    status, reply = client.generate(requests=[SOUP])
    assert (status, reply["error"]["code"]) == (422, "unknown_field")


def test_without_a_model_the_invocation_fails_so_that_it_is_tried_again(tmp_path: Path) -> None:
    client = Client(Api(Settings(str(tmp_path / "absent"), max_length=50), Logger(service="test")))
    with pytest.raises(BatchFailedError, match="the model can't be loaded at the moment"):
        invoke(client, {"requests": [SOUP]})


def test_what_can_t_be_done_in_time_is_an_error_of_its_own(client: Client) -> None:
    many = invoke(client, {"requests": [{**SOUP, "length": 50}] * 1000}, timeout_s=0.6)
    assert {"deadline"} == {it["error"]["code"] for it in many if "error" in it}
    assert many[-1]["error"]["message"].startswith("time ran out before this script was written")


def test_the_log_counts_all_words(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    invoke(client, {"requests": [SOUP, SOUP]})
    line = vars(caplog.records[-1])
    assert (line["front"], line["Words"], line["status"]) == ("batch", 10, 200)
