"""Rows read back from a real InfluxDB 1.x pass the door that our own stores pass."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pytest

from connectors.influx import PLUGIN
from connectors.influx.read import InfluxArchive
from tests.wire.influx.influxd import Influxd, influxd
from tests.wire.influx.lines import lines_of
from tests.wire.influx.spec import spec_of
from twin.core.batch import Batch, batch
from twin.core.errors import Misconfigured, Unreachable
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST, SECOND
from twin.core.tags import Tag, TagTable, TagType
from twin.testing import Lack, check_reads
from twin.testing.reads import rows_in
from twin.testing.sample_lists import NOON, READ_TAGS

pytestmark = pytest.mark.influx


@dataclass
class Archived:
    """Lines written past any outlet, one request a batch, and the archive that reads them."""

    server: Influxd
    database: str
    tags: TagTable
    reads: InfluxArchive
    lacks: frozenset[Lack] = frozenset({Lack.KNOWN})

    def put(self, recorded: int, item: Batch) -> None:
        self.server.write(self.database, lines_of(item, self.tags))


@contextmanager
def archived(server: Influxd, tags=READ_TAGS, **settings):
    database, table = server.fresh(), TagTable(tags)
    reads = PLUGIN.archive(spec_of(server.url, database, **settings), table)
    try:
        yield Archived(server, database, table, reads)
    finally:
        reads.close()


def test_influxdb_reads_as_the_contract_says(server) -> None:
    check_reads(lambda _folder: archived(server))


def test_reads_in_stretches_and_of_an_odd_measurement_are_the_same(server) -> None:
    measurement = 'odd "m", it\'s'
    with archived(server, stretch=100 * DAY, measurement=measurement) as store:
        item = batch("s", [0, 0, 1], [NOON, NOON + 500 * DAY, NOON], [1.0, 2.0, 3.0])
        server.write(store.database, lines_of(item, store.tags, measurement))
        both = np.array([0, 1], np.int32)
        found = store.reads.read_tags(both, NOON - DAY, NOON + 900 * DAY, FAR_FUTURE).samples
        assert found.value.tolist() == [1.0, 2.0, 3.0]
        last = store.reads.before(both, NOON + 900 * DAY, FAR_FUTURE, NOON - DAY)
        assert sorted(zip(last.tag.tolist(), last.value.tolist(), strict=True)) == [(0, 2.0), (1, 3.0)]
        first = store.reads.after(both, NOON - DAY, FAR_FUTURE, NOON + 900 * DAY)
        assert sorted(zip(first.tag.tolist(), first.value.tolist(), strict=True)) == [(0, 1.0), (1, 3.0)]
        with pytest.raises(Misconfigured, match=r"more than 400 stretches of 100 days.*`stretch`"):
            store.reads.read_tags(both, FAR_PAST, FAR_FUTURE, FAR_FUTURE)


def test_long_answers_come_in_documents_and_most_is_kept(server) -> None:
    rows = 25_000
    item = batch("s", np.arange(rows) % 2, NOON + np.arange(rows) // 2 * SECOND, np.arange(rows) / 8 - 1)
    with archived(server) as store:
        store.put(1, item)
        found = store.reads.read_tags(np.array([1, 0], np.int32), FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
        assert rows_in(found) == sorted(rows_in(found), key=lambda row: row[:2])
        assert (len(found), found.value.sum()) == (rows, item.value.sum())
        for most in (0, 9_999, 12_500, 20_000, rows):
            part = store.reads.read_tags(np.array([1, 0], np.int32), FAR_PAST, FAR_FUTURE, FAR_FUTURE, most).samples
            assert len(part) == min(most + 1, rows)


HOSTILE = (
    "'; DROP DATABASE t1; --",
    "a\nb",
    "a\\",
    "\\' OR 1=1 --",
    '"',
    "a\x00b\x7f",
    "100%2C",
    "x" * 4_000,
    "😀,=" * 50,
)


def test_names_that_would_be_more_than_names_are_names(server) -> None:
    with archived(server, tags=[Tag(name) for name in HOSTILE]) as store:
        store.put(1, batch("s", range(len(HOSTILE)), [NOON] * len(HOSTILE), range(len(HOSTILE))))
        for tag in range(len(HOSTILE)):
            found = store.reads.read_tags(np.array([tag], np.int32), FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
            assert (found.tag.tolist(), found.value.tolist()) == ([tag], [tag])
        every = np.arange(len(HOSTILE), dtype=np.int32)
        last = store.reads.before(every, FAR_FUTURE, FAR_FUTURE)
        assert sorted(last.value.tolist()) == list(range(len(HOSTILE)))


def test_an_answer_with_a_point_of_somebody_else(server) -> None:
    """No status there: taken as Good, with what number it has."""
    with archived(server) as store:
        server.write(store.database, b"linetwin,tag=line/filler/temp v=5 7\nlinetwin,tag=line/filler/temp other=1 8\n")
        store.put(1, batch("s", [0], [9], [6.0], 0x80000000))
        found = store.reads.read_tags(np.array([0], np.int32), FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
        assert (found.time.tolist(), found.value.tolist()) == ([7, 9], [5.0, 6.0])
        assert found.status.tolist() == [0, 0x80000000]


def test_a_row_over_another_one_is_that_row_alone(server) -> None:
    """The server joins the fields of two points of one time; what the first had is not given to the second."""
    table = [Tag("n"), Tag("t", TagType.TEXT)]
    with archived(server, tags=table) as store:
        store.put(1, batch("s", [0, 1], [5, 5], [1.0, float("nan")], text=[None, "old"]))
        store.put(2, batch("s", [0, 1], [5, 5], [float("nan")] * 2, 0x80000000))
        found = store.reads.read_tags(np.array([0, 1], np.int32), FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
        assert np.isnan(found.value).all()
        assert found.text is None
        assert found.status.tolist() == [0x80000000] * 2


def test_wrong_settings_are_told(server, tmp_path) -> None:
    tags = TagTable(READ_TAGS)

    def asked(*given, **settings) -> None:
        reads = PLUGIN.archive(spec_of(*given, **settings), tags)
        try:
            reads.read_tags(np.array([0], np.int32), 0, 10, FAR_FUTURE)
        finally:
            reads.close()

    with pytest.raises(Misconfigured, match=r"outlet historian: .*database not found: nope; check bucket"):
        asked(server.url, "nope")
    with pytest.raises(Misconfigured, match="retention policy not found: week; check bucket"):
        asked(server.url, f"{server.fresh()}/week")
    with pytest.raises(Misconfigured, match=r"404.*check the address"):
        asked(f"{server.url}/elsewhere", "db")
    with influxd(tmp_path, auth=True) as locked:
        database = locked.fresh()
        asked(locked.url, database, user="admin", password="p'w d")
        with pytest.raises(Misconfigured, match=r"401, .*check token, or user and password"):
            asked(locked.url, database, user="admin", password="wrong")
        with pytest.raises(Misconfigured, match="401"):
            asked(locked.url, database)
    with pytest.raises(Unreachable, match=r"outlet historian: http://127.*refused"):
        asked(locked.url, database)
