"""What may be asked: each bad value is refused by its name, with a remedy."""

from __future__ import annotations

from typing import Any

import pytest

from coldopen.errors import RequestError
from coldopen.request import MAX_SEED, read_generate_request
from coldopen.sampling import Sampling

BAD_VALUES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "prime", "prime is missing"),
    ({"prime": None}, "prime", "prime is missing"),
    ({"prime": ""}, "prime", 'prime is ""; it must be a string of one word or several'),
    ({"prime": " \n"}, "prime", "it must be a string of one word or several"),
    ({"prime": 7}, "prime", "prime is 7; it must be a string"),
    ({"prime": ["soup"]}, "prime", 'prime is ["soup"]; it must be a string'),
    ({"prime": "soup " * 10_000}, "prime", "prime has 10,000 words; at most 200 are read"),
    ({"prime": "-" * 60_000}, "prime", "prime has 60,000 words; at most 200 are read"),
    ({"length": 0}, "length", "length is 0; it must be a whole number from 1 to 50"),
    ({"length": -1}, "length", "length is -1; it must be a whole number from 1 to 50"),
    ({"length": 1e9}, "length", "length is 1000000000; it must be a whole number from 1 to 50"),
    ({"length": 10**400}, "length", "it must be a whole number from 1 to 50"),
    ({"length": "ten"}, "length", 'length is "ten"; it must be a whole number from 1 to 50'),
    ({"length": True}, "length", "length is true; it must be a whole number from 1 to 50"),
    ({"length": 1.5}, "length", "length is 1.5; it must be a whole number from 1 to 50"),
    (
        {"temperature": 0},
        "temperature",
        "temperature is 0; it must be a number above 0 and up to 10; for the",
    ),
    ({"temperature": -1}, "temperature", "temperature is -1; it must be a number above 0 and up to 10"),
    ({"temperature": "NaN"}, "temperature", 'temperature is "NaN"; it must be a number'),
    ({"temperature": 11}, "temperature", "temperature is 11; it must be a number above 0 and up to 10"),
    ({"top_k": 0}, "top_k", "top_k is 0; it must be a whole number from 1 to 39"),
    ({"top_k": 40}, "top_k", "top_k is 40; it must be a whole number from 1 to 39"),
    ({"top_p": 0}, "top_p", "top_p is 0; it must be a number above 0 and up to 1"),
    ({"top_p": 1.1}, "top_p", "top_p is 1.1; it must be a number above 0 and up to 1"),
    ({"seed": -1}, "seed", "seed is -1; it must be a whole number from 0 to 4294967295"),
    ({"n": 0}, "n", "n is 0; it must be a whole number from 1 to 8"),
    ({"n": 9}, "n", "n is 9; it must be a whole number from 1 to 8"),
    ({"n": "2"}, "n", 'n is "2"; it must be a whole number from 1 to 8'),
    ({"format": "pdf"}, "format", 'format is "pdf"; it must be one of script, plain, fountain'),
    ({"lenght": 5}, "lenght", 'there is no field "lenght"; the fields are prime, length'),
]


@pytest.mark.parametrize(("fields", "field", "message"), BAD_VALUES)
def test_a_bad_value_is_a_422_that_names_field_value_and_remedy(
    fields: dict[str, Any], field: str, message: str
) -> None:
    complete = fields if field == "prime" else {"prime": "soup", **fields}
    with pytest.raises(RequestError) as caught:
        read_generate_request(complete, max_length=50, vocabulary_size=39)
    assert (caught.value.status, caught.value.field) == (422, field)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_field_s_name_that_is_nearly_right_comes_with_the_right_one() -> None:
    with pytest.raises(RequestError) as caught:
        read_generate_request({"prime": "soup", "lenght": 5}, max_length=50, vocabulary_size=39)
    assert caught.value.suggestions == ("length",)


def test_what_is_not_asked_for_has_its_default() -> None:
    request = read_generate_request({"prime": "Hot soup!", "length": None}, max_length=1000, vocabulary_size=21_388)
    assert (request.prime, request.prime_words) == ("Hot soup!", ["hot", "soup", "||exclamationmark||"])
    assert (request.length, request.sampling, request.format, request.n) == (100, Sampling(), "script", 1)
    assert 0 <= request.seed <= MAX_SEED
    small = read_generate_request({"prime": "soup"}, max_length=50, vocabulary_size=39)
    assert (small.length, small.sampling.top_k) == (50, 39)


def test_each_script_has_a_seed_of_its_own_and_the_highest_is_followed_by_0() -> None:
    request = read_generate_request({"prime": "soup", "n": 3, "seed": MAX_SEED - 1}, 50, 39)
    assert request.seeds == [MAX_SEED - 1, MAX_SEED, 0]
