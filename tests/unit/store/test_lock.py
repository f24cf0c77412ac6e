"""One writer a folder, any number of readers, in other processes too."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.contract.stores import SetClock
from twin.core.batch import batch
from twin.core.errors import Locked, StoreFailed
from twin.core.instant import FAR_FUTURE
from twin.store.lock import holder, writer_lock
from twin.store.log import SqliteLog
from twin.store.reader import LogReader

HOLD = """
import sys
from pathlib import Path
from twin.store.lock import writer_lock
with writer_lock(Path(sys.argv[1]), "http://127.0.0.1:8000"):
    print("held", flush=True)
    sys.stdin.read()
"""
WRITE = """
import sys
from pathlib import Path
from twin.core.batch import batch
from twin.runtime.clock import WallClock
from twin.store.log import SqliteLog
log = SqliteLog(Path(sys.argv[1]), WallClock())
print("open", flush=True)
n = 0
while True:
    log.submit(batch("s", [0, 1], [n, n], [n, -n])).result()
    n += 1
"""


def python(code, folder):
    """A process that runs some code and has said its first word."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, "-c", code, str(folder)], **pipes)
    assert process.stdout.readline()
    return process


def ended(process):
    process.kill()
    process.communicate()


def test_a_second_writer_is_refused_and_told_who_writes(tmp_path):
    first = python(HOLD, tmp_path)
    try:
        said = rf"process {first.pid} writes this data folder at http://127\.0\.0\.1:8000; stop it, or use its API"
        with pytest.raises(Locked, match=said), writer_lock(tmp_path):
            pass
        assert holder(tmp_path) == {"pid": first.pid, "url": "http://127.0.0.1:8000"}
        first.communicate("")  # it ends as it should
        assert holder(tmp_path) is None
        with writer_lock(tmp_path):
            pass
    finally:
        ended(first)


def test_a_killed_writer_leaves_no_lock_behind(tmp_path):
    ended(python(HOLD, tmp_path))
    assert holder(tmp_path) is None
    with writer_lock(tmp_path):
        assert holder(tmp_path) is not None


def test_a_reader_sees_whole_batches_while_another_process_writes(tmp_path):
    writing = python(WRITE, tmp_path)
    reader = LogReader(tmp_path)
    try:
        seen = []
        while not seen or seen[-1] < 300:
            values = reader.since(0, FAR_FUTURE).samples.value
            assert (values[::2] == -values[1::2]).all()
            assert values[::2].tolist() == list(range(len(values) // 2))
            seen.append(len(values) // 2)
        assert seen == sorted(seen)
    finally:
        reader.close()
        ended(writing)


def test_a_reader_reads_what_a_killed_writer_left_in_the_wal(tmp_path):
    log = SqliteLog(tmp_path, SetClock())
    log.submit(batch("s", [0], [7], [1.5])).result(10)
    log.close()
    writing = python(WRITE, tmp_path)
    reader = LogReader(tmp_path)
    while reader.last() < 2:
        pass
    reader.close()
    ended(writing)
    assert (tmp_path / "log.db-wal").exists()
    reader = LogReader(tmp_path)
    values = reader.since(0, FAR_FUTURE).samples.value.tolist()
    reader.close()
    assert values[0] == 1.5
    assert len(values) > 1


def test_where_nothing_can_be_written_is_said_in_one_line(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with (
        pytest.raises(StoreFailed, match="name a folder we may write to with --data DIR"),
        writer_lock(tmp_path / "file"),
    ):
        pass
