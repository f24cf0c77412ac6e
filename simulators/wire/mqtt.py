"""The MQTT machines of a line: one publisher, MQTT 5, QoS 1, flat JSON objects with the instant in ms."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from secrets import token_hex

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from simulators.wire.message import Message, messages
from simulators.wire.nasty.chain import Chain
from simulators.wire.nasty.rival import take_over
from simulators.wire.nasty.twist import CABLE
from simulators.wire.opcua import Sample
from simulators.wiring import MqttValue

QUEUE = 100_000
"""Messages that wait while the broker is away; beyond that the newest are dropped, counted and named in one warning."""
IN_FLIGHT = 20
"""Messages that paho has at a time, all of them under way; the others wait here."""
FLUSH_S = 1.0
"""How long the end waits for the broker to have everything."""

logger = logging.getLogger(__name__)


class Publisher:
    """Carries messages in order; while the broker is away they wait, and the client connects again by itself.

    On a new connection paho sends again what the broker has not acknowledged, but only once it has read the CONNACK: a
    message that it is given while it waits for that goes out first. So it is given none from the attempt to connect on,
    until an acknowledgement comes (paho has sent everything again before it reads one), or the CONNACK when there is
    nothing to send again. paho's callbacks may hold a lock that its `publish` needs: `_change` is never held around it.

    nasty: what may become of messages on their way, and of the connection. name: client id.
    """

    def __init__(
        self, client: Client, values: Mapping[str, MqttValue], nasty: Chain | None = None, name: str = ""
    ) -> None:
        self._client = client
        self._name = name
        self._values = values
        self._topics = sorted({value.topic for value in values.values()})
        self._nasty = Chain() if nasty is None else nasty
        self._change = threading.Condition()
        self._waiting: deque[tuple[Message, str | None]] = deque()
        self._open = False
        self._handing = False
        self._unacknowledged = 0
        self.dropped = 0
        client.on_pre_connect = self._connecting
        client.on_connect = self._connected
        client.on_publish = self._arrived
        self._leave_a_will()

    def publish(self, samples: Sequence[Sample]) -> None:
        """One message for each topic and instant, with the values that have a sample there."""
        self._send(self._nasty.take(messages(samples, self._values)))

    def switch(self, name: str, on: bool) -> None:
        """Begin or end a nasty switch. One with a last will begins with the next connection, which it brings about."""
        if not on:
            self._send(self._nasty.off(name))
        elif self._nasty.on(name).will(self._topics) is not None:
            self._leave_a_will()
            self._break(CABLE)

    def end(self) -> None:
        """What nasty switches held back is sent."""
        self._send(self._nasty.close())

    def _send(self, all_: Sequence[Message]) -> None:
        for message in all_:
            breaks = next((how for twist in self._nasty if (how := twist.breaks()) is not None), None)
            with self._change:
                if len(self._waiting) < QUEUE:
                    self._waiting.append((message, breaks))
                else:
                    self._drop()
        self._hand_over()

    def flush(self) -> bool:
        """Wait until the broker has everything, at most FLUSH_S. Called outside the event loop."""
        with self._change:
            return self._change.wait_for(lambda: not self._waiting and self._unacknowledged == 0, FLUSH_S)

    def _hand_over(self) -> None:
        """Give paho what it may have, one message at a time whichever thread comes; the others leave it to that one."""
        while (message := self._next()) is not None:
            sent, breaks = message
            try:
                self._client.publish(sent.topic, sent.payload, qos=1, retain=sent.retain)
            finally:
                with self._change:
                    self._handing = False
                    self._change.notify_all()
            if breaks is not None:
                self._break(breaks)

    def _next(self) -> tuple[Message, str | None] | None:
        with self._change:
            if self._handing or not self._open or not self._waiting or self._unacknowledged >= IN_FLIGHT:
                return None
            self._handing = True
            self._unacknowledged += 1
            return self._waiting.popleft()

    def _drop(self) -> None:
        if self.dropped == 0:
            logger.warning("the MQTT broker is away and %d messages wait for it: newer ones are dropped", QUEUE)
        self.dropped += 1

    def _leave_a_will(self) -> None:
        for will in [will for twist in self._nasty if (will := twist.will(self._topics)) is not None]:
            self._client.will_set(will.topic, will.payload, qos=1, retain=will.retain)

    def _break(self, how: str) -> None:
        """Cut the connection as a cable is cut, or let another one take its client id over."""
        if how != CABLE:
            address = self._name, self._client.host, self._client.port
            threading.Thread(target=take_over, args=address, daemon=True).start()
            return
        wire = self._client.socket()
        if isinstance(wire, socket.socket):
            with suppress(OSError):  # it is gone already
                wire.shutdown(socket.SHUT_RDWR)

    # --- below this line: paho's thread ---------------------------------------------------------------------------

    def _connecting(self, *_: object) -> None:
        """No lock of paho is held here, so a message that is being handed over can be waited for."""
        with self._change:
            self._open = False
            self._change.wait_for(lambda: not self._handing)

    def _connected(self, *_: object) -> None:
        welcomes = [said for twist in self._nasty if (said := twist.welcome(self._topics)) is not None]
        with self._change:
            self._waiting.extendleft((said, None) for said in welcomes)
            self._open = self._unacknowledged == 0
        self._hand_over()

    def _arrived(self, *_: object) -> None:
        with self._change:
            self._open = True
            self._unacknowledged -= 1
            self._change.notify_all()
        self._hand_over()


@asynccontextmanager
async def mqtt_publisher(
    broker: str, values: Mapping[str, MqttValue], nasty: Chain | None = None
) -> AsyncGenerator[Publisher]:
    """A publisher connected to HOST:PORT. Raises OSError when no broker answers there at the start."""
    host, port = host_and_port(broker)
    name = f"simulator-{token_hex(4)}"  # without a name of its own a broker may refuse to let it come back
    client = Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5)
    client.max_inflight_messages_set(IN_FLIGHT)
    client.reconnect_delay_set(1, 5)
    publisher = Publisher(client, values, nasty, name)
    try:
        await asyncio.to_thread(client.connect, host, port, 15)
    except OSError as error:
        raise OSError(
            f"no MQTT broker at {broker} ({error.strerror or error}); start one, or do without MQTT"
        ) from error
    client.loop_start()
    try:
        yield publisher
    finally:
        publisher.end()
        await asyncio.to_thread(close, client, publisher)


def close(client: Client, publisher: Publisher) -> None:
    """Give the broker what it has not got, then go."""
    publisher.flush()
    client.disconnect()
    client.loop_stop()


def host_and_port(broker: str) -> tuple[str, int]:
    """The parts of HOST:PORT; ValueError when it is not that."""
    host, colon, port = broker.rpartition(":")
    if not colon or not host or not port.isdigit():
        raise ValueError(f"{broker!r} is not HOST:PORT, like 127.0.0.1:1883")
    return host.strip("[]"), int(port)
