"""Alarms one row at a time with Python's own values: what the columns of the fold must agree with."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from twin.alarms.occurrence import Occurrence
from twin.alarms.spec import AlarmSpec
from twin.core.event import ALARM_ACKNOWLEDGED, CONNECTION_LOST, Event
from twin.core.instant import MINUTE

Sample = tuple[int, float, bool]
"""(time, wire value, bad quality)."""
FACTOR, OFFSET, SENTINELS = 1.5, -30.0, (7.0,)
"""How the samples read."""


@dataclass
class Oracle:
    """One alarm. Every entry goes by, timers in between; nothing is skipped."""

    spec: AlarmSpec
    ended: list[Occurrence] = field(default_factory=list[Occurrence])
    usable: bool = False
    last: float = math.nan
    lost: bool = False
    heard: int | None = None
    over_since: int | None = None
    """The limit has been passed without a break since then."""
    back_since: int | None = None
    extreme: float | None = None
    open: Occurrence | None = None
    activations: list[int] = field(default_factory=list[int])

    def run(self, samples: Iterable[Sample], events: Iterable[Event], until: int) -> Oracle:
        """All entries before an instant; an event of an instant stands before its samples."""
        entries = [(e.time, 0, e) for e in events if e.time < until] + [(s[0], 1, s) for s in samples if s[0] < until]
        for time, _, entry in sorted(entries, key=lambda one: one[:2]):
            self.timers(time)
            if isinstance(entry, Event):
                self.event(entry)
            else:
                self.sample(entry)
        self.timers(until - 1)
        return self

    @property
    def active(self) -> bool:
        return self.open is not None and self.open.returned is None

    def timers(self, time: int) -> None:
        limit = self.spec.limit
        if limit.kind == "stale":
            if self.heard is not None and not self.active and self.heard + limit.silence <= time:
                cause = "connection lost" if self.lost else "silent" if self.usable else "bad quality"
                self.activate(self.heard + limit.silence, cause)
                self.heard = None
            return
        if not self.active and self.over_since is not None and self.over_since + limit.delay <= time:
            self.activate(self.over_since + limit.delay, "")
        elif self.active and self.back_since is not None and self.back_since + limit.off_delay <= time:
            self.give_back(self.back_since + limit.off_delay)

    def event(self, event: Event) -> None:
        if event.kind == ALARM_ACKNOWLEDGED:
            if self.open is not None and self.open.acked is None:
                self.change(acked=event.time, by=event.who, note=event.body.get("note", ""))
                if not self.active:
                    self.end(event.time)
            return
        self.lost = event.kind == CONNECTION_LOST
        self.judge(event.time)

    def sample(self, sample: Sample) -> None:
        time, wire, bad = sample
        self.lost = False
        self.usable = not (bad or math.isnan(wire) or wire in SENTINELS)
        self.last = wire * FACTOR + OFFSET
        if self.spec.limit.kind == "stale":
            if self.usable:
                if self.active:
                    self.give_back(time)
                self.heard = time
            return
        if self.usable and self.is_over() and not self.active and self.over_since is None:
            self.extreme = None
        if self.usable and self.is_over():
            further = max if self.spec.limit.kind == "high" else min
            self.extreme = self.last if self.extreme is None else further(self.extreme, self.last)
        self.judge(time)

    def is_over(self) -> bool:
        limit = self.spec.limit
        return self.last > limit.limit if limit.kind == "high" else self.last < limit.limit

    def is_back(self) -> bool:
        limit = self.spec.limit
        if limit.kind == "high":
            return self.last <= limit.limit - limit.deadband
        return self.last >= limit.limit + limit.deadband

    def judge(self, time: int) -> None:
        if self.spec.limit.kind == "stale":
            return
        known = self.usable and not self.lost
        self.over_since = (self.over_since or time) if known and self.is_over() and not self.active else None
        self.back_since = (self.back_since or time) if known and self.is_back() and self.active else None
        self.timers(time)

    def activate(self, time: int, cause: str) -> None:
        if self.open is not None:
            self.change(superseded=True)
            self.end(time)
        self.over_since = None
        self.activations = [*(at for at in self.activations if at > time - MINUTE), time]
        limit = self.spec.limit
        self.open = Occurrence(
            self.spec.key, limit.kind, limit.limit, limit.priority, time, cause=cause,
            activations=min(8, len(self.activations)),
        )  # fmt: skip

    def give_back(self, time: int) -> None:
        self.back_since = None
        acked = self.open is not None and self.open.acked is not None
        self.change(returned=time, peak=None if self.spec.limit.kind == "stale" else self.extreme)
        if acked:
            self.end(time)

    def change(self, **fields: object) -> None:
        assert self.open is not None
        values = {name: getattr(self.open, name) for name in Occurrence.__slots__} | fields
        self.open = Occurrence(**values)

    def end(self, time: int) -> None:
        self.change(end=time)
        assert self.open is not None
        self.ended.append(self.open)
        self.open = None

    def now(self, until: int) -> Occurrence | None:
        """What stands open: with its peak so far, and how often it came within the last minute."""
        if self.open is None:
            return None
        if self.active and self.spec.limit.kind != "stale":
            self.change(peak=self.extreme)
        self.change(activations=len([at for at in self.activations if at > until - MINUTE][-8:]))
        return self.open
