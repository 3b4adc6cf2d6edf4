"""Weights trained elsewhere: a bundle that writes as they did, published with a sample."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from coldopen.bundle.read import read_bundle
from coldopen.network import serving_network
from coldopen.vocabulary import PAD, UNKNOWN
from tests.training.elsewhere.networks import WORDS, Foreign, logits_of, save
from training.elsewhere.bundle import read_elsewhere
from training.elsewhere.errors import ForeignModelError
from training.release.verify import sample_of

Training = Callable[..., subprocess.CompletedProcess[str]]
SIZE = len(WORDS)
IDS = {word: id for id, word in enumerate(WORDS)}


def vocabulary(content: Any, folder: Path) -> Path:
    (folder / "vocab.json").write_text(json.dumps(content))
    return folder / "vocab.json"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_bundle_computes_as_its_network_did(tmp_path: Path, dtype: torch.dtype) -> None:
    network = Foreign().to(dtype)
    _, bundle, notes = read_elsewhere(save(network.state_dict(), tmp_path), vocabulary(IDS, tmp_path))
    ours = serving_network(bundle.manifest.network, bundle.state_dict())
    assert torch.allclose(logits_of(ours), logits_of(network.float()), atol=2e-3)
    assert (list(bundle.vocabulary.words), notes) == (WORDS, [])


def test_values_beyond_float16_are_kept(tmp_path: Path) -> None:
    weights = Foreign().state_dict()
    weights["fc.bias"][WORDS.index("soup")] = 1e5
    _, bundle, _ = read_elsewhere(save(weights, tmp_path), vocabulary(IDS, tmp_path))
    assert torch.equal(bundle.state_dict()["fc.bias"], weights["fc.bias"])
    assert bundle.state_dict()["fc.weight"].dtype == torch.float16
    assert set(re.findall(r"\w+", sample_of(bundle).split("\n", 1)[1].lower())) == {"soup"}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_no_numbers_are_refused(tmp_path: Path, bucket: Any, training: Training, value: float) -> None:
    weights = Foreign().state_dict()
    weights["fc.bias"][3] = value
    files = save(weights, tmp_path), vocabulary(IDS, tmp_path)
    done = training("publish", "--state-dict", files[0], "--vocab", files[1], "--bucket", "scripts")
    assert done.returncode == 1
    assert "fc.bias holds values that are infinite or not numbers" in done.stderr


@pytest.mark.parametrize(
    ("rows", "words", "expected", "note"),
    [
        (SIZE + 1, WORDS, None, None),
        (SIZE + 1, IDS, WORDS, "21 rows, 20 words: what is behind the last word was cut off"),
        (24, WORDS, WORDS, "24 rows, 20 words: what is behind the last word was cut off"),
        (64, IDS, WORDS, "64 rows, 20 words: what is behind the last word was cut off"),
        (63, IDS, None, None),
        (
            SIZE,
            {word: id + 1 for word, id in IDS.items()},
            WORDS,
            "its ids begin at 1, and there are as many rows as words: taken as from 0",
        ),
    ],
)
def test_rows_without_words_are_cut_off_where_one_knows_which(
    tmp_path: Path, rows: int, words: Any, expected: list[str] | None, note: str | None
) -> None:
    network = Foreign(size=rows)
    files = save(network.state_dict(), tmp_path), vocabulary(words, tmp_path)
    if expected is None:
        with pytest.raises(ForeignModelError, match=f"words, but .* has {rows}: are they of one training"):
            read_elsewhere(*files)
        return
    _, bundle, notes = read_elsewhere(*files)
    assert (list(bundle.vocabulary.words), notes) == (expected, [note])
    ours = serving_network(bundle.manifest.network, bundle.state_dict())
    assert torch.allclose(logits_of(ours), logits_of(network), atol=2e-3)


@pytest.mark.parametrize(("first", "fill_ins"), [(1, [PAD]), (2, [PAD, UNKNOWN])])
def test_ids_from_1_leave_the_first_row_to_the_fill_in(tmp_path: Path, first: int, fill_ins: list[str]) -> None:
    words = [word for word in WORDS if word != PAD]
    network = Foreign(size=len(words) + first)
    ids = {word: id + first for id, word in enumerate(words)}
    _, bundle, notes = read_elsewhere(save(network.state_dict(), tmp_path), vocabulary(ids, tmp_path))
    assert list(bundle.vocabulary.words) == fill_ins + words
    assert notes == [f"its ids begin at {first}; before the first word comes {' and '.join(fill_ins)}"]


def test_an_embedding_may_have_a_row_for_padding_behind_the_words(tmp_path: Path) -> None:
    network = Foreign()
    network.add_module("embed", torch.nn.Embedding(SIZE + 1, 8, padding_idx=SIZE))
    _, bundle, _ = read_elsewhere(save(network.state_dict(), tmp_path), vocabulary(WORDS, tmp_path))
    ours = serving_network(bundle.manifest.network, bundle.state_dict())
    assert torch.allclose(logits_of(ours), logits_of(network), atol=2e-3)


def test_weights_are_published_with_what_was_understood_and_a_sample(
    tmp_path: Path, bucket: Any, training: Training
) -> None:
    checkpoint = {"epoch": 3, "model_state_dict": Foreign(names=("encoder", "rnn", "decoder")).state_dict()}
    words = {word.replace("||questionmark||", "||Question_Mark||"): id for word, id in IDS.items()}
    files = save(checkpoint, tmp_path), vocabulary({"vocab_to_int": words}, tmp_path)
    done = training("publish", "--state-dict", files[0], "--vocab", files[1], "--bucket", "scripts")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:6] == [
        "note: the weights were found under 'model_state_dict'",
        "note: read encoder as the embedding, rnn as the LSTM, decoder as the output layer",
        "note: the words were found under 'vocab_to_int'",
        'note: 1 token spelt otherwise: "||Question_Mark||" -> "||questionmark||"',
        done.stdout.splitlines()[4],
        "trained elsewhere: nothing is known of its corpus, nor how good it is",
    ]
    uri = re.findall("^published: (.*)$", done.stdout, re.MULTILINE)[0]
    assert list(read_bundle(uri).vocabulary.words) == WORDS
    sample = done.stdout.partition("It writes:\n\n")[2].partition("\n\nnext: make deploy")[0]
    assert "||" not in sample
    assert {"soup", "hello"} & set(re.findall(r"\w+", sample.lower()))
    assert training("verify", uri).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--state-dict", "model.pt"), "--state-dict and --vocab belong together: give both"),
        (("--vocab", "vocab.json"), "--state-dict and --vocab belong together: give both"),
        (("--state-dict", "model.pt", "--vocab", "vocab.json", "--model", "run"), "name two models: give one"),
        (("--state-dict", "model.pt", "--vocab", "vocab.json"), "model.pt can't be read: No such file"),
    ],
)
def test_what_belongs_together_is_asked_for(training: Training, arguments: tuple[str, ...], message: str) -> None:
    done = training("publish", *arguments, "--bucket", "scripts")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert message in done.stderr


def test_a_vocabulary_of_another_training_is_told(tmp_path: Path) -> None:
    network = Foreign()
    with pytest.raises(ForeignModelError, match=r"holds 12 words, but .* has 20: are they of one training"):
        read_elsewhere(save(network.state_dict(), tmp_path), vocabulary(WORDS[:12], tmp_path))
    with pytest.raises(ForeignModelError, match="make no model of this network: the vocabulary holds 'the' twice"):
        read_elsewhere(save(network.state_dict(), tmp_path), vocabulary(["the", *WORDS[1:]], tmp_path))
