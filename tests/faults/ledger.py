"""What was sent and what was acknowledged, kept outside the victim; and the checker that compares it with the store."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from twin.core.event import CONNECTION_LOST, RUN_STARTED
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.rows import in_order
from twin.state.coverage import NOT_RUNNING
from twin.store.reader import LogReader

Sample = tuple[str, int, float]
"""Path of the tag, time in ns, value."""


class Ledger:
    """For any thread. An acknowledgement counts once it stands in the file and the file is on disk."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self.sent: set[Sample] = set()
        self.acknowledged: set[Sample] = set()
        self.failure: BaseException | None = None
        """Why a sender gave up; the run is worth nothing then."""

    def send(self, samples: Iterable[Sample]) -> None:
        """These are about to leave."""
        with self._lock:
            self.sent.update(samples)

    def acknowledge(self, samples: Sequence[Sample]) -> None:
        """The victim, or the broker before it, said that it has these."""
        if not samples:
            return
        with self._lock:
            self._file.writelines(f"{tag}\t{time}\t{value!r}\n" for tag, time, value in samples)
            self._file.flush()
            os.fsync(self._file.fileno())
            self.acknowledged.update(samples)

    def close(self) -> None:
        """Nothing more comes. Raises what made a sender give up."""
        self._file.close()
        if self.failure is not None:
            raise self.failure


@dataclass(frozen=True)
class Compared:
    """Of samples that retention may not forget. acked: acknowledged; lost: acknowledged and not stored.

    invented: stored and never sent. twice: rows beyond the first of a sample. twice_read: (tag, time) that a reader
    would see twice, or with another value. untold: starts before which it does not stand that nothing ran.
    missing: those that are lost.
    """

    sent: int
    acked: int
    stored: int
    lost: int
    invented: int
    twice: int
    twice_read: int
    untold: int
    missing: frozenset[Sample]


def stored(data: Path) -> Counter[Sample]:
    """Every sample of a data folder, and how often."""
    with closing(LogReader(data)) as reader:
        s = reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
        names = reader.tags().names()
    rows = zip(s.tag.tolist(), s.time.tolist(), s.value.tolist(), strict=True)
    return Counter((names[tag], time, value) for tag, time, value in rows)


def compared(ledger: Ledger, data: Path) -> Compared:
    """The checker. What retention may forget by its time is not asked for; all else must be there."""
    found = stored(data)
    with closing(LogReader(data)) as reader:
        samples = reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
        kept_from = reader.kept_from() or FAR_PAST
        starts = len(reader.events(FAR_PAST, FAR_FUTURE, (RUN_STARTED,), 10**6))
        told = {
            (event.subject, event.time)
            for _, event in reader.events(FAR_PAST, FAR_FUTURE, (CONNECTION_LOST,), 10**6)
            if event.body.get("cause") == NOT_RUNNING
        }
    rows = in_order(samples)
    kept = {one for one in ledger.acknowledged if one[1] >= kept_from}
    links = max(1, len({subject for subject, _ in told}))
    missing = frozenset(kept - set(found))
    return Compared(
        len(ledger.sent),
        len(kept),
        sum(one[1] >= kept_from for one in found),
        len(missing),
        len(set(found) - ledger.sent),
        found.total() - len(found),
        len(rows) - len(set(zip(rows.tag.tolist(), rows.time.tolist(), strict=True))) + rows.overwritten,
        max(0, starts - 1 - len(told) // links),
        missing,
    )
