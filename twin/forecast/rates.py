"""How fast a machine works when it runs: by product, and how that moves from hour to hour."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import HOUR, MINUTE, SECOND
from twin.forecast.history import Curve, MachineHistory, Made
from twin.forecast.model import Floats, Pace
from twin.forecast.sequence import name_of
from twin.mes.calendar import Interval
from twin.model.wall_clock import local_text

CLEAN = (0.5, 0.9)
"""Of the time in which a product was made: all machines are at it, none is at the next one yet."""
STILL = 0.03
"""Hours that scatter less than this are one rate."""
LEAST_RUNNING = 10 * MINUTE
"""An hour of less running says nothing."""
HOURS = 24
FEW_HOURS = 6
EXPLAINED = 0.5
"""Share of the scatter that the hour of the day must explain before it counts."""

Windows = dict[str, list[Interval]]


def clean_windows(products: Sequence[Made], begins: int, until: int) -> Windows:
    """Product -> when the whole line made it. Everything, where there is one product only."""
    if len({name_of(one) for one in products}) < 2:
        return {"": [(begins, until)]}
    found: Windows = {}
    for one in products:
        start, end = max(one.start, begins), min(one.end, until)
        first, last = (start + round(share * (end - start)) for share in CLEAN)
        if one.product is not None and last - first > LEAST_RUNNING:
            found.setdefault(one.product.name, []).append((first, last))
    return found


def rates(curve: Curve, content: int, windows: Windows, begins: int, until: int) -> dict[str, float]:
    """Product -> line pieces a second of running; '' for all together. None that was not seen."""
    found: dict[str, float] = {}
    for product, spans in {**windows, "": [(begins, until)]}.items():
        edges = np.array(spans, np.int64)
        ran = int((curve.running(edges[:, 1]) - curve.running(edges[:, 0])).sum())
        pieces = float((curve.at(edges[:, 1]) - curve.at(edges[:, 0])).sum())
        if ran >= LEAST_RUNNING and pieces:
            found[product] = content * pieces * SECOND / ran
    return found


def pace_of(curve: Curve, content: int, rate: dict[str, float], windows: Windows, zone: ZoneInfo) -> Pace:
    """How the rate moves."""
    hours, shares, noise, shift = _hours(curve, content, rate, windows, zone)
    if len(shares) < FEW_HOURS:
        return Pace(seen=len(shares))
    scatter = float(np.sqrt(max(float(np.var(shares)) - float(np.mean(noise**2)), 0.0)))
    if scatter < STILL:
        return Pace(scatter=scatter, seen=len(shares))
    of_day = hours % HOURS
    if len(np.unique(of_day)) == HOURS:
        by_hour = np.array([shares[of_day == hour].mean() for hour in range(HOURS)])
        again = np.bincount(of_day, minlength=HOURS) > 1
        repeated = again[of_day]
        left = shares[repeated] - by_hour[of_day[repeated]]
        # a mean of two lies half-way between them: what is left is less than what another day would show
        residual = float(np.sqrt(2.0 * np.mean(left**2))) if len(left) else EXPLAINED * scatter
        if residual**2 < (1.0 - EXPLAINED) * scatter**2:
            return Pace(tuple(by_hour.tolist()), scatter=residual, seen=len(shares), shift=shift)
    follows = np.diff(hours) == 1
    moved = shares - shares.mean()
    alike = float(np.mean(moved[:-1][follows] * moved[1:][follows]) / np.var(shares)) if follows.any() else 0.0
    returns = -HOUR / SECOND / np.log(min(max(alike, 0.05), 0.98))
    return Pace(now=float(shares[-2:].mean()), returns=float(returns), scatter=scatter, seen=len(shares))


def _hours(
    curve: Curve, content: int, rate: dict[str, float], windows: Windows, zone: ZoneInfo
) -> tuple[NDArray[np.int64], Floats, Floats, int]:
    """(hours on the wall, shares of the rate, scatter of counting alone, hours that the wall is ahead of UTC)."""
    found: list[tuple[int, float, float]] = []
    for product, spans in windows.items():
        if product not in rate:
            continue
        for start, end in spans:
            edges = np.unique(np.clip(np.arange(start - start % HOUR, end + HOUR, HOUR), start, end))
            ran = np.diff(curve.running(edges))
            pieces = np.diff(curve.at(edges))
            for place in np.flatnonzero((ran >= LEAST_RUNNING) & (pieces > 0)).tolist():
                middle = int(edges[place] + edges[place + 1]) // 2
                share = content * pieces[place] * SECOND / ran[place] / rate[product]
                found.append((middle // HOUR, float(share), 1.0 / float(pieces[place])))
    found.sort()
    shift = int(local_text(found[0][0] * HOUR, zone)[11:13]) - found[0][0] % HOURS if found else 0
    hours = np.array([hour for hour, _, _ in found], np.int64) + shift
    return hours, np.array([share for _, share, _ in found]), np.array([noise for _, _, noise in found]), shift


def clustered(history: MachineHistory) -> float:
    """How much more than by chance the share of bad pieces scatters from hour to hour: variances, 1 at least."""
    hour, place = np.unique(history.minute // HOUR, return_inverse=True)
    if len(hour) < FEW_HOURS:
        return 1.0
    total, bad = np.zeros(len(hour), np.int64), np.zeros(len(hour), np.int64)
    np.add.at(total, place, history.total)
    np.add.at(bad, place, history.total - history.good)
    share = bad.sum() / max(int(total.sum()), 1)
    if not 0.0 < share < 1.0:
        return 1.0
    counted = total > 0
    off = (bad[counted] - share * total[counted]) ** 2 / (share * (1.0 - share) * total[counted])
    return max(1.0, float(off.mean()))
