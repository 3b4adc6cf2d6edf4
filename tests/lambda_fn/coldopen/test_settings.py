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
    assert Settings.read({"MODEL_URI": "s3://b/p/v/", "MAX_LENGTH": "5"}) == Settings("s3://b/p/v/", 5)


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "²", "9" * 40])
def test_a_wrong_value_is_named(value: str) -> None:
    with pytest.raises(ColdOpenError, match=f"MAX_LENGTH is '{value}'; it must be a whole number from 1 to"):
        Settings.read({"MAX_LENGTH": value})
