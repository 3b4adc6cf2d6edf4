"""The writer: what is written, how it ends, and that it can be had again."""

from __future__ import annotations

import json
import time

import pytest
import torch

from coldopen.bundle.content import Bundle, bundle_of
from coldopen.bundle.write import bundle_files
from coldopen.engine import DecoderState, Engine
from coldopen.errors import UnknownWordError
from coldopen.network import NetworkConfig, ScriptNetwork
from coldopen.sampling import Sampling
from coldopen.vocabulary import PAD, UNKNOWN, Vocabulary
from coldopen.writer import Writer


@pytest.fixture
def writer(untrained_bundle: Bundle) -> Writer:
    return Writer(untrained_bundle)


def test_as_many_words_as_asked_for_follow_the_prime(writer: Writer) -> None:
    written = writer.write(["hot", "soup"], 25, Sampling(top_k=5), seed=1)
    assert (written.length, written.finish_reason) == (25, "length")
    assert (written.words[:2], len(written.words)) == (["hot", "soup"], 27)


def test_the_same_seed_writes_the_same_words_and_another_does_not(writer: Writer) -> None:
    first = writer.write(["soup"], 30, Sampling(top_k=20), seed=1)
    writer.write(["soup"], 3, Sampling(top_k=5), seed=9)
    assert writer.write(["soup"], 30, Sampling(top_k=20), seed=1) == first
    assert writer.write(["soup"], 30, Sampling(top_k=20), seed=2) != first


@pytest.mark.parametrize("top_k", [1, 20])
def test_a_batch_writes_for_each_seed_what_is_written_for_it_alone(writer: Writer, top_k: int) -> None:
    seeds = [5, 6, 7, 5]
    batch = writer.write_batch(["hot", "soup"], 30, Sampling(top_k=top_k), seeds)
    assert batch == [writer.write(["hot", "soup"], 30, Sampling(top_k=top_k), seed) for seed in seeds]
    assert batch[0] == batch[3]
    assert (batch[0] == batch[1]) == (top_k == 1)


def test_the_greedy_words_are_those_that_the_engine_likes_best(writer: Writer, untrained_bundle: Bundle) -> None:
    vocabulary = writer.vocabulary
    never = {"fc.bias": untrained_bundle.state_dict["fc.bias"].clone()}
    never["fc.bias"][vocabulary.id(PAD)] = -torch.inf
    engine = Engine(untrained_bundle.manifest.network, untrained_bundle.state_dict | never)
    ids = vocabulary.ids(["hot", "soup"])
    with torch.inference_mode():
        for _ in range(12):
            state = DecoderState(engine)
            for id in ids:
                state.step(id)
            ids.append(int(state.logits().argmax()))
    written = writer.write(["hot", "soup"], 12, Sampling(top_k=1), seed=1)
    assert written.words == [vocabulary.words[id] for id in ids]


def test_no_fill_in_is_ever_written(untrained_files: dict[str, bytes]) -> None:
    words = json.loads(untrained_files["vocab.json"])
    torch.manual_seed(3)
    network = ScriptNetwork(NetworkConfig(len(words), 12, 20, 2, 0.5))
    with torch.no_grad():
        network.fc.bias[-1] = 5.0  # a likely word
    files = bundle_files(network.state_dict(), Vocabulary([*words[:-1], UNKNOWN]), network.config, "diner", {})
    writer = Writer(bundle_of(files, "diner"))
    everything = Sampling(temperature=10, top_k=len(writer.vocabulary))
    assert {PAD, UNKNOWN}.isdisjoint(writer.write(["soup"], 2000, everything, seed=4).words)


def test_a_deadline_ends_the_writing_with_what_is_there(writer: Writer) -> None:
    written = writer.write(["soup"], 10**7, Sampling(top_k=5), seed=1, deadline=time.monotonic() + 0.1)
    assert written.finish_reason == "deadline"
    assert 0 < written.length < 10**7
    assert len(written.words) == written.length + 1


def test_a_single_word_that_names_a_speaker_is_a_cue(writer: Writer) -> None:
    assert writer.prime_words(["marla"]) == ["marla:"]
    assert writer.prime_words(["soup"]) == ["soup"]
    assert writer.prime_words(["hot", "soup", "||exclamationmark||"]) == ["hot", "soup", "||exclamationmark||"]


def test_a_word_that_is_more_often_a_word_than_a_name_is_no_cue() -> None:
    words = ["phone", "marla:", "the", "phone:", "marla"]
    network = ScriptNetwork(NetworkConfig(len(words), 4, 4, 1, 0.0))
    files = bundle_files(network.state_dict(), Vocabulary(words), network.config, "cues", {})
    writer = Writer(bundle_of(files, "cues"))
    assert writer.prime_words(["phone"]) == ["phone"]
    assert writer.prime_words(["phone:"]) == ["phone:"]
    assert writer.prime_words(["marla"]) == ["marla:"]


def test_an_unknown_prime_word_is_named(writer: Writer) -> None:
    with pytest.raises(UnknownWordError, match="'soop'; nearest: soup"):
        writer.prime_words(["hot", "soop"])
