"""The model against its own history: forecasts from instants that have passed, beside what was made then.

Each hindcast knows only what was recorded before its instant. How far they were off, in units of their own scatter,
moves and widens the forecasts to come: with few of them, a scatter somewhat wider than the model's own is believed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.core.errors import Misconfigured
from twin.core.instant import HOUR, MINUTE, SECOND
from twin.forecast.calibrate import LEAST_HISTORY, calibrate
from twin.forecast.forecast import apart
from twin.forecast.history import LineHistory
from twin.forecast.model import Check, Fit, LineModel
from twin.forecast.simulate import simulate
from twin.forecast.standing import standing

SHORTEST, LONGEST = HOUR, 4 * HOUR
MOST = 10
RUNS = 40
UNBIASED, BELIEVED = 10, 4
"""Hindcasts that what is believed without any weighs as much as: of the bias, and of the spread."""
SPREAD = 1.3
"""Believed without any."""
FARTHEST = 4.0
"""A hindcast that is off by more counts as this far."""


def checked(model: LineModel, history: LineHistory, horizon: int, seed: int) -> LineModel:
    """The model with what hindcasts of such a horizon (ns) say of it."""
    length = min(max(horizon, SHORTEST), LONGEST)
    length -= length % MINUTE
    found: list[tuple[float, float, float, bool]] = []
    for number, at in enumerate(_instants(history, length)):
        past = history.before(at)
        try:
            then = calibrate(past)
        except Misconfigured:
            continue
        state = standing(then, past, length)
        good = simulate(then, state, length // SECOND, RUNS, seed + number + 1).minute[-1]
        made = recorded(history, model, at, at + length)
        content = min((model.machines[row].content for row in model.outputs), default=1)
        low, high = np.quantile(good, (0.1, 0.9))
        found.append((made, float(np.median(good)), apart(made, good, content), bool(low <= made <= high)))
    return replace(model, check=_check(found), fits=[*model.fits, *_fits(found)])


def recorded(history: LineHistory, model: LineModel, start: int, end: int) -> float:
    """Good line pieces that came out in [start, end), which stand on full minutes."""
    content = {model.machines[row].path: model.machines[row].content for row in model.outputs}
    made = 0.0
    for one in history.machines:
        if one.machine.path in content:
            first, last = np.searchsorted(one.minute, (start, end))
            made += content[one.machine.path] * float(one.good[first:last].sum())
    return made


def _instants(history: LineHistory, length: int) -> list[int]:
    """Evenly over the later two thirds of the history."""
    span = history.until - history.begins
    first, last = history.begins + max(2 * LEAST_HISTORY, span // 3), history.until - length
    many = min(MOST, (last - first) // length + 1) if last >= first else 0
    instants = [first + (last - first) * number // max(many - 1, 1) for number in range(many)]
    return [one - one % MINUTE for one in instants]


def _check(found: list[tuple[float, float, float, bool]]) -> Check:
    n = len(found)
    off = np.clip(np.array([one[2] for one in found]), -FARTHEST, FARTHEST)
    bias = float(off.sum()) / (n + UNBIASED)
    spread = float(np.sqrt((float(((off - bias) ** 2).sum()) + BELIEVED * SPREAD**2) / (n + BELIEVED)))
    return Check(n, bias, spread, sum(one[3] for one in found))


def _fits(found: list[tuple[float, float, float, bool]]) -> list[Fit]:
    if not found:
        return []
    made, expected = sum(one[0] for one in found), sum(one[1] for one in found)
    off = made / expected - 1.0 if expected else None
    return [
        Fit("line", "recorded throughput by simulated", made / max(expected, 1e-9), "", len(found), off, "throughput")
    ]
