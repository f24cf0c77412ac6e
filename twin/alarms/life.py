"""The life of one alarm, moment by moment: on-delay, off-delay, acknowledgement, return (ISA-18.2 table of states).

| from | limit passed for `delay` | acknowledged | back for `off_delay` |
|------|--------------------------|--------------|----------------------|
| A    | B                        |              |                      |
| B    |                          | C            | D                    |
| C    |                          |              | A                    |
| D    | B, a new occurrence      | A            |                      |

A bad value or a lost connection freezes the state: no running delay ends, the next value begins it anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from twin.alarms.occurrence import CHATTER_TIME, Occurrence, finite, record_of
from twin.alarms.spec import STALE, AlarmSpec
from twin.core.event import ALARM_ACKNOWLEDGED, CONNECTION_LOST, Event
from twin.core.fold import Record
from twin.core.state import Table

NONE, BACK, BETWEEN, BEYOND = range(4)
"""Zones of a value: none or bad; behind limit and dead-band; within the dead-band; past the limit."""
SILENT, BAD_QUALITY, LOST = "silent", "bad quality", "connection lost"
CAUSES = ("", SILENT, BAD_QUALITY, LOST)
KEPT = 8
"""So many activations of the last minute are counted; more are as bad."""


@dataclass(slots=True)
class Life:
    """One alarm while a step goes over it. Instants in ns, 0 for none.

    zone: of the last sample. lost: its connection is. due: when the delay that runs ends; of a stale alarm, when the
    silence is too long. reach: the furthest value since the limit was passed. recent: activations of the last minute.
    The rest as in Occurrence; start 0: state A.
    """

    spec: AlarmSpec
    zone: int
    lost: bool
    due: int
    active: bool
    start: int
    returned: int
    acked: int
    by: str | None
    note: str | None
    cause: int
    burst: int
    peak: float
    reach: float
    recent: list[int]
    records: list[Record] = field(default_factory=list[Record])

    @staticmethod
    def load(spec: AlarmSpec, table: Table, row: int) -> Life:
        """The alarm as its state says."""
        c = table.columns
        return Life(
            spec, int(c["zone"][row]), bool(c["lost"][row]), int(c["due"][row]), bool(c["active"][row]),
            int(c["start"][row]), int(c["returned"][row]), int(c["acked"][row]), c["by"][row], c["note"][row],
            int(c["cause"][row]), int(c["burst"][row]), float(c["peak"][row]), float(c["reach"][row]),
            [at for at in c["recent"][row].tolist() if at],
        )  # fmt: skip

    def save(self, table: Table, row: int) -> None:
        """Leave it in the state."""
        c = table.columns
        for name in ("zone", "lost", "due", "active", "start", "returned", "acked", "by", "note", "cause", "burst",
                     "peak", "reach"):  # fmt: skip
            c[name][row] = getattr(self, name)
        c["recent"][row] = [0] * (KEPT - len(self.recent)) + self.recent

    # --- what happens ------------------------------------------------------------------------------------------

    def until(self, time: int) -> None:
        """Let the delay end that is due at or before an instant: timers fire before entries of their time."""
        if not 0 < self.due <= time:
            return
        at, self.due = self.due, 0
        if self.active:
            self._return(at)
        elif self.spec.limit.kind != STALE:
            self._activate(at, 0)
        else:
            self._activate(at, 3 if self.lost else 1 if self.zone else 2)

    def samples(self, time: int, zone: int, reach: float, last: int) -> None:
        """Samples of one zone from `time` to `last` with nothing between. reach: the furthest of their values."""
        self.zone, self.lost = zone, False
        if self.spec.limit.kind == STALE:
            if zone:
                if self.active:
                    self._return(time)
                self.due = last + self.spec.limit.silence
            return
        if zone == BEYOND:
            self.reach = reach if not self.active and not self.due else max(self.reach, reach)
        self._judge(time)

    def event(self, event: Event) -> None:
        """The connection went or came back, or somebody acknowledged."""
        if event.kind == ALARM_ACKNOWLEDGED:
            self._acknowledge(event)
            return
        self.lost = event.kind == CONNECTION_LOST
        if self.spec.limit.kind != STALE:
            self._judge(event.time)

    def removed(self, time: int) -> list[Record]:
        """The alarm is in the model no more: what stands open ends, returned or acknowledged or not."""
        self._end(time)
        return self.records

    # --- what follows ------------------------------------------------------------------------------------------

    def _judge(self, time: int) -> None:
        """Begin the delay that the zone asks for, or end it."""
        limit = self.spec.limit
        if self.lost or self.zone != (BACK if self.active else BEYOND):
            self.due = 0
        elif not self.due:
            self.due = time + (limit.off_delay if self.active else limit.delay)
            self.until(time)

    def _activate(self, time: int, cause: int) -> None:
        if self.start:
            self._end(time, superseded=True)
        self.recent = [*(at for at in self.recent if at > time - CHATTER_TIME), time][-KEPT:]
        self.start, self.active, self.cause, self.burst = time, True, cause, len(self.recent)

    def _return(self, time: int) -> None:
        self.active, self.returned, self.peak, self.due = False, time, self.reach, 0
        if self.acked:
            self._end(time)

    def _acknowledge(self, event: Event) -> None:
        """Acts on the occurrence that is unacknowledged at the event's time; there may be none (R11)."""
        if not self.start or self.acked:
            return
        self.acked, self.by, self.note = event.time, event.who, str(event.body.get("note") or "")
        if not self.active:
            self._end(event.time)

    def _end(self, time: int, superseded: bool = False) -> None:
        self.records.append(record_of(self.spec, self.occurrence(self.burst, time, superseded)))
        self.start = self.returned = self.acked = self.cause = self.burst = 0
        self.by = self.note = None
        self.peak = 0.0

    def occurrence(self, activations: int, end: int | None = None, superseded: bool = False) -> Occurrence:
        """What stands open now, or what ends."""
        limit = self.spec.limit
        peak = None if limit.kind == STALE else finite(self.spec.sign * (self.reach if self.active else self.peak))
        return Occurrence(
            self.spec.key, limit.kind, limit.limit, limit.priority, self.start, limit.text, end,
            self.returned or None, self.acked or None, self.by or "", self.note or "", peak, CAUSES[self.cause],
            activations, superseded,
        )  # fmt: skip
