"""A plant lives twice through the same hours, in order and late; what came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.hours.arrivals import LATEST, disordered, in_order
from tests.hours.checks import Seen, differences, journal, seen
from tests.hours.life import Life, lived
from tests.hours.running import Job, live
from twin.core.event import ALARM_ACKNOWLEDGED, ALERT_JUDGED, STOP_LABELLED, Event

SLOW_LINK = 0.3
"""Share of what people say that comes late, too."""


@dataclass(frozen=True)
class Outcome:
    """loads: changes of the model while it ran. drawn: how many samples came how. compared: lines of results, of so
    many kinds.
    """

    in_order: Seen
    late: Seen
    restarts: int
    kills: int
    loads: int
    drawn: Mapping[str, int]
    compared: int
    kinds: int
    differences: Sequence[str]
    seconds: tuple[float, float]

    @property
    def wrong(self) -> list[str]:
        """Everything that must not be."""
        return [*self.in_order.wrong, *self.late.wrong, *self.differences]


def both(
    name: str,
    seed: int,
    length: int,
    restarts: int,
    questions: int,
    folder: Path,
    told: Callable[[str], None] = lambda _text: None,
    latest: int = LATEST,
) -> Outcome:
    """Live both lives in a folder."""
    life = lived(name, seed, length, restarts)
    chance = np.random.default_rng([seed, 4])
    begun = time.monotonic()
    live(folder / "in-order", Job(life, in_order(life), None, {}), told)
    one = seen(folder / "in-order")
    between = time.monotonic()
    late = disordered(life, latest)
    said = _said(life, journal(folder / "in-order").said, latest, chance)
    live(folder / "late", Job(life, late, said, _asked(life, questions, chance)), told)
    other = seen(folder / "late")
    results = json.loads((folder / "late" / "results").read_text(encoding="utf-8"))
    kills, loads = sum(run.killed for run in life.runs), sum(len(run.loads) for run in life.runs)
    return Outcome(
        one, other, restarts, kills, loads, late.counts,
        sum(map(len, results.values())), len(results), differences(folder / "in-order", folder / "late"),
        (between - begun, time.monotonic() - between),
    )  # fmt: skip


def _asked(life: Life, questions: int, chance: np.random.Generator) -> dict[int, int]:
    """Tick -> questions that are asked after it."""
    ticks = [tick for run in life.runs for tick in run.ticks if not (run.killed and tick == run.end)]
    chosen, many = np.unique(chance.choice(ticks, questions), return_counts=True)
    return dict(zip(chosen.tolist(), many.tolist(), strict=True))


def _said(
    life: Life, said: Sequence[tuple[int, str]], latest: int, chance: np.random.Generator
) -> dict[int, list[Event]]:
    """The same words, some of what people said later than they said it."""
    ticks = np.array([tick for run in life.runs for tick in run.ticks])
    found: dict[int, list[Event]] = {}
    for tick, body in said:
        event = Event.from_bytes(body.encode())
        if event.kind in {ALARM_ACKNOWLEDGED, ALERT_JUDGED, STOP_LABELLED} and chance.random() < SLOW_LINK:
            due = np.searchsorted(ticks, tick + int(chance.integers(1, latest)))
            found.setdefault(int(ticks[min(due, len(ticks) - 4)]), []).append(event)
        else:
            found.setdefault(tick, []).append(event)
    return found
