"""The API with a model that has learnt nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_lambda_powertools import Logger

from coldopen.http.routes import Api
from coldopen.settings import Settings
from tests.lambda_fn.coldopen.http.client import Client


@pytest.fixture
def client(untrained_folder: Path) -> Client:
    """A client of that API; one script may have up to 50 words."""
    return Client(Api(Settings(str(untrained_folder), max_length=50), Logger(service="test")))
