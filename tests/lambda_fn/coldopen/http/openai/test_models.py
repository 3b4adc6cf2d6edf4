"""Models, as OpenAI's client lists them."""

from __future__ import annotations

import openai
import pytest


def test_the_model_is_listed_and_found_by_its_name(openai_client: openai.OpenAI, model: str) -> None:
    (listed,) = openai_client.models.list()
    found = openai_client.models.retrieve(model)
    assert listed == found
    assert (found.id, found.object, found.owned_by) == (model, "model", "cold-open")


def test_another_model_is_not_found(openai_client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match='the model "gpt 4" does not exist') as caught:
        openai_client.models.retrieve("gpt 4")
    assert (caught.value.code, caught.value.param, caught.value.type) == (
        "model_not_found", "model", "invalid_request_error",
    )  # fmt: skip
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        openai_client.completions.create(model="gpt-4", prompt="marla")
