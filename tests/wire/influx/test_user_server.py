"""The whole contract on one server: on InfluxDB 1.6.7 in every run, on one of yours by `pytest -m influx_live`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from connectors.influx import PLUGIN
from tests.wire.influx.same_numbers import check_same_numbers
from tests.wire.influx.sides import arrived, outlet_to
from tests.wire.influx.spec import spec_of
from tests.wire.influx.test_writes import held_points, sent
from tests.wire.influx.user_server import UserServer, from_environment, user_server
from twin.core.batch import Batch, batch
from twin.core.history import Slice
from twin.core.ports import Archive, Outlet
from twin.core.rows import samples_of
from twin.core.tags import TagTable
from twin.testing import Lack, OtherSide, check_outlet, check_reads
from twin.testing.outlets import Arrived
from twin.testing.sample_lists import READ_TAGS


@pytest.fixture(
    scope="module",
    params=[pytest.param("influxd", marks=pytest.mark.influx), pytest.param("yours", marks=pytest.mark.influx_live)],
)
def users(request) -> Iterator[UserServer]:
    """Debian's InfluxDB 1.6.7, or the server that LINETWIN_INFLUX_URL names."""
    if request.param == "yours":
        with from_environment() as server:
            yield server
    else:
        with user_server(request.getfixturevalue("server").url) as server:
            yield server


@dataclass
class Side(OtherSide):
    server: UserServer
    measurement: str

    def outlet(self, tags: TagTable) -> Outlet:
        return outlet_to(self.server.url, tags, **self.server.settings(self.measurement))

    def arrived(self) -> list[Arrived]:
        held = held_points(self.server, self.server.database, self.measurement)
        return arrived(point for point in held if point.tags["tag"] != "other")

    def misconfigured(self, tags: TagTable) -> Outlet | None:
        wrong = self.server.settings(self.measurement)
        if wrong.get("token"):
            wrong["token"] = "wrong"
        elif wrong.get("user"):
            wrong["password"] = "wrong"
        elif self.server.version == "3":  # which makes a database for whoever writes
            return None
        return outlet_to(self.server.url, tags, **{**wrong, "bucket": "linetwin_nobody"})

    def unwanted(self) -> Batch | None:
        if self.server.version == "3":  # there a type counts for the whole table
            return None
        self.server.write(self.measurement.replace(" ", r"\ ").encode() + b',tag=other v="text" 10\n')
        return batch("s", [2, 2, 2], [7, 8, 9], [1.0, 2.0, 3.0])


@pytest.mark.slow
def test_the_outlet_keeps_its_contract(users) -> None:
    @contextmanager
    def side() -> Iterator[OtherSide]:
        yield Side(users, next(users.measurements))

    check_outlet(side)


@dataclass
class Sent:
    """Rows through the outlet, and the archive that reads them."""

    server: UserServer
    settings: dict[str, object]
    tags: TagTable
    reads: Archive
    lacks: frozenset[Lack] = field(default=frozenset({Lack.KNOWN}))

    def put(self, recorded: int, item: Batch) -> None:
        piece = Slice(samples_of([(recorded, item)]), [])
        assert asyncio.run(sent(self.server.url, self.tags, piece, **self.settings)) == []


def test_what_was_sent_reads_as_the_contract_says(users) -> None:
    @contextmanager
    def opened(_folder) -> Iterator[Sent]:
        settings, tags = users.settings(next(users.measurements)), TagTable(READ_TAGS)
        reads = PLUGIN.archive(spec_of(users.url, "", **settings), tags)
        try:
            yield Sent(users, settings, tags, reads)
        finally:
            reads.close()

    check_reads(opened, logs=4)


async def test_the_same_question_has_the_same_answer(users, tmp_path) -> None:
    await check_same_numbers(users.url, users.settings(next(users.measurements)), tmp_path)
