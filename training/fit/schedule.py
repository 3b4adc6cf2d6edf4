"""Numbers that follow from how far a training has come: the learning rate, and how long the average of weights is."""

from __future__ import annotations

import math

_LONGEST_AVERAGE = 0.1  # of all steps


def warmup_cosine(share: float, warm_up: float) -> float:
    """The learning rate, as a share of its peak.

    It rises linearly to its peak, then falls to zero along a cosine (Loshchilov & Hutter 2017, without restarts).

    Args:
        share: of all steps, how many are done, from 0 to 1.
        warm_up: share of all steps in which the rate rises.
    """
    rising = share / max(warm_up, 1e-9)
    if rising < 1:
        return rising
    return (1 + math.cos(math.pi * min((share - warm_up) / (1 - warm_up), 1))) / 2


def average_decay(step: int, decay: float, num_steps: int) -> float:
    """The share of the averaged weights that a step keeps, in an exponential moving average.

    It is smaller in the first steps, so that the random first weights are soon forgotten, and small enough for the
    average never to span more than a tenth of the training.

    Args:
        step: steps that were averaged so far.
        decay: the share in the long run.
        num_steps: of the whole training.
    """
    longest = 1 - 1 / max(_LONGEST_AVERAGE * num_steps, 1)
    return min(decay, longest, (1 + step) / (10 + step))
