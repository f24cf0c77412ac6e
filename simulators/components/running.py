"""Running sums and lags over seconds, exact at every cut: what is kept between two calls is their last value."""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from simulators.components.component import Series


def running_sum(first: float, steps: Series) -> Series:
    """The sum after each step, going on from `first`. np.cumsum adds in order, so any cutting gives the same bytes."""
    return np.cumsum(np.concatenate(([first], steps)))[1:]


def lag(first: float, targets: Series, tau_s: float) -> Series:
    """A first-order lag, one step a second: y[k] = y[k-1] + (target[k] - y[k-1]) / tau. tau_s: at least 1."""
    share = 1.0 / tau_s
    followed = accumulate(targets.tolist(), lambda y, target: y + (target - y) * share, initial=first)
    return np.array(list(followed)[1:], dtype=np.float64)
