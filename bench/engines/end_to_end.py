"""What every engine's script does once its weights are loaded: write, write as much again, report the times.

python with_ENGINE.py MODEL WORDS [TEXT.json]
"""

from __future__ import annotations

import json
import math
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

Text = Callable[[int], tuple[list[float], list[int]]]
"""A text under way: reads its next word's id and returns the five likeliest to come, their scores and their ids."""

Moment = tuple[float, float]
"""Seconds on the wall's clock, and of this process's processor time, from its start on."""

Write = Callable[[int], list[int]]
"""Writes so many words after the first, each drawn from the five likeliest, and the same ones each time."""

FIRST = 1
"""The id of the word that a text begins with."""


def now() -> Moment:
    """The moment now."""
    return time.perf_counter(), time.process_time()


def report(begin: Callable[[], Text], begun: Moment, imported: Moment, write: Write | None = None) -> None:
    """Print a line when the first words are written, then, as JSON, what the road was like.

    `wall` and `processor` have the seconds of each part, `peak_mb` the most memory that was resident, and `ids` the
    second words. Where the command line names a text, `likeliest` has the ids of the five after each of its words.

    Args:
        begin: begins a text.
        begun: before the imports.
        imported: after them. The weights have been loaded since.
        write: how the engine writes, where that is not word by word.
    """
    loaded, words = now(), int(sys.argv[2])
    write = write or partial(_word_by_word, begin)
    print(len(write(words)), flush=True)
    written = now()
    ids = write(words)
    again = now()
    parts = {
        "import": (begun, imported), "load": (imported, loaded), "first": (loaded, written), "next": (written, again),
    }  # fmt: skip
    wall, processor = ({name: end[clock] - start[clock] for name, (start, end) in parts.items()} for clock in (0, 1))
    processor["road"] = written[1]  # its wall time is taken from the outside
    found = {"wall": wall, "processor": processor, "peak_mb": _peak_mb(), "ids": ids}
    if len(sys.argv) > 3:
        text = begin()
        found["likeliest"] = [text(id)[1] for id in json.loads(Path(sys.argv[3]).read_text())]
    print(json.dumps(found))


def _word_by_word(begin: Callable[[], Text], words: int) -> list[int]:
    text, rng, ids = begin(), random.Random(1), [FIRST]
    for _ in range(words):
        scores, likeliest = text(ids[-1])
        most = max(scores)
        ids.append(rng.choices(likeliest, [math.exp(score - most) for score in scores])[0])
    return ids


def _peak_mb() -> float:
    """Linux's own count; getrusage's may be the parent's, whose memory a process has for a moment when it starts."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6
