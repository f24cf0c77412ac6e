"""Station: how pieces move through one machine, and how it stops. Blocking is after service: the piece is done first.

A machine that waited starts again only when it can work for a while (`restart_level`, `restart_room`), as the
sensors along a real conveyor have it; else a slightly quicker machine would stop and start at every piece.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from simulators.agenda import Act, Agenda
from simulators.buffer import Buffer
from simulators.condition import Condition
from simulators.stoppage import Cause, Phases, Stop, stop
from simulators.streams import Stream, stream, waiting

NEVER = 2**62


@dataclass(frozen=True, slots=True)
class StationSpec:
    """A machine as the flow sees it.

    cycle_ms: time for one piece. takes: pieces from the infeed for one of its own. reject: share of bad pieces.
    restart_level, restart_room: pieces before, room after, that end a wait. first_total: where its counter stands.
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


class Station:
    """One machine between two buffers. infeed None: pieces without end; outfeed None: room without end.

    condition, total, reject, busy and holding may be read at the end of any instant; `dirty` says that one of
    them has changed and is cleared by the reader. stops: all stoppages so far.
    """

    def __init__(
        self, spec: StationSpec, rank: int, agenda: Agenda, seed: int, infeed: Buffer | None, outfeed: Buffer | None
    ) -> None:
        self.spec = spec
        self.condition = Condition.IDLE
        self.total = spec.first_total
        self.reject = spec.first_reject
        self.busy = False
        self.holding = False
        self.dirty = True
        self.stops: list[Stop] = []
        self._rank = rank
        self._agenda = agenda
        self._infeed = infeed
        self._outfeed = outfeed
        self._stopping = stream(seed, spec.name, "stops")
        self._rejects = stream(seed, spec.name, "rejects")
        self._due = [waiting(self._stopping, cause.every_s) for cause in spec.causes]
        self._until_bad = self._next_bad()
        self._left = 0  # ms until the piece in the machine is done
        self._ran = 0  # ms of running so far; `_due` counts on this clock
        self._since = agenda.now
        self._turn = 0
        self._stop: Stop | None = None
        self._steps: deque[tuple[Condition, int]] = deque()
        self._waiting_stops: deque[Stop] = deque()
        if infeed is not None:
            infeed.filled = self._infeed_filled
        if outfeed is not None:
            outfeed.drained = self._outfeed_drained
        self.interrupt(stop("start", spec.start, self._stopping))

    @property
    def stream(self) -> Stream:
        """The machine's stream for the lengths of stoppages."""
        return self._stopping

    def interrupt(self, cause: Stop) -> None:
        """Stop now; when it stands already, as soon as the stoppage it is in is over."""
        if self._stop is not None:
            self._waiting_stops.append(cause)
            return
        if self.condition is Condition.RUNNING:
            self._account()
        cause.start = self._agenda.now
        self.stops.append(cause)
        self._stop = cause
        self._steps = deque(cause.steps)
        self._next_step(self._new_turn())

    def end(self, cause: Stop) -> None:
        """End a stoppage that lasts or waits before its time; one that is over stays so."""
        if cause is self._stop:
            self._new_turn()
            self._end_stop()
        elif cause in self._waiting_stops:
            self._waiting_stops.remove(cause)

    def _next_step(self, turn: int) -> None:
        if turn != self._turn:
            return
        if not self._steps:
            self._end_stop()
            return
        condition, length = self._steps.popleft()
        self._enter(condition)
        self._plan(length, self._next_step)

    def _end_stop(self) -> None:
        ended, self._stop = self._stop, None
        if ended is not None:
            ended.end = self._agenda.now
            ended.over()
        if self._waiting_stops:
            self.interrupt(self._waiting_stops.popleft())
        else:
            self._go()

    def _go(self) -> None:
        """Hand on what is done, take what comes, and work; or wait."""
        if self.holding and not self._hand_on():
            self._enter(Condition.BLOCKED)
        elif not self.busy and not self._take():
            self._enter(Condition.STARVED)
        else:
            self._enter(Condition.RUNNING)
            self._since = self._agenda.now
            self._plan(min(self._left, min(self._due, default=NEVER) - self._ran), self._end_of_run)

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
        ran = self._agenda.now - self._since
        self._left -= ran
        self._ran += ran
        self._since = self._agenda.now

    def _stop_by_itself(self) -> None:
        which = self._due.index(min(self._due))
        cause = self.spec.causes[which]
        self._due[which] = self._ran + waiting(self._stopping, cause.every_s)
        self.interrupt(stop(cause.name, cause.phases, self._stopping))

    def _finish(self) -> None:
        self.busy = False
        self.dirty = True
        self.total += 1
        self._until_bad -= 1
        if self._until_bad == 0:
            self.reject += 1
            self._until_bad = self._next_bad()
        else:
            self.holding = True

    def _hand_on(self) -> bool:
        if self._outfeed is not None:
            if self._outfeed.room == 0:
                return False
            self._outfeed.put()
        self.holding = False
        return True

    def _take(self) -> bool:
        if self._infeed is not None:
            if self._infeed.level < self.spec.takes:
                return False
            self._infeed.take(self.spec.takes)
        self.busy = True
        self._left = self.spec.cycle_ms
        return True

    def _infeed_filled(self) -> None:
        if self._waits(Condition.STARVED) and pieces(self._infeed) >= self.spec.restart_level:
            self._plan(0, self._resume)

    def _outfeed_drained(self) -> None:
        if self._waits(Condition.BLOCKED) and room(self._outfeed) >= self.spec.restart_room:
            self._plan(0, self._resume)

    def _waits(self, condition: Condition) -> bool:
        return self._stop is None and self.condition is condition

    def _resume(self, turn: int) -> None:
        if turn == self._turn:
            self._go()

    def _enter(self, condition: Condition) -> None:
        if condition is not self.condition:
            self.condition = condition
            self.dirty = True

    def _plan(self, delay: int, act: Act) -> None:
        """The one thing this machine does next; what it planned before is void."""
        self._agenda.at(self._agenda.now + delay, self._rank, act, self._new_turn())

    def _new_turn(self) -> int:
        self._turn += 1
        return self._turn

    def _next_bad(self) -> int:
        return int(self._rejects.geometric(self.spec.reject)) if self.spec.reject > 0 else NEVER


def pieces(buffer: Buffer | None) -> int:
    """Pieces that wait in a buffer; without end where there is none."""
    return NEVER if buffer is None else buffer.level


def room(buffer: Buffer | None) -> int:
    """Pieces that fit into a buffer; without end where there is none."""
    return NEVER if buffer is None else buffer.room


def connect(
    specs: Sequence[StationSpec], buffers: Sequence[Buffer], agenda: Agenda, seed: int, first_rank: int
) -> list[Station]:
    """A line: stations in the order of the flow with one buffer between each two."""
    ends: list[Buffer | None] = [None, *buffers, None]
    return [
        Station(spec, first_rank + place, agenda, seed, ends[place], ends[place + 1])
        for place, spec in enumerate(specs)
    ]
