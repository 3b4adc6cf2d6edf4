"""Where a release's weights come from, as far as its manifest tells: each part may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from coldopen.bundle.manifest import Manifest

_MAX_SOURCES = 3  # that are named


class Provenance(NamedTuple):
    """What `train` wrote into a manifest; another program's manifest may hold anything."""

    training: Mapping[str, Any]

    @classmethod
    def of(cls, manifest: Manifest) -> Provenance:
        """That of a manifest."""
        return cls(manifest.training)

    @property
    def is_foreign(self) -> bool:
        """Whether the weights were trained elsewhere: no corpus is named."""
        return not self._part("corpus")

    @property
    def words(self) -> int | None:
        """How many words the corpus has."""
        return _whole(self._part("corpus").get("words"))

    @property
    def epoch(self) -> int | None:
        """The epoch that the weights are of, from 1."""
        return _whole(self.training.get("epoch"))

    @property
    def is_over(self) -> bool:
        """Whether training came to its end: the test part is measured then."""
        return "test_perplexity" in self._part("metrics")

    def perplexity(self, part: str) -> float | None:
        """On the words of a part, "test" or "validation", that training saw."""
        metrics = self._part("metrics")
        value = metrics.get(f"{part}_perplexity_seen", metrics.get(f"{part}_perplexity"))
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def corpus(self) -> str:
        """A line about the corpus."""
        corpus, auxiliary = self._part("corpus"), self._part("auxiliary")
        words = "?" if self.words is None else f"{self.words:,}"
        beside = f"; beside it {_names(auxiliary)}" if auxiliary else ""
        return f"corpus: {_names(corpus)}; {words} words, sha256 {str(corpus.get('sha256', '?'))[:12]}{beside}"

    def epochs(self) -> str:
        """A line about the training."""
        preset = self._part("preset")
        training = preset.get("training")
        planned = training.get("epochs", "?") if isinstance(training, dict) else "?"
        state = "" if self.is_over else " so far, as the training is not over"
        return f"training: preset {preset.get('name', '?')}, epoch {self.epoch or '?'} the best of {planned}{state}"

    def _part(self, name: str) -> Mapping[str, Any]:
        part = self.training.get(name)
        return part if isinstance(part, dict) else {}


def _names(scripts: Mapping[str, Any]) -> str:
    sources = scripts.get("sources")
    names = [str(source) for source in sources] if isinstance(sources, list) else []
    more = f" and {len(names) - _MAX_SOURCES} more" if len(names) > _MAX_SOURCES else ""
    return f"{', '.join(names[:_MAX_SOURCES]) or '?'}{more}"


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
