"""A stand-in for an MQTT 5 broker that says CONNACK and PUBACK only when the test tells it to."""

import asyncio
from contextlib import asynccontextmanager, suppress

CONNECT, PUBLISH = 1, 3


class Connection:
    """One client that has said CONNECT."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self._unacknowledged = []

    def welcome(self):
        self._writer.write(bytes([0x20, 3, 0, 0, 0]))  # CONNACK: no session, success, no properties

    async def message(self):
        """The payload of the next PUBLISH (QoS 1)."""
        while True:
            kind, body = await packet(self._reader)
            if kind == PUBLISH:
                break
        identifier = 2 + int.from_bytes(body[:2])  # behind the topic; then comes the length of the properties, here 0
        self._unacknowledged.append(body[identifier : identifier + 2])
        return body[identifier + 3 :]

    def acknowledge(self, many):
        """The oldest ones of this connection."""
        for _ in range(many):
            self._writer.write(b"\x40\x02" + self._unacknowledged.pop(0))

    async def cut(self):
        self._writer.transport.abort()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


class Standin:
    """Listens on `port`."""

    def __init__(self):
        self.port = 0
        self.all = []
        self._new = asyncio.Queue()

    async def accept(self, reader, writer):
        kind, _ = await packet(reader)
        assert kind == CONNECT
        self.all.append(Connection(reader, writer))
        self._new.put_nowait(self.all[-1])

    async def connection(self):
        """The next client that has said CONNECT."""
        return await asyncio.wait_for(self._new.get(), 20)


async def packet(reader):
    """(kind, all behind the fixed header)."""
    async with asyncio.timeout(20):
        [first] = await reader.readexactly(1)
        length, place, more = 0, 0, True
        while more:
            [byte] = await reader.readexactly(1)
            length |= (byte & 0x7F) << place
            place += 7
            more = byte >= 0x80
        return first >> 4, await reader.readexactly(length)


@asynccontextmanager
async def standin():
    one = Standin()
    server = await asyncio.start_server(one.accept, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        for connection in one.all:
            await connection.cut()
