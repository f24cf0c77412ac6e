"""The outlet against servers of others. InfluxDB 1.6.7 by /write, and by /api/v2/write through the shim;
VictoriaMetrics, which is no InfluxDB. Servers of version 2 and 3 are not among them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from tests.unit.connectors.influx.line_parser import Point
from tests.unit.connectors.influx.test_lines import NASTY
from tests.wire.influx.influxd import Influxd, influxd
from tests.wire.influx.shim import shim
from tests.wire.influx.sides import arrived, outlet_to
from tests.wire.influx.victoria import victoria
from twin.core.batch import Batch, batch
from twin.core.errors import Misconfigured, Unreachable
from twin.core.history import Slice
from twin.core.ports import Outlet
from twin.core.rows import samples_of
from twin.core.tags import Tag, TagTable, TagType
from twin.testing import FaultProxy, OtherSide, check_outlet
from twin.testing.outlets import Arrived

MS = 1_000_000
BEGIN = 1_700_000_000_000 * MS


def _integer(text: str) -> float:
    return -0.0 if text == "-0" else int(text)


def held_points(server: Influxd, database: str, measurement: str = "linetwin") -> list[Point]:
    """Every point that the server holds, read with the columns that it shows."""
    found: list[Point] = []
    answer = server.query(f'SELECT * FROM "{measurement}" GROUP BY "tag"', database)
    for series in json.loads(answer, parse_int=_integer)["results"][0].get("series", []):
        for row in series["values"]:
            fields = {name: value for name, value in zip(series["columns"], row, strict=True) if value is not None}
            time: Any = fields.pop("time")
            found.append(Point("linetwin", series["tags"], fields, time))
    return found


class InfluxdSide(OtherSide):
    """A database of a real InfluxDB 1.6.7, reached over a wire that can be cut."""

    def __init__(self, server: Influxd, wire: FaultProxy, url: str, **settings: object) -> None:
        self._server = server
        self._wire = wire
        self._database = server.fresh()
        self._settings = {"bucket": self._database, **settings}
        self._url = url

    def outlet(self, tags: TagTable) -> Outlet:
        return outlet_to(self._url, tags, **self._settings)

    def arrived(self) -> list[Arrived]:
        held = held_points(self._server, self._database)
        return arrived(point for point in held if point.tags["tag"] != "other")

    @contextmanager
    def away(self) -> Iterator[None]:
        self._wire.refuse()
        self._wire.cut()
        yield
        self._wire.mend()

    def misconfigured(self, tags: TagTable) -> Outlet:
        return outlet_to(self._url, tags, **{**self._settings, "bucket": "nobody"})

    def unwanted(self) -> Batch:
        """Where another program wrote texts into the field, numbers conflict: a type counts for a week."""
        self._server.write(self._database, b'linetwin,tag=other v="text" 10\n')
        return batch("s", [2, 2, 2], [7, 8, 9], [1.0, 2.0, 3.0])


@pytest.mark.influx
def test_influxdb_1_keeps_the_contract(server, fault_proxy) -> None:
    @contextmanager
    def side() -> Iterator[OtherSide]:
        wire = fault_proxy(int(server.url.rpartition(":")[2]))
        yield InfluxdSide(server, wire, f"http://127.0.0.1:{wire.port}", gzip="on")

    check_outlet(side)


@pytest.mark.influx
def test_influxdb_1_keeps_the_contract_behind_the_shim_for_version_2(server, fault_proxy) -> None:
    @contextmanager
    def side() -> Iterator[OtherSide]:
        with shim(server.url) as url:
            wire = fault_proxy(int(url.rpartition(":")[2]))
            yield InfluxdSide(server, wire, f"http://127.0.0.1:{wire.port}", version="2")

    check_outlet(side)


async def sent(url: str, tags: TagTable, piece: Slice, **settings: object):
    async with outlet_to(url, tags, **settings).open() as sender:
        return await sender.send(piece)


def rows(tag, time, value, status=0, text=None, recorded=1) -> Slice:
    return Slice(samples_of([(recorded, batch("s", tag, time, value, status, text))]), [])


@pytest.mark.influx
async def test_hostile_names_and_texts_come_back_from_influxdb_1(server) -> None:
    database, n = server.fresh(), len(NASTY)
    table = TagTable([Tag(name, TagType.TEXT) for name in NASTY])
    assert (
        await sent(server.url, table, rows(np.arange(n), np.arange(n), [math.nan] * n, 0, NASTY), bucket=database) == []
    )
    there = arrived(held_points(server, database), TagType.TEXT)
    assert sorted((name, time, text) for name, time, _, _, text in there) == sorted(
        zip(NASTY, range(n), NASTY, strict=True)
    )


@pytest.mark.influx
async def test_any_float_comes_back_from_influxdb_1(server) -> None:
    database, rng = server.fresh(), np.random.default_rng(3)
    value = rng.integers(-(2**63), 2**63, 2_000).view(np.float64)
    value = np.concatenate([value[~np.isnan(value)], np.round(rng.normal(size=1_000), 3), [5e-324, -0.0, 2.0**63]])
    n = len(value)
    piece = rows(np.zeros(n, int), BEGIN + np.arange(n), value)
    assert await sent(server.url, TagTable([Tag("a")]), piece, bucket=database) == []
    there = np.array([one[2] for one in sorted(arrived(held_points(server, database)), key=lambda row: row[1])])
    assert np.array_equal(there.view(np.int64), value.view(np.int64))


@pytest.mark.influx
async def test_a_row_written_over_another_takes_its_place_in_influxdb_1(server) -> None:
    database, table = server.fresh(), TagTable([Tag("a")])
    first = [(1.0, None), (math.nan, None), (2.0**53, "9007199254740993"), (math.inf, None), (3.0, "x")]
    then = [(math.nan, None), (4.0, None), (1.0, None), (5.0, None), (math.nan, "y")]
    for recorded, row in enumerate([first, then], start=1):
        values, texts = zip(*row, strict=True)
        piece = rows([0] * 5, range(5), values, 0x80000000, list(texts), recorded)
        assert await sent(server.url, table, piece, bucket=database) == []
    there = sorted(arrived(held_points(server, database)), key=lambda row: row[1])
    assert [(repr(one[2]), one[4]) for one in there] == [(repr(value), text) for value, text in then]


@pytest.mark.influx
async def test_rows_older_than_what_influxdb_1_keeps_are_named(server) -> None:
    database, table = server.fresh(), TagTable([Tag("a")])
    server.query(f'CREATE RETENTION POLICY "day" ON "{database}" DURATION 1d REPLICATION 1 DEFAULT')
    refused = await sent(server.url, table, rows([0, 0], [5, 2**62], [1.0, 2.0]), bucket=database)
    assert [one.time for one in refused] == [5]
    assert "points beyond retention policy" in refused[0].cause
    with pytest.raises(Misconfigured, match=f"check bucket \\({database}/none\\)"):
        await sent(server.url, table, rows([0], [2**62], [1.0]), bucket=f"{database}/none")


@pytest.mark.influx
async def test_users_of_influxdb_1(tmp_path) -> None:
    with influxd(tmp_path, auth=True) as server:
        database, table, piece = server.fresh(), TagTable([Tag("a")]), rows([0], [1], [1.0])
        assert await sent(server.url, table, piece, bucket=database, user="admin", password="p'w d") == []
        for wrong in ({"user": "admin", "password": "no"}, {}):
            with pytest.raises(Misconfigured, match=r"401: .*; check"):
                await sent(server.url, table, piece, bucket=database, **wrong)
    with pytest.raises(Unreachable):
        await sent(server.url, table, piece, bucket=database)


@pytest.mark.victoria
@pytest.mark.parametrize("version", ["1", "2"])
async def test_victoriametrics_holds_numbers_at_their_millisecond(tmp_path, version) -> None:
    n = np.arange(3_000)
    value = np.round(np.random.default_rng(4).normal(50, 10, len(n)), 3)
    names = ["line/filler/temp", "a b,c=d"]
    table = TagTable([Tag(name) for name in names])
    with victoria(tmp_path) as server:
        piece = rows(n % 2, BEGIN + n * MS + 17, value, np.where(n % 7 == 0, 0x80000000, 0))
        for _ in range(2):
            assert await sent(server.url, table, piece, version=version) == []
        numbers, qualities = server.held("v"), server.held("q")
    places = [(names[row % 2], BEGIN // MS + row) for row in n.tolist()]
    assert numbers.keys() == qualities.keys() == set(places)
    assert all(set(numbers[place]) == {one} for place, one in zip(places, value.tolist(), strict=True))
    assert all(set(qualities[place]) == {0x80000000 if row % 7 == 0 else 0} for row, place in enumerate(places))
