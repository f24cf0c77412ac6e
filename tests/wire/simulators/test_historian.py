"""The historian of a simulated PLC: bounds, order and continuation points as OPC 10000-11, 6.5.3 has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asyncua import Client, ua
from asyncua.ua.status_codes import StatusCodes

from simulators.wire.historian import MOST_MARKS, Historian
from simulators.wire.opcua import OpcUaShell, opcua_server, url
from simulators.wiring import OpcUaServer, OpcUaValue

BEGIN = 1_780_000_000 * 10**9
SPEC = OpcUaServer("plc", "PLC", "urn:plant:plc", ("PLC1",), history_s=60.0)
VALUES = {name: OpcUaValue("plc", name, (name,), "Double") for name in ("n", "m")}
NEVER = ua.get_win_epoch()


def at(second: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=BEGIN // 1000 + round(second * 1e6))


class Reading:
    """A client that reads history the long way."""

    def __init__(self, shell: OpcUaShell, client: Client, index: int) -> None:
        self.shell = shell
        self.client = client
        self.index = index

    async def read(
        self, start: datetime, end: datetime, number: int = 0, mark: bytes | None = None, node: str = "n", **more: Any
    ) -> tuple[int, list[float], bytes | None]:
        details = ua.ReadRawModifiedDetails(False, start, end, number, False)
        wanted = ua.HistoryReadValueId(ua.NodeId(node, self.index), ContinuationPoint=mark)
        keys: dict[str, Any] = {"TimestampsToReturn": ua.TimestampsToReturn.Both, "ReleaseContinuationPoints": False}
        asked = ua.HistoryReadParameters(HistoryReadDetails=details, NodesToRead=[wanted], **keys | more)
        [result] = await self.client.uaclient.session.history_read(asked)
        values = [value.Value.Value for value in result.HistoryData.DataValues or []]
        return result.StatusCode.value, values, result.ContinuationPoint


@pytest.fixture
async def plc() -> AsyncIterator[Reading]:
    async with opcua_server(SPEC, VALUES, dict.fromkeys(VALUES, (BEGIN, 0.0, 0)), 0) as shell:
        await shell.write([("n", BEGIN + second * 10**9, float(second), 0) for second in range(1, 11)])
        async with Client(url(shell.port)) as client:
            yield Reading(shell, client, await client.get_namespace_index("urn:plant:plc"))


async def test_the_start_belongs_to_a_range_and_its_end_does_not(plc: Reading) -> None:
    assert await plc.read(at(3), at(6)) == (0, [3.0, 4.0, 5.0], None)
    assert await plc.read(at(2.5), at(6.5)) == (0, [3.0, 4.0, 5.0, 6.0], None)
    assert await plc.read(at(3), at(3)) == (0, [3.0], None)


async def test_backward_where_the_end_lies_before_the_start_or_stands_alone(plc: Reading) -> None:
    assert await plc.read(at(6), at(3)) == (0, [6.0, 5.0, 4.0], None)
    assert (await plc.read(NEVER, at(4), 2))[:2] == (0, [4.0, 3.0])
    assert (await plc.read(at(8), NEVER, 9))[:2] == (0, [8.0, 9.0, 10.0])


async def test_what_is_past_the_number_asked_for_comes_behind_a_continuation_point(plc: Reading) -> None:
    status, values, mark = await plc.read(at(1), at(20), 4)
    assert (status, values) == (0, [1.0, 2.0, 3.0, 4.0])
    status, values, mark = await plc.read(at(1), at(20), 4, mark)
    assert (status, values) == (0, [5.0, 6.0, 7.0, 8.0])
    used = mark
    assert await plc.read(at(1), at(20), 4, mark) == (0, [9.0, 10.0], None)
    assert (await plc.read(at(1), at(20), 4, used))[0] == StatusCodes.BadContinuationPointInvalid


async def test_a_continuation_point_that_was_released_is_gone(plc: Reading) -> None:
    mark = (await plc.read(at(1), at(20), 4))[2]
    assert await plc.read(at(1), at(20), 4, mark, ReleaseContinuationPoints=True) == (0, [], None)
    assert (await plc.read(at(1), at(20), 4, mark))[0] == StatusCodes.BadContinuationPointInvalid


async def test_what_cannot_be_answered_is_told(plc: Reading) -> None:
    assert await plc.read(at(30), at(40)) == (StatusCodes.GoodNoData, [], None)
    assert (await plc.read(at(1), at(2), node="none"))[0] == StatusCodes.BadHistoryOperationUnsupported
    assert (await plc.read(NEVER, NEVER, 5))[0] == StatusCodes.BadInvalidTimestampArgument
    neither = ua.TimestampsToReturn.Neither
    assert (await plc.read(at(1), at(2), TimestampsToReturn=neither))[0] == StatusCodes.BadTimestampsToReturnInvalid


async def test_the_plc_remembers_what_happened_while_its_server_was_away(plc: Reading) -> None:
    await plc.shell.stop()
    await plc.shell.write([("n", BEGIN + second * 10**9, float(second), 0) for second in range(11, 14)])
    await plc.shell.restart()
    async with Client(url(plc.shell.port)) as client:
        again = Reading(plc.shell, client, plc.index)
        assert (await again.read(at(9), at(30)))[1] == [9.0, 10.0, 11.0, 12.0, 13.0]


def test_bounds_in_time_and_marks() -> None:
    historian = Historian(60.0)
    for second in range(200):
        historian.keep(0, ua.DataValue(ua.Variant(float(second)), SourceTimestamp=at(second)))
    node = ua.NodeId("n", 2)
    historian.nodes[node] = 0

    def asked(number: int) -> ua.HistoryReadResult:
        wanted = [ua.HistoryReadValueId(node)]
        details: Any = ua.ReadRawModifiedDetails(False, at(0), at(1000), number, False)
        return historian.read(ua.HistoryReadParameters(details, ua.TimestampsToReturn.Both, False, wanted))[0]

    kept: Any = asked(0).HistoryData
    assert [value.Value.Value for value in kept.DataValues] == [float(second) for second in range(139, 200)]
    statuses = [asked(1).StatusCode.value for _ in range(MOST_MARKS + 1)]
    assert statuses == [0] * MOST_MARKS + [StatusCodes.BadNoContinuationPoints]
