"""Damaged files: what a power cut leaves is read up to the last whole commit; a flipped bit is named, never served."""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.contract.stores import SetClock
from twin.core.batch import batch
from twin.core.errors import Corrupt
from twin.core.event import Event
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.store.log import SqliteLog
from twin.store.reader import LogReader

FLIPS = 200
CUTS = 120


@pytest.fixture(scope="module")
def torn(tmp_path_factory):
    """A copy of a log as a kill leaves it, with the size of its WAL after each commit."""
    folder = tmp_path_factory.mktemp("torn")
    log = SqliteLog(folder, SetClock(), room=0)
    sizes = []
    for n in range(40):
        log.submit(batch("s", [0] * 30, range(30), [n] * 30, 0, [f"text {n}"] * 30 if n % 5 == 0 else None)).result(10)
        sizes.append((folder / "log.db-wal").stat().st_size)
    copied = tmp_path_factory.mktemp("copied")
    for name in ("log.db", "log.db-wal"):
        shutil.copy(folder / name, copied / name)
    log.close()
    return copied, sizes


def test_every_commit_before_a_torn_tail_is_read(torn, tmp_path):
    copied, sizes = torn
    whole = (copied / "log.db-wal").read_bytes()
    chance = random.Random(1)
    cuts = [0, 10, 32, *sizes[::7], *[chance.randrange(len(whole)) for _ in range(CUTS)]]
    for number, cut in enumerate(cuts):
        folder = tmp_path / str(number)
        folder.mkdir()
        shutil.copy(copied / "log.db", folder)
        (folder / "log.db-wal").write_bytes(whole[:cut])
        log = SqliteLog(folder, SetClock(), room=2**20)  # starts, and goes on
        commits = sum(size <= cut for size in sizes)
        assert log.submit(batch("s", [0], [1], [-1])).result(10) == log.last
        reader = LogReader(folder)
        values = reader.since(0, FAR_FUTURE).samples.value.tolist()
        reader.close()
        log.close()
        shutil.rmtree(folder)
        assert values[-1] == -1
        assert values[:-1] == [float(n) for n in range(len(values) // 30) for _ in range(30)]
        assert len(values) // 30 >= commits


def stored(folder: Path) -> dict[int, tuple[bytes, bytes | None]]:
    with sqlite3.connect(folder / "log.db") as connection:
        found = {r: (body, text) for r, body, text in connection.execute("SELECT recorded, body, text FROM entry")}
    connection.close()
    return found


def test_a_flipped_bit_in_an_entry_is_named_and_its_bytes_are_not_served(tmp_path):
    log = SqliteLog(tmp_path, SetClock())
    for n in range(8):
        log.submit(batch("s", range(20), range(20), [n] * 20, 0, ["what"] * 20 if n % 2 else None)).result(10)
        log.submit(Event(n, "gap", "x", {"cause": "none"})).result(10)
    log.close()
    entries, chance = stored(tmp_path), random.Random(7)
    connection = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    reader = LogReader(tmp_path)
    for _ in range(FLIPS):
        recorded = chance.choice(list(entries))
        column = chance.choice([0, 1]) if entries[recorded][1] else 0
        damaged = bytearray(entries[recorded][column] or b"")
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        name = ("body", "text")[column]
        connection.execute(f"UPDATE entry SET {name} = ? WHERE recorded = ?", (bytes(damaged), recorded))
        with pytest.raises(Corrupt, match=f"log entry {recorded}: its bytes do not match their checksum"):
            reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE)
        assert len(reader.since(recorded, FAR_FUTURE).samples) <= 160  # the rest is read
        connection.execute(f"UPDATE entry SET {name} = ? WHERE recorded = ?", (entries[recorded][column], recorded))
    assert len(reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples) == 160
    reader.close()
    connection.close()


def test_a_damaged_page_is_an_error_and_never_other_values(tmp_path):
    log = SqliteLog(tmp_path, SetClock())
    for n in range(60):
        log.submit(batch("s", range(40), range(n * 40, n * 40 + 40), [n] * 40)).result(10)
    log.close()
    whole, chance = (tmp_path / "log.db").read_bytes(), random.Random(3)
    true = {(t, v) for n in range(60) for t, v in zip(range(n * 40, n * 40 + 40), [float(n)] * 40, strict=True)}
    refused = 0
    for _ in range(60):
        damaged = bytearray(whole)
        at = chance.randrange(8192, len(whole))
        damaged[at : at + 64] = chance.randbytes(64)
        (tmp_path / "log.db").write_bytes(damaged)
        reader = LogReader(tmp_path)
        try:
            samples = reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
            assert set(zip(samples.time.tolist(), samples.value.tolist(), strict=True)) <= true
        except Corrupt:
            refused += 1
        finally:
            reader.close()
    assert refused > 10
