"""Damaged entries are named, put aside and told as a gap; the log is read, sealed and folded on without them."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.contract.stores import SetClock
from twin.core.batch import batch
from twin.core.errors import Corrupt
from twin.core.event import GAP, LOG_DAMAGED, Event
from twin.core.instant import FAR_FUTURE, FAR_PAST, HOUR
from twin.model.load import load
from twin.runtime.plugins import connectors
from twin.runtime.sealing import Sealing
from twin.runtime.twin import open_twin
from twin.store.damaged import damaged_entries, put_damaged_aside
from twin.store.inspect import damage, stats
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.seal import Bounds

ENTRIES = 8


def changed(folder: Path, recorded: int, column: str, value: Any) -> None:
    """An entry as a flipped bit would leave it."""
    with closing(sqlite3.connect(folder / "log.db")) as connection, connection:
        connection.execute(f"UPDATE entry SET {column} = ? WHERE recorded = ?", (value, recorded))


def flipped(value: Any, chance: random.Random) -> Any:
    """One bit of a column."""
    bit = chance.randrange(8)
    if isinstance(value, int):
        return value ^ (1 << chance.randrange(40))
    data = bytearray(value if isinstance(value, bytes) else value.encode())
    data[chance.randrange(len(data))] ^= 1 << bit
    return bytes(data) if isinstance(value, bytes) else data.decode("latin-1")


@pytest.fixture
def log(tmp_path: Path):
    clock = SetClock()
    log = SqliteLog(tmp_path / "data", clock)
    for n in range(ENTRIES):
        clock.instant += HOUR
        log.submit(batch("s7", [0, 1], [clock.instant] * 2, [n, n], 0, ["what", None] if n % 2 else None)).result(10)
        log.submit(Event(clock.instant, "note.made", "line", {"n": n})).result(10)
    yield log
    log.close()


def test_every_column_of_an_entry_is_under_its_checksum(log: SqliteLog) -> None:
    chance = random.Random(5)
    with closing(LogReader(log.folder)) as reader:
        names = ("recorded", "kind", "source", "tmin", "tmax", "crc", "body", "text")
        entries = reader.rows(f"SELECT {', '.join(names)} FROM entry")
        for _ in range(200):
            entry = dict(zip(names, chance.choice(entries), strict=True))
            column = chance.choice([name for name in names if entry[name] not in (None, "")])
            value = flipped(entry[column], chance)
            changed(log.folder, entry["recorded"], column, value)
            now = value if column == "recorded" else entry["recorded"]
            assert [one.recorded for one in damaged_entries(reader)] == [now], column
            with pytest.raises(Corrupt, match=str(now)):
                reader.since(0, FAR_FUTURE)
            changed(log.folder, now, column, entry[column])
        assert damaged_entries(reader) == []


def test_entries_of_layouts_before_are_read_as_they_are(log: SqliteLog) -> None:
    with closing(LogReader(log.folder)) as reader:
        for recorded, body, text in reader.rows("SELECT recorded, body, text FROM entry"):
            import zlib  # noqa: PLC0415 - the checksum of then

            changed(log.folder, recorded, "crc", zlib.crc32(text or b"", zlib.crc32(body)))
        assert len(reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples) == 2 * ENTRIES


def test_a_damaged_entry_is_put_aside_with_its_bytes_and_told_once(log: SqliteLog) -> None:
    with closing(LogReader(log.folder)) as reader:
        (recorded, tmin, body), *_ = reader.rows("SELECT recorded, tmin, body FROM entry WHERE kind = '' LIMIT 1")
        broken = bytes([body[0] ^ 1]) + body[1:]
        changed(log.folder, recorded, "body", broken)
        assert damage(reader, lambda _share: None) == [
            f"log entry {recorded}: its bytes do not match their checksum; restore it from a backup"
        ]
        assert [one.recorded for one in put_damaged_aside(log, reader, log.last + 1)] == [recorded]
        assert put_damaged_aside(log, reader, log.last + 1) == []
        assert reader.rows("SELECT recorded, body FROM damaged") == [(recorded, broken)]
        assert len(reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples) == 2 * ENTRIES - 2
        ((_, gap),) = reader.events(FAR_PAST, FAR_FUTURE, (GAP,))
        ((_, told),) = reader.events(FAR_PAST, FAR_FUTURE, (LOG_DAMAGED,))
        assert damage(reader, lambda _share: None) == []
        assert stats(reader)["damaged_entries"] == 1
    assert (gap.subject, gap.body["from"], gap.body["to"]) == ("s7", tmin, tmin + 1)
    assert told.body["recorded"] == recorded
    assert gap.body["cause"] == told.body["cause"] == f"log entry {recorded} is damaged on disk"


def test_a_kind_that_is_no_text_any_more_is_put_aside_too(log: SqliteLog) -> None:
    with closing(LogReader(log.folder)) as reader:
        ((recorded,), *_) = reader.rows("SELECT recorded FROM entry WHERE kind != '' LIMIT 1")
        with closing(sqlite3.connect(log.folder / "log.db")) as connection, connection:
            connection.execute("UPDATE entry SET kind = CAST(x'6eff74' AS TEXT) WHERE recorded = ?", (recorded,))
        assert [one.recorded for one in put_damaged_aside(log, reader, log.last + 1)] == [recorded]
        assert len(reader.since(0, FAR_FUTURE).events) == ENTRIES - 1 + 1  # one went, and that is told


PLANT = 'linetwin: 1\nplant: a/b\nconnections: {s7: {mqtt: "mqtt://127.0.0.1:1"}}\ntags: {t: {from: s7, topic: t}}\n'


async def test_a_twin_starts_and_seals_past_a_damaged_entry(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock, folder = SetClock(), tmp_path / "data"
    plant = load(PLANT, "plant.yaml", connectors(), {})
    async with open_twin(plant, folder, clock, connect=False) as twin:
        for n in range(4):
            clock.instant += HOUR
            recorded = await twin.append(batch("s7", [twin.tags.id_of("a/b/t")], [clock.instant], [n]))
    changed(folder, recorded, "tmax", clock.instant + 1)
    clock.instant += HOUR

    def sealing(log: SqliteLog, reader: LogReader) -> Sealing:
        return Sealing(log, reader, clock, Bounds(leave=0, pause_s=0.01))

    async with open_twin(plant, folder, clock, connect=False, sealing=sealing) as twin:
        while twin.reader.sealed_to() < recorded - HOUR:
            await twin.next_view(twin.live().number)
        found = twin.reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE)
    assert found.samples.value.tolist() == [0, 1, 2]
    assert [event.kind for _, event in found.events].count(LOG_DAMAGED) == 1
    assert [line.message for line in caplog.records if "damaged" in line.message or "aside" in line.message] == [
        f"log entry {recorded}: its bytes do not match their checksum; restore it from a backup; "
        "it is kept aside, and what it held is a gap"
    ]


def test_a_name_that_is_not_the_one_of_its_index_stops_the_start(log: SqliteLog) -> None:
    log.tags.id_of("line/filler/temp")
    log.submit(batch("s", [0], [1], [1])).result(10)
    log.close()
    path = log.folder / "log.db"
    whole = path.read_bytes()
    at = whole.index(b"line/filler/temp")
    path.write_bytes(whole[:at] + b"m" + whole[at + 1 :])
    with pytest.raises(Corrupt, match="table tag"):
        SqliteLog(log.folder, SetClock())


def test_times_on_the_list_of_files_are_held_against_the_files(tmp_path: Path) -> None:
    from twin.store.seal import Sealer  # noqa: PLC0415 - of this test alone

    with closing(SqliteLog(tmp_path, SetClock())) as log, closing(LogReader(tmp_path)) as reader:
        log.submit(batch("s", [log.tags.id_of("a")], [5], [1])).result(10)
        Sealer(log, reader, Bounds(age=0, leave=0)).seal(FAR_FUTURE)
        log.submit(lambda connection: connection.execute("UPDATE file SET tmax = 7") and None).result(10)
        (told,) = damage(reader, lambda _share: None)
    assert told.endswith(".parquet: its times on the list are not those of its rows; restore log.db")
