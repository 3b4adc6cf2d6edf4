"""Training speed, alternating in one run: words per second, and seconds to a perplexity on test.

    python -m bench.training [--scripts FILE] [--presets seed tuned wide] [--target 84.6] [--minutes 60]

Each preset trains in turn for 20 seconds, so that what else the machine does costs all of them alike. After each
turn the network is measured; a preset is done when it reaches the target on test, or when its minutes are over. Only
the time of training steps counts, as each run's metrics.jsonl has it.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from training.data.corpus import Corpus, read_corpus
from training.evaluation.perplexity import carried_perplexity
from training.fit.interrupt import Interrupted, ShouldStop
from training.fit.loop import Training
from training.fit.process_group import ProcessGroup, process_group
from training.preset import Preset, read_preset
from training.run import Run, prepare

_TURN_S = 20


def _clock(seconds: float) -> ShouldStop:
    """Says that training should stop once so many seconds are over."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


@dataclass(slots=True)
class Racer:
    """A preset in training.

    Attributes:
        run: what it trains.
        training: the training under way.
        seconds: of training steps so far.
        words: learnt from so far.
        on_test: perplexity after the last turn.
    """

    run: Run
    training: Training
    seconds: float = 0.0
    words: int = 0
    on_test: float = math.inf

    @property
    def name(self) -> str:
        """The preset's."""
        return self.training.preset.name

    def turn(self, seconds: float) -> None:
        """Train for so long, or to the end of the epoch if that comes first, and measure."""
        training = self.training
        with suppress(Interrupted):
            training.epoch(_clock(seconds))
        progress = training.progress
        self.seconds = progress.seconds_in_all + progress.seconds
        self.words = progress.words + sum(round(epoch.words_per_s * epoch.seconds) for epoch in progress.history)
        self.on_test = carried_perplexity(training.method.validate().network, self.run.split.test)
        print(f"{self.name}: {self.on_test:.1f} on test after {self.seconds:,.0f} s", flush=True)

    def describe(self, target: float) -> str:
        """The preset's line of the table."""
        outcome = "reached after" if self.on_test <= target else f"not reached, but {self.on_test:.1f} after"
        speed = f"{self.words / self.seconds:>10,.0f} words/s"
        return f"{self.name:<12}{speed}; {target} on test {outcome} {self.seconds:,.0f} s"


def race(
    presets: list[Preset], corpus: Corpus, target: float, seconds: float, turn_s: float, group: ProcessGroup
) -> str:
    """Train the presets in turns; returns the table."""
    with tempfile.TemporaryDirectory() as folder:
        racers = []
        for preset in presets:
            run = prepare(Path(folder) / preset.name, preset, corpus)
            racers.append(Racer(run, Training(run, preset, group)))
        running = list(racers)
        while running:
            for racer in list(running):
                racer.turn(min(turn_s, seconds - racer.seconds))
                if racer.on_test <= target or racer.training.is_over or racer.seconds >= seconds:
                    running.remove(racer)
    return "\n".join(racer.describe(target) for racer in racers)


def main() -> None:
    """Read the command line, train, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.training", description="Compare presets' training speed.")
    parser.add_argument("--scripts", type=Path, help="default: 96 real episodes")
    parser.add_argument("--presets", nargs="+", default=["seed", "tuned", "wide"])
    parser.add_argument("--target", type=float, default=84.6, help="perplexity on test; default: the original's, 84.6")
    parser.add_argument("--minutes", type=float, default=60, help="of training for each preset, at most; default: 60")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    arguments = parser.parse_args()
    presets, corpus = [read_preset(name) for name in arguments.presets], read_corpus(arguments.scripts)
    with process_group(arguments.device) as group:
        print(f"read {len(corpus.text):,} characters\n{group.describe()}", flush=True)
        print(race(presets, corpus, arguments.target, arguments.minutes * 60, _TURN_S, group))


if __name__ == "__main__":
    main()
