"""How well a plant's alarms serve those who must answer them: figures and targets of ISA-18.2 and EEMUA 191."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from twin.alarms.occurrence import CHATTER_TIME, CHATTERING, Occurrence
from twin.core.instant import DAY, MINUTE

INTERVAL = 10 * MINUTE
"""Alarms are counted by the full ten minutes."""
FLOOD_BEGINS = 10
"""More than so many in an interval are more than a person can answer."""
FLOOD_ENDS = 5
"""A flood is over in the first interval with fewer."""
STANDING = DAY
"""An alarm that is active for longer tells nobody anything."""
CONTRIBUTORS = 10

TARGETS = {
    "average_per_10_min": 1.0,
    "most_manageable_per_10_min": 2.0,
    "peak_per_10_min": 10.0,
    "flood_share": 0.01,
    "chattering": 0.0,
    "standing": 5.0,
    "top_share": 0.05,
    "priority_share_1": 0.01,
    "priority_share_2": 0.05,
    "priority_share_3": 0.15,
    "priority_share_4": 0.80,
}
"""About so much, or less, is good practice; what each one means stands in docs/explanation/alarms.md."""


@dataclass(frozen=True, slots=True)
class Flood:
    """More alarms than anybody can answer, over [start, end). activations in all; peak: of the worst interval."""

    start: int
    end: int
    activations: int
    peak: int


@dataclass(frozen=True, slots=True)
class Share:
    """One alarm's part of the whole load: its activations, and their share of all."""

    key: str
    activations: int
    share: float


@dataclass(frozen=True, slots=True)
class Performance:
    """Over [start, end). peak_at: start of the interval with most activations, None without any.

    chattering: key -> how often it came three times or more within a minute (activations that made it so).
    standing: active for more than a day. by_priority: activations of priority 1, 2, 3, 4.
    """

    start: int
    end: int
    activations: int
    average_per_10_min: float
    peak_per_10_min: int
    peak_at: int | None
    floods: tuple[Flood, ...]
    flood_share: float
    chattering: dict[str, int]
    top: tuple[Share, ...]
    standing: tuple[Occurrence, ...]
    by_priority: tuple[int, int, int, int]


def performance(occurrences: Sequence[Occurrence], start: int, end: int) -> Performance:
    """The figures of [start, end) from all occurrences that overlap it; open ones count as active up to `end`.

    >>> one = Occurrence("m/temp~high", "high", 85.0, 3, start=25 * MINUTE)
    >>> found = performance([one], 0, 60 * MINUTE)
    >>> found.activations, found.average_per_10_min, found.peak_at == 20 * MINUTE
    (1, 0.16666666666666666, True)
    """
    begun = sorted((one for one in occurrences if start <= one.start < end), key=lambda one: (one.start, one.key))
    counts = Counter(one.start // INTERVAL for one in begun)
    length = max(1, end - start)
    peak = max(counts.values(), default=0)
    floods = _floods(counts, start, end)
    loads = Counter(one.key for one in begun)
    return Performance(
        start,
        end,
        len(begun),
        len(begun) * INTERVAL / length,
        peak,
        next((number * INTERVAL for number in sorted(counts) if counts[number] == peak), None),
        floods,
        sum(flood.end - flood.start for flood in floods) / length,
        _chattering(begun),
        tuple(Share(key, n, n / len(begun)) for key, n in sorted(loads.items(), key=_heaviest)[:CONTRIBUTORS]),
        tuple(one for one in occurrences if _active_until(one, end) > max(start, one.start + STANDING)),
        (_of(begun, 1), _of(begun, 2), _of(begun, 3), _of(begun, 4)),
    )


def _heaviest(load: tuple[str, int]) -> tuple[int, str]:
    return -load[1], load[0]


def _of(begun: Sequence[Occurrence], priority: int) -> int:
    return sum(one.priority == priority for one in begun)


def _active_until(one: Occurrence, end: int) -> int:
    return end if one.returned is None else min(one.returned, end)


def _floods(counts: Counter[int], start: int, end: int) -> tuple[Flood, ...]:
    """Runs of intervals that begin with more than ten and go on until one has fewer than five."""
    found: list[Flood] = []
    run: list[int] = []
    for number in range(start // INTERVAL, -(-end // INTERVAL) + 1):
        over = counts[number] > FLOOD_BEGINS if not run else counts[number] >= FLOOD_ENDS
        if over:
            run.append(number)
        elif run:
            sums = [counts[one] for one in run]
            found.append(Flood(max(start, run[0] * INTERVAL), min(end, number * INTERVAL), sum(sums), max(sums)))
            run = []
    return tuple(found)


def _chattering(begun: Sequence[Occurrence]) -> dict[str, int]:
    starts: dict[str, list[int]] = {}
    for one in begun:
        starts.setdefault(one.key, []).append(one.start)
    times = {
        key: sum(late - early < CHATTER_TIME for early, late in zip(s, s[CHATTERING - 1 :], strict=False))
        for key, s in starts.items()
    }
    return {key: n for key, n in sorted(times.items(), key=_heaviest) if n}
