"""The sums of a quarter of an hour are those of the records believed, whatever was published, corrected, repeated."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.stores import UNITS, SetClock
from twin.core.fold import Record
from twin.core.history import Publication
from twin.core.instant import FAR_FUTURE, FAR_PAST, HOUR, MINUTE
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.results import SqliteResults
from twin.store.retention import Limits, forget_before
from twin.store.schema import QUARTER

CODES = [(0, "code")]

BEGIN = 1_700_000_000 * 10**9 // HOUR * HOUR
COUNTERS = ("a/total", "b/total")


def minute(counter: int, number: int, pieces: int, jumps: int = 0, unit: int = 0) -> Record:
    start = BEGIN + number * MINUTE
    data = (("jumps", jumps), ("pieces", pieces), ("resets", 0), ("wraps", pieces // 9))
    return Record(unit, "count", COUNTERS[counter], start, start + MINUTE, data)


RECORDS = st.builds(minute, st.integers(0, 1), st.integers(0, 100), st.integers(0, 20), st.integers(0, 1))
TICKS = st.lists(st.tuples(st.lists(RECORDS, max_size=8), st.lists(st.integers(0, 100), max_size=4)), max_size=8)


def by_quarter(records: list[Record]) -> dict[str, list[tuple[int, ...]]]:
    sums: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for record in records:
        of_quarter, data = sums[record.key, record.start - record.start % QUARTER], dict(record.data)
        for place, name in enumerate(("pieces", "wraps", "resets", "jumps")):
            of_quarter[place] += data[name]
    return {key: [(start, *sums[k, start]) for k, start in sorted(sums) if k == key] for key in COUNTERS}


def read(results: SqliteResults) -> dict[str, list[tuple[int, ...]]]:
    found = results.quarters(COUNTERS, 0, FAR_FUTURE)
    columns = {key: (of.start, of.pieces, of.wraps, of.resets, of.jumps) for key, of in found.items()}
    return {key: [tuple(row) for row in np.array(of_key).T.tolist()] for key, of_key in columns.items()}


@settings(max_examples=40)
@given(TICKS, st.integers(0, 120))
def test_sums_are_those_of_the_records(ticks: list[tuple[list[Record], list[int]]], forgotten: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log, reader = SqliteLog(Path(folder), SetClock()), LogReader(Path(folder))
        results = SqliteResults(reader, UNITS, CODES, log)
        believed: list[Record] = []
        for known, (added, places) in enumerate(ticks, start=1):
            removed = [believed[place % len(believed)] for place in places if believed]
            publication = Publication(known, added, removed=removed)
            results.publish(publication)
            results.publish(publication)  # as after a commit that failed and was tried again
            believed = results.current(0, FAR_PAST, FAR_FUTURE)
            assert read(results) == by_quarter(believed)
        forget_before(log, Limits(BEGIN + forgotten * MINUTE))
        assert read(results) == by_quarter(results.current(0, FAR_PAST, FAR_FUTURE))
        reader.close()
        log.close()


def test_a_folder_without_the_sums_gets_them(tmp_path: Path) -> None:
    log, reader = SqliteLog(tmp_path, SetClock()), LogReader(tmp_path)
    SqliteResults(reader, UNITS, CODES, log).publish(Publication(1, [minute(0, n, n) for n in range(40)]))
    log.close()
    with sqlite3.connect(tmp_path / "log.db") as connection:
        for kind, name in connection.execute(
            "SELECT type, name FROM sqlite_master WHERE type = 'trigger' OR name = 'count_quarter'"
        ).fetchall():
            connection.execute(f"DROP {kind} IF EXISTS {name}")
    connection.close()
    log = SqliteLog(tmp_path, SetClock())
    results = SqliteResults(reader, UNITS, CODES, log)
    assert results.quarters(COUNTERS, 0, FAR_FUTURE)["a/total"].pieces.tolist() == [
        sum(range(15)), sum(range(15, 30)), sum(range(30, 40)),
    ]  # fmt: skip
    reader.close()
    log.close()


def test_a_renamed_line_counts_once(tmp_path: Path) -> None:
    log, reader = SqliteLog(tmp_path, SetClock()), LogReader(tmp_path)
    results = SqliteResults(reader, UNITS, CODES, log)
    results.publish(Publication(1, [minute(0, n, 1) for n in range(5)]))
    results.publish(Publication(2, [minute(0, n, 1, unit=1) for n in range(9)]))
    assert results.quarters(COUNTERS, 0, FAR_FUTURE)["a/total"].pieces.tolist() == [9]
    reader.close()
    log.close()
