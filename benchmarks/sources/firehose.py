"""An OPC UA server that answers every Publish at once with a value of every item: `python -m ... PORT WHICH`.

WHICH is `doubles`, `mixed` types or `plant`. asyncua's server does all else. The messages are made once for the handles
of the client; each one sent has new times, and of mixed ones each of eight in turn has texts of other lengths. Of the
plant (the tags of benchmarks.plant, at work) each has new values, too. It says `> ready` when it listens.
"""

from __future__ import annotations

import asyncio
import struct
import sys
import time
from typing import Any

import numpy as np
from asyncua import Server, ua
from asyncua.server import binary_server_asyncio
from asyncua.server.uaprocessor import UaProcessor
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.ua_binary import nodeid_from_binary, struct_from_binary
from numpy.typing import NDArray

from benchmarks.plant import NAMES, TAGS

ITEMS = 1000
V = ua.VariantType
MIXED = ((V.Double, "d", 1.5), (V.Int32, "i", 7), (V.Boolean, "?", True), (V.Float, "f", 2.5), (V.String, "", "part"))
SHAPES = 8
VARIANTS = 64
STANDS = 3000
"""Messages: so long a machine stands, and three times as long it works."""
TICKS_TO_1970 = 116_444_736_000_000_000
TEXT = 12
PUBLISH = ObjectIds.PublishRequest_Encoding_DefaultBinary
CREATE = ObjectIds.CreateMonitoredItemsRequest_Encoding_DefaultBinary


def kinds(which: str) -> list[tuple[ua.VariantType, str, Any]]:
    """Type, format and first value of each item."""
    return [MIXED[number % len(MIXED) if which == "mixed" else 0] for number in range(ITEMS)]


class Shape:
    """One data change in bytes, whose times are written anew for each message."""

    def __init__(self, handles: list[int], which: str, number: int) -> None:
        body = bytearray(struct.pack("<i", len(handles)))
        self.at: list[int] = []
        for handle, (kind, form, value) in zip(handles, kinds(which), strict=True):
            head = struct.pack("<IBB", handle, 0x0D, kind.value)
            if kind.value == TEXT:
                text = f"part {10 ** (number % 4) * (handle % 7 + 1)}".encode()
                body += head + struct.pack("<i", len(text)) + text
            else:
                body += head + struct.pack("<" + form, value)
            self.at.append(len(body))
            body += bytes(16)
        self.bytes = body + struct.pack("<i", -1)
        places = np.array(self.at)[:, None] + np.arange(16)
        self._places = places.ravel()
        self._all = np.frombuffer(self.bytes, np.uint8)
        self._value_places = (np.array(self.at)[:, None] + np.arange(-8, 0)).ravel()
        self._values = Values() if which == "plant" else None

    def now(self, number: int) -> bytearray:
        """The bytes with the times of now; of the plant with the values of this message."""
        ticks = time.time_ns() // 100 + TICKS_TO_1970
        self._all[self._places] = np.frombuffer(struct.pack("<qq", ticks, ticks) * len(self.at), np.uint8)
        if self._values is not None:
            self._all[self._value_places] = self._values.of(number).view(np.uint8)
        return self.bytes


class Values:
    """What the machines of the plant say: a piece in three messages, now and then a machine stands for a while."""

    def __init__(self) -> None:
        random = np.random.default_rng(1)
        machines = ITEMS // len(TAGS)
        self._offset = random.integers(0, STANDS, machines)
        self._analog = random.normal(50, 1, (VARIANTS, machines, len(TAGS)))

    def of(self, number: int) -> NDArray[np.float64]:
        """A value of each tag in a message."""
        value = self._analog[number % VARIANTS].copy()
        turn, within = np.divmod(number + self._offset, STANDS)
        stands = turn % 4 == 0
        total = (turn - turn // 4) * (STANDS // 3) + np.where(stands, 0, within // 3)
        value[:, 0], value[:, 1], value[:, 2] = total, total // 100, np.where(stands, 1 << 10, 0)
        return value.ravel()


class Firehose(UaProcessor):
    """The server's side of one connection."""

    which = "doubles"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.handles: list[int] = []
        self.subscription = 0
        self.shapes: list[Shape] = []
        self.sequence = 0
        self.waiting: list[tuple[Any, ua.PublishRequest]] = []

    async def process_message(self, seqhdr: Any, body: Any) -> bool:
        """Answer a Publish ourselves."""
        kind = nodeid_from_binary(body.copy()).Identifier
        if kind == PUBLISH:
            self.waiting.append((seqhdr, struct_from_binary(ua.PublishRequest, body)))
            self.pour()
            return True
        if kind == CREATE:
            wanted = struct_from_binary(ua.CreateMonitoredItemsRequest, body.copy()).Parameters
            self.handles += [one.RequestedParameters.ClientHandle for one in wanted.ItemsToCreate]
            self.subscription = wanted.SubscriptionId
        done = await super().process_message(seqhdr, body)
        self.pour()
        return done

    def pour(self) -> None:
        """Answer what waits, once all items are there."""
        if len(self.handles) < ITEMS:
            return
        if not self.shapes:
            self.shapes = [Shape(self.handles[-ITEMS:], self.which, n) for n in range(SHAPES)]
        waiting, self.waiting = self.waiting, []
        for seqhdr, request in waiting:
            self.sequence += 1
            body = self.shapes[self.sequence % SHAPES].now(self.sequence)
            data = self.message(request, body)
            self._transport.write(
                self._connection.message_to_binary(
                    data, message_type=ua.MessageType.SecureMessage, request_id=seqhdr.RequestId
                )
            )

    def message(self, request: ua.PublishRequest, body: bytearray) -> bytes:
        """A PublishResponse around a body (OPC 10000-4, 5.13.5)."""
        ticks = time.time_ns() // 100 + TICKS_TO_1970
        acknowledged = len(request.Parameters.SubscriptionAcknowledgements or [])
        parts = [
            b"\x01\x00" + struct.pack("<H", ObjectIds.PublishResponse_Encoding_DefaultBinary),
            struct.pack("<qIIBiHB", ticks, request.RequestHeader.RequestHandle, 0, 0, -1, 0, 0),
            struct.pack("<IiIBIqi", self.subscription, 1, self.sequence, 0, self.sequence, ticks, 1),
            b"\x01\x00" + struct.pack("<H", ObjectIds.DataChangeNotification_Encoding_DefaultBinary),
            struct.pack("<Bi", 1, len(body)),
            body,
            struct.pack("<i", acknowledged) + bytes(4 * acknowledged) + struct.pack("<i", -1),
        ]
        return b"".join(parts)


async def main(port: int, which: str) -> None:
    """Until it is killed."""
    Firehose.which = which
    binary_server_asyncio.UaProcessor = Firehose  # type: ignore[misc]
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    index = await server.register_namespace("urn:bench:plc")
    folder = await server.nodes.objects.add_folder(index, "Plc")
    for number, (kind, _, value) in enumerate(kinds(which)):
        name = NAMES[number].replace("/", ".") if which == "plant" else f"n{number}"
        await folder.add_variable(ua.NodeId(name, index), name, ua.Variant(value, kind))
    async with server:
        print("> ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
