"""Times that are wrong, missing or stand still, as a plain client sees them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from asyncua import Client

from tests.wire.simulators.nasty.plain import counted, watching

SECOND = timedelta(seconds=1)


async def doubles(*nasty, many=8):
    """(value, source stamp, server stamp) of some notifications, and the line."""
    async with counted(*nasty) as (run, addresses), watching(addresses["plc"]) as seen:
        await seen.until(lambda: len(seen.of("double")) >= many)
    return [(d.Value.Value, d.SourceTimestamp, d.ServerTimestamp) for d in seen.of("double")], run


def true_stamp(run, value):
    [time] = [t for t, v in run.sent_of("line/m0/double") if v == value]
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=time // 1000)


async def test_without_a_switch_both_stamps_are_the_lines():
    got, run = await doubles()
    assert all(source == server == true_stamp(run, value) for value, source, server in got)


async def test_the_clock_is_behind_and_the_servers_own_too():
    async with counted("clock-behind") as (run, addresses):
        async with watching(addresses["plc"]) as seen:
            await seen.until(lambda: len(seen.of("double")) > 5)
        async with Client(addresses["plc"]) as client:
            said = await client.nodes.server.get_child(["0:ServerStatus", "0:CurrentTime"])
            behind = datetime.now(UTC) - await said.read_value()
    for data in seen.of("double"):
        assert true_stamp(run, data.Value.Value) - data.SourceTimestamp == timedelta(minutes=40)
        assert data.ServerTimestamp == data.SourceTimestamp
    assert abs(behind - timedelta(minutes=40)) < 5 * SECOND


async def test_the_first_is_months_old():
    async with counted("old-first", tick=600 * 10**9) as (run, addresses), watching(addresses["plc"]) as seen:
        await seen.until(lambda: len(seen.of("double")) > 0)
    [first] = seen.of("double")
    assert true_stamp(run, first.Value.Value) - first.SourceTimestamp == timedelta(days=150)


async def test_those_behind_the_first_are_of_now():
    got, run = await doubles("old-first")
    assert all(source == server == true_stamp(run, value) for value, source, server in got[1:])


@pytest.mark.parametrize(
    ("name", "stamp"),
    [
        ("no-source-time", None),
        ("stamps-of-1601", datetime(1601, 1, 1, tzinfo=UTC)),
        ("stamps-of-9999", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
async def test_the_source_stamp_says_nothing_and_the_servers_is_right(name, stamp):
    got, run = await doubles(name)
    for value, source, server in got:
        assert source == stamp
        assert server == true_stamp(run, value)


async def test_stamps_stand_while_values_change():
    got, _ = await doubles("frozen-time")
    assert len({(source, server) for _, source, server in got}) == 1
    assert len({value for value, _, _ in got}) == len(got)


async def test_values_share_a_stamp():
    got, run = await doubles("whole-seconds", many=20)
    assert all(source == server == true_stamp(run, value).replace(microsecond=0) for value, source, server in got)
    assert len({source for _, source, _ in got}) < len(got) / 4


async def test_a_switch_begins_and_ends_while_the_line_runs():
    async with counted() as (_, addresses), watching(addresses["plc"]) as seen:
        await seen.until(lambda: len(seen.of("double")) > 2)
        await addresses.nasty("no-source-time")
        await seen.until(lambda: seen.of("double")[-1].SourceTimestamp is None)
        await addresses.nasty("no-source-time", on=False)
        await seen.until(lambda: seen.of("double")[-1].SourceTimestamp is not None)
        with pytest.raises(ValueError, match="nasty 'restart' lasts until the server ends"):
            await addresses.nasty("restart", on=False)
        with pytest.raises(ValueError, match="nasty 'clock-behind' is how a wire opens"):
            await addresses.nasty("clock-behind")
        with pytest.raises(ValueError, match="no nasty 'clock'; there are: special-ids, "):
            await addresses.nasty("clock")


async def test_a_switch_begins_at_its_instant():
    async with counted("no-source-time@1s") as (run, addresses), watching(addresses["plc"]) as seen:
        await seen.until(lambda: any(data.SourceTimestamp is None for data in seen.of("double")))
    [first, *_] = [data for data in seen.of("double") if data.SourceTimestamp is None]
    begun = run.sent_of("line/m0/double")[0][0]
    stamps = [time for time, value in run.sent_of("line/m0/double") if value == first.Value.Value]
    assert stamps[0] - begun >= 1e9
    assert seen.of("double")[0].SourceTimestamp is not None
