"""Station: how pieces move through one machine, and how it stops. Blocking is after service: the piece is done first.

A machine that waited starts again only when it can work for a while (`restart_level`, `restart_room`), as the
sensors along a real conveyor have it; else a slightly quicker machine would stop and start at every piece.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simulators.agenda import Act, Agenda
from simulators.buffer import NEVER, Infeed, Outfeed
from simulators.condition import Condition
from simulators.stoppage import Call, Cause, Length, Phases, Steps, Stop, attended, known_ms, stop
from simulators.streams import stream, waiting

SLOWEST = 0.01
"""Share of its rated speed below which no quantity brings a machine."""


@dataclass(frozen=True, slots=True)
class StationSpec:
    """A machine as the flow sees it.

    cycle_ms: time for one piece. takes: pieces from the infeed for one of its own. reject: share of bad pieces.
    restart_level, restart_room: pieces before, room after, that end a wait. first_total: where its counter stands.
    start, jam, repair: how it goes on from being switched on, jammed, broken. changeover: to another product;
    order_end: to another order of the same. reasons: cause of a stop -> number that the machine tells.
    """

    name: str
    cycle_ms: int
    start: Phases
    jam: Phases
    repair: Phases
    causes: tuple[Cause, ...] = ()
    takes: int = 1
    reject: float = 0.0
    restart_level: int = 1
    restart_room: int = 1
    first_total: int = 0
    first_reject: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict[str, int])
    changeover: Phases = ()
    order_end: Phases = ()

    def __post_init__(self) -> None:
        if self.cycle_ms < 1 or self.takes < 1:
            raise ValueError(f"machine {self.name!r}: cycle_ms and takes are at least 1")
        if not 0.0 <= self.reject <= 1.0:
            raise ValueError(f"machine {self.name!r}: reject is a share from 0 to 1, not {self.reject:g}")


class Station:
    """One machine between an infeed and an outfeed.

    condition, total, reject, busy, holding, order and the stops may be read at the end of any instant. order: of the
    piece in work, or of the last one. made: the instant (ms) of each piece and of each bad one. `changed` is called
    when something else than a good piece is new, once until the reader takes `dirty` back.

    What others may hang in: `prepare(station, order)` before the first piece of another order, may give a stop to do
    first (a changeover); `watch(stop)` at its begin and at its end; `felt(time)` when load or speed have changed;
    `call(trade, now, ms)` for somebody to come; `manner(condition, steps)`: what its maker wants between those steps.
    """

    def __init__(
        self, spec: StationSpec, rank: int, agenda: Agenda, seed: int, infeed: Infeed, outfeed: Outfeed
    ) -> None:
        self.spec = spec
        self.condition = Condition.IDLE
        self.total = spec.first_total
        self.reject = spec.first_reject
        self.busy = False
        self.holding = False
        self.order = 0
        self.dirty = False
        self.stops: list[Stop] = []
        self.made = {"total": array("q"), "reject": array("q")}
        self.stream = stream(seed, spec.name, "stops")
        self.changed: Callable[[], None] = unseen
        self.prepare: Callable[[Station, int], Stop | None] = unprepared
        self.watch: list[Callable[[Stop], None]] = []
        self.felt: Callable[[int], None] = unfelt
        self.call: Call = there_at_once
        self.manner: Callable[[Condition, Steps], Steps] = unmannered
        self.infeed = infeed
        self.outfeed = outfeed
        self._rank = rank
        self._agenda = agenda
        self._takes = spec.takes
        self._rejects = stream(seed, spec.name, "rejects")
        self._due = [waiting(self.stream, cause.every_s) for cause in spec.causes]
        self._next_due = min(self._due, default=NEVER)
        self._bad = spec.reject
        self._until_bad = self._next_bad()
        self._cycle_ms = self._ms = spec.cycle_ms
        self._pace = 1.0
        self._left = 0  # ms until the piece in the machine is done
        self._ran = 0  # ms of running so far; `_due` counts on this clock
        self._since = agenda.now
        self._turn = 0
        self._stop: Stop | None = None
        self._steps: deque[tuple[Condition, Length]] = deque()
        self._waiting_stops: deque[Stop] = deque()

    def begin(self) -> None:
        """Switch it on."""
        self.interrupt(stop("start", self.spec.start, self.stream))

    @property
    def stopped(self) -> Stop | None:
        """The stoppage that it is in."""
        return self._stop

    @property
    def reason(self) -> int:
        """Number of the stoppage that it is in, 0 for none."""
        return 0 if self._stop is None else self._stop.reason

    @property
    def speed(self) -> float:
        """Share of its rated speed at which it works when it works."""
        return self.spec.cycle_ms / self._ms

    @property
    def cycle_ms(self) -> int:
        """Time for one piece at full pace; who sets it changes it from the next piece on."""
        return self._cycle_ms

    @cycle_ms.setter
    def cycle_ms(self, length: int) -> None:
        self._cycle_ms = length
        self._set_speed()

    def pace(self, share: float) -> None:
        """Work at a share of its speed, from the next piece on."""
        self._pace = max(SLOWEST, share)
        self._set_speed()

    def spoil(self, share: float) -> None:
        """From now on this share of its pieces is bad."""
        share = min(1.0, max(0.0, share))
        if share != self._bad:
            self._bad = share
            self._until_bad = self._next_bad()

    def interrupt(self, cause: Stop) -> None:
        """Stop now; when it stands already, as soon as the stoppage it is in is over."""
        if self._stop is not None:
            self._waiting_stops.append(cause)
            return
        if self.condition is Condition.RUNNING:
            self._account()
        self._stop_waiting()
        cause.start = self._agenda.now
        cause.reason = cause.reason or self.spec.reasons.get(cause.cause, 0)
        self.stops.append(cause)
        self._stop = cause
        self._steps = deque(self.manner(self.condition, attended(cause.steps, self.call)))
        self.mark()
        for watch in self.watch:
            watch(cause)
        self._next_step(self._new_turn())

    def end(self, cause: Stop) -> None:
        """End a stoppage that lasts, or waits for another, before its time; one that is over stays so."""
        if cause is self._stop:
            self._new_turn()
            self._end_stop()
        elif cause in self._waiting_stops:
            self._waiting_stops.remove(cause)
            cause.over()

    def wake(self) -> None:
        """Try to go on now, where it waits for pieces or room, whatever its restart level."""
        if self._stop is None and self.condition is not Condition.RUNNING:
            self._plan(0, self._resume)

    def _next_step(self, turn: int) -> None:
        if turn != self._turn:
            return
        if not self._steps:
            self._end_stop()
            return
        condition, length = self._steps.popleft()
        self._enter(condition)
        lasts = length(self._agenda.now) if callable(length) else known_ms(length)
        self._plan(max(0, lasts), self._next_step)

    def _end_stop(self) -> None:
        ended, self._stop = self._stop, None
        self.mark()
        if ended is not None:
            ended.end = self._agenda.now
            ended.over()
            for watch in self.watch:
                watch(ended)
        if self._stop is not None:
            return
        if self._waiting_stops:
            self.interrupt(self._waiting_stops.popleft())
        else:
            self._go()

    def _go(self) -> None:
        """Hand on what is done, take what comes, and work; or wait."""
        if self.holding and not self._hand_on():
            self._enter(Condition.BLOCKED)
            self._wait(self.outfeed.full, self._drained)
        elif self.busy:
            self._work()
        else:
            self._take()

    def _take(self) -> None:
        order = self.infeed.ready(self._takes)
        if order is None:
            self._enter(Condition.STARVED)
            self._wait(self.infeed.hungry, self._filled)
            return
        if order != self.order:
            self.order = order
            first = self.prepare(self, order)
            if first is not None:
                self.interrupt(first)
                return
        self.infeed.take(self._takes)
        self.busy = True
        self._left = self._ms
        self._work()

    def _work(self) -> None:
        if self.condition is not Condition.RUNNING:
            self._enter(Condition.RUNNING)
        self._since = self._agenda.now
        until_due = self._next_due - self._ran
        self._plan(self._left if self._left <= until_due else until_due, self._end_of_run)

    def _end_of_run(self, turn: int) -> None:
        if turn != self._turn:
            return
        self._account()
        if self._left == 0:
            self._finish()
            self._go()
        else:
            self._stop_by_itself()

    def _account(self) -> None:
        now = self._agenda.now
        ran = now - self._since
        self._left -= ran
        self._ran += ran
        self._since = now

    def _stop_by_itself(self) -> None:
        which = self._due.index(self._next_due)
        cause = self.spec.causes[which]
        self._due[which] = self._ran + waiting(self.stream, cause.every_s)
        self._next_due = min(self._due)
        self.interrupt(stop(cause.name, cause.phases, self.stream))

    def _finish(self) -> None:
        self.busy = False
        self.total += 1
        self.made["total"].append(self._agenda.now)
        self._until_bad -= 1
        if self._until_bad == 0:
            self.reject += 1
            self.made["reject"].append(self._agenda.now)
            self._until_bad = self._next_bad()
            self.mark()
        else:
            self.holding = True

    def _hand_on(self) -> bool:
        if self.outfeed.room <= 0:
            return False
        self.outfeed.put(self.order)
        self.holding = False
        return True

    def _wait(self, waiting: list[Callable[[], None]], told: Callable[[], None]) -> None:
        if told not in waiting:
            waiting.append(told)

    def _stop_waiting(self) -> None:
        if self._filled in self.infeed.hungry:
            self.infeed.hungry.remove(self._filled)
        if self._drained in self.outfeed.full:
            self.outfeed.full.remove(self._drained)

    def _filled(self) -> None:
        if self.infeed.level >= self.spec.restart_level:
            self._plan(0, self._resume)

    def _drained(self) -> None:
        if self.outfeed.room >= self.spec.restart_room:
            self._plan(0, self._resume)

    def _resume(self, turn: int) -> None:
        if turn == self._turn:
            self._stop_waiting()
            self._go()

    def _enter(self, condition: Condition) -> None:
        if condition is not self.condition:
            self.condition = condition
            self.felt(self._agenda.felt)
            self.mark()

    def _set_speed(self) -> None:
        length = max(1, round(self._cycle_ms / self._pace))
        if length != self._ms:
            self._ms = length
            self.felt(self._agenda.felt)

    def mark(self) -> None:
        """Have it looked at when this instant is over."""
        if not self.dirty:
            self.dirty = True
            self.changed()

    def _plan(self, delay: int, act: Act) -> None:
        """The one thing this machine does next; what it planned before is void."""
        self._turn = turn = self._turn + 1
        self._agenda.at(self._agenda.now + delay, self._rank, act, turn)

    def _new_turn(self) -> int:
        self._turn += 1
        return self._turn

    def _next_bad(self) -> int:
        return int(self._rejects.geometric(self._bad)) if self._bad > 0 else NEVER


def unseen() -> None:
    """Stands where nobody looks."""


def unfelt(time: int) -> None:
    """Stands where there is no physics."""


def there_at_once(trade: str, now: int, work_ms: int) -> int:
    """Stands where nobody has to be waited for."""
    return 0


def unmannered(condition: Condition, steps: Steps) -> Steps:
    """Stands where nothing is wanted between the steps of a stoppage."""
    return steps


def unprepared(station: Station, order: int) -> Stop | None:
    """Stands where all orders are alike."""
    return None
