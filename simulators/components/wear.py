"""Wear: a clock of usage. A part draws its life (usage at failure) at birth, usage runs at a rate that the duty sets,
and every visible damage is a function of the share that is used. So the instant of failure is exact, and what is left
over the fastest rate is always a time within which nothing fails.
"""

from __future__ import annotations

import numpy as np

from simulators.components.component import Series
from simulators.components.running import running_sum
from simulators.streams import Stream

SURELY = 1.0 - 1e-9
"""What the rounding of long sums may take from a time that is safe."""


class Wear:
    """Usage of one part against its life, in the part's own unit. share: 0 new, 1 failed, in proportion to usage."""

    def __init__(self, life: float, first: float = 0.0) -> None:
        """life: usage from the first share to 1."""
        self._life = life
        self._first = first
        self._used = 0.0

    @property
    def failed(self) -> bool:
        """Whether all is used."""
        return self._used >= self._life

    @property
    def share(self) -> float:
        """The share that is used now."""
        return float(self._shares(np.array([self._used]))[0])

    @property
    def left(self) -> float:
        """Usage until it fails."""
        return max(0.0, self._life - self._used)

    def safe_s(self, fastest: float) -> float:
        """Seconds within which it does not fail, at no more than this usage a second."""
        return SURELY * self.left / fastest

    def run(self, rate: Series) -> Series:
        """Use it second by second; the share after each."""
        used = running_sum(self._used, rate)
        if used.size:
            self._used = float(used[-1])
        return self._shares(used)

    def shorten(self, life: float, first: float = 0.0) -> None:
        """From now on it has at most this usage left, and at least the share `first` of its life is gone.

        What has failed already stays as it is until it is replaced.
        """
        if self.failed:
            return
        self._life, self._first, self._used = min(life, self.left), max(first, self.share), 0.0

    def _shares(self, used: Series) -> Series:
        shares = self._first + (1.0 - self._first) * (used / self._life)
        return np.where(used >= self._life, 1.0, shares)


def weibull(source: Stream, scale: float, shape: float) -> float:
    """A life with P(life > t) = exp(-(t / scale)^shape) (W. Weibull 1951)."""
    return scale * float(source.weibull(shape))


def lognormal(source: Stream, median: float, scatter: float) -> float:
    """A life around a median; scatter: standard deviation of its logarithm, as wear coefficients have it."""
    return median * float(np.exp(scatter * source.standard_normal()))


def drawn(source: Stream, life_s: float | None, bounds_s: tuple[float, float]) -> float:
    """Seconds that a part still lives: as said, else uniform between two bounds."""
    return source.uniform(*bounds_s) if life_s is None else life_s
