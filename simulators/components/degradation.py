"""Degradation without a physics of its own: three stochastic laws that are the standard of the field, as a health index
that goes from 0 to its limit 1. Each draws a life from its exact law, and a path that belongs to this life; so the true
remaining life is known from birth, and the path may be read at any share of it.

Wiener process with drift (D. R. Cox and H. D. Miller 1965): x = x0 + mu t + s B(t). The first passage of 1 is inverse
Gaussian with mean (1 - x0) / mu and shape ((1 - x0) / s)^2. Given the passage, the way there is a Bessel bridge: 1 - x
is the length of a three-dimensional Brownian bridge to 0 (D. Williams 1970).

Gamma process (M. Abdel-Hameed 1975; J. M. van Noortwijk 2009): monotone, independent increments Gamma(shape dt, scale).

Exponential, log-linear (N. Z. Gebraeel et al. 2005): x = theta e^(beta t); from theta at birth it reaches 1 after
ln(1 / theta) / beta, and beta scatters from part to part by its logarithm.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Protocol

import numpy as np

from simulators.components.component import Series
from simulators.components.wear import lognormal
from simulators.streams import Stream

KNOTS = 1000
"""A path is known at so many shares of a life, and straight between them."""


@dataclass(frozen=True, slots=True)
class Path:
    """life: usage at which the index reaches 1. index: at even shares of the life, from the first to 1."""

    life: float
    index: Series

    def at(self, share: Series) -> Series:
        """The index at shares of the life."""
        return np.interp(share, np.linspace(0.0, 1.0, self.index.size), self.index)


class Law(Protocol):
    """How something degrades."""

    def draw(self, source: Stream) -> Path:
        """The whole life of one part."""
        ...


@dataclass(frozen=True, slots=True)
class Wiener:
    """drift: mu. diffusion: s. first: x0. Per unit of usage, and its square root."""

    drift: float
    diffusion: float
    first: float = 0.0

    def draw(self, source: Stream) -> Path:
        """An inverse Gaussian life and a Bessel bridge."""
        way = 1.0 - self.first
        life = float(source.wald(way / self.drift, (way / self.diffusion) ** 2))
        steps = source.standard_normal((3, KNOTS)) * (self.diffusion * np.sqrt(life / KNOTS))
        free = np.concatenate((np.zeros((3, 1)), np.cumsum(steps, axis=1)), axis=1)
        share = np.linspace(0.0, 1.0, KNOTS + 1)
        bridge = free - free[:, -1:] * share
        bridge[0] += way * (1.0 - share)
        return Path(life, 1.0 - np.sqrt(bridge[0] ** 2 + bridge[1] ** 2 + bridge[2] ** 2))


@dataclass(frozen=True, slots=True)
class Gamma:
    """mean: of the life, about; variation: standard deviation of the index at that time. They give shape and scale."""

    mean: float
    variation: float = 0.2

    @property
    def scale(self) -> float:
        """Of the increments: the variance of the index over its mean."""
        return self.variation**2

    def shape(self, usage: float) -> float:
        """Of the index after a usage."""
        return usage / (self.mean * self.scale)

    def draw(self, source: Stream) -> Path:
        """Increments until the index passes 1; between two knots it is straight."""
        step = self.mean / KNOTS
        index = np.zeros(1)
        while index[-1] < 1.0:
            more = source.gamma(self.shape(step), self.scale, KNOTS)
            index = np.concatenate((index, index[-1] + np.cumsum(more)))
        last = int(np.searchsorted(index, 1.0))
        within = (1.0 - index[last - 1]) / (index[last] - index[last - 1])
        life = step * (last - 1 + float(within))
        usage = np.append(step * np.arange(last), life)
        return Path(life, np.interp(np.linspace(0.0, life, KNOTS + 1), usage, np.append(index[:last], 1.0)))


@dataclass(frozen=True, slots=True)
class Exponential:
    """first: theta. median: of the life. scatter: standard deviation of ln beta."""

    median: float
    first: float = 0.01
    scatter: float = 0.2

    def draw(self, source: Stream) -> Path:
        """A lognormal life and the only way there."""
        share = np.linspace(0.0, 1.0, KNOTS + 1)
        return Path(lognormal(source, self.median, self.scatter), np.exp(log(self.first) * (1.0 - share)))
