"""What a server's own history has of a gap, read in a session of its own beside the live values (OPC 10000-11, 6.5.3).

Servers differ in what they say, so little is believed: the range is asked a little wider than the gap and cut here, an
answer that is as long as was allowed is not taken for the end, and what came again behind a continuation point is left
out. Several nodes share a call; one that fails alone is told alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from asyncua import ua
from asyncua.ua import uaerrors
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes

from connectors.opcua.decode.columns import Reading
from connectors.opcua.decode.history import Answer, Stored, as_message, history_response
from connectors.opcua.decode.message import rows_of
from connectors.opcua.decode.repeats import Apart
from connectors.opcua.items import Items
from connectors.opcua.link.channel import RawSession
from connectors.opcua.link.offset import wrong_by
from connectors.opcua.link.reading import Reader
from connectors.opcua.link.services import TOO_MUCH, Limits, read
from twin.core.batch import Batch
from twin.core.errors import Undecodable
from twin.core.instant import FAR_PAST, SECOND, duration_text
from twin.core.ports import Clock, Recovered, Reporter
from twin.core.routing import AHEAD
from twin.core.status import BAD
from twin.core.status import name as status_name

NODES, VALUES = 10, 1000
"""Nodes of one call, and values of each: an answer is one piece for the log."""
FEWEST_VALUES = 10
MARGIN = 5 * SECOND
"""Asked beyond both ends of a gap: a sample is older than its arrival, and clocks differ a little."""
MOST_TRIES = 3
"""Times that one node's reading is begun again because the server forgot where it was."""
MOST_EMPTY = 100
"""Answers in a row without a value that promise more."""
GOODBYE_S = 1.0
HISTORY_READ = 0x04
"""The bit of AccessLevel (OPC 10000-3, 8.57)."""
NONE_HERE = {StatusCodes.BadNoData, StatusCodes.GoodNoData}
BEGIN_AGAIN = {StatusCodes.BadContinuationPointInvalid, StatusCodes.BadNoContinuationPoints}
UNSUPPORTED = (uaerrors.BadServiceUnsupported, uaerrors.BadNotImplemented)
"""The server cannot read history at all."""
REFUSALS = (
    *UNSUPPORTED,
    uaerrors.BadHistoryOperationUnsupported,
    uaerrors.BadHistoryOperationInvalid,
    uaerrors.BadUserAccessDenied,
    uaerrors.BadNotSupported,
    uaerrors.BadNodeIdUnknown,
    uaerrors.BadNoDataAvailable,
    uaerrors.BadInvalidArgument,
    uaerrors.BadInvalidTimestampArgument,
    uaerrors.BadTimestampsToReturnInvalid,
    uaerrors.BadTimestampNotSupported,
)
"""What a server says of a whole call although it may mean one node of it."""
ARRIVAL = "`time: arrival`: the times of this connection's samples are ours, which no history of a server knows"
NO_HISTORY = "the server keeps no history of this node (AccessLevel without HistoryRead)"


@dataclass(slots=True)
class Course:
    """How far the history of one node is read.

    start: ns, from here on nothing is read yet. continuation: the server's mark of the place. newest: the values at the
    newest time that came, which may come again.
    """

    handle: int
    start: int
    continuation: bytes = b""
    newest_time: int = FAR_PAST
    newest: list[bytes] = field(default_factory=list[bytes])
    tries: int = 0
    empty: int = 0

    def begin_again(self) -> bool:
        """The server has lost the place: from the last one that is known; False after too often."""
        self.tries += 1
        self.continuation = b""
        self.start = max(self.start, self.newest_time)
        return self.tries <= MOST_TRIES

    def new(self, values: Sequence[Stored], end: int) -> list[tuple[int, bytes]]:
        """(time, body) of those in [start, end) that did not come before, in the order of time."""
        timed = [(one.time, one.body) for one in values if one.time is not None and self.start <= one.time < end]
        timed.sort(key=lambda one: one[0])
        again = [body for time, body in timed if time == self.newest_time]
        if self.newest and again[: len(self.newest)] == self.newest:
            first = next(at for at, one in enumerate(timed) if one[0] == self.newest_time)
            del timed[first : first + len(self.newest)]
        return timed

    def took(self, values: Sequence[tuple[int, bytes]]) -> None:
        """These were kept."""
        if not values:
            return
        time = values[-1][0]
        before = self.newest if time == self.newest_time else []
        self.newest = before + [body for at, body in values if at == time]
        self.newest_time = time


@dataclass(slots=True)
class HistoryReader:
    """Reads the history of one connection's items, in one session."""

    source: str
    session: RawSession
    limits: Limits
    items: Items
    reading: Reading
    clock: Clock
    reporter: Reporter
    nodes: int = field(default_factory=lambda: NODES)
    values: int = field(default_factory=lambda: VALUES)
    _before: Apart = field(default_factory=Apart)
    _refused: dict[int, str] = field(default_factory=dict[int, str])
    _failed: set[int] = field(default_factory=set[int])

    async def pieces(
        self, start: int, end: int, tags: Collection[int], told: Mapping[str, str]
    ) -> AsyncGenerator[Recovered]:
        """What there is of the tags in [start, end), ns of our clock. told: tag -> why its node was not found."""
        found = await self.items.find(self.session, self.limits, self.items.missing())
        able = await self._able(found)
        aimed = {tag for handle in found for tag in self._tags(handle)}
        lost = {tag: told.get(self.items.tags[tag].name) or "the server has no such node" for tag in set(tags) - aimed}
        shift = await wrong_by(self.session, self.clock) or 0
        if shift > AHEAD:
            cause = f"the server's clock is {duration_text(shift)} ahead: its samples have the times of their arrival"
            lost |= dict.fromkeys(aimed & set(tags), cause)
            able = []
        refused = {tag: cause for tag, cause in (lost | self._refused).items() if tag in tags}
        if refused:
            yield Recovered(None, refused=refused)
        self.nodes = min(self.nodes, await self._declared())
        span = start + shift - MARGIN, end + shift + MARGIN
        while able:
            group, able = able[: self.nodes], able[self.nodes :]
            async for piece in self._group(group, span, end + shift, tags):
                yield piece

    async def _able(self, handles: Sequence[int]) -> list[int]:
        """The handles whose nodes say that there is history for us; the others are refused."""
        nodes = [self.items.all[handle].node or ua.NodeId() for handle in handles]
        kept = await read(self.session, nodes, AttributeIds.AccessLevel, self.limits)
        ours = await read(self.session, nodes, AttributeIds.UserAccessLevel, self.limits)
        able: list[int] = []
        for handle, one, mine in zip(handles, kept, ours, strict=True):
            if not allows(one):
                self._refuse(handle, NO_HISTORY)
            elif not allows(mine):
                self._refuse(handle, "BadUserAccessDenied: our user may not read this node's history")
            else:
                able.append(handle)
        return able

    async def _declared(self) -> int:
        """How many nodes the server takes in a HistoryRead."""
        node = ua.NodeId(ua.Int32(ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryReadData))
        [answer] = await self.session.read_attributes([node], AttributeIds.Value)
        most = None if answer.Value is None else answer.Value.Value
        return most if isinstance(most, int) and most > 0 else NODES

    async def _group(
        self, handles: Sequence[int], span: tuple[int, int], end: int, tags: Collection[int]
    ) -> AsyncGenerator[Recovered]:
        """All of some nodes' history in the span, then which of their tags are whole. end: of the gap."""
        waiting = [Course(handle, span[0]) for handle in handles]
        done: list[int] = []
        try:
            while waiting:
                part = [course for course in waiting if course.start == waiting[0].start][: self.nodes]
                answers = await self._answers(part, span[1])
                values: list[tuple[int, bytes]] = []
                for course, answer in zip(part, answers, strict=False):
                    if not self._take(course, answer, span[1], values):
                        waiting.remove(course)
                        done.append(course.handle)
                batch = await asyncio.to_thread(self._batch, values, tags)
                for piece in cut(batch):
                    yield Recovered(piece)
        finally:
            await self._release([course for course in waiting if course.continuation])
        behind = await self._behind([handle for handle in done if handle not in self._failed], span[0], end)
        mine = [tag for handle in handles for tag in self._tags(handle) if tag in tags]
        refused = {tag: self._refused[tag] for tag in mine if tag in self._refused}
        late = {tag: behind[tag] for tag in mine if tag in behind and tag not in refused}
        yield Recovered(None, [tag for tag in mine if tag not in refused and tag not in late], refused, late)

    def _take(self, course: Course, answer: Answer, end: int, values: list[tuple[int, bytes]]) -> bool:
        """Add what is new in an answer. False: this node has no more, or says no more."""
        course.continuation = answer.continuation
        if answer.status & BAD and answer.status not in NONE_HERE:
            if answer.status in BEGIN_AGAIN and course.begin_again():
                self.nodes = max(1, self.nodes // 2)
                return True
            self._refuse(course.handle, refusal(answer.status))
            return False
        new = course.new(answer.values, end)
        course.empty = 0 if new else course.empty + 1
        is_cut = not answer.continuation and len(answer.values) >= self.values
        if is_cut and new:  # a server that leaves out the rest and does not say so
            last = new[-1][0]
            whole = [one for one in new if one[0] < last]
            course.start = last if whole else last + 100
            new = whole or new
        course.took(new)
        values += [(course.handle, body) for _, body in new]
        if course.empty > MOST_EMPTY:
            self._refuse(course.handle, "the server promises more of its history and gives nothing")
            return False
        return bool(answer.continuation) or (is_cut and bool(new))

    async def _answers(self, part: Sequence[Course], end: int) -> list[Answer]:
        """One call for some nodes; with fewer, or fewer values, when that is too much. Those that are left out of the
        answers are asked again.
        """
        while True:
            some = part[: self.nodes]
            try:
                answer = await self.session.history_raw(self._request(some, end))
                return history_response(answer, self.reading.rule)[: len(some)]
            except TOO_MUCH:
                if len(some) > 1:
                    self.nodes = max(1, min(self.nodes, len(some)) // 2)
                elif self.values > FEWEST_VALUES:
                    self.values //= 2
                else:
                    raise
            except REFUSALS as error:
                if len(some) == 1 or isinstance(error, UNSUPPORTED):
                    return [Answer(error.code, b"", []) for _ in some]
                self.nodes = 1  # one of them spoils the call for the others
            except Undecodable as error:
                self.reporter.dead_letter(error.cause, "history", b"")
                return [Answer(StatusCodes.BadDecodingError, b"", []) for _ in some]

    def _request(self, part: Sequence[Course], end: int) -> ua.HistoryReadParameters:
        details = ua.ReadRawModifiedDetails(
            IsReadModified=False,
            StartTime=moment(part[0].start),
            EndTime=moment(end + 999),
            NumValuesPerNode=ua.Counter(self.values),
            ReturnBounds=False,
        )
        return self._of(details, [(course.handle, course.continuation) for course in part])

    def _of(self, details: ua.ReadRawModifiedDetails, nodes: Sequence[tuple[int, bytes]]) -> ua.HistoryReadParameters:
        return ua.HistoryReadParameters(
            HistoryReadDetails=details,
            TimestampsToReturn=ua.TimestampsToReturn.Both
            if self.reading.rule == "source"
            else ua.TimestampsToReturn.Server,
            ReleaseContinuationPoints=False,
            NodesToRead=[
                ua.HistoryReadValueId(NodeId=self.items.all[handle].node or ua.NodeId(), ContinuationPoint=mark or None)
                for handle, mark in nodes
            ],
        )

    async def _release(self, left: Sequence[Course]) -> None:
        """Tell the server that nobody comes back for these."""
        if not left:
            return
        request = self._request(left, left[0].start)
        request.ReleaseContinuationPoints = True
        with suppress(TimeoutError, OSError, ua.UaError):  # they end with the session
            async with asyncio.timeout(GOODBYE_S):
                await self.session.history_raw(request)

    def _batch(self, values: Sequence[tuple[int, bytes]], tags: Collection[int]) -> Batch | None:
        """The rows of the wanted tags, as they would have been had they been notified."""
        rows = rows_of(as_message(values), self.reading, FAR_PAST)
        for lost in rows.unheld:
            self.reporter.dead_letter(lost.cause, lost.place, lost.payload)
        batch = rows.batch(self.source, self._before)
        self._before.durable(self._before.mark)
        if batch is None:
            return None
        mine = np.isin(batch.tag, list(tags)) & (batch.time > 0)
        return batch if mine.all() else batch.take(mine) if mine.any() else None

    async def _behind(self, handles: Sequence[int], start: int, end: int) -> dict[int, int]:
        """Tags whose history ends before the gap does although their value has moved since: tag -> where it ends."""
        if not handles:
            return {}
        newest = await self._newest(handles)
        reader = Reader(self.source, self.session, self.limits, self.items, self.reading, self.clock)
        current: dict[int, Row] = {}
        with suppress(Undecodable):
            for batch in await reader.rows(handles):
                current |= by_tag(batch)
        return {
            tag: newest.get(tag, NEVER)[0]
            for tag, one in current.items()
            if is_behind(newest.get(tag, NEVER), one, start, end)
        }

    async def _newest(self, handles: Sequence[int]) -> dict[int, Row]:
        """The newest row in the history of each tag: one value, counted back from the far end."""
        details = ua.ReadRawModifiedDetails(
            IsReadModified=False,
            StartTime=ua.get_win_epoch(),
            EndTime=moment(self.clock.now() + 86_400 * SECOND),
            NumValuesPerNode=ua.Counter(1),
            ReturnBounds=False,
        )
        values: list[tuple[int, bytes]] = []
        for at in range(0, len(handles), self.nodes):
            part = handles[at : at + self.nodes]
            with suppress(Undecodable, *TOO_MUCH, *REFUSALS):
                answer = await self.session.history_raw(self._of(details, [(handle, b"") for handle in part]))
                found = zip(part, history_response(answer, self.reading.rule), strict=False)
                values += [(handle, one.values[0].body) for handle, one in found if one.values]
        return by_tag(rows_of(as_message(values), self.reading, FAR_PAST).batch(self.source))

    def _tags(self, handle: int) -> list[int]:
        return [target.tag for target in self.items.all[handle].targets]

    def _refuse(self, handle: int, cause: str) -> None:
        self._failed.add(handle)
        self._refused |= dict.fromkeys(self._tags(handle), cause)


Row = tuple[int, float, str | None, int]
"""time, value, text, status."""
NEVER: Row = (FAR_PAST, 0.0, None, -1)


def allows(level: ua.DataValue) -> bool:
    """Whether an access level lets history be read; one that cannot be read forbids nothing."""
    bits = None if level.Value is None else level.Value.Value
    return not isinstance(bits, int) or bool(bits & HISTORY_READ)


def refusal(status: int) -> str:
    """Why a node gave nothing, for people."""
    return f"{status_name(status)}: the server does not give this node's history"


def is_behind(newest: Row, now: Row, start: int, end: int) -> bool:
    """Whether a history has not got yet what a value did before `end`. start: older changes do not matter."""
    if newest[0] >= end or now[0] < start or now[0] // 1000 <= newest[0] // 1000:
        return False
    same = now[1] == newest[1] or (np.isnan(now[1]) and np.isnan(newest[1]))
    return not (same and now[2:] == newest[2:])


def by_tag(batch: Batch | None) -> dict[int, Row]:
    """The last row of each tag."""
    if batch is None:
        return {}
    text = [None] * len(batch) if batch.text is None else batch.text.tolist()
    rows = zip(batch.time.tolist(), batch.value.tolist(), text, batch.status.tolist(), strict=True)
    return dict(zip(batch.tag.tolist(), rows, strict=True))


def cut(batch: Batch | None) -> Iterator[Batch]:
    """Pieces of at most 10,000 rows."""
    if batch is not None:
        for at in range(0, len(batch), NODES * VALUES):
            yield batch.take(slice(at, at + NODES * VALUES))


def moment(ns: int) -> datetime:
    """An instant for the driver, which knows microseconds: rounded down."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ns // 1000)
