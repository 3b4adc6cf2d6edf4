"""What the environment decides, read once at INIT."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from coldopen.errors import ColdOpenError

_PACKAGED_BUNDLE = Path(__file__).resolve().parent.parent / "model"


@dataclass(frozen=True, slots=True)
class Settings:
    """The function's settings.

    Attributes:
        model_uri: `MODEL_URI`, a directory or `s3://bucket/prefix/version/`; default: the bundle in the package.
        max_length: `MAX_LENGTH`, the most words that one script may be asked to have; default 1,000.
    """

    model_uri: str
    max_length: int

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings.

        Raises:
            ColdOpenError: naming the variable, its value and what it should be.
        """
        max_length = environment.get("MAX_LENGTH") or "1000"
        if not re.fullmatch(r"[1-9][0-9]{0,8}", max_length):
            raise ColdOpenError(f"MAX_LENGTH is {max_length[:60]!r}; it must be a whole number from 1 to 999999999")
        return cls(model_uri=environment.get("MODEL_URI") or str(_PACKAGED_BUNDLE), max_length=int(max_length))
