"""Files of words: every usual form gives the words in the order of their ids, and what is none says what it is."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from training.elsewhere.errors import ForeignModelError
from training.elsewhere.vocabulary import read_words

WORDS = ["<PAD>", "the", "jerry:", "||return||", "3", "don't", '"', ","]
TO_INT = {word: id for id, word in enumerate(WORDS)}
TO_WORD = dict(enumerate(WORDS))


@pytest.mark.parametrize(
    "content",
    [
        WORDS,
        TO_INT,
        dict(reversed(TO_INT.items())),
        TO_WORD,
        {word: str(id) for word, id in TO_INT.items()},
        {word: float(id) for word, id in TO_INT.items()},
        list(TO_INT.items()),
        list(TO_WORD.items()),
        [{"word": word, "id": id} for word, id in TO_INT.items()],
        [{"token": word, "count": 9, "index": str(id)} for word, id in reversed(TO_INT.items())],
        {"vocab_to_int": TO_INT},
        {"vocab_to_int": TO_INT, "int_to_vocab": TO_WORD},
        {"itos": WORDS, "stoi": TO_INT, "freqs": dict.fromkeys(WORDS, 9)},
        {"words": WORDS, "config": {"layers": 1, "heads": 0}},
        {"model": {"vocab": TO_INT, "merges": ["t h", "th e"]}, "added_tokens": [{"id": 0, "content": "<PAD>"}]},
        [[5, 3, 1], TO_INT, TO_WORD, {".": "||Period||"}],
    ],
)
def test_json_of_any_form_gives_the_words(tmp_path: Path, content: Any) -> None:
    (tmp_path / "vocab.json").write_text(json.dumps(content))
    found = read_words(tmp_path / "vocab.json")
    assert (found.words, found.first_id) == (WORDS, 0)


LINES = [word for word in WORDS if word != ","]


@pytest.mark.parametrize(
    "data",
    [
        "\n".join(LINES).encode(),
        "\r\n".join([*LINES, ""]).encode(),
        "\n".join(LINES).encode("utf-8-sig"),
        "\n".join(LINES).encode("utf-16"),
        json.dumps(LINES).encode("utf-8-sig"),
        json.dumps(LINES).encode("utf-16"),
        "\n".join(f"{word}\t{id}" for id, word in enumerate(LINES)).encode(),
        "\n".join(f"{id} {word}" for id, word in enumerate(LINES)).encode(),
        "\n".join(["word,id", *(f"{word},{id}" for id, word in enumerate(LINES[:-1])), '"""",6']).encode(),
        "\n".join(f"{word} {900 - id}" for id, word in enumerate(LINES)).encode(),
        "\n".join(["id;word;count", *(f"{id};{word};{9 + id}" for id, word in enumerate(LINES))]).encode(),
        "\n".join(["w,id,n", *(f"{word},{id},{99 - id}" for id, word in enumerate(LINES[:-1])), '"""",6,9']).encode(),
        "\n".join(f"{word};{id}" for id, word in enumerate(LINES)).encode(),
        "\n".join(f"{word}: {id}" for id, word in enumerate(LINES)).encode(),
        "\n".join(json.dumps({"word": word, "id": id}) for id, word in enumerate(LINES)).encode(),
        repr(OrderedDict((word, id) for id, word in enumerate(LINES))).encode(),
        str(LINES).encode(),
        str({word: id for id, word in enumerate(LINES)}).encode(),
    ],
)
def test_text_of_any_form_gives_the_words(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "vocab.txt").write_bytes(data)
    assert read_words(tmp_path / "vocab.txt").words == LINES


def test_words_may_begin_as_json_does(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[laughs]\nthe\n{\n")
    assert read_words(tmp_path / "vocab.txt").words == ["[laughs]", "the", "{"]


@pytest.mark.parametrize("first", [0, 1, 2])
def test_ids_may_begin_behind_those_of_the_fill_ins(tmp_path: Path, first: int) -> None:
    (tmp_path / "vocab.json").write_text(json.dumps({word: id + first for word, id in TO_INT.items()}))
    found = read_words(tmp_path / "vocab.json")
    assert (found.words, found.first_id, found.has_ids) == (WORDS, first, True)


def test_a_vocabulary_of_torch_save_is_read(tmp_path: Path) -> None:
    torch.save({"model": {"w": torch.ones(2, 2)}, "vocab": TO_INT}, tmp_path / "model.pt")
    assert read_words(tmp_path / "model.pt").words == WORDS


class Vocab:
    """As torchtext kept its words."""

    def __init__(self) -> None:
        self.itos, self.stoi = WORDS, TO_INT


def test_a_vocabulary_object_is_read_without_its_class(tmp_path: Path) -> None:
    torch.save({"vocab": Vocab()}, tmp_path / "vocab.pt")
    assert read_words(tmp_path / "vocab.pt").words == WORDS


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_is_never_opened_and_the_message_converts_it(tmp_path: Path, protocol: int) -> None:
    file = tmp_path / "preprocess"
    file.write_bytes(
        pickle.dumps(
            ([np.int64(5)], TO_INT, TO_WORD, {".": "||Period||"})[1 if protocol == 0 else slice(None)], protocol
        )
    )
    with pytest.raises(
        ForeignModelError, match="is a pickle, which can run a program, so it was not opened"
    ) as refusal:
        read_words(file)
    command = str(refusal.value).partition('python -c "')[2].rstrip('"')
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        subprocess.run([sys.executable, "-c", command], check=True)
    assert read_words(tmp_path / "vocab.json").words == WORDS


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"[]", "neither a list of words nor a {word: id} map"),
        (b'{"a": "b"}', "neither a list of words nor a {word: id} map"),
        (b'["a", null]', "neither a list of words nor a {word: id} map"),
        (b'["the", "a', "begins like JSON and is none"),
        (b'{"a": 0, "a": 1}', 'the key "a" is there twice'),
        (b'{"a": 0, "b": 2}', "no word has the id 1, but one has 2"),
        (b'{"a": 7, "b": 7}', '"a" and "b" have the same id, 7: are these counts?'),
        (b'{"a": 91, "b": 90}', "its ids begin at 90, not at 0 or 1"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "10000000000000000000... is no id"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"one": {"a": 0, "b": 1}, "two": {"a": 1, "b": 0}}', r"holds several \(one, two\)"),
        (b"the 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 0.1\n" * 3, "it holds word vectors, as GloVe's"),
        (b"a\n\nb", "neither JSON nor one word a line: line 2 is empty"),
        (b"jerry: hello there\n", 'line 1 reads "jerry: hello there"'),
        (b"caf\xe9\nthe", r"is no UTF-8 text \(byte 3\)"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of git-lfs"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_vocabulary_says_what_it_is(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "vocab").write_bytes(data)
    with pytest.raises(ForeignModelError, match=message) as refusal:
        read_words(tmp_path / "vocab")
    assert "\n" not in str(refusal.value)


def test_an_array_is_told_how_to_become_json(tmp_path: Path) -> None:
    np.save(tmp_path / "vocab.npy", np.array(WORDS))
    with pytest.raises(ForeignModelError, match="is an array of numpy's"):
        read_words(tmp_path / "vocab.npy")
