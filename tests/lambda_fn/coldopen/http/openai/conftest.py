"""OpenAI's own client, and the real handler behind the emulator."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest

from local.gateway import gateway
from local.runtime import Function


@pytest.fixture(scope="session")
def openai_client(emulated: Function) -> Iterator[openai.OpenAI]:
    """OpenAI's client of the small trained model."""
    with gateway(emulated) as url, openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture(scope="session")
def model(openai_client: openai.OpenAI) -> str:
    """The model's name, as it lists it."""
    (listed,) = openai_client.models.list()
    return listed.id
