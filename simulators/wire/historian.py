"""What a PLC's values have been, kept in memory, and HistoryRead over it as the standard has it (OPC 10000-11, 6.5.3).

asyncua's own historian takes the end of a range into it, leaves out what is past the number asked for without a
continuation point, and answers for nodes that have no history. So this one stands in its place.

Bounds: `length_s` of the line's time, MOST_KEPT values of a node, MOST_MARKS continuation points of a server.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, cast

from asyncua import ua
from asyncua.server.address_space import AddressSpace
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.status_codes import StatusCodes

MOST_KEPT = 100_000
MOST_AT_ONCE = 10_000
"""Values of a node in one answer."""
MOST_MARKS = 100
HISTORY_READ = 0x04
"""The bit of AccessLevel that lets history be read."""
FIRST = ua.get_win_epoch()
"""A start or end that is not given."""


@dataclass(slots=True)
class Kept:
    """The values of one node, oldest first, and the times by which they are found."""

    times: deque[datetime] = field(default_factory=deque[datetime])
    values: deque[ua.DataValue] = field(default_factory=deque[ua.DataValue])


class Historian:
    """Outlives the lives of a server. nodes: those of its present life -> number of the variable."""

    def __init__(self, length_s: float) -> None:
        self.length_s = length_s
        self.nodes: dict[ua.NodeId, int] = {}
        self._kept: dict[int, Kept] = {}
        self._marks: OrderedDict[bytes, list[ua.DataValue]] = OrderedDict()
        self._marked = 0

    def keep(self, variable: int, data: ua.DataValue) -> None:
        """One more value of a variable; what has become too old goes. Out of order it finds its place."""
        time = data.SourceTimestamp
        if time is None:
            return
        kept = self._kept.setdefault(variable, Kept())
        at = len(kept.times)
        while at and kept.times[at - 1] > time:
            at -= 1
        kept.times.insert(at, cast(datetime, time))
        kept.values.insert(at, data)
        while len(kept.times) > MOST_KEPT or (kept.times[-1] - kept.times[0]).total_seconds() > self.length_s:
            kept.times.popleft()
            kept.values.popleft()

    def show(self, aspace: AddressSpace, node: ua.NodeId, variable: int) -> None:
        """Say at a node that it has a history."""
        self.nodes[node] = variable
        attributes = aspace[node].attributes
        attributes[AttributeIds.Historizing].value = ua.DataValue(ua.Variant(True, ua.VariantType.Boolean))
        for level in (AttributeIds.AccessLevel, AttributeIds.UserAccessLevel):
            held = attributes[level].value
            bits = held.Value.Value if held is not None and held.Value is not None else 0
            attributes[level].value = ua.DataValue(ua.Variant(bits | HISTORY_READ, ua.VariantType.Byte))

    def read(self, asked: ua.HistoryReadParameters) -> list[ua.HistoryReadResult]:
        """The answer to one HistoryRead."""
        if asked.ReleaseContinuationPoints:
            return [self._release(one.ContinuationPoint) for one in asked.NodesToRead]
        details = asked.HistoryReadDetails
        if not isinstance(details, ua.ReadRawModifiedDetails) or details.IsReadModified:
            return [result(StatusCodes.BadHistoryOperationUnsupported) for _ in asked.NodesToRead]
        if asked.TimestampsToReturn == ua.TimestampsToReturn.Neither:
            return [result(StatusCodes.BadTimestampsToReturnInvalid) for _ in asked.NodesToRead]
        return [self._read(details, one) for one in asked.NodesToRead]

    def _release(self, mark: bytes | None) -> ua.HistoryReadResult:
        found = self._marks.pop(mark or b"", None)
        return result(StatusCodes.BadContinuationPointInvalid if found is None else StatusCodes.Good)

    def _read(self, details: ua.ReadRawModifiedDetails, asked: ua.HistoryReadValueId) -> ua.HistoryReadResult:
        if asked.ContinuationPoint:
            left = self._marks.pop(asked.ContinuationPoint, None)
            if left is None:
                return result(StatusCodes.BadContinuationPointInvalid)
            return self._answer(left, details.NumValuesPerNode)
        variable = self.nodes.get(asked.NodeId)
        if variable is None:
            return result(StatusCodes.BadHistoryOperationUnsupported)
        if details.ReturnBounds:
            return result(StatusCodes.BadBoundNotSupported)
        start, end, number = details.StartTime or FIRST, details.EndTime or FIRST, details.NumValuesPerNode
        if (start == FIRST) + (end == FIRST) + (not number) > 1:
            return result(StatusCodes.BadInvalidTimestampArgument)
        return self._answer(between(self._kept.get(variable, Kept()), start, end), number)

    def _answer(self, values: list[ua.DataValue], number: int) -> ua.HistoryReadResult:
        most = min(number or MOST_AT_ONCE, MOST_AT_ONCE)
        given, left = values[:most], values[most:]
        if not left:
            return result(StatusCodes.Good if given else StatusCodes.GoodNoData, given)
        if len(self._marks) >= MOST_MARKS:
            return result(StatusCodes.BadNoContinuationPoints)
        self._marked += 1
        mark = self._marked.to_bytes(8, "little")
        self._marks[mark] = left
        return result(StatusCodes.Good, given, mark)


def between(kept: Kept, start: datetime, end: datetime) -> list[ua.DataValue]:
    """Values from the start on, the end left out; backward where the end lies before the start or stands alone."""
    times = kept.times
    if start == FIRST:
        return list(islice(kept.values, bisect_right(times, end)))[::-1]
    if end == FIRST:
        return list(islice(kept.values, bisect_left(times, start), None))
    if start == end:
        return list(islice(kept.values, bisect_left(times, start), bisect_right(times, end)))
    if start < end:
        return list(islice(kept.values, bisect_left(times, start), bisect_left(times, end)))
    return list(islice(kept.values, bisect_right(times, end), bisect_right(times, start)))[::-1]


def result(status: int, values: Sequence[ua.DataValue] = (), mark: bytes | None = None) -> ua.HistoryReadResult:
    """The result of one node."""
    data: Any = ua.HistoryData(DataValues=list(values))
    return ua.HistoryReadResult(
        StatusCode=ua.StatusCode(ua.UInt32(status)), ContinuationPoint=cast(Any, mark), HistoryData=data
    )
