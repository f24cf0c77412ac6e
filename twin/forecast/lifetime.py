"""How long a machine runs until a stop of one kind: a Weibull law, with what its few observations leave open.

    P(T > t) = exp(-(t / scale) ** shape)

shape 1: it happens by chance; greater: with age, as a tool that wears or a roll that runs out. The law is fitted by
maximum likelihood to whole lives and to the one that has not ended (censored).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEW = 5
"""With fewer lives than this nothing is said about age."""
SIGNIFICANT = 3.84
"""Likelihood ratio beyond which chance alone is not believed (95 %, one degree of freedom)."""
SHAPES = np.geomspace(0.3, 30.0, 97)
SHAPE_VARIANCE = 0.608
"""Of log(shape), times the number of lives: 6 / pi^2, the large-sample value of the maximum likelihood."""


@dataclass(frozen=True, slots=True, eq=False)
class Lifetime:
    """seconds of running. lives: those that ended; exposure: running in all; shape, scale as above.

    ks: the greatest distance between the law and the lives, None where there are none.
    """

    lives: Floats
    exposure: float
    shape: float
    open_life: float = 0.0
    ks: float | None = None

    @property
    def mean(self) -> float:
        """Seconds of running for each stop."""
        return self.exposure / max(len(self.lives), 1)

    def draw(self, runs: int, random: np.random.Generator) -> tuple[Floats, Floats]:
        """(shape, scale) of each run, from what the observations leave open.

        The scale has its exact posterior for a given shape (Jeffreys): sum(t ** shape) / Gamma(lives + 1/2).
        """
        n = len(self.lives)
        shape = np.full(runs, self.shape)
        if self.shape != 1.0:
            shape = shape * np.exp(random.normal(0.0, np.sqrt(SHAPE_VARIANCE / n), runs))
        told = np.append(self.lives, self.open_life)
        unit = max(float(told.max()), 1e-9)  # powers of seconds would leave the floats
        power = ((told[:, None] / unit) ** shape).sum(axis=0)
        if self.shape == 1.0:
            power = np.full(runs, self.exposure / unit)
        scale = unit * (power / random.gamma(n + 0.5, 1.0, runs)) ** (1.0 / shape)
        return shape, scale


def fit_lifetime(lives: Floats, open_life: float) -> Lifetime:
    """The law of lives that ended, and of one that has not. Chance alone, unless the lives say otherwise."""
    lives = np.maximum(np.asarray(lives, np.float64), 1e-3)
    exposure = float(lives.sum() + open_life)
    if len(lives) < FEW:
        return Lifetime(lives, exposure, 1.0, open_life, distance(lives, 1.0, exposure / max(len(lives), 1)))
    told = np.append(lives, open_life)
    likelihoods = np.array([_likelihood(lives, told, shape) for shape in SHAPES])
    by_chance = _likelihood(lives, told, 1.0)
    best = int(likelihoods.argmax())
    aged = 2.0 * (likelihoods[best] - by_chance) > SIGNIFICANT
    shape = float(SHAPES[best]) if aged else 1.0
    scale = (np.sum(told**shape) / len(lives)) ** (1.0 / shape)
    return Lifetime(lives, exposure, shape, open_life, distance(lives, shape, float(scale)))


def _likelihood(lives: Floats, told: Floats, shape: float) -> float:
    """Log likelihood of a shape with the best scale for it."""
    n, unit = len(lives), float(told.max())
    power = float(np.sum((told / unit) ** shape)) / n
    scale = unit * power ** (1.0 / shape)
    return float(n * (np.log(shape) - shape * np.log(scale)) + (shape - 1.0) * np.log(lives).sum() - n)


def residual(shape: Floats, scale: Floats, age: Floats | float, random: np.random.Generator) -> Floats:
    """Running time until the stop, for those that have run `age` already without one."""
    spent = (age / scale) ** shape
    return scale * (spent + random.exponential(1.0, len(scale))) ** (1.0 / shape) - age


def distance(lives: Floats, shape: float, scale: float) -> float | None:
    """Kolmogorov distance between lives and the law."""
    if not len(lives):
        return None
    ordered = np.sort(lives)
    law = 1.0 - np.exp(-((ordered / max(scale, 1e-9)) ** shape))
    steps = np.arange(len(ordered) + 1) / len(ordered)
    return float(max(np.abs(law - steps[:-1]).max(), np.abs(law - steps[1:]).max()))


def two_sample_distance(some: Floats, others: Floats) -> float | None:
    """Kolmogorov distance between two samples, None where one is empty."""
    if not len(some) or not len(others):
        return None
    both = np.sort(np.concatenate([some, others]))
    shares = [np.searchsorted(np.sort(one), both, side="right") / len(one) for one in (some, others)]
    return float(np.abs(shares[0] - shares[1]).max())
