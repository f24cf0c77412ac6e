"""The sealing thread: log to files, files to fewer files, beside the writer and never in its way."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping

from twin.core.errors import Corrupt, LinetwinError
from twin.core.instant import DAY, FAR_FUTURE
from twin.core.ports import Clock
from twin.store.damaged import put_damaged_aside
from twin.store.groups import NO_GROUPS, Groups
from twin.store.log import SqliteLog
from twin.store.merge import merge_past_days
from twin.store.reader import LogReader
from twin.store.seal import Bounds, Sealer, Stopped
from twin.store.thin import Rule, thin_past_days

_log = logging.getLogger("linetwin")


def put_aside(log: SqliteLog, reader: LogReader, clock: Clock) -> bool:
    """Put damaged entries of the log aside and say so, once; whether there were any."""
    found = put_damaged_aside(log, reader, clock.now())
    for one in found:
        _log.error("%s; it is kept aside, and what it held is a gap", one.told)
    return bool(found)


class Sealing:
    """Looks every now and then whether something is to be sealed, merged or unlinked.

    A failure (a full disk, a damaged file) changes nothing that counts; it is told once and tried again. A damaged
    entry is put aside: what comes after it is sealed.
    """

    def __init__(
        self,
        log: SqliteLog,
        reader: LogReader,
        clock: Clock,
        bounds: Bounds | None = None,
        on_step: Callable[[str], None] = lambda _step: None,
        groups: Groups = NO_GROUPS,
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._bounds = bounds or Bounds()
        self._on_step = on_step
        self._sealer = Sealer(log, reader, self._bounds, self._stepped, groups)
        self._stop = threading.Event()
        self._woken = threading.Event()
        self._compact = False
        self._thread = threading.Thread(target=self._run, name="sealing", daemon=True)
        self._figures: Mapping[str, float] = {}
        self.rules: Callable[[], Mapping[int, Rule]] = dict[int, Rule]
        """Which tags are thinned, and how: asked at every look."""
        self.taken: Callable[[], int] = lambda: FAR_FUTURE
        """Up to which `recorded` every outlet has the log; what came later is not thinned."""
        self.merged = 0
        self.thinned = 0
        self.failures = 0
        self.failure = ""
        """Why the last look failed; empty when it did not."""

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the step that is being done and put away what was begun; the next run begins it again."""
        self._stop.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join()

    def compact(self) -> None:
        """Merge at once what would be merged later, today's files too. Returns at once; the thread does it."""
        self._compact = True
        self._woken.set()

    def figures(self) -> dict[str, float]:
        """Figures for /metrics, as of the last look."""
        counted = {"history_merged_files_total": self.merged, "history_failures_total": self.failures}
        return {**self._figures, **counted, "history_thinned_rows_total": self.thinned}

    def _stepped(self, step: str) -> None:
        self._on_step(step)
        if self._stop.is_set():
            raise Stopped(step)

    def _run(self) -> None:
        begun = False
        while not self._stop.is_set():
            more = False
            try:
                if not begun:
                    self._sealer.begin()
                    begun = True
                else:
                    more = self._look()
                self._figures = self._counted()
                self.failure = ""
            except Stopped:
                self._put_away()
                return
            except Exception as error:  # whatever it is: the log has everything, and the next look may succeed
                self._put_away()  # else each try would leave its files behind and fill the disk
                self._fail(error)
            if not more:
                self._woken.wait(self._bounds.pause_s)
                self._woken.clear()

    def _look(self) -> bool:
        """Seal one file's worth, unlink and merge what is due; whether there was something to seal.

        Unlinking comes first: on a full disk it is what makes room for the rest.
        """
        now = self._clock.now()
        self._sealer.sweep(now)
        try:
            sealed = self._sealer.seal(now)
        except Corrupt:
            if not put_aside(self._sealer.log, self._reader, self._clock):
                raise
            return True
        self.merged += merge_past_days(self._sealer, now)
        if self._compact:
            self._compact = False
            self.merged += merge_past_days(self._sealer, now + 2 * DAY)
        self.thinned += thin_past_days(self._sealer, now, self.rules(), self.taken())
        return sealed > 0

    def _put_away(self) -> None:
        with contextlib.suppress(OSError, LinetwinError):  # else the next failure or start does it
            self._sealer.put_away()

    def _fail(self, error: Exception) -> None:
        self.failures += 1
        if str(error) != self.failure:
            _log.warning("sealing: %s; tried again", error, exc_info=not isinstance(error, LinetwinError))
        self.failure = str(error) or repr(error)

    def _counted(self) -> Mapping[str, float]:
        ((files, size, rows),) = self._reader.rows(
            "SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(rows), 0) FROM file"
        )
        return {
            "history_files": files,
            "history_bytes": size,
            "history_rows": rows,
            "history_sealed_to": self._reader.sealed_to(),
        }
