"""The model: loaded when the function starts, or else by a request."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TypeVar

from torch import Tensor

from coldopen.bundle.read import read_bundle
from coldopen.copies import Copies
from coldopen.errors import RequestError
from coldopen.http.log import Log
from coldopen.settings import Settings
from coldopen.writer import Writer

LOAD_LIMIT_S = 8.0
"""How long reading the model may take, from the start of the process or of a later load. Lambda ends INIT after 10 s
(AWS, "Understanding the Lambda execution environment lifecycle"), and of what was read the writer is yet to be made."""

RETRY_AFTER_S = 5
"""When a client may ask again."""

_SLOW_S = 2.0

T = TypeVar("T")


class Model:
    """Gives the writer and what it was trained on, both loaded when they are first asked for.

    A load that fails is tried again by the next request. If it took long to fail, the requests of the next few seconds
    are answered at once: each would wait as long, and this process serves one at a time.
    """

    def __init__(self, settings: Settings, log: Log) -> None:
        self._settings = settings
        self._log = log
        self.loaded: Writer | None = None
        self._failed_at, self._fault = -math.inf, ""

    def writer(self, deadline: float = math.inf) -> Writer:
        """The writer, loaded now if it is not there yet.

        Args:
            deadline: on `time.monotonic()`'s clock, in seconds; loading ends by then, or sooner.

        Raises:
            RequestError: 503, if the bundle can't be had or can't be used.
        """
        if self.loaded is None:
            message = "the model can't be loaded at the moment; try again in a few seconds"
            self.loaded = self._load(self._read_writer, deadline, "model not available", message)
        return self.loaded

    def copies(self, deadline: float = math.inf) -> Copies | None:
        """The runs of words that the model was trained on; None if its bundle does not say. Raises as `writer` does."""
        message = "what the model was trained on can't be read at the moment; try again, or leave no_copy out"
        return self._load(self.writer(deadline).copies, deadline, "copies not available", message)

    def state_dict(self, deadline: float = math.inf) -> dict[str, Tensor]:
        """The weights as they were trained. Raises as `writer` does."""
        message = "the weights for log probabilities can't be read at the moment; try again, or leave logprobs out"
        return self._load(self.writer(deadline).state_dict, deadline, "weights not available", message)

    def _read_writer(self, deadline: float) -> Writer:
        begun = time.monotonic()
        writer = Writer(read_bundle(self._settings.model_uri, deadline, self._settings.memory_mb))
        took_ms = round((time.monotonic() - begun) * 1000)
        self._log.loaded(writer.version, took_ms)
        return writer

    def _load(self, load: Callable[[float], T], deadline: float, fault: str, message: str) -> T:
        waited_s = time.time() - self._failed_at  # not monotonic(), which may stand still between two requests
        if 0 <= waited_s < RETRY_AFTER_S:
            reason = f"not tried again so soon: {waited_s:.1f} s ago {self._fault}"
            self._log.unavailable(fault, reason)
            raise RequestError(503, "model_unavailable", message)
        begun = time.monotonic()
        try:
            return load(min(deadline, begun + LOAD_LIMIT_S))
        except Exception as error:  # whatever a damaged bundle or a wrong setting leads to: never die at INIT
            reason = str(error) or repr(error)
            if time.monotonic() - begun > _SLOW_S:
                self._failed_at, self._fault = time.time(), reason
            self._log.unavailable(fault, reason)
            raise RequestError(503, "model_unavailable", message) from None
