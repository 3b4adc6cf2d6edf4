"""Replies: what a script comes with, and that it can be had again and gone on from."""

from __future__ import annotations

import re

from coldopen.request import MAX_SEED
from tests.lambda_fn.coldopen.http.client import Client


def test_a_script_comes_with_all_that_the_contract_names(client: Client) -> None:
    status, reply = client.generate(prime="marla", length=20, seed=5, temperature=0.9, top_k=10, top_p=0.95)
    assert status == 200
    assert reply["script"].startswith("MARLA\n")
    assert (reply["prime"], reply["length"], reply["finish_reason"], reply["seed"]) == ("marla", 20, "length", 5)
    assert reply["model"] == {"name": "diner", "version": client.api.model.writer().version}
    assert set(reply["timing"]) == {"generate_ms", "words_per_s"}


def test_the_returned_seed_makes_the_same_reply_again(client: Client) -> None:
    _, first = client.generate(prime="soup", top_k=20)
    _, again = client.generate(prime="soup", top_k=20, seed=first["seed"])
    assert again["script"] == first["script"]
    assert client.generate(prime="soup", top_k=20)[1]["seed"] != first["seed"]


def test_several_scripts_come_in_one_reply_each_with_the_seed_that_makes_it_alone(client: Client) -> None:
    fields = {"prime": "hot soup", "length": 20, "top_k": 20, "format": "plain"}
    status, reply = client.generate(**fields, n=3, seed=MAX_SEED - 1)
    assert status == 200
    assert set(reply) == {"scripts", "prime", "model", "timing"}
    assert [script["seed"] for script in reply["scripts"]] == [MAX_SEED - 1, MAX_SEED, 0]
    for script in reply["scripts"]:
        alone = client.generate(**fields, seed=script["seed"])[1]
        assert script == {name: alone[name] for name in ("script", "length", "finish_reason", "seed")}
    assert len({script["script"] for script in reply["scripts"]}) == 3


def test_one_script_is_what_comes_without_n(client: Client) -> None:
    _, asked = client.generate(prime="soup", n=1, seed=4)
    _, default = client.generate(prime="soup", n=None, seed=4)
    assert asked | {"timing": {}} == default | {"timing": {}}
    assert "script" in asked


def test_a_script_is_steered(client: Client) -> None:
    _, reply = client.generate(prime="marla", length=30, seed=1, top_k=39, temperature=5, cast=["otto"], end="sentence")
    assert {line for line in reply["script"].split("\n") if line.isupper() and line.isalpha()} <= {"MARLA", "OTTO"}
    assert reply["finish_reason"] in ("sentence", "length")
    _, reply = client.generate(prime="marla", lines=2, seed=1, top_k=39, temperature=5)
    assert reply["finish_reason"] in ("line", "length")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, reply = client.send("POST", "/generate", b"prime=marla&cast=otto,ines&lines=1&stop=%0A&no_repeat=4", form)
    assert (status, reply["error"]["code"]) == (422, "unknown_speaker")


def test_an_unknown_speaker_comes_with_suggestions(client: Client) -> None:
    status, reply = client.generate(prime="soup", cast=["otto", "marlo"])
    assert (status, reply["error"]["field"], reply["error"]["suggestions"]) == (422, "cast", ["marla"])


def test_a_reply_s_script_goes_on_where_it_was(client: Client) -> None:
    for form in ("script", "plain", "fountain"):
        _, first = client.generate(prime="marla", length=40, seed=2, format=form)
        status, more = client.generate(prime=first["script"], length=5, seed=1, format=form)
        assert status == 200
        assert more["script"].startswith(first["script"].rstrip('".?!, ')[:-3])
        assert "prime_words_left_out" not in more


def test_a_prime_that_is_too_long_is_read_from_its_end_and_the_reply_says_so(client: Client) -> None:
    status, reply = client.generate(prime="hot soup " * 1500, length=3)
    assert (status, reply["prime_words_left_out"]) == (200, 1000)


def test_no_copy_needs_a_bundle_that_knows_what_it_was_trained_on(client: Client) -> None:
    status, reply = client.generate(prime="soup", no_copy=8)
    assert (status, reply["error"]["field"]) == (422, "no_copy")


def test_each_format_is_the_same_words(client: Client) -> None:
    replies = {form: client.generate(prime="marla", seed=3, format=form)[1] for form in ("script", "plain", "fountain")}
    words = {form: re.findall(r"[\w']+", reply["script"].lower()) for form, reply in replies.items()}
    assert words["script"] == words["plain"] == words["fountain"]
    assert replies["plain"]["script"].startswith("marla:")
    assert replies["script"]["script"].startswith("MARLA\n")
    assert replies["fountain"]["script"].startswith("MARLA\n")
