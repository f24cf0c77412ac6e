"""How long a trend has until its limit: P10, P50 and P90, or why there is no forecast.

Growth laws of wear are of the form dD/dt = c D^n (exponential at n = 1, Paris type at n = 1.5, predictive maintenance
texts). For n > 1 a power of the deviation, D^(1 - n), falls in a straight line; so each law is a straight line fitted
to the deviation of the leading tag over running time, and the time left is where it comes to that power of the limit.
Laws are weighed by how well they fit; what a slope may be off by, and which law it is, make the spread. Powers are
square roots of square roots: + - * / and sqrt alone, so a forecast may stand in a record.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

LAWS = ((4, 1.0), (3, 1.0), (2, 1.0), (1, 2.0), (0, 1.0))
"""(square roots taken, weight before any data): n = 1.06, which is nearly exponential; 1.125; 1.25; 1.5; 2."""
BLOCKS = 24
"""The trend is fitted to at most so many means of windows."""
LEAST_BLOCKS = 6
CERTAIN = 3.0
"""A slope must be so many of its standard errors away from none."""
GAUSS = (-1.645, -1.036, -0.674, -0.385, -0.126, 0.126, 0.385, 0.674, 1.036, 1.645)
"""Middles of ten equally likely parts of a normal distribution."""
LAW_SPREAD = 0.5
"""Standard errors of a slope are widened by this share of themselves, for what the laws leave out."""
LIMITS = (0.7, 1.0, 1.4)
"""A limit is no more exact than this: the machine may fail before it, and may hold out beyond it."""
LONGEST_S = 7 * 86400.0
"""Further ahead nothing is said."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Seconds of running until the limit is reached: with 10, 50 and 90 % probability it is sooner."""

    p10_s: int
    p50_s: int
    p90_s: int


def forecast(age_s: Column, value: Column, normal: float, limit: float) -> Forecast | str:
    """From values of one tag over running time since the onset, newest last; the text says why there is none."""
    room = limit - normal
    if not np.isfinite(room) or room == 0.0:
        return "no limit to reckon with"
    away = (value - normal) / room
    if len(away) < 2 * LEAST_BLOCKS:
        return f"seen for {len(away)} windows of running, {2 * LEAST_BLOCKS} are needed"
    if float(away[-3:].mean()) >= 1.0:
        return "the limit is reached"
    t, y = _means(age_s, away)
    found = _until_limit(t, y, float(age_s[-1])) if bool((y > 0).all()) else None
    return "no certain trend towards the limit yet" if found is None else found


def _until_limit(t: Column, y: Column, now: float) -> Forecast | None:
    """From deviations in shares of the limit, all above 0; None where no law has a certain slope."""
    lines = [_line(t, y, now, roots, weight) for roots, weight in LAWS]
    best = min(line.misfit for line in lines)
    times: list[float] = []
    weights: list[float] = []
    for line in lines:
        if line.slope + CERTAIN * line.error >= 0.0:
            continue
        close = best / line.misfit if line.misfit > 0 else 1.0
        close = close * close
        close = close * close
        for at in GAUSS:
            slope = line.slope + at * (1.0 + LAW_SPREAD) * line.error
            times += [max(0.0, (end - line.now) / slope) if slope < 0.0 else LONGEST_S for end in line.ends]
            weights += [line.weight * close] * len(line.ends)
    if not times:
        return None
    p10, p50, p90 = _quantiles(np.array(times), np.array(weights))
    return None if p50 >= LONGEST_S else Forecast(round(p10), round(p50), round(min(p90, LONGEST_S)))


@dataclass(frozen=True, slots=True)
class _Line:
    """A law as a straight line. now: where it stands now; ends: where the limit may be. misfit: of
    the deviations themselves, so that laws can be compared.
    """

    slope: float
    error: float
    now: float
    ends: tuple[float, ...]
    misfit: float
    weight: float


def _means(t: Column, y: Column) -> tuple[Column, Column]:
    """Means of up to BLOCKS equal runs, the newest complete."""
    size = max(2, -(-len(y) // BLOCKS))
    many = len(y) // size
    t, y = t[len(t) - many * size :], y[len(y) - many * size :]
    return t.reshape(many, size).mean(axis=1), y.reshape(many, size).mean(axis=1)


def _power(y: Column, roots: int) -> Column:
    """One over the root of y, taken so often."""
    for _ in range(roots):
        y = np.sqrt(y)
    return 1.0 / y


def _line(t: Column, y: Column, now: float, roots: int, weight: float) -> _Line:
    """Weighted straight line through y ** (1 - n); a value's weight follows from equal scatter of all y."""
    share = 1.0
    for _ in range(roots):
        share = share / 2.0
    u = _power(y, roots)
    steep = share * u / y  # |du / dy|
    w = 1.0 / (steep * steep)
    whole = w.sum()
    t0, u0 = (w * t).sum() / whole, (w * u).sum() / whole
    spread = (w * (t - t0) * (t - t0)).sum()
    slope = (w * (t - t0) * (u - u0)).sum() / spread
    left = u - u0 - slope * (t - t0)
    misfit = (w * left * left).sum() / (len(t) - 2)
    error = float(np.sqrt(misfit / spread))
    ends = tuple(_power(np.array(LIMITS), roots).tolist())
    return _Line(float(slope), error, float(u0 + slope * (now - t0)), ends, float(misfit), weight)


def _quantiles(times: Column, weights: Column) -> tuple[float, float, float]:
    order = np.argsort(times, kind="stable")
    reached = np.cumsum(weights[order])
    at = [int(np.searchsorted(reached, share * reached[-1])) for share in (0.1, 0.5, 0.9)]
    first, middle, last = (float(times[order[min(one, len(times) - 1)]]) for one in at)
    return first, middle, last
