"""Values that are read, as if they had been notified: one decoder for both, and the same digits of time."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua import uaerrors
from asyncua.ua.ua_binary import Primitives, nodeid_from_binary, struct_from_binary

from connectors.opcua.decode.columns import Reading
from connectors.opcua.decode.message import DATA_CHANGE, Message, Notification, rows_of
from connectors.opcua.items import Items
from connectors.opcua.link.channel import RawSession
from connectors.opcua.link.services import TOO_MUCH, Limits
from twin.core.batch import Batch
from twin.core.errors import Undecodable
from twin.core.ports import Clock


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads items by their handles. aliases: node -> what the server wants it called in this session."""

    source: str
    session: RawSession
    limits: Limits
    items: Items
    reading: Reading
    clock: Clock
    aliases: dict[ua.NodeId, ua.NodeId] = field(default_factory=dict[ua.NodeId, ua.NodeId])

    async def register(self, nodes: Sequence[ua.NodeId]) -> None:
        """Let the server prepare nodes for being read often. Raises UaError when it does not."""
        left = list(nodes)
        while left:
            part = left[: self.limits.read]
            self.aliases.update(zip(part, await self.session.register_nodes(part), strict=True))
            left = left[len(part) :]

    async def rows(self, handles: Sequence[int]) -> list[Batch]:
        """What the nodes hold now, a batch a call. Raises Undecodable."""
        batches: list[Batch] = []
        left = [handle for handle in handles if self.items.all[handle].node is not None]
        while left:
            part = left[: self.limits.read]
            try:
                answer = await self.session.read_raw([self._called(handle) for handle in part])
                message = as_message(answer, part)
            except TOO_MUCH:
                if len(part) == 1:
                    raise
                self.limits.reading.refused(len(part))
                continue
            left = left[len(part) :]
            batch = rows_of(message, self.reading, self.clock.now()).batch(self.source)
            if batch is not None:
                batches.append(batch)
        return batches

    def _called(self, handle: int) -> ua.NodeId:
        node = self.items.all[handle].node or ua.NodeId()
        return self.aliases.get(node, node)


def as_message(answer: bytes, handles: Sequence[int]) -> Message:
    """A ReadResponse as a data change, the bytes of each value as they are. Raises Undecodable, UaStatusCodeError."""
    buffer = Buffer(answer)
    try:
        nodeid_from_binary(buffer)
        struct_from_binary(ua.ResponseHeader, buffer).ServiceResult.check()
        if Primitives.Int32.unpack(buffer) != len(handles):
            raise uaerrors.BadUnexpectedError
        body = [struct.pack("<i", len(handles))]
        for handle in handles:
            start = buffer.cur_pos
            struct_from_binary(ua.DataValue, buffer)
            body += [struct.pack("<I", handle), answer[start : buffer.cur_pos]]
    except ua.UaStatusCodeError:
        raise
    except Exception as error:  # a hostile byte may raise anything in the driver; the link lives on
        raise Undecodable(f"response: {type(error).__name__}", str(error)) from error
    return Message(0, 0, (Notification(DATA_CHANGE, b"".join([*body, struct.pack("<i", -1)])),))
