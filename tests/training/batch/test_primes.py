"""Files of primes as people have them."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from training.batch.errors import BatchError
from training.batch.primes import Line, read_primes


def read(data: bytes | str, name: str = "primes", **options: Any) -> list[Line]:
    return list(read_primes(io.BytesIO(data.encode() if isinstance(data, str) else data), name, options))


def asked(data: bytes | str, name: str = "primes") -> list[tuple[int, dict[str, Any]]]:
    """The fields of each line, but for the seed; all lines can be read."""
    lines = read(data, name)
    assert not any(line.error for line in lines)
    return [(line.number, {key: it for key, it in line.fields.items() if key != "seed"}) for line in lines]


def message(line: Line) -> str:
    assert line.error
    told: str = line.error["error"]["message"]
    return told


def test_a_prime_a_line() -> None:
    data = "jerry\n\n  what's the deal, then?  \nkramer"
    expected = [(1, {"prime": "jerry"}), (3, {"prime": "what's the deal, then?"}), (4, {"prime": "kramer"})]
    assert asked(data) == asked(data, "primes.txt") == expected


@pytest.mark.parametrize("name", ["primes.csv", "-", "primes"])
def test_csv_with_any_of_the_fields(name: str) -> None:
    data = 'prime,length,temperature,stop\njerry,20,0.5,\n"hello,\n""you""",,,why\n\nkramer\n'
    assert asked(data, name) == [
        (2, {"prime": "jerry", "length": 20, "temperature": 0.5}),
        (3, {"prime": 'hello,\n"you"', "stop": "why"}),
        (6, {"prime": "kramer"}),
    ]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_csv_as_spreadsheets_write_it(mark: str) -> None:
    data = f"\ufeffPrime {mark} Length\r\njerry{mark}20\r\n"
    assert asked(data, "primes.csv") == [(2, {"prime": "jerry", "length": 20})]


@pytest.mark.parametrize("name", ["primes.jsonl", "primes.ndjson", "-"])
def test_json_lines(name: str) -> None:
    data = '{"prime": "jerry", "length": 20}\r\n\r\n{"prime": "kramer", "seed": null, "n": 2}\n'
    assert asked(data, name) == [(1, {"prime": "jerry", "length": 20}), (3, {"prime": "kramer", "n": 2})]


def test_a_json_array_of_objects_and_of_texts() -> None:
    data = json.dumps([{"prime": "jerry"}, "kramer"], indent=2)
    assert asked(data, "primes.json") == asked(data, "-") == [(1, {"prime": "jerry"}), (2, {"prime": "kramer"})]


def test_a_text_file_is_text_whatever_it_begins_with() -> None:
    assert asked("prime\n{jerry}\n", "primes.txt") == [(1, {"prime": "prime"}), (2, {"prime": "{jerry}"})]


def test_nothing_is_read_from_nothing() -> None:
    for data in ("", "\n \n", b"\xef\xbb\xbf"):
        assert [read(data, name) for name in ("-", "primes.csv", "primes.jsonl", "primes.txt")] == [[]] * 4


def test_a_seed_is_made_of_the_line_s_number_and_what_it_says() -> None:
    first, second, other = read("jerry\njerry\nkramer\n")
    assert len({line.fields["seed"] for line in (first, second, other)}) == 3
    assert read("jerry\njerry\nkramer\n") == [first, second, other]
    assert read("jerry\n", length=5, end="line")[0].fields["seed"] == first.fields["seed"]
    assert read('{"prime": "jerry"}\n')[0] == first
    assert read('{"prime": "jerry", "seed": 7}\n')[0].fields["seed"] == 7


def test_options_are_for_lines_that_do_not_say_otherwise() -> None:
    one, two = read('{"prime": "jerry", "length": 5}\n{"prime": "jerry"}\n', length=9)
    assert (one.fields["length"], two.fields["length"]) == (5, 9)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"prime": "jerry"', "the line is not JSON: "),
        ('["jerry"]x', "the line is not JSON: "),
        ("[1]", "the line is JSON but no object: [1]"),
        ("7", "the line is JSON but no object: 7"),
        ('{"prime": 1, "prime": 2}', 'the line has the field "prime" twice'),
        ('{"temperature": NaN}', "the line is not JSON: NaN is not a JSON number"),
        ("[" * 5000, "the line is not JSON"),
        (json.dumps({"prime": "x" * 1_000_000}), "the line has 1,000,013 bytes; at most 65,536 are read"),
    ],
    ids=lambda it: it[:20],
)
def test_a_line_that_can_t_be_read_is_told_so_and_the_others_are_read(line: str, told: str) -> None:
    before, wrong, after = read(f'{{"prime": "jerry"}}\n{line}\n"kramer"\n', "primes.jsonl")
    assert message(wrong).startswith(told)
    assert (before.error, after.fields["prime"], after.number) == (None, "kramer", 3)


def test_a_line_of_text_or_csv_can_be_too_long_too() -> None:
    long = "soup " * 200_000
    assert message(read(f"{long}\njerry\n")[0]).startswith("the line has 1,000,0")
    wrong, right = read(f'prime\n"{long}"\njerry\n', "primes.csv")
    assert message(wrong).startswith("the line has 1,000,0")
    assert right.fields["prime"] == "jerry"


def test_a_row_with_too_many_cells_is_told_so() -> None:
    wrong, right = read("prime,length\njerry, why,20\nkramer,20\n", "primes.csv")
    assert message(wrong) == "the row has 3 cells, and the header names 2 columns"
    assert right.fields["length"] == 20


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("jerry,20\n", r'primes.csv has no column named prime: its first line is "jerry,20". Put a header before it'),
        ("prime,lenght\n", 'primes.csv has a column "lenght", which is no field; fields are prime, length'),
        ("prime,length,prime\n", "primes.csv has two columns named prime: leave one of them out"),
    ],
)
def test_a_header_that_can_t_be_used_is_refused(data: str, told: str) -> None:
    with pytest.raises(BatchError) as refused:
        read(data, "primes.csv")
    assert str(refused.value).startswith(told)


def test_lines_are_read_one_by_one() -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            buffer[: len(buffer)] = (b"jerry\n" * (len(buffer) // 6 + 1))[: len(buffer)]
            return len(buffer)

    lines = read_primes(io.BufferedReader(Endless()), "-", {})
    assert [next(lines).number for _ in range(1000)] == [*range(1, 1001)]
