"""Settings from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from coldopen.errors import ColdOpenError
from coldopen.settings import Settings


def test_without_variables_the_bundle_in_the_package_serves() -> None:
    settings = Settings.read({"MODEL_URI": ""})
    assert (Path(settings.model_uri).name, settings.max_length) == ("model", 1000)
    assert Path(settings.model_uri).parent.name == "lambda_fn"


def test_variables_are_read() -> None:
    variables = {"MODEL_URI": "s3://b/p/v/", "MAX_LENGTH": "5", "CORS_ORIGIN": "*", "BASE_PATH": "/a/b"}
    assert Settings.read(variables) == Settings("s3://b/p/v/", 5, "*", "/a/b")
    assert Settings.read({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"}).memory_mb == 1769
    for origin in ("", "https://page.example", "http://localhost:8080"):
        assert Settings.read({"CORS_ORIGIN": origin}).cors_origin == origin


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "²", "9" * 40])
def test_a_wrong_value_is_named(value: str) -> None:
    with pytest.raises(ColdOpenError, match=f"MAX_LENGTH is '{value}'; it must be a whole number from 1 to"):
        Settings.read({"MAX_LENGTH": value})


@pytest.mark.parametrize(
    "value", ["page.example", "https://page.example/", "https://a.example,https://b.example", "**"]
)
def test_a_wrong_origin_is_named(value: str) -> None:
    with pytest.raises(ColdOpenError, match=r"CORS_ORIGIN is .*; it must be \*, or one such as https://example.com"):
        Settings.read({"CORS_ORIGIN": value})


@pytest.mark.parametrize("value", ["shop", "/shop/", "/", "/a b"])
def test_a_wrong_base_path_is_named(value: str) -> None:
    with pytest.raises(ColdOpenError, match=r"BASE_PATH is .*; it must be such as /coldopen"):
        Settings.read({"BASE_PATH": value})
