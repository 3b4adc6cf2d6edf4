"""The deadline: before Lambda's timeout, and before API Gateway gives up, which waits from before INIT."""

from __future__ import annotations

import math
import time

import pytest

from coldopen.http.deadline import deadline
from coldopen.http.fronts import read_event

_REST = {"httpMethod": "GET", "path": "/"}
_HTTP_API = {"rawPath": "/", "requestContext": {"http": {"method": "GET", "path": "/"}}}


def _seconds(remaining_s: float, gives_up_in_s: float) -> float:
    return round(deadline(remaining_s, time.time() + gives_up_in_s) - time.monotonic(), 1)


@pytest.mark.parametrize(
    ("remaining_s", "gives_up_in_s", "left_s"),
    [
        (29, math.inf, 28.5),
        (29, 20, 19.5),
        (10, 20, 9.5),
        (29, 0.4, -0.1),
        (29, 1000, 28.5),  # its clock is ahead
        (29, -1, 28.5),  # nobody waits any more, or the event was kept and sent again
        (29, -1e9, 28.5),
    ],
)
def test_the_earlier_time_counts_if_anybody_waits_till_then(
    remaining_s: float, gives_up_in_s: float, left_s: float
) -> None:
    assert _seconds(remaining_s, gives_up_in_s) == pytest.approx(left_s, abs=0.11)


@pytest.mark.parametrize(
    ("event", "gives_up_at"),
    [
        ({**_REST, "requestContext": {"requestTimeEpoch": 1_700_000_000_000}}, 1_700_000_029.0),
        ({**_REST, "requestContext": {"requestTimeEpoch": "1700000000000"}}, math.inf),
        ({**_REST, "requestContext": {"requestTimeEpoch": 10**400}}, math.inf),
        ({**_REST, "requestContext": {"requestTimeEpoch": math.nan}}, math.inf),
        ({**_REST, "requestContext": {"requestTimeEpoch": -5}}, math.inf),
        ({**_REST, "requestContext": {"requestTimeEpoch": None}}, math.inf),
        ({**_REST, "requestContext": {"elb": {}, "requestTimeEpoch": None}}, math.inf),
        (_REST, math.inf),
        (_HTTP_API, math.inf),
        ({"prime": "soup"}, math.inf),
    ],
)
def test_the_time_that_an_event_tells_is_read(event: dict[str, object], gives_up_at: float) -> None:
    assert read_event(event)[1].gives_up_at == gives_up_at


@pytest.mark.parametrize(
    ("domain", "gives_up_at"),
    [
        ("abc.execute-api.us-east-1.amazonaws.com", 1_700_000_030.0),
        ("scripts.example.com", 1_700_000_030.0),
        ("abc.lambda-url.us-east-1.on.aws", math.inf),  # waits as long as the function may take
    ],
)
def test_an_http_api_waits_30_s_and_a_function_url_as_long_as_the_function(domain: str, gives_up_at: float) -> None:
    context = {"http": {"method": "GET", "path": "/"}, "timeEpoch": 1_700_000_000_000, "domainName": domain}
    assert read_event({"rawPath": "/", "requestContext": context})[1].gives_up_at == gives_up_at
