"""Merging what the state machine kept."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from training.batch.merge import answers
from training.batch.primes import Line
from training.release.place import Place
from training.release.store import Store

SOUP = {"script": "Soup.", "model": {"version": "v1"}}


@pytest.fixture
def store(s3: str) -> Store:
    boto3.client("s3").create_bucket(Bucket="my-bucket")
    return Store(Place("my-bucket", "out"), "read and write")


def merged(store: Store, **objects: Any) -> list[dict[str, Any]]:
    """The answers of two batches, of two lines and of one."""
    for name, content in objects.items():
        store.put(f"results/{name.strip('_').replace('_', '.')}.json", json.dumps(content).encode())
    found = [[Line(1, {}), Line(2, {})], [Line(3, {})]]
    return list(answers(store, "results/", iter(found), "v1", "ABORTED"))


def test_answers_come_in_order_whether_written_as_json_or_as_a_string_of_it(store: Store) -> None:
    two = {**SOUP, "script": "Two."}
    assert merged(store, _1=[SOUP, two], _2=json.dumps([SOUP])) == [SOUP, two, SOUP]


def test_a_batch_without_a_result_has_an_error_for_each_line(store: Store) -> None:
    *both, last = merged(store, _1_failed={"Error": "States.Timeout", "Cause": "it took long"}, _2=[SOUP])
    assert both == [{"error": {"code": "failed", "message": "the batch failed: States.Timeout: it took long"}}] * 2
    assert last == SOUP
    message = "the batch was not written: the execution ended as ABORTED"
    assert merged(store, _1=[SOUP, SOUP])[:2] == [SOUP, SOUP]
    store.remove("results/2.json")
    assert merged(store)[-1]["error"] == {"code": "failed", "message": message}


def test_a_lambda_error_is_told_without_its_frames(store: Store) -> None:
    cause = json.dumps({"errorMessage": "no model", "errorType": "BatchFailedError", "stackTrace": ["  File ..."]})
    first, *_ = merged(store, _1_failed={"Error": "BatchFailedError", "Cause": cause})
    assert first["error"]["message"] == "the batch failed: BatchFailedError: no model"


def test_an_answer_of_another_length_or_model_is_a_failure(store: Store) -> None:
    first, _, last = merged(store, _1=[SOUP], _2=[{**SOUP, "model": {"version": "v2"}}])
    assert first["error"]["message"].startswith("the function answered the batch with [{")
    assert last["error"]["message"] == "model version v2 wrote it, and v1 was to write"
