"""The folding thread: takes what the log made durable, ticks the engine, publishes results, makes the live view."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from twin.core.engine import Engine, Entry
from twin.core.errors import Corrupt, LinetwinError, StoreFailed
from twin.core.instant import HOUR, SECOND
from twin.core.ports import Clock
from twin.core.scales import Scales
from twin.runtime.correcting import Correcting
from twin.runtime.live import LiveView, Meaning, view_of
from twin.store.results import SqliteResults

TICK_S = 0.2
"""Folds are stepped by tick, never by batch (folds.md R5)."""
STANDING_STILL_S = 2.0
"""Pause between tries to fold again after a failure."""

_log = logging.getLogger("linetwin")


@dataclass(frozen=True, slots=True)
class Folds:
    """What folding needs of one model."""

    make: Callable[[], Engine]
    results: SqliteResults
    meaning: Meaning


class Folding:
    """Owns the engine; everything that touches it runs in this one thread.

    The queue of entries is bounded by the log: it hands over what it has just committed, and each source waits for
    its commit before it sends more.
    """

    def __init__(self, folds: Folds, clock: Clock, tags: Callable[[], int]) -> None:
        self._make, self._results, self._meaning = folds.make, folds.results, folds.meaning
        self._engine = folds.make()
        self._clock = clock
        self._tags = tags
        self._entries: queue.SimpleQueue[Sequence[Entry]] = queue.SimpleQueue()
        self._asked: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="folding", daemon=True)
        self._known = 0
        self._thinned_at = 0
        self.failure: str = ""
        """Why the folds stand still; empty while they run."""
        self.heals = 0
        self.late = 0
        self.correcting = Correcting(folds.results.brought_by)
        self.alarms = 0
        """Alarms that came up since the start."""
        self.view: LiveView | None = None
        self.on_view: Callable[[], None] = lambda: None
        self.mend: Callable[[], bool] = lambda: False
        """Put damaged entries of the log aside; whether there were any."""

    def resume(self, known: int) -> None:
        """Fold the log up to now, before anything new is accepted. known: the greatest `recorded` in the log.

        Damaged entries are put aside first where there are some. Raises Corrupt for other damage.
        """
        try:
            self._resume(known)
        except Corrupt:
            if not self.mend():
                raise
            self._resume(known)

    def _resume(self, known: int) -> None:
        self._known = known
        self._engine = self._make()
        self.correcting.go_on(self._results.last_correction())
        for publication in self._engine.resume(self._clock.now(), known):
            self._results.publish(self.correcting.told(publication))
            self._results.last_correction()  # waits until it is durable: years of records never wait together
        self._show()

    def start(self) -> None:
        """Begin to tick."""
        self._thread.start()

    def accept(self, entries: Sequence[Entry]) -> None:
        """Hand over entries that are durable. Called by the log writer; never blocks."""
        self._entries.put(entries)

    def ask(self, question: Callable[[], Any]) -> Future[Any]:
        """Run something in the folding thread between two ticks: reads of past states."""
        answer: Future[Any] = Future()
        answer.set_running_or_notify_cancel()  # whoever stops waiting for it does not take it back
        self._asked.put((question, answer))
        return answer

    def turn(self, load: Callable[[], Folds]) -> Future[None]:
        """Go on under another model, without a tick in between: `load` makes it count, and its folds.

        The future has what `load` raised; then everything goes on as before.
        """
        return self.ask(lambda: self._turn(load))

    def _turn(self, load: Callable[[], Folds]) -> None:
        if self.failure:
            raise StoreFailed(f"folds stand still: {self.failure}")
        self._tick(self._take())
        for publication in self._engine.final():
            self._results.publish(publication)
        folds = load()
        self._make, self._results, self._meaning = folds.make, folds.results, folds.meaning
        self.correcting.ask(folds.results.brought_by)
        try:
            self._take()  # what was committed meanwhile is in the log
            self.resume(self._known)
        except Exception as error:  # whatever it is: the model counts, so the folds begin again from the log
            self._fail(error)
            raise

    def at(self, moment: int, known: int, meaning: Meaning, told: bool = True) -> Future[LiveView]:
        """The plant at a past moment, as it was known at `known`. meaning: of the model that counted then.

        told: with all its provisional records.
        """
        return self.ask(lambda: self._seen(moment, known, meaning, told))

    def scales(self, known: int) -> Scales:
        """How numbers read, as it was known at `known`."""
        return self._engine.editions.as_known(known).newest.scales

    def close(self) -> None:
        """Take in what waits, tick once more, snapshot where everything stands."""
        self._stop.set()
        self._thread.join()
        if self.failure:
            return  # the next run folds from the last snapshot on
        try:
            self._tick(self._take())
            for publication in self._engine.final():
                self._results.publish(publication)
        except LinetwinError as error:
            _log.error("folds ended without a snapshot, the next start folds what is missing: %s", error)

    def _run(self) -> None:
        while not self._stop.is_set():
            begun = time.monotonic()
            entries = self._take()
            try:
                if self.failure:
                    self.resume(self._known)
                    self.failure = ""
                else:
                    self._tick(entries)
            except Exception as error:  # whatever it is: values stay durable, and the folds begin again from the log
                self._fail(error)
            self._answer()
            pause = STANDING_STILL_S if self.failure else TICK_S - (time.monotonic() - begun)
            self._stop.wait(max(0.01, pause))

    def _fail(self, error: Exception) -> None:
        """A tick that failed may have left half a step behind: the engine is thrown away."""
        if not self.failure:
            _log.error("folds stand still: %s", error, exc_info=not isinstance(error, LinetwinError))
        self.failure = str(error) or repr(error)

    def _take(self) -> list[Entry]:
        entries: list[Entry] = []
        while not self._entries.empty():
            entries.extend(self._entries.get())
        if entries:
            self._known = entries[-1][0]
        return entries

    def _tick(self, entries: Sequence[Entry]) -> None:
        """Accept, heal, advance, publish, show: the order of R6."""
        self._engine.accept(entries)
        now = self._clock.now()
        for publication in self._engine.tick(now, self._known):
            self.late += len(publication.late)
            self.heals += bool(publication.removed or publication.healed)
            self._results.publish(self.correcting.told(publication, entries))
        if now - self._thinned_at > HOUR:
            self._thinned_at = now
            self._results.thin(now)
        self._show()

    def _show(self) -> None:
        now = self._clock.now()
        number = 1 if self.view is None else self.view.number + 1
        before, self.view = self.view, self._view(number, now, self._known, self._engine.live(now))
        self.alarms += 0 if before is None else len(self.view.alarms.keys() - before.alarms.keys())
        self.on_view()

    def _view(self, number: int, as_of: int, known: int, lanes: Any) -> LiveView:
        return view_of(number, as_of, known, lanes, self._meaning, self._tags())

    def _seen(self, moment: int, known: int, meaning: Meaning, told: bool) -> LiveView:
        """Numbers read as they were known to read at `known`."""
        read = meaning.reading(self.scales(known))
        return view_of(0, moment, known, self._engine.at(moment, known, told), read, self._tags())

    def _answer(self) -> None:
        while not self._asked.empty():
            question, answer = self._asked.get()
            try:
                answer.set_result(question())
            except Exception as error:  # it is the asker's; the thread goes on
                answer.set_exception(error)

    def lag_s(self) -> float:
        """How far the oldest frontier is behind the clock."""
        return 0.0 if self.view is None else (self._clock.now() - self.view.frontier) / SECOND
