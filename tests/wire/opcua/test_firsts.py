"""First values months old are known now; what changed within a gap stays late data."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.wire.opcua.plant import Plc, free_port, setup, until
from tests.wire.opcua.test_node_opcua import node_server
from tests.wire.opcua.test_node_opcua import pytestmark as needs_node
from tests.wire.opcua.test_outages import drained, opened_again
from twin.core.batch import concatenate
from twin.core.event import VALUES_KNOWN_SINCE
from twin.core.instant import DAY, SECOND


def ago(**length: float) -> datetime:
    return datetime.now(UTC) - timedelta(**length)


def ns(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


async def test_a_value_90_days_old_is_known_now_and_told(tmp_path: Path) -> None:
    old = ago(days=90)
    async with Plc().running() as plc:
        await plc.write("n", 7.0, at=old)
        await plc.write("temp", 20.5, at=ago(seconds=1))
        test = setup(plc.url, tmp_path, {"n": "Line.n", "temp": "Line.temp"})
        begun = time.time_ns()
        async with test.connector.open() as batches:
            rows = concatenate(await until(batches, lambda bs: bool(test.values(bs, "n") and test.values(bs, "temp"))))
            await plc.write("n", 8.0, at=datetime.now(UTC))
            [later] = await until(batches, lambda bs: 8.0 in test.values(bs, "n"))
    n = test.tags.get("n")
    at = rows.time[rows.tag == n].tolist()
    assert len(at) == 1
    assert begun <= at[0] < int(later.time[0])
    assert rows.time[rows.tag != n] >= begun - 2 * SECOND
    told = [event.body for event in test.record.events if event.kind == VALUES_KNOWN_SINCE]
    assert told == [{"since": {str(n): ns(old)}}]
    assert test.record.counts["known_now"] == 1


async def test_a_value_from_within_the_gap_stays_late_data(tmp_path: Path) -> None:
    """The server restarts with a value that changed while nobody listened, and one that did not."""
    port = free_port()
    test = setup(f"opc.tcp://127.0.0.1:{port}", tmp_path, {"n": "Line.n", "temp": "Line.temp"})
    async with AsyncExitStack() as stack:
        async with Plc(port).running() as plc:
            await plc.write("n", 1.0, at=ago(seconds=2))
            batches = await opened_again(test, stack)
            await until(batches, lambda bs: 1.0 in test.values(bs, "n"))
        await drained(batches, [])
    within = datetime.now(UTC)
    async with Plc(port).running() as plc, AsyncExitStack() as stack:
        await plc.write("n", 2.0, at=within)
        await plc.write("temp", 19.0, at=ago(days=2))
        batches = await opened_again(test, stack)
        rows = concatenate(await until(batches, lambda bs: bool(test.values(bs, "n") and test.values(bs, "temp"))))
    n = test.tags.get("n")
    assert rows.time[rows.tag == n].tolist() == [ns(within)]
    assert rows.time[rows.tag != n] > time.time_ns() - DAY


class TestNode:
    """node-opcua stamps a value with its last change, however long ago."""

    pytestmark = needs_node

    async def test_an_old_change_is_known_now(self, tmp_path: Path) -> None:
        async with node_server(tmp_path / "pki") as server:
            server.tell(set="n", value=7, ago_ms=90 * 86_400_000)
            server.tell(set="temp", value=1.5)
            test = setup(server.url, tmp_path, {"n": "Line.n", "temp": "Line.temp"})
            async with test.connector.open() as batches:
                rows = concatenate(await until(batches, lambda bs: 7.0 in test.values(bs, "n")))
                server.tell(set="n", value=8)
                await until(batches, lambda bs: 8.0 in test.values(bs, "n"))
        n = test.tags.get("n")
        assert (rows.time[rows.tag == n] > time.time_ns() - DAY).all()
        [told] = [event.body["since"] for event in test.record.events if event.kind == VALUES_KNOWN_SINCE]
        assert abs(time.time_ns() - 90 * DAY - told[str(n)]) < DAY
