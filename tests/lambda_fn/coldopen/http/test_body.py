"""Bodies: JSON and forms are read alike, and one that can't be read says why."""

from __future__ import annotations

import base64
from urllib.parse import urlencode

import pytest

from coldopen.fields import MAX_BYTES
from local.context import LambdaContext
from local.event import api_event
from tests.lambda_fn.coldopen.http.client import FORM, JSON, Client


def test_a_form_does_too(client: Client) -> None:
    body = b"prime=hot+soup&length=7&temperature=0.5&top_k=3&seed=1&format=plain"
    _, by_json = client.generate(prime="hot soup", length=7, temperature=0.5, top_k=3, seed=1, format="plain")
    status, by_form = client.send("POST", "/generate", body, FORM)
    assert (status, by_form["script"]) == (200, by_json["script"])


def test_a_form_may_end_in_an_ampersand_and_holds_numbers_as_json_writes_them(client: Client) -> None:
    assert client.send("POST", "/generate", b"prime=soup&length=7&", FORM)[1]["length"] == 7
    wrong = [("length", "1_0"), ("length", "\u0663"), ("top_k", "0x2"), ("temperature", "1_0"), ("seed", "")]
    for field, value in wrong:
        body = urlencode({"prime": "soup", field: value}).encode()
        status, reply = client.send("POST", "/generate", body, FORM)
        assert (status, reply["error"]["field"]) == (422, field)
    for value in ("1", "0.5", ".5", "5e-1"):
        assert client.send("POST", "/generate", f"prime=soup&temperature={value}".encode(), FORM)[0] == 200


def test_a_base64_body_is_decoded(client: Client) -> None:
    event = api_event("POST", "/generate", JSON, b"")
    event |= {"body": base64.b64encode(b'{"prime": "soup", "length": 3}').decode(), "isBase64Encoded": True}
    assert client.api.handle(event, LambdaContext())["statusCode"] == 200
    event["body"] = "no base64!"
    reply = client.api.handle(event, LambdaContext())
    assert (reply["statusCode"], "marked as base64 but is not" in reply["body"]) == (400, True)


@pytest.mark.parametrize(
    ("body", "headers", "status", "message"),
    [
        (b"", JSON, 400, "the body is empty; send JSON such as"),
        (b"", FORM, 400, "the body is empty; send a form such as"),
        (b"jerry", JSON, 400, "the body is not JSON"),
        (b'{"prime": "soup"', JSON, 400, "the body is not JSON"),
        (b"[" * 30_000, JSON, 400, "the body is not JSON"),
        (b'{"prime": "soup", "temperature": NaN}', JSON, 400, "NaN is not a JSON number"),
        (b'{"length": ' + b"9" * 5000 + b"}", JSON, 400, "the body is not JSON"),
        (b'["prime"]', JSON, 400, 'the body is JSON but no object: ["prime"]'),
        (b"null", JSON, 400, "the body is JSON but no object: null"),
        (b'{"prime": "s\xffup"}', JSON, 400, "the body is not UTF-8: byte 0xff at position 12"),
        (b"prime=s%ffup", FORM, 400, "the body is not a form"),
        (b"prime", FORM, 400, "the body is not a form"),
        (b"prime=soup&prime=stew", FORM, 400, 'the form has the field "prime" twice'),
        (b"&".join(b"a%d=1" % n for n in range(30)), FORM, 400, "the body is not a form"),
        (b'{"prime": "soup"}', FORM, 400, "looks like JSON but was sent as a form; add the header Content-Type"),
        (b"prime=soup&length=ten", FORM, 422, 'length is "ten"; it must be a whole number'),
        (b"prime=soup&temperature=nan", FORM, 422, 'temperature is "nan"; it must be a number above 0'),
        (b"x" * (MAX_BYTES + 1), JSON, 413, "the body has 65,537 bytes; at most 65,536 are read"),
        (b"x" * 10_000_000, JSON, 413, "the body has 10,000,000 bytes; at most 65,536 are read"),
        (b"<prime/>", {"content-type": "text/xml; charset=utf-8"}, 415, "the body is text/xml; send application/json"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else None,  # a body may be long
)
def test_a_body_that_can_t_be_read_says_why(
    client: Client, body: bytes, headers: dict[str, str], status: int, message: str
) -> None:
    got, reply = client.send("POST", "/generate", body, headers)
    assert got == status
    assert message in reply["error"]["message"]


def test_a_body_without_a_content_type_is_read_as_json(client: Client) -> None:
    assert client.send("POST", "/generate", b'{"prime": "soup", "length": 1}', {})[0] == 200


def test_a_byte_order_mark_is_passed_over(client: Client) -> None:
    assert client.send("POST", "/generate", b'\xef\xbb\xbf{"prime": "soup", "length": 1}')[0] == 200


def test_a_form_may_ask_for_several_scripts(client: Client) -> None:
    assert len(client.send("POST", "/generate", b"prime=soup&n=8", FORM)[1]["scripts"]) == 8
