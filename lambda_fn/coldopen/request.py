"""What may be asked of the writer: named fields in, a checked request out."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from coldopen.errors import RequestError, shown
from coldopen.sampling import Sampling
from coldopen.screenplay import FORMATS, Format
from coldopen.steering import ENDS, End

MAX_SCRIPTS = 8
MAX_STOPS = 4
MAX_CAST = 50
MAX_RUN = 100
MAX_TEMPERATURE = 10.0
MAX_SEED = 2**32 - 1
DEFAULT_LENGTH = 100

WHOLE_NUMBER_FIELDS = ("length", "top_k", "seed", "n", "lines", "no_repeat", "no_copy")
NUMBER_FIELDS = ("temperature", "top_p", "memory")
FIELDS = (
    *("prime", "length", "temperature", "top_k", "top_p", "memory", "seed", "format", "n"),
    *("end", "stop", "lines", "cast", "no_repeat", "no_copy"),
)

_Choice = TypeVar("_Choice", bound=str)


class GenerateRequest(NamedTuple):  # made in a sixth of a dataclass's time, and a cold start waits for it
    """A checked request; whether the model knows its words and names is all that is left to check."""

    prime: str
    length: int
    sampling: Sampling
    seed: int
    format: Format
    n: int
    end: End
    stop: tuple[str, ...]
    lines: int | None
    cast: tuple[str, ...]
    no_repeat: int
    no_copy: int

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
    check_names(fields, FIELDS)
    default = Sampling()
    sampling = Sampling(
        temperature=_number(fields, "temperature", default.temperature, MAX_TEMPERATURE),
        top_k=whole_number(fields, "top_k", min(default.top_k, vocabulary_size), 1, vocabulary_size),
        top_p=_number(fields, "top_p", default.top_p, 1.0),
        memory=_share(fields, "memory"),
    )
    # a line ends where it will, so the length is only the most that may come
    default_length = max_length if fields.get("lines") is not None else min(DEFAULT_LENGTH, max_length)
    return GenerateRequest(
        prime=_prime(fields),
        length=whole_number(fields, "length", default_length, 1, max_length),
        sampling=sampling,
        # drawn now and not at INIT, which a snapshot would replay in every copy of the function
        seed=whole_number(fields, "seed", random.SystemRandom().randrange(MAX_SEED + 1), 0, MAX_SEED),
        format=_one_of(fields, "format", FORMATS),
        n=whole_number(fields, "n", 1, 1, MAX_SCRIPTS),
        end=_one_of(fields, "end", ENDS),
        stop=texts(fields, "stop", MAX_STOPS, "words, or line breaks"),
        lines=whole_number(fields, "lines", 0, 1, max_length) or None,
        cast=texts(fields, "cast", MAX_CAST, "speakers' names", separator=","),
        no_repeat=_run(fields, "no_repeat"),
        no_copy=_run(fields, "no_copy"),
    )


def check_names(fields: Mapping[str, Any], known: Sequence[str]) -> None:
    """Raise RequestError, 422, for a field whose name is not known, with the nearest one that is."""
    for name in fields:
        if name not in known:
            from difflib import get_close_matches  # only a mistaken request needs it, so no cold start pays

            near = tuple(get_close_matches(str(name), known, n=1))
            message = f"there is no field {shown(name)}; the fields are {', '.join(known)}"
            raise RequestError(422, "unknown_field", message, str(name)[:100], near)


def _prime(fields: Mapping[str, Any]) -> str:
    if fields.get("prime") is None:
        message = 'prime is missing: give the word or words that the script begins with, such as "jerry"'
        raise RequestError(422, "missing_field", message, "prime")
    prime = fields["prime"]
    if not isinstance(prime, str) or not prime.strip():
        raise invalid("prime", prime, "a string of one word or several")
    return prime


def _one_of(fields: Mapping[str, Any], name: str, known: tuple[_Choice, ...]) -> _Choice:
    value = fields.get(name)
    for choice in known:
        if value in (choice, None):  # the first is the default
            return choice
    raise invalid(name, value, f"one of {', '.join(known)}", known)


def texts(fields: Mapping[str, Any], name: str, most: int, what: str, separator: str = "") -> tuple[str, ...]:
    """Several texts: a list, or a string of one; of several, where a separator may part them.

    Raises:
        RequestError: 422, if there are more than `most` or one is empty.
    """
    value = fields.get(name)
    if value is None:
        return ()
    if isinstance(value, str):
        value = value.split(separator) if separator else [value]
    is_list = isinstance(value, list) and len(value) <= most
    if not is_list or not all(isinstance(text, str) and (text.strip() or "\n" in text) for text in value):
        raise invalid(name, fields[name], f"a list of up to {most} {what}")
    return tuple(value)


def _run(fields: Mapping[str, Any], name: str) -> int:
    """A number of words in a row; 0 for none. One word can't be kept from coming twice: marks and line breaks are."""
    value = whole_number(fields, name, 0, 0, MAX_RUN)
    if value == 1:
        raise invalid(name, value, f"0, or a whole number from 2 to {MAX_RUN}")
    return value


def whole_number(fields: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    """A field's whole number, from `least` to `most`; raises RequestError, 422, for anything else."""
    value = fields.get(name)
    if value is None:
        return default
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON has one kind of number: 10.0 is 10
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise invalid(name, value, f"a whole number from {least} to {most}")
    return value


def _number(fields: Mapping[str, Any], name: str, default: float, most: float) -> float:
    value = fields.get(name)
    if value is None:
        return default
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < value <= most:  # not a number compares false, and so is refused
        hint = "; for the likeliest word each time, send top_k 1" if name == "temperature" and value == 0 else ""
        raise invalid(name, value, f"a number above 0 and up to {most:g}{hint}")
    return float(value)


def _share(fields: Mapping[str, Any], name: str) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise invalid(name, value, "a number from 0 to 1")
    return float(value)


def invalid(field: str, value: object, wanted: str, suggestions: tuple[str, ...] = ()) -> RequestError:
    """The error that says what a field's value must be."""
    return RequestError(422, "invalid_value", f"{field} is {shown(value)}; it must be {wanted}", field, suggestions)
