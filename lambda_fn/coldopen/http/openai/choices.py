"""Choices: each text that was written, as what comes behind the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from coldopen.draft import Written
from coldopen.http.openai.fields import CompletionRequest
from coldopen.logprobs import WordLogprobs
from coldopen.task import Task
from coldopen.vocabulary import RETURN, Vocabulary, fold, is_speaker, pieces
from coldopen.writer import Writer


class Token(NamedTuple):
    """A word in a choice's text.

    Attributes:
        text: with the space before it.
        offset: where it begins, in characters of the choice's text.
        logprob: None for a prompt's first word.
        top: likely words and theirs, the word itself among them; None as before.
    """

    text: str
    offset: int
    logprob: float | None
    top: dict[str, float] | None


class Part(NamedTuple):
    """What comes at once in a stream: the whole prompt, or a word that was written.

    Attributes:
        text: the texts of all parts make the choice's.
        tokens: its words, where log probabilities were asked for.
    """

    text: str
    tokens: list[Token]


class Choice(NamedTuple):
    """A text.

    Attributes:
        parts: in order.
        finish_reason: `stop` where the text ends as was asked, `length` where it was cut off.
        num_words: how many were written and kept.
    """

    parts: list[Part]
    finish_reason: Literal["stop", "length"]
    num_words: int

    def content(self, index: int) -> dict[str, Any]:
        """The choice as a reply holds it."""
        tokens = [token for part in self.parts for token in part.tokens]
        text = "".join(part.text for part in self.parts)
        return choice_content(index, text, tokens, self.finish_reason)


def choice_content(index: int, text: str, tokens: Sequence[Token], finish_reason: str | None) -> dict[str, Any]:
    """A choice, or a part of one, as a reply holds it."""
    logprobs = {
        "tokens": [token.text for token in tokens],
        "token_logprobs": [token.logprob for token in tokens],
        "top_logprobs": [token.top for token in tokens],
        "text_offset": [token.offset for token in tokens],
    }
    return {"text": text, "index": index, "logprobs": logprobs if tokens else None, "finish_reason": finish_reason}


def read_choice(request: CompletionRequest, prompt: str, task: Task, text: Written, writer: Writer) -> Choice:
    """The choice that a text is.

    Args:
        prompt: as it was sent.
        task: the prompt as the model read it.
        text: those words and the ones that were written.
    """
    join = _Join(prompt, task.prime_words)
    num_prime = len(task.prime_words)
    written = pieces(text.words)[num_prime:]
    written[:1] = [join.first(piece) for piece in written[:1]]
    kept, is_stopped = _before(written, [fold(stop).lower() for stop in request.stop])
    prompt_tokens: list[Token] = []
    tokens: list[Token] = []
    if request.logprobs is not None:
        tokens = _tokens(request, join, text.words[: num_prime + len(kept)], kept, writer)
        if request.echo:
            prompt_tokens, tokens = tokens[:num_prime], tokens[num_prime:]
    parts = [Part(prompt, prompt_tokens)] if request.echo else []
    parts += [Part(piece, tokens[index : index + 1]) for index, piece in enumerate(kept)]
    is_cut_off = text.finish_reason in ("length", "deadline") and not is_stopped
    return Choice(parts, "length" if is_cut_off else "stop", len(kept))


class _Join(NamedTuple):
    """How what is written joins the prompt as it was sent.

    A prompt may end with a name, which is read as a cue (`jerry` as `jerry:`), and may end with a space.
    """

    prompt: str
    prime_words: list[str]

    def first(self, piece: str) -> str:
        """The first piece that is written, so that it goes on where the prompt ends."""
        if self.prompt[-1].isspace():
            return piece.lstrip(" ")
        ends_with_cue = is_speaker(self.prime_words[-1]) or self.prime_words[-1] == ":"
        return f":{piece}" if ends_with_cue and not self.prompt.endswith(":") else piece


def _before(written: Sequence[str], stops: Sequence[str]) -> tuple[list[str], bool]:
    """The pieces before the first of the stops, and whether there was one; the space before it is dropped too."""
    text = "".join(written)
    found = [at for stop in stops if (at := text.find(stop)) >= 0]
    if not found:
        return list(written), False
    end = len(text[: min(found)].rstrip(" "))
    kept: list[str] = []
    for piece in written:
        if end <= 0:
            break
        kept.append(piece[:end])
        end -= len(piece)
    return kept, True


def _tokens(
    request: CompletionRequest, join: _Join, words: list[str], kept: Sequence[str], writer: Writer
) -> list[Token]:
    """The words of a choice's text with their log probabilities, the prompt's first if it is shown.

    Args:
        words: the prompt's and those that were kept.
        kept: the latter as they stand in the text.
    """
    assert request.logprobs is not None
    first = 0 if request.echo else len(join.prime_words)
    num_top = request.logprobs + len(writer.vocabulary.never_generated)  # which have no text, and are left out below
    scores = [*([None] if first == 0 else []), *writer.logprobs(words, max(first, 1), num_top)]
    prompt, prompt_texts = (join.prompt, pieces(join.prime_words)) if request.echo else ("", [])
    offsets = _offsets(prompt, prompt_texts, kept)
    tokens = []
    scored = zip([*prompt_texts, *kept], offsets, scores, strict=True)
    for index, (text, offset, score) in enumerate(scored, start=first):
        if score is None:  # no word stands before the first
            tokens.append(Token(text, offset, None, None))
        else:
            top = _top(words, index, score, request.logprobs, writer.vocabulary, join)
            tokens.append(Token(text, offset, score.logprob, {**top, text: score.logprob}))
    return tokens


def _offsets(prompt: str, prompt_texts: Sequence[str], kept: Sequence[str]) -> list[int]:
    """Where words begin in the text of the prompt, as far as that is written as it is read, and of those kept."""
    offsets, end = [], 0
    for text in prompt_texts:
        found = prompt.lower().find(text, end)
        offsets.append(found if found >= 0 else end)
        end = found + len(text) if found >= 0 else end
    end = len(prompt)
    for text in kept:
        offsets.append(end)
        end += len(text)
    return offsets


def _top(
    words: Sequence[str], index: int, score: WordLogprobs, count: int, vocabulary: Vocabulary, join: _Join
) -> dict[str, float]:
    """The likeliest words at a place of the text, as they would stand there, and their log probabilities."""
    begin = index
    while begin and words[begin - 1] != RETURN:
        begin -= 1
    top: dict[str, float] = {}
    for id, logprob in score.top:
        if id not in vocabulary.never_generated and len(top) < count:
            piece = pieces([*words[begin:index], vocabulary.words[id]])[-1]
            top[join.first(piece) if index == len(join.prime_words) else piece] = logprob
    return top
