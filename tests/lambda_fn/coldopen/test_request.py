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
    ({"memory": -0.1}, "memory", "memory is -0.1; it must be a number from 0 to 1"),
    ({"memory": True}, "memory", "memory is true; it must be a number from 0 to 1"),
    ({"top_p": 1.1}, "top_p", "top_p is 1.1; it must be a number above 0 and up to 1"),
    ({"seed": -1}, "seed", "seed is -1; it must be a whole number from 0 to 4294967295"),
    ({"n": 0}, "n", "n is 0; it must be a whole number from 1 to 8"),
    ({"n": 9}, "n", "n is 9; it must be a whole number from 1 to 8"),
    ({"n": "2"}, "n", 'n is "2"; it must be a whole number from 1 to 8'),
    ({"format": "pdf"}, "format", 'format is "pdf"; it must be one of script, plain, fountain'),
    ({"end": "soup"}, "end", 'end is "soup"; it must be one of length, sentence, line'),
    ({"end": ["line"]}, "end", 'end is ["line"]; it must be one of length'),
    ({"stop": ["a", "b", "c", "d", "e"]}, "stop", "it must be a list of up to 4 words, or line breaks"),
    ({"stop": [""]}, "stop", 'stop is [""]; it must be a list'),
    ({"stop": [3]}, "stop", "stop is [3]; it must be a list"),
    ({"stop": {"a": 1}}, "stop", "it must be a list"),
    ({"lines": 0}, "lines", "lines is 0; it must be a whole number from 1 to 50"),
    ({"lines": "3"}, "lines", 'lines is "3"; it must be a whole number'),
    ({"cast": [" "]}, "cast", "it must be a list of up to 50 speakers' names"),
    ({"cast": "otto,,ines"}, "cast", 'cast is "otto,,ines"; it must be a list'),
    ({"cast": ["otto"] * 51}, "cast", "it must be a list of up to 50 speakers' names"),
    ({"cast": 3}, "cast", "cast is 3; it must be a list"),
    ({"no_repeat": 1}, "no_repeat", "no_repeat is 1; it must be 0, or a whole number from 2 to 100"),
    ({"no_repeat": -1}, "no_repeat", "no_repeat is -1; it must be a whole number from 0 to 100"),
    ({"no_copy": 1.5}, "no_copy", "no_copy is 1.5; it must be a whole number from 0 to 100"),
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
    assert request.prime == "Hot soup!"
    assert (request.end, request.stop, request.lines, request.cast) == ("length", (), None, ())
    assert (request.no_repeat, request.no_copy) == (0, 0)
    assert (request.length, request.sampling, request.format, request.n) == (100, Sampling(), "script", 1)
    assert 0 <= request.seed <= MAX_SEED
    small = read_generate_request({"prime": "soup"}, max_length=50, vocabulary_size=39)
    assert (small.length, small.sampling.top_k) == (50, 39)


def test_each_script_has_a_seed_of_its_own_and_the_highest_is_followed_by_0() -> None:
    request = read_generate_request({"prime": "soup", "n": 3, "seed": MAX_SEED - 1}, 50, 39)
    assert request.seeds == [MAX_SEED - 1, MAX_SEED, 0]


def test_steering_is_read_from_json_and_from_the_strings_of_a_form() -> None:
    request = read_generate_request(
        {"prime": "soup", "stop": ["soup", "\n"], "cast": ["otto", "mr. bo"], "end": "line"}, 50, 39
    )
    assert (request.stop, request.cast, request.end) == (("soup", "\n"), ("otto", "mr. bo"), "line")
    form = read_generate_request({"prime": "soup", "stop": "soup", "cast": "otto, mr. bo"}, 50, 39)
    assert (form.stop, form.cast) == (("soup",), ("otto", " mr. bo"))


def test_so_many_lines_may_take_all_the_words_there_are_unless_a_length_is_given() -> None:
    assert read_generate_request({"prime": "soup", "lines": 3}, 1000, 39).length == 1000
    assert read_generate_request({"prime": "soup", "lines": 3, "length": 20}, 1000, 39).length == 20
