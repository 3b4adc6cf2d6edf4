"""What may be asked of the writer: named fields in, a checked request out."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coldopen.errors import RequestError, shown
from coldopen.sampling import Sampling
from coldopen.screenplay import FORMATS, Format
from coldopen.vocabulary import tokenise

MAX_PRIME_WORDS = 200
MAX_SCRIPTS = 8
MAX_TEMPERATURE = 10.0
MAX_SEED = 2**32 - 1

WHOLE_NUMBER_FIELDS = ("length", "top_k", "seed", "n")
NUMBER_FIELDS = ("temperature", "top_p")
_FIELDS = ("prime", "length", "temperature", "top_k", "top_p", "seed", "format", "n")
_DEFAULT_LENGTH = 100


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """A checked request; whether the model knows the prime words is all that is left to check."""

    prime: str
    prime_words: list[str]
    length: int
    sampling: Sampling
    seed: int
    format: Format
    n: int

    @property
    def seeds(self) -> list[int]:
        """One for each script; it makes that script again, alone too."""
        return [(self.seed + index) % (MAX_SEED + 1) for index in range(self.n)]


def read_generate_request(fields: Mapping[str, Any], max_length: int, vocabulary_size: int) -> GenerateRequest:
    """Check the fields of a request for scripts.

    Args:
        fields: by name, with values as JSON has them; None stands for the default.
        max_length: the most words that may be asked for, in one script.
        vocabulary_size: the most words that sampling can choose from.

    Raises:
        RequestError: 422, naming the field, its value and what it should be.
    """
    _check_names(fields)
    default = Sampling()
    sampling = Sampling(
        temperature=_number(fields, "temperature", default.temperature, MAX_TEMPERATURE),
        top_k=_whole_number(fields, "top_k", min(default.top_k, vocabulary_size), 1, vocabulary_size),
        top_p=_number(fields, "top_p", default.top_p, 1.0),
    )
    prime = _prime(fields)
    return GenerateRequest(
        prime=prime,
        prime_words=_prime_words(prime),
        length=_whole_number(fields, "length", min(_DEFAULT_LENGTH, max_length), 1, max_length),
        sampling=sampling,
        # drawn now and not at INIT, which a snapshot would replay in every copy of the function
        seed=_whole_number(fields, "seed", random.SystemRandom().randrange(MAX_SEED + 1), 0, MAX_SEED),
        format=_format(fields),
        n=_whole_number(fields, "n", 1, 1, MAX_SCRIPTS),
    )


def _check_names(fields: Mapping[str, Any]) -> None:
    for name in fields:
        if name not in _FIELDS:
            from difflib import get_close_matches  # only a mistaken request needs it, so no cold start pays

            near = tuple(get_close_matches(str(name), _FIELDS, n=1))
            message = f"there is no field {shown(name)}; the fields are {', '.join(_FIELDS)}"
            raise RequestError(422, "unknown_field", message, str(name)[:100], near)


def _prime(fields: Mapping[str, Any]) -> str:
    if fields.get("prime") is None:
        message = 'prime is missing: give the word or words that the script begins with, such as "jerry"'
        raise RequestError(422, "missing_field", message, "prime")
    prime = fields["prime"]
    if not isinstance(prime, str) or not prime.strip():
        raise _invalid("prime", prime, "a string of one word or several")
    return prime


def _prime_words(prime: str) -> list[str]:
    words = tokenise(prime)
    if len(words) > MAX_PRIME_WORDS:
        message = f"prime has {len(words):,} words; at most {MAX_PRIME_WORDS} are read"
        raise RequestError(422, "invalid_value", message, "prime")
    return words


def _format(fields: Mapping[str, Any]) -> Format:
    value = fields.get("format")
    for known in FORMATS:
        if value in (known, None):  # the first is the default
            return known
    raise _invalid("format", value, f"one of {', '.join(FORMATS)}", FORMATS)


def _whole_number(fields: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = fields.get(name)
    if value is None:
        return default
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON has one kind of number: 10.0 is 10
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _invalid(name, value, f"a whole number from {least} to {most}")
    return value


def _number(fields: Mapping[str, Any], name: str, default: float, most: float) -> float:
    value = fields.get(name)
    if value is None:
        return default
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < value <= most:  # not a number compares false, and so is refused
        hint = "; for the likeliest word each time, send top_k 1" if name == "temperature" and value == 0 else ""
        raise _invalid(name, value, f"a number above 0 and up to {most:g}{hint}")
    return float(value)


def _invalid(field: str, value: object, wanted: str, suggestions: tuple[str, ...] = ()) -> RequestError:
    return RequestError(422, "invalid_value", f"{field} is {shown(value)}; it must be {wanted}", field, suggestions)
