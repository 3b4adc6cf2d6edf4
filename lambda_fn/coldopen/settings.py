"""What the environment decides, read once at INIT."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from coldopen.errors import ColdOpenError

_PACKAGED_BUNDLE = Path(__file__).resolve().parent.parent / "model"


class Settings(NamedTuple):  # made in a sixth of a dataclass's time, and a cold start waits for it
    """The function's settings.

    Attributes:
        model_uri: `MODEL_URI`, a directory or `s3://bucket/prefix/version/`; default: the bundle in the package.
        max_length: `MAX_LENGTH`, the most words that one script may be asked to have; default 1,000.
        cors_origin: `CORS_ORIGIN`, whose pages may ask: https://example.com, or * for all; default: nobody else's.
        base_path: `BASE_PATH`, what a load balancer or CloudFront leaves before each path, such as /coldopen.
        memory_mb: `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`, what Lambda gives the function, in MiB; None elsewhere.
    """

    model_uri: str
    max_length: int
    cors_origin: str = ""
    base_path: str = ""
    memory_mb: int | None = None

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings.

        Raises:
            ColdOpenError: naming the variable, its value and what it should be.
        """
        max_length = environment.get("MAX_LENGTH") or "1000"
        if not re.fullmatch(r"[1-9][0-9]{0,8}", max_length):
            raise ColdOpenError(f"MAX_LENGTH is {max_length[:60]!r}; it must be a whole number from 1 to 999999999")
        cors_origin = environment.get("CORS_ORIGIN") or ""
        if not re.fullmatch(r"|\*|https?://[^\s/,]+", cors_origin):
            raise ColdOpenError(
                f"CORS_ORIGIN is {cors_origin[:60]!r}; it must be *, or one such as https://example.com"
            )
        base_path = environment.get("BASE_PATH") or ""
        if not re.fullmatch(r"(/[^\s/]+)*", base_path):
            raise ColdOpenError(f"BASE_PATH is {base_path[:60]!r}; it must be such as /coldopen")
        uri = environment.get("MODEL_URI") or str(_PACKAGED_BUNDLE)
        memory = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        return cls(uri, int(max_length), cors_origin, base_path, int(memory) if memory else None)
