"""OpenAI's client gets what it asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openai
import pytest
import torch
from openai.types import Completion

from coldopen.bundle.read import read_bundle
from coldopen.network import serving_network
from coldopen.vocabulary import tokenise


@pytest.fixture
def complete(openai_client: openai.OpenAI, model: str) -> Any:
    """Asks for a completion of the model that there is."""

    def ask(prompt: Any = "marla: i", **fields: Any) -> Any:
        return openai_client.completions.create(**{"model": model, "prompt": prompt, "seed": 5, **fields})

    return ask


def text(completion: Completion) -> str:
    (choice,) = completion.choices
    return choice.text


def test_a_completion_goes_on_where_its_prompt_ends(complete: Any, model: str) -> None:
    completion = complete("marla: i", max_tokens=12)
    assert (completion.object, completion.model, len(completion.system_fingerprint)) == ("text_completion", model, 12)
    assert completion.usage.model_dump(include={"prompt_tokens", "completion_tokens", "total_tokens"}) == {
        "prompt_tokens": 2, "completion_tokens": 12, "total_tokens": 14,
    }  # fmt: skip
    assert completion.choices[0].finish_reason == "length"
    assert len(tokenise("marla: i" + text(completion))) == 14
    assert text(completion).startswith(" ")


def test_sixteen_words_are_written_if_nothing_else_is_said(complete: Any) -> None:
    assert complete().usage.completion_tokens == 16


@pytest.mark.parametrize(
    ("prompt", "begins"),
    [("marla", ": "), ("MARLA", ": "), ("marla:", " "), ("Marla: ", ""), ("MARLA\nI", " "), ("marla: i ", "")],
)
def test_prompt_and_text_read_on_as_one(complete: Any, prompt: str, begins: str) -> None:
    written = text(complete(prompt, max_tokens=4, temperature=0))
    assert written.startswith(begins)
    assert written[len(begins) :][0].isalnum()
    assert "  " not in prompt + written


def test_a_seed_repeats_a_text_and_another_does_not(complete: Any) -> None:
    assert text(complete(seed=-7, max_tokens=30)) == text(complete(seed=-7, max_tokens=30))
    assert text(complete(seed=7, max_tokens=30)) != text(complete(seed=8, max_tokens=30))


def test_a_temperature_of_nothing_takes_the_likeliest_word(complete: Any) -> None:
    likeliest = text(complete(temperature=0))
    assert likeliest == text(complete(temperature=0, seed=6)) == text(complete(top_p=0)) == text(complete(top_p=1e-9))
    assert likeliest == text(complete(extra_body={"top_k": 1}))


def test_several_texts_come_numbered_and_each_is_its_seed_s(complete: Any) -> None:
    completion = complete(n=3, max_tokens=20)
    assert [choice.index for choice in completion.choices] == [0, 1, 2]
    assert [choice.text for choice in completion.choices] == [
        text(complete(seed=seed, max_tokens=20)) for seed in (5, 6, 7)
    ]
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (2, 60)


def test_each_prompt_of_a_list_is_completed_by_itself(complete: Any) -> None:
    completion = complete(["marla: i", "otto"], n=2, max_tokens=9)
    assert [choice.text for choice in completion.choices] == [
        text(complete(prompt, seed=seed, max_tokens=9)) for prompt in ("marla: i", "otto") for seed in (5, 6)
    ]
    assert completion.usage.prompt_tokens == 3


@pytest.mark.parametrize("stop", ["\n", ["?", "."], "Otto:", "\notto", ["zebra ###", " the"], "\n\n"])
def test_a_text_ends_before_a_stop_and_is_the_same_up_to_there(complete: Any, stop: Any) -> None:
    whole = text(complete(max_tokens=200))
    stops = [one.lower() for one in ([stop] if isinstance(stop, str) else stop)]
    end = min(whole.find(one) for one in stops if one in whole)
    completion = complete(max_tokens=200, stop=stop)
    assert text(completion) == whole[:end].rstrip(" ")
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.completion_tokens == len(tokenise(whole[:end]))


def test_a_stop_that_never_comes_changes_nothing(complete: Any) -> None:
    completion = complete(stop=["zebra", "###"])
    assert (text(completion), completion.choices[0].finish_reason) == (text(complete()), "length")


def test_with_echo_the_prompt_stands_first_as_it_was_sent(complete: Any) -> None:
    assert text(complete("MARLA", echo=True)) == "MARLA" + text(complete("MARLA"))


def test_a_stream_is_the_same_text_in_parts(complete: Any) -> None:
    whole = complete(n=2, echo=True, max_tokens=15, stop="bo:")
    *events, last = complete(
        n=2, echo=True, max_tokens=15, stop="bo:", stream=True, stream_options={"include_usage": True}
    )
    for choice in whole.choices:
        parts = [event.choices[0] for event in events if event.choices[0].index == choice.index]
        assert "".join(part.text for part in parts) == choice.text
        assert [part.finish_reason for part in parts] == [None] * (len(parts) - 1) + [choice.finish_reason]
    assert len({event.id for event in (*events, last)}) == 1
    assert (last.choices, last.usage) == ([], whole.usage)
    assert all(event.choices and event.usage is None for event in complete(stream=True))


def test_a_stream_s_log_probabilities_are_those_of_the_whole(complete: Any) -> None:
    (choice,) = complete(echo=True, logprobs=2).choices
    parts = [event.choices[0].logprobs for event in complete(echo=True, logprobs=2, stream=True)]
    for name in ("tokens", "token_logprobs", "top_logprobs", "text_offset"):
        assert [item for part in parts if part for item in getattr(part, name)] == getattr(choice.logprobs, name)


@pytest.mark.parametrize("temperature", [0, 2])
def test_log_probabilities_are_the_network_s(complete: Any, trained_run: Path, temperature: float) -> None:
    bundle = read_bundle(str(trained_run / "bundle"))
    (choice,) = complete("marla: i took", echo=True, max_tokens=40, logprobs=5, temperature=temperature).choices
    ids = bundle.vocabulary.ids(tokenise(choice.text))
    with torch.inference_mode():
        logits, _ = serving_network(bundle.manifest.network, bundle.state_dict())(torch.tensor([ids]))
    expected = logits[0].log_softmax(dim=1)
    found = choice.logprobs
    assert (found.token_logprobs[0], found.top_logprobs[0]) == (None, None)
    assert len(found.token_logprobs) == len(ids) == 43
    for row, id, logprob, top in zip(expected, ids[1:], found.token_logprobs[1:], found.top_logprobs[1:], strict=False):
        assert logprob == pytest.approx(row[id].item(), abs=0.05)
        likeliest = sorted(top.values(), reverse=True)[:5]
        assert likeliest == pytest.approx(row.topk(5).values.tolist(), abs=0.05)
        assert logprob in top.values()
        assert len(top) in (5, 6)


@pytest.mark.parametrize("echo", [True, False])
def test_tokens_stand_where_their_offsets_say(complete: Any, echo: bool) -> None:
    (choice,) = complete("marla: i took", echo=echo, max_tokens=40, logprobs=0).choices
    found = choice.logprobs
    assert "".join(found.tokens) == choice.text
    for token, offset in zip(found.tokens, found.text_offset, strict=True):
        assert choice.text[offset : offset + len(token)] == token
    for token, logprob, top in list(zip(found.tokens, found.token_logprobs, found.top_logprobs, strict=True))[echo:]:
        assert top == {token: logprob}


def test_a_prompt_can_be_weighed_without_writing(complete: Any) -> None:
    completion = complete("Marla: I took the", echo=True, max_tokens=0, logprobs=1)
    assert text(completion) == "Marla: I took the"
    assert completion.choices[0].logprobs.tokens == ["marla:", " i", " took", " the"]
    assert completion.choices[0].logprobs.text_offset == [0, 6, 8, 13]
    assert completion.usage.completion_tokens == 0


def test_the_service_s_own_steering_is_followed(complete: Any) -> None:
    written = text(complete("marla:", max_tokens=80, extra_body={"cast": ["marla", "ines"]}))
    assert {line.split(":")[0] for line in written.split("\n\n")[1:]} <= {"marla", "ines"}
    ended = complete(max_tokens=20, extra_body={"end": "sentence"})
    assert (text(ended)[-1] in ".?!)", ended.choices[0].finish_reason) == (True, "stop")


def test_what_changes_nothing_is_taken(complete: Any) -> None:
    assert text(complete()) == text(
        complete(user="me", best_of=1, presence_penalty=0, frequency_penalty=0.0, logit_bias={}, logprobs=None)
    )
    assert len(complete(n=2, best_of=2).choices) == 2


@pytest.mark.parametrize(
    ("fields", "param", "message"),
    [
        ({"prompt": "zebra"}, "prompt", "never seen the word 'zebra'"),
        ({"prompt": ["marla", "martha:"]}, "prompt", "never seen the word 'martha:'; nearest: marla"),
        ({"prompt": ""}, "prompt", 'prompt is ""; it must be a string of one word or several'),
        ({"prompt": []}, "prompt", "prompt is []"),
        ({"prompt": [1, 2, 3]}, "prompt", "numbers of tokens are not read"),
        ({"prompt": ["marla"] * 21}, "prompt", "a list of up to 20"),
        ({"max_tokens": 1001}, "max_tokens", "max_tokens is 1001; it must be a whole number from 0 to 1000"),
        ({"max_tokens": 1000, "n": 8, "echo": True}, "max_tokens", "could have 8,016 words; at most 8,000"),
        ({"temperature": -1}, "temperature", "temperature is -1"),
        ({"temperature": True}, "temperature", "temperature is true"),
        ({"top_p": 1.1}, "top_p", "top_p is 1.1"),
        ({"n": 9}, "n", "n is 9; it must be a whole number from 1 to 8"),
        ({"seed": 2**63}, "seed", "seed is 9223372036854775808"),
        ({"stop": ["a"] * 5}, "stop", "a list of up to 4"),
        ({"stop": [""]}, "stop", "of which none is empty"),
        ({"logprobs": 6}, "logprobs", "logprobs is 6; it must be a whole number from 0 to 5"),
        ({"echo": "yes"}, "echo", 'echo is "yes"; it must be true or false'),
        ({"best_of": 2}, "best_of", "best_of is 2; it must be 1 or left out"),
        ({"presence_penalty": 0.5}, "presence_penalty", "presence_penalty is 0.5; it must be 0 or left out"),
        ({"frequency_penalty": False}, "frequency_penalty", "frequency_penalty is false"),
        ({"logit_bias": {"5": 1}}, "logit_bias", "must be left out"),
        ({"suffix": "the end"}, "suffix", "must be left out"),
        ({"user": 3}, "user", "user is 3; it must be a string"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "left out where stream is not true"),
        ({"stream": True, "stream_options": {"other": True}}, "stream_options", "include_usage"),
        ({"extra_body": {"lenght": 3}}, "lenght", 'there is no field "lenght"; the fields are model, prompt'),
        ({"extra_body": {"cast": ["zebra"]}}, "cast", "nobody called 'zebra'"),
        ({"model": None}, "model", "model is missing"),
        ({"model": 7}, "model", "model is 7"),
    ],
)
def test_a_bad_value_is_a_400_in_openai_s_form(complete: Any, fields: dict[str, Any], param: str, message: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        complete(**fields)
    assert (caught.value.param, caught.value.type) == (param, "invalid_request_error")
    assert message in caught.value.message
