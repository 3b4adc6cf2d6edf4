"""How far a training has come, and the metrics of its epochs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from training.evaluation.perplexity import perplexity
from training.fit.method import Validation


@dataclass(frozen=True, slots=True)
class EpochMetrics:
    """What was measured of one epoch; a line of metrics.jsonl.

    Attributes:
        epoch: its number, from 1.
        step: optimiser steps in all, up to its end.
        train_perplexity: over the words that it trained on, while it did.
        validation_perplexity: over every word of validation, after it.
        validation_perplexity_seen: over the words of validation that occur in the training part; carried rows only.
        unseen_constant: nats added to the output bias of words that training never saw; carried rows only.
        seconds: spent in training steps.
        words_per_s: words trained on in a second of these.
        micro_batch_size: windows that went through the network at once, over all processes.
    """

    epoch: int
    step: int
    train_perplexity: float
    validation_perplexity: float
    validation_perplexity_seen: float | None
    unseen_constant: float | None
    seconds: float
    words_per_s: int
    micro_batch_size: int

    def to_dict(self) -> dict[str, Any]:
        """The metrics that were measured, for JSON."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @property
    def validation(self) -> dict[str, float]:
        """The perplexities on validation alone."""
        return {name: value for name, value in self.to_dict().items() if name.startswith("validation")}


@dataclass(slots=True)
class Progress:
    """How far a training has come."""

    micro_batch_size: int
    """Windows that go through the network at once, over all processes; halved where memory runs out."""
    epoch: int = 0
    """Epochs finished."""
    window: int = 0
    """Windows seen in the epoch under way."""
    step: int = 0
    """Optimiser steps in all."""
    nats: float = 0.0
    """Summed loss of the epoch under way."""
    words: int = 0
    """Words that it is the sum of."""
    seconds: float = 0.0
    """Time spent in training steps in the epoch under way."""
    history: list[EpochMetrics] = field(default_factory=list)
    """The metrics of each epoch finished."""

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Progress:
        """The progress of which `values` is the dictionary; TypeError if it is another's."""
        return cls(**{**values, "history": [EpochMetrics(**metrics) for metrics in values["history"]]})

    def add_step(self, num_windows: int, nats: float, words: int, seconds: float) -> None:
        """Count a step over so many windows and words; `nats` is its summed loss."""
        self.window += num_windows
        self.step += 1
        self.nats += nats
        self.words += words
        self.seconds += seconds

    def end_epoch(self, validation: Validation) -> EpochMetrics:
        """Put the metrics of the epoch under way into the history, and begin the next."""
        self.epoch += 1
        metrics = EpochMetrics(
            epoch=self.epoch,
            step=self.step,
            train_perplexity=round(perplexity(self.nats, self.words), 3),
            validation_perplexity=validation.perplexity,
            validation_perplexity_seen=validation.perplexity_seen,
            unseen_constant=validation.unseen_constant,
            seconds=round(self.seconds, 1),
            words_per_s=round(self.words / max(self.seconds, 1e-9)),
            micro_batch_size=self.micro_batch_size,
        )
        self.history.append(metrics)
        self.window, self.nats, self.words, self.seconds = 0, 0.0, 0, 0.0
        return metrics

    @property
    def best(self) -> EpochMetrics:
        """The epoch with the lowest perplexity on validation so far, the first of several."""
        return min(self.history, key=lambda metrics: metrics.validation_perplexity)

    @property
    def seconds_in_all(self) -> float:
        """Time spent in training steps in the epochs finished."""
        return sum(metrics.seconds for metrics in self.history)
