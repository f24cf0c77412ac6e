"""Compacting: all that is readable stays, and takes less room."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.contract.stores import SetClock
from tests.unit.store.test_backup import held, quiet
from twin.core.batch import batch
from twin.core.errors import Locked, Misconfigured
from twin.core.instant import DAY
from twin.store.compact import compact
from twin.store.inspect import damage
from twin.store.lock import writer_lock
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.seal import Bounds, Sealer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Days in many files, and more in the log."""
    clock = SetClock(DAY)
    log, reader = SqliteLog(tmp_path, clock), LogReader(tmp_path)
    with closing(log), closing(reader):
        log.tags.ids_of(("a", "b"))
        for n in range(41):
            clock.instant = DAY + n * DAY // 10
            times = clock.instant - 1000 + np.arange(1000)
            log.submit(batch("s", [0, 1] * 500, times, [float(n)] * 1000)).result(10)
            if n % 2:
                Sealer(log, reader, Bounds(age=0, leave=0, grace=0)).seal(clock.instant)
    return tmp_path


def test_everything_stays_in_fewer_files_and_bytes(folder: Path) -> None:
    before = held(folder)
    found = compact(folder, SetClock(6 * DAY), quiet)
    assert held(folder) == before
    assert found.sealed == 1000  # the last batch was not sealed yet
    assert found.merged > 0
    assert found.bytes_after < found.bytes_before
    with closing(LogReader(folder)) as reader:
        assert damage(reader, quiet) == []
        days = reader.rows("SELECT day, count(*) FROM file GROUP BY day")
    assert all(files == 1 for _, files in days)
    listed = {path.name for path in (folder / "history").rglob("*.parquet")}
    assert len(listed) == len(days)


def test_twice_changes_nothing_more(folder: Path) -> None:
    compact(folder, SetClock(6 * DAY), quiet)
    again = compact(folder, SetClock(6 * DAY), quiet)
    assert (again.sealed, again.merged) == (0, 0)


def test_the_folder_of_a_run_is_left_alone(folder: Path, tmp_path: Path) -> None:
    with writer_lock(folder), pytest.raises(Locked):
        compact(folder, SetClock(6 * DAY), quiet)
    with pytest.raises(Misconfigured, match="no data here"):
        compact(tmp_path / "nowhere", SetClock(6 * DAY), quiet)
    assert not (tmp_path / "nowhere").exists()
