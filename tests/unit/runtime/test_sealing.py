"""The sealing thread: what it cannot do it counts, says once, and tries again."""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing

from tests.contract.stores import SetClock
from twin.core.batch import batch
from twin.core.instant import DAY, FAR_FUTURE, SECOND
from twin.runtime.sealing import Sealing
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.seal import Bounds

BOUNDS = Bounds(age=0, leave=0, pause_s=0.005)


def seen(condition) -> bool:
    """Wait until a thread has done it."""
    tick = threading.Event()
    return any(condition() or tick.wait(0.01) for _ in range(1000) if not condition()) or condition()


def test_a_damaged_entry_is_said_once_and_sealing_goes_on(tmp_path, caplog):
    clock = SetClock(SECOND)
    log, reader = SqliteLog(tmp_path, clock), LogReader(tmp_path)
    log.tags.ids_of(["a"])
    log.submit(batch("s", [0], [1], [1])).result(10)
    with closing(sqlite3.connect(tmp_path / "log.db")) as other, other:
        other.execute("UPDATE entry SET body = zeroblob(24)")
    sealing = Sealing(log, reader, clock, BOUNDS)
    with caplog.at_level(logging.WARNING, "linetwin"):
        sealing.start()
        assert log.submit(batch("s", [0], [2], [2])).result(10) > SECOND
        assert seen(lambda: sealing.figures().get("history_rows") == 1)
        clock.instant += SECOND
        assert log.submit(batch("s", [0], [3], [3])).result(10) > SECOND
        assert seen(lambda: sealing.figures().get("history_rows") == 2)
    assert len([one for one in caplog.records if "log entry 1000000000" in one.message]) == 1
    assert reader.read(0, 9, FAR_FUTURE).samples.value.tolist() == [2, 3]
    assert sealing.failure == ""
    assert sealing.figures()["history_failures_total"] == 0
    sealing.close()
    reader.close()
    log.close()


class FullFromThe:
    """A disk that is full from the nth file of each look on; every look begins with one that counts no more."""

    def __init__(self, nth: int) -> None:
        self.nth, self.seen = nth, 0

    def __call__(self, step: str) -> None:
        if step == "writing":
            self.seen += 1
            if self.seen % self.nth == 0:
                raise OSError(28, "No space left on device")


def test_a_full_disk_is_not_filled_with_what_was_begun_and_old_files_go_meanwhile(tmp_path):
    clock = SetClock(30 * DAY)
    log, reader = SqliteLog(tmp_path, clock), LogReader(tmp_path)
    log.tags.ids_of(["a"])
    log.submit(batch("s", [0, 0], [DAY, 2 * DAY], [1, 2])).result(10)  # two days: two files
    gone = tmp_path / "history" / "1970-01-01" / "00000000.parquet"
    gone.parent.mkdir(parents=True)
    gone.write_bytes(b"merged away")
    log.submit(lambda c: c.execute("INSERT INTO gone VALUES ('history/1970-01-01/00000000.parquet', 0)")).result(10)
    sealing = Sealing(log, reader, clock, BOUNDS, FullFromThe(2))
    sealing.start()
    assert seen(lambda: sealing.figures()["history_failures_total"] > 5)
    assert not gone.exists()
    sealing.close()
    assert list((tmp_path / "history").rglob("*.*")) == []
    reader.close()
    log.close()


def test_what_is_merged_later_is_merged_at_once_when_asked(tmp_path):
    clock = SetClock(DAY)
    log, reader = SqliteLog(tmp_path, clock), LogReader(tmp_path)
    log.tags.ids_of(["a"])
    sealing = Sealing(log, reader, clock, Bounds(age=0, leave=0, pause_s=0.005))
    sealing.start()
    for n in (1, 2):
        log.submit(batch("s", [0], [DAY - n], [n])).result(10)
        assert seen(lambda n=n: sealing.figures().get("history_rows") == n)
    assert sealing.figures()["history_files"] == 2
    sealing.compact()
    assert seen(lambda: sealing.figures()["history_files"] == 1)
    assert sealing.figures()["history_merged_files_total"] == 2
    sealing.close()
    reader.close()
    log.close()
