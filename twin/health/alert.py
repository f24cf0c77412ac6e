"""When a score becomes an alert, and what the alert says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.fold import Record
from twin.core.instant import SECOND
from twin.core.state import Table
from twin.health.forecast import LONGEST_S, Forecast, forecast
from twin.health.watch import SETTLE, WINDOW, Watch

PERSIST = 18
"""An alert opens when of so many windows (three minutes of running) ..."""
ENOUGH = 15
"""... so many were at the limit or above."""
MANY_TIMES = 5.0
"""A tag without a `high` limit is forecast to so many times its normal value."""

Index = NDArray[np.intp]


def open_alerts(watches: Sequence[Watch], table: Table, watch: Index, end: int) -> None:
    """Open an alert for each of these machines that has been beyond its limit for long enough."""
    high = (table.last[watch] >= 1.0).sum(axis=1)
    opens = (high >= ENOUGH) & (table.score[watch] >= 1.0) & (table.alert[watch] == 0)
    for one in watch[opens].tolist():
        table.alert[one] = end
        table.peak[one] = table.score[one]
        table.onset[one] = table.onset[one] or end - WINDOW
        table.told[one] = _told(watches[one], table, one)


def _told(watch: Watch, table: Table, row: int) -> str:
    """What is said when it opens, as JSON text: it stays in the record as it was."""
    said = {
        "score": round(float(table.score[row]), 2),
        "tags": leading(watch, table, row),
        "onset": int(table.onset[row]),
        "forecast": None,
        "forecast_text": "",
        "limit_tag": "",
        "made_at": 0,
        "model": table.digest[row],
    }
    return _text(said)


def foretell(watches: Sequence[Watch], table: Table, recent: Table, watch: Index, end: int) -> None:
    """Add the first forecast to each open alert that has none."""
    for one in watch[table.alert[watch] > 0].tolist():
        said = json.loads(str(table.told[one]))
        if said["forecast"] is None:
            found, text, tag = outlook_of(watches[one], table, recent, one)
            if found is not None:
                said |= {"forecast": [found.p10_s, found.p50_s, found.p90_s], "limit_tag": tag, "made_at": end}
            table.told[one] = _text(said | {"forecast_text": text})


def _text(said: Any) -> str:
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def leading(watch: Watch, table: Table, row: int) -> list[tuple[str, float]]:
    """The tags that make the score, the greatest share first; those below a hundredth are left out."""
    shares = table.shares[row, : len(watch.tags)].tolist()
    pairs = [(tag.path, round(share, 2)) for tag, share in zip(watch.tags, shares, strict=True)]
    return sorted([pair for pair in pairs if pair[1] > 0], key=lambda pair: (-pair[1], pair[0]))


def outlook_of(watch: Watch, table: Table, recent: Table, row: int) -> tuple[Forecast | None, str, str]:
    """(forecast, text, path of the tag) of the trend since the onset: of the leading tag, to its limit.

    Seconds are of clock time: running time left, by the share of the time since the onset that the machine ran.
    """
    lead = int(np.argmax(table.shares[row, : len(watch.tags)]))
    tag = watch.tags[lead]
    name = tag.path.rpartition("/")[2]
    ends = recent.window[row].astype(np.int64) * WINDOW
    since = ends > max(int(table.onset[row]), 1)
    value = recent.mean[row, :, lead].astype(np.float64)
    known = np.flatnonzero(since & ~np.isnan(value))
    normal = float(table.high[row, lead] if tag.margin else table.centre[row, lead])
    limit, why = _limit(tag.limit, normal)
    ran = _ran(ends[known])
    if not table.onset[row] or not len(known):
        return None, "no forecast: nothing has begun", tag.path
    if value[known[-1]] < normal < limit:
        return None, f"no forecast: {name} is below normal", tag.path
    found = forecast(ran, value[known], normal, limit)
    if isinstance(found, str):
        return None, f"no forecast: {found}", tag.path
    clock = int(ends[known[-1]] - ends[known[0]]) / SECOND
    slower = clock / float(ran[-1])
    p10, p50, p90 = (round(min(one * slower, LONGEST_S)) for one in (found.p10_s, found.p50_s, found.p90_s))
    if p50 >= LONGEST_S:
        return None, f"no forecast: at the pace it runs {name} takes more than {LONGEST_S / 86400:.0f} days", tag.path
    return Forecast(p10, p50, p90), f"{name} to {f'{limit:.4g} {tag.unit}'.rstrip()}, {why}", tag.path


def _ran(end: NDArray[np.int64]) -> NDArray[np.float64]:
    """Seconds of running until each judged window, from the first on; a stop counts for what it takes to settle."""
    gaps = np.minimum(np.diff(end), 2 * WINDOW + SETTLE)
    return np.concatenate([[0], np.cumsum(gaps)]) / SECOND


def _limit(limit: float, normal: float) -> tuple[float, str]:
    if np.isfinite(limit) and limit > normal:
        return limit, "its highest alarm limit"
    return MANY_TIMES * normal, f"{MANY_TIMES:.0f} times its normal value"


def alert_record(watch: Watch, table: Table, row: int, end: int) -> Record:
    """The alert that ends now."""
    said = json.loads(str(table.told[row]))
    said |= {name: _text(said[name]) for name in ("tags", "forecast")} | {"peak": round(float(table.peak[row]), 2)}
    return Record(watch.unit, "alert", watch.path, int(table.alert[row]), end, tuple(sorted(said.items())))
