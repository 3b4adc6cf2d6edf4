"""The soak's requests are valid ones."""

from __future__ import annotations

import random

from bench.requests import random_fields
from coldopen.request import FIELDS, read_generate_request


def test_random_fields_are_answered() -> None:
    rng = random.Random(5)
    seen: set[str] = set()
    for _ in range(300):
        fields = random_fields(rng, ["jerry", "soup"])
        seen |= fields.keys()
        read_generate_request(fields, 1000, 21_388)
    assert seen == set(FIELDS) - {"seed", "cast", "no_copy"}
