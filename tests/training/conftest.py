"""What tests of releases share."""

from __future__ import annotations

from typing import Any

import boto3
import pytest


@pytest.fixture
def bucket(s3: str) -> Any:
    """A bucket in moto's S3, called scripts; its client."""
    client = boto3.client("s3")
    client.create_bucket(Bucket="scripts")
    return client
