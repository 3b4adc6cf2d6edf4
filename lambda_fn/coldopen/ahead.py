"""Writing ahead: a text's next few words are drawn without the preview, which then looks at all of them at once.

The words with places (`coldopen.output_layer`) nearly always include the likeliest of all, and where they do not, the
word that is drawn is mostly the same. So words are drawn from them and read, until there are some; then the likeliest
of all are found for each, for which the preview's weights go through the processor's cache once. From the first word on
that would have been another, the words are drawn again. What is written is what is written word by word.

Leviathan et al. 2023, "Fast Inference from Transformers via Speculative Decoding", draw by a smaller model in this way.
"""

from __future__ import annotations

import time

from coldopen.draft import Draft, drawn
from coldopen.engine import DecoderState
from coldopen.sampling import Sampling

MOST = 10  # words at a time: with more, too many are drawn in vain
_LEAST = 4  # words at a time, while the script's end is waited for


def write_ahead(draft: Draft, state: DecoderState, sampling: Sampling, deadline: float) -> None:
    """Write a script to its end, or until the deadline.

    Args:
        draft: without rules.
        state: of one text, which has read all of the draft's words but the latest.
        sampling: how to draw.
        deadline: on `time.monotonic()`'s clock, in seconds.
    """
    uniforms: list[float] = []
    most = MOST  # fewer where words are often drawn in vain, as among thousands
    while not draft.is_done:
        if time.monotonic() >= deadline:
            return draft.give_up("deadline")
        count = min(max(draft.num_missing, _LEAST), most)
        uniforms += [draft.uniform() for _ in range(count - len(uniforms))]
        ids = next_words(state, draft.latest, sampling, uniforms[:count])
        del uniforms[: len(ids)]
        most = min(2 * most, MOST) if len(ids) == count else len(ids)
        for id in ids:
            draft.add(id)
            if draft.is_done:
                break


def next_words(state: DecoderState, latest: int, sampling: Sampling, uniforms: list[float]) -> list[int]:
    """The next words, at least one; the state has read them all but the last.

    Args:
        state: has read all words before the latest.
        latest: the latest word.
        sampling: how to draw.
        uniforms: a random number for each word that is wanted.
    """
    ids, guesses, marks = [latest], [], []
    for uniform in uniforms:
        state.step(ids[-1])
        guess = state.guess(sampling.top_k)
        ids.append(drawn(guess.top, sampling, uniform))
        guesses.append(guess)
        marks.append(state.mark())
    for place, top in enumerate(state.corrections(guesses, marks)):
        if top and (id := drawn(top, sampling, uniforms[place])) != ids[place + 1]:
            state.back_to(marks[place])
            return [*ids[1 : place + 1], id]
    return ids[1:]
