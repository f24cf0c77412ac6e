"""The prediction on trial: a damaged bearing on many seeds, and as many lives in which nothing is wrong.

    python -m benchmarks.bearing --seeds 1-20

All in process (benchmarks.watched): a simulated line through the folds that the product assembles, learning included.
Exit code 1 when an alert was missed, late, named another tag first, or came where nothing was wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TypeVar

import numpy as np

from benchmarks.watched import START, Watched, watched
from twin.core.instant import HOUR, MINUTE, SECOND

T = TypeVar("T")
FILLER = "demo/plant1/packaging/line1/filler"
LEAST_MARGIN = 20 * MINUTE
ALLOWED = 0.05
"""So many of the damaged bearings may be missed: one of twenty."""
EARLIEST_H, LATEST_H = 1.5, 3.0
"""The bearing is damaged at an instant drawn from the seed between these."""
AFTER_H = 3.5
"""Of life after the damage: the longest bearing trips within it."""
SHIFTS_H = 16.0
"""Two shifts."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """One damaged bearing. Instants in ns; alert None: none before the trip. lead: the tag named first.

    first: (made at, P10, P50, P90) of the first forecast, seconds. covered, told: minutes of open alert before the
    trip in which the true time left lay between P10 and P90, and in which there was a forecast. others: alerts of
    other machines, or before the damage.
    """

    seed: int
    damage: int
    trip: int
    onset: int | None
    alert: int | None
    lead: str
    first: tuple[int, int, int, int] | None
    covered: int
    told: int
    others: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether it was told of in time, the vibration first."""
        in_time = self.alert is not None and self.trip - self.alert >= LEAST_MARGIN
        return in_time and self.lead == f"{FILLER}/vibration"


def damaged(seed: int) -> Damaged:
    """Damage the filler's bearing at an instant that the seed draws."""
    hours = float(np.random.default_rng([seed, 3]).uniform(EARLIEST_H, LATEST_H))
    damage = START + round(hours * 3600) * SECOND
    life = watched(seed, hours + AFTER_H, [("filler.bearing", damage)])
    [trip] = [fault["failure"] for fault in life.truth if fault["kind"] == "fault"]
    mine = [one for one in life.alerts if one.asset == FILLER and damage <= one.start < trip]
    alert = mine[0] if mine else None
    told = [(at, o.forecast) for at, asset, o in life.outlooks if asset == FILLER and at < trip and o.forecast]
    left = [(trip - at) / SECOND for at, _ in told]
    return Damaged(
        seed=seed,
        damage=damage,
        trip=trip,
        onset=None if alert is None else alert.onset,
        alert=None if alert is None else alert.start,
        lead=alert.tags[0][0] if alert is not None else "",
        first=(told[0][0], told[0][1].p10_s, told[0][1].p50_s, told[0][1].p90_s) if told else None,
        covered=sum(f.p10_s <= true <= f.p90_s for (_, f), true in zip(told, left, strict=True)),
        told=len(told),
        others=_alerts_but(life, None if alert is None else alert.start),
    )


def healthy(seed: int, hours: float = SHIFTS_H) -> tuple[int, tuple[str, ...], int]:
    """(seed, alerts, models learnt) of a life in which nothing is broken on purpose."""
    life = watched(seed, hours)
    return seed, _alerts_but(life, None), sum(model.kind == "model.learnt" for model in life.models)


def _alerts_but(life: Watched, start: int | None) -> tuple[str, ...]:
    rest = [one for one in life.alerts if one.start != start]
    return tuple(f"{one.asset.rpartition('/')[2]} at {(one.start - START) / HOUR:.1f} h" for one in rest)


HEADER = (
    "seed  damaged    onset   alert    trip  margin  led by         first forecast: after, P10/P50/P90, true   in band"
)


def line_of(one: Damaged) -> str:
    """One damaged bearing as people read it; onset and alert in minutes after the damage, margin before the trip."""
    if one.alert is None or one.onset is None:
        return f"{one.seed:4}  {_hours(one.damage)}  no alert before the trip"
    after = f"{_minutes(one.onset - one.damage):+7.1f} {_minutes(one.alert - one.damage):+7.1f}"
    margin = f"{_minutes(one.trip - one.damage):7.1f} {_minutes(one.trip - one.alert):7.1f}"
    first = "none"
    if one.first is not None:
        at, *three = one.first
        times = "/".join(f"{seconds / 60:.0f}" for seconds in three)
        first = f"{_minutes(at - one.damage):5.1f}, {times}, {_minutes(one.trip - at):.0f}"
    lead = one.lead.rpartition("/")[2]
    also = f"  also: {'; '.join(one.others)}" if one.others else ""
    band = f"{one.covered:4} of {one.told}"
    return f"{one.seed:4}  {_hours(one.damage)} {after} {margin}  {lead:13}  {first:42} {band}{also}"


def _minutes(length: int) -> float:
    return length / MINUTE


def _hours(instant: int) -> str:
    return f"{(instant - START) / HOUR:5.2f} h"


def run(seeds: Sequence[int], free: Sequence[int], jobs: int, say: Callable[[str], None]) -> bool:
    """Both experiments; says a line a seed and the verdict, and returns whether all is as promised."""
    began = time.monotonic()
    say(HEADER)
    bad: list[Damaged] = []
    told: list[Damaged] = []
    for one in _each(damaged, seeds, jobs):
        told.append(one)
        bad += [] if one.good else [one]
        say(line_of(one))
    say(f"nothing broken, {SHIFTS_H:.0f} h each:")
    alarmed = 0
    for seed, alerts, models in _each(healthy, free, jobs):
        alarmed += bool(alerts)
        say(f"{seed:4}  {models} machines learnt, {'; '.join(alerts) or 'no alert'}")
    return _verdict(told, len(bad), len(free), alarmed, time.monotonic() - began, say)


def _verdict(
    told: Sequence[Damaged], bad: int, free: int, alarmed: int, took_s: float, say: Callable[[str], None]
) -> bool:
    margins = sorted(_minutes(one.trip - one.alert) for one in told if one.alert is not None)
    errors = sorted(_minutes(one.onset - one.damage) for one in told if one.onset is not None)
    covered, minutes = sum(one.covered for one in told), sum(one.told for one in told)
    strays = sum(bool(one.others) for one in told)
    if margins:
        middle = margins[len(margins) // 2]
        say(f"margin {margins[0]:.1f} min at least, {middle:.1f} median; onset found {errors[-1]:.1f} min late at most")
    if minutes:
        say(f"the true time left lay between P10 and P90 in {covered} of {minutes} minutes ({covered / minutes:.0%})")
    fine = bad <= ALLOWED * len(told) and not alarmed and not strays
    say(
        f"{len(told) - bad} of {len(told)} damaged bearings told of at least 20 min before the trip, vibration first; "
        f"{alarmed} of {free} healthy runs and {strays} of {len(told)} others with a false alert; "
        f"{took_s:.0f} s: {'as promised' if fine else 'NOT as promised'}"
    )
    return fine


def _each(what: Callable[[int], T], seeds: Sequence[int], jobs: int) -> Iterator[T]:
    """In the order of the seeds, on so many processes."""
    if jobs == 1:
        yield from map(what, seeds)
        return
    with get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap(what, seeds)


def seeds_of(text: str) -> list[int]:
    """`1-20` or `3,5,9`. Raises ValueError."""
    first, dash, last = text.partition("-")
    return list(range(int(first), int(last) + 1)) if dash else [int(one) for one in text.split(",")]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Damaged and healthy bearings: are alerts early, right and rare?")
    parser.add_argument("--seeds", type=seeds_of, default=seeds_of("1-20"), help="of the damaged bearings: 1-20")
    parser.add_argument("--healthy", type=seeds_of, help="of the runs with nothing broken (default: the same)")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="processes (default: 2)")
    given = parser.parse_args()
    healthy_seeds = given.seeds if given.healthy is None else given.healthy
    return int(not run(given.seeds, healthy_seeds, given.jobs, lambda text: print(text, flush=True)))


if __name__ == "__main__":
    sys.exit(main())
