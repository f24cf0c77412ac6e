"""`twin store` over a folder with a log and files."""

from __future__ import annotations

import json
import sqlite3

import pytest

from tests.contract.stores import AT_ONCE, SetClock
from twin.cli.main import main
from twin.core.batch import batch
from twin.core.event import Event
from twin.core.instant import FAR_FUTURE
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.seal import Sealer


@pytest.fixture
def folder(tmp_path):
    """Twenty samples in a file, two in the log, one event."""
    log, reader = SqliteLog(tmp_path, SetClock(100)), LogReader(tmp_path)
    log.tags.ids_of(["a", "b"])
    log.submit(batch("s", [0, 1] * 10, range(20), [1.5] * 20)).result(10)
    Sealer(log, reader, AT_ONCE).seal(FAR_FUTURE)
    log.submit(batch("s", [0, 1], [30, 31], [2, 3])).result(10)
    log.submit(Event(40, "gap", "s")).result(10)
    reader.close()
    log.close()
    return tmp_path


def test_stats_tell_where_the_samples_are(folder, capsys):
    assert main(["store", "stats", "--json", "--data", str(folder)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["tags"], found["entries"], found["events"], found["samples"]) == (2, 3, 1, 22)
    assert (found["samples_in_log"], found["samples_in_files"], found["files"]) == (2, 20, 1)
    assert (found["first"], found["last"]) == ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.00000004Z")
    assert main(["store", "stats", "--data", str(folder)]) == 0
    assert "samples in files   20\n" in capsys.readouterr().out


def test_check_names_every_damaged_place(folder, capsys):
    assert main(["store", "check", "--data", str(folder)]) == 0
    assert capsys.readouterr().out == "whole\n"
    (file,) = (folder / "history").rglob("*.parquet")
    whole = bytearray(file.read_bytes())
    whole[50] ^= 4
    file.write_bytes(bytes(whole))
    with sqlite3.connect(folder / "log.db") as log:
        log.execute("UPDATE entry SET body = zeroblob(48) WHERE kind = ''")
    log.close()
    assert main(["store", "check", "--data", str(folder)]) == 1
    told = capsys.readouterr()
    assert told.out == "DAMAGED in 2 places\n"
    assert file.name in told.err
    assert "log entry 101: its bytes do not match" in told.err


def test_backup_and_restore_tell_what_they_hold(folder, tmp_path_factory, capsys):
    beside = tmp_path_factory.mktemp("beside")
    copy, new = str(beside / "copy"), str(beside / "new")
    assert main(["store", "backup", copy, "--json", "--data", str(folder)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["samples"], found["events"], found["damage"]) == (22, 1, [])
    assert main(["store", "restore", copy, "--data", new]) == 0
    assert "22 samples and 1 events" in capsys.readouterr().out
    assert main(["store", "backup", copy, "--data", str(folder)]) == 2
    assert "is there already" in capsys.readouterr().err


def test_compact_tells_the_bytes(folder, capsys):
    assert main(["store", "compact", "--json", "--data", str(folder)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["sealed"] == 2
    assert found["bytes_before"] > 0
    assert found["bytes_after"] == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert main(["store", "compact", "--data", str(folder)]) == 0
    assert "0 samples sealed, 0 files merged" in capsys.readouterr().out
