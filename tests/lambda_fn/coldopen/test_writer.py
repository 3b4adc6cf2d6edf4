"""The writer: what is written, how it ends, and that it can be had again."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from coldopen.bundle.content import Bundle, bundle_of
from coldopen.bundle.write import bundle_files
from coldopen.copies import Copies
from coldopen.engine import DecoderState, Engine
from coldopen.errors import RequestError
from coldopen.memory import MemoryConfig
from coldopen.network import NetworkConfig, ScriptNetwork
from coldopen.sampling import Sampling
from coldopen.steering import Steering
from coldopen.vocabulary import PAD, RETURN, UNKNOWN, Vocabulary
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


def test_a_writer_remembers_as_much_as_its_model_does_or_as_is_asked_for(untrained_bundle: Bundle) -> None:
    memory = MemoryConfig(words=50, common=2, theta=0.1, share=0.3)
    writer = Writer(replace(untrained_bundle, manifest=replace(untrained_bundle.manifest, memory=memory)))
    seeds = [5, 6, 7]

    def texts(share: float | None) -> list[list[str]]:
        batch = writer.write_batch(["hot", "soup"], 60, Sampling(top_k=20, memory=share), seeds)
        assert batch == [writer.write(["hot", "soup"], 60, Sampling(top_k=20, memory=share), seed) for seed in seeds]
        return [text.words for text in batch]

    own = texts(None)
    assert own == texts(0.6)  # twice what predicting takes, since fewer votes count
    plain = Writer(untrained_bundle)
    assert texts(0) == [plain.write(["hot", "soup"], 60, Sampling(top_k=20), seed).words for seed in seeds]
    assert sum(len(set(words)) for words in texts(1)) < sum(len(set(words)) for words in texts(0))


def test_a_memory_that_the_model_lacks_is_refused(writer: Writer) -> None:
    with pytest.raises(RequestError, match=r"memory is 0\.5, and this model has none: leave memory out, or send 0"):
        writer.write(["hot", "soup"], 5, Sampling(top_k=20, memory=0.5), seed=1)
    assert writer.write(["hot", "soup"], 5, Sampling(top_k=20, memory=0), seed=1).length == 5


def test_the_greedy_words_are_those_that_the_engine_likes_best(writer: Writer, untrained_bundle: Bundle) -> None:
    vocabulary = writer.vocabulary
    weights = untrained_bundle.serving()
    bias = weights.bias.clone()
    bias[vocabulary.id(PAD)] = -torch.inf
    engine = Engine(untrained_bundle.manifest.network, weights._replace(bias=bias))
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


def test_no_word_is_written_once_the_time_is_up_before_the_prime_is_read(writer: Writer) -> None:
    begun = time.monotonic()
    written = writer.write(["soup"] * 100_000, 5, Sampling(top_k=5), seed=1, deadline=begun + 0.01)
    assert (written.finish_reason, written.length) == ("deadline", 0)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    "steering",
    [
        Steering(end="sentence"),
        Steering(end="line"),
        Steering(lines=2),
        Steering(stop=(("soup",),)),
        Steering(cast=(("otto:",),)),
        Steering(no_repeat=2),
    ],
    ids=lambda steering: repr(steering)[:40],
)
def test_a_steered_batch_writes_for_each_seed_what_is_written_for_it_alone(writer: Writer, steering: Steering) -> None:
    seeds = [5, 6, 7]
    batch = writer.write_batch(["hot", "soup"], 30, Sampling(top_k=20), seeds, steering=steering)
    alone = [writer.write(["hot", "soup"], 30, Sampling(top_k=20), seed, steering=steering) for seed in seeds]
    assert batch == alone


def test_without_a_rule_that_bites_the_words_are_those_without_steering(writer: Writer) -> None:
    free = writer.write(["soup"], 40, Sampling(top_k=20), seed=3)
    assert writer.write(["soup"], 40, Sampling(top_k=20), seed=3, steering=Steering(no_repeat=40)) == free


@pytest.mark.parametrize("top_k", [1, 5, 39])
def test_only_the_cast_speaks(writer: Writer, top_k: int) -> None:
    cast = (("otto:",),)
    for seed in range(10):
        written = writer.write(["soup"], 200, Sampling(10.0, top_k), seed, steering=Steering(cast=cast))
        assert written.length == 200
        assert {word for word in written.words if word.endswith(":")} <= {"otto:"}
        for before, word in pairwise(written.words):
            assert before != RETURN or word in (RETURN, "otto:")


@pytest.mark.parametrize("top_k", [1, 5])
def test_no_run_of_words_comes_twice_however_few_words_are_likely(writer: Writer, top_k: int) -> None:
    written = writer.write(["soup"], 300, Sampling(top_k=top_k), seed=1, steering=Steering(no_repeat=2))
    pairs = list(pairwise(written.words))
    assert written.length == 300
    assert len(set(pairs)) == len(pairs)


def test_where_no_word_may_come_the_script_ends(writer: Writer) -> None:
    num_words = len(writer.vocabulary) - 1  # <PAD> is none
    written = writer.write(["soup"], 5000, Sampling(top_k=5), seed=1, steering=Steering(no_repeat=2))
    assert written.finish_reason == "stop"
    assert written.length <= num_words**2
    assert len(set(pairwise(written.words))) == written.length


def test_no_run_of_the_training_text_comes(writer: Writer) -> None:
    free = writer.write(["soup"], 60, Sampling(top_k=20), seed=1)
    copies = Copies.of(writer.vocabulary.ids(free.words))
    ruled = writer.write(["soup"], 60, Sampling(top_k=20), seed=1, steering=Steering(no_copy=8, copies=copies))
    assert ruled.words[:8] == free.words[:7] + ruled.words[7:8]
    ids = writer.vocabulary.ids(ruled.words)
    assert not any(copies.holds(ids[begin : begin + 8]) for begin in range(len(ids) - 7))


def test_a_writer_that_was_prepared_makes_nothing_while_it_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    vocabulary = Vocabulary([f"w{number}" for number in range(2100)])  # more than the output layer's first block
    network = ScriptNetwork(NetworkConfig(len(vocabulary), 4, 64, 1, 0.0))
    writer = Writer(bundle_of(bundle_files(network.state_dict(), vocabulary, network.config, "wide", {}), "here"))
    writer.prepare()

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a layer was made")

    monkeypatch.setattr("torch.ops.quantized.linear_prepack", fail)
    assert writer.write(["w1"], 100, Sampling(top_k=2070), seed=1).length == 100
