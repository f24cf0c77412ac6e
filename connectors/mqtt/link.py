"""Link: one connection to a broker, and the only file in which paho's thread runs.

The thread reads the wire and appends to a deque; the event loop is woken once for a group of messages, not once for
each. paho does not reconnect: a link is used once, and its end is an error for whoever waits.
"""

from __future__ import annotations

import asyncio
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from connectors.mqtt.decode import Message
from connectors.mqtt.payload import LARGEST
from connectors.mqtt.refusal import failure, loss, refusal
from connectors.mqtt.settings import Broker
from connectors.mqtt.tls import Context, context_of
from connectors.mqtt.wire import BufferedClient, Pubacks, Publish
from twin.core.errors import LinetwinError, Unreachable
from twin.core.ports import Clock

ANSWER_S = 10.0
"""How long CONNACK may take."""
LEAVE_S = 1.5
"""How long DISCONNECT may take before the socket is closed under it."""
FILTERS_AT_ONCE = 100
"""Filters in one SUBSCRIBE: brokers bound the size of a packet (rumqttd: 20 kB)."""
WAITING_MESSAGES = 70_000
"""More than Receive Maximum can be, so that only QoS 0 meets this bound: then the wire is not read on."""
WAITING_BYTES = 64 << 20
PACE_S = 0.005
"""The wire is read at most so often: 10,000 messages a second are 200 wake-ups of thread, loop and log."""


class Link:
    """Opened once, closed once. Only `_run` and the `_on_...` callbacks run in paho's thread."""

    def __init__(self, broker: Broker, clock: Clock, clean: bool = False) -> None:
        self.broker = broker
        self._clock = clock
        self._clean = clean
        self._loop = asyncio.get_running_loop()
        self._tls: Context | None = context_of(broker) if broker.tls else None
        self._client = self._make_client()
        self._woken_by, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._thread = threading.Thread(target=self._run, name=f"mqtt-{broker.client_id}", daemon=True)
        self._connected: asyncio.Future[bool] = self._loop.create_future()
        self._granted: dict[int, asyncio.Future[Sequence[int]]] = {}
        self._finished = asyncio.Event()
        self._error: LinetwinError | None = None
        self._closing = self._left = self._answered = False
        self._waiting: deque[Message] = deque()
        self._some = asyncio.Event()
        self._woken = False
        self._confirmed: deque[int] = deque()
        self._pubacks = Pubacks()
        self._bytes_in = self._bytes_out = 0

    async def open(self) -> bool:
        """Connect. Whether the broker still had our session. Raises Unreachable or Misconfigured."""
        self._thread.start()
        try:
            return await asyncio.wait_for(asyncio.shield(self._connected), ANSWER_S)
        except TimeoutError:
            raise Unreachable(f"{self.broker.url}: no CONNACK in {ANSWER_S:.0f} s (is this an MQTT broker?)") from None

    async def subscribe(self, wanted: Mapping[str, int]) -> dict[str, int]:
        """Subscribe filters with their QoS. Gives the reason code of each: 0 and 1 are the granted QoS, 128 up refused.

        Retained messages come only for a subscription that is new to the session: a reconnect must not forge data.
        A broker may answer only when what waits in the session is acknowledged. Raises why the link ended.
        """
        filters = list(wanted)
        granted: dict[str, int] = {}
        for start in range(0, len(filters), FILTERS_AT_ONCE):
            part = filters[start : start + FILTERS_AT_ONCE]
            options = [(f, SubscribeOptions(qos=wanted[f], retainHandling=_retain_handling(f))) for f in part]
            rc, mid = self._client.subscribe(options)
            if rc != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
                raise self._error or Unreachable(f"{self.broker.url}: connection lost while subscribing")
            answer = self._granted[mid] = self._loop.create_future()
            granted.update(zip(part, await answer, strict=True))
        return granted

    def unsubscribe(self, filters: Sequence[str]) -> None:
        """End subscriptions that the session still has from an older plant file."""
        for start in range(0, len(filters), FILTERS_AT_ONCE):
            self._client.unsubscribe(list(filters[start : start + FILTERS_AT_ONCE]))

    async def messages(self, most: int = 1000) -> list[Message]:
        """What came, at least one message. Raises why the link ended, once nothing waits any more."""
        while not self._waiting:
            if self._error is not None:
                raise self._error
            self._some.clear()
            self._woken = False
            if not self._waiting:  # one may have come before the flag fell
                await self._some.wait()
        taken = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
        self._bytes_out += sum(len(message.payload) for message in taken)
        return taken

    def acknowledge(self, mid: int) -> None:
        """Confirm one PUBLISH. After the link has ended this does nothing: ids belong to their connection."""
        if self._error is None and not self._closing:
            first = not self._confirmed
            self._confirmed.append(mid)
            if first:
                self._wake()

    async def close(self) -> None:
        """Disconnect, within 2 s whatever the broker does. The broker keeps the session."""
        self._closing = True
        if not self._thread.is_alive():
            return
        self._wake()
        try:
            await asyncio.wait_for(self._finished.wait(), LEAVE_S)
        except TimeoutError:
            _cut(self._client.socket())

    def _wake(self, *_of_paho: Any) -> None:
        with suppress(OSError):  # the thread has ended, or has been woken often enough
            self._waker.send(b"\0")

    def _make_client(self) -> Client:
        client = BufferedClient(
            CallbackAPIVersion.VERSION2,
            client_id=self.broker.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        if self.broker.user:
            client.username_pw_set(self.broker.user, self.broker.password or None)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        # With a callback here paho leaves every write to the thread below, and calls it once until all is written.
        client.on_socket_register_write = self._wake
        return client

    # --- below this line: paho's thread -----------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._read_on()
            self._end(loss(self.broker))
        except OSError as error:
            self._end(loss(self.broker, error) if self._answered else failure(self.broker, error))
        except Exception as error:  # paho raises what it likes on a malformed packet; the thread must still report
            self._end(Unreachable(f"{self.broker.url}: {type(error).__name__} while reading: {error}"))
        finally:
            self._woken_by.close()
            self._waker.close()
            # paho closes its socket itself, but not after an exception, nor one whose handshake failed
            for left in (self._client.socket(), None if self._tls is None else self._tls.last):
                if left is not None:
                    left.close()

    def _read_on(self) -> None:
        broker, client = self.broker, self._client
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = broker.session_expiry
        properties.ReceiveMaximum = broker.receive_maximum
        client.connect(broker.host, broker.port, broker.keepalive, clean_start=self._clean, properties=properties)
        status = MQTTErrorCode.MQTT_ERR_SUCCESS
        while status == MQTTErrorCode.MQTT_ERR_SUCCESS:
            status = self._turn()

    def _turn(self) -> MQTTErrorCode:
        """Wait for the wire or for something to send; read all that is there; send; keep the link alive.

        paho's own loop waits anew before each packet and wakes its thread for each acknowledgement.
        """
        wire: Any = self._client.socket()
        if wire is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        full = self._is_full()
        held = not full and wire.pending() > 0
        to_write = [wire] if self._pubacks or self._confirmed or self._client.want_write() else []
        patience = 0.0 if held else 0.01 if full else 0.5
        readable, _, _ = select.select([self._woken_by] if full else [wire, self._woken_by], to_write, [], patience)
        if self._woken_by in readable:
            self._woken_by.recv(4096)
        status = MQTTErrorCode.MQTT_ERR_SUCCESS
        if held or wire in readable:
            status = self._read_all()
            if wire.pending() == 0:
                time.sleep(PACE_S)
        if status == MQTTErrorCode.MQTT_ERR_SUCCESS:
            status = self._write_all(wire)
        return status or self._client.loop_misc()

    def _write_all(self, wire: Any) -> MQTTErrorCode:
        """Acknowledgements and paho's packets take turns; neither cuts into the other's unsent rest.

        DISCONNECT goes last: what was confirmed before `close` is confirmed to the broker.
        """
        if not self._pubacks and not self._client.want_write():
            self._pubacks.add(self._confirmed.popleft() for _ in range(len(self._confirmed)))
        if self._pubacks:
            self._pubacks.send(wire)
        if self._closing and not self._left and not self._pubacks and not self._confirmed:
            self._left = True
            self._client.disconnect()
        if not self._pubacks and self._client.want_write():
            return self._client.loop_write()
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _read_all(self) -> MQTTErrorCode:
        """One piece of the wire: its PUBLISH packets are taken here, the others are handed to paho one by one."""
        wire: Any = self._client.socket()
        wire.fill()
        arrival = self._clock.now()
        while True:
            publish = wire.next_publish()
            if publish is not None:
                self._take(publish, arrival)
                continue
            if not wire.offer():
                return MQTTErrorCode.MQTT_ERR_SUCCESS
            status = self._client.loop_read()
            if status != MQTTErrorCode.MQTT_ERR_SUCCESS or self._client.socket() is None:
                return status

    def _take(self, publish: Publish, arrival: int) -> None:
        try:
            topic = publish.topic.decode()
        except UnicodeDecodeError:
            topic = ""
        payload = publish.payload[: LARGEST + 1]
        self._add(Message(topic, payload, arrival, publish.retain, publish.dup, publish.mid))

    def _is_full(self) -> bool:
        return len(self._waiting) >= WAITING_MESSAGES or self._bytes_in - self._bytes_out >= WAITING_BYTES

    def _on_connect(self, _client: Client, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        self._answered = True
        if reason.value:
            self._end(refusal(self.broker, reason.value, str(reason)))
        else:
            self._post(_settle, self._connected, bool(flags.session_present))

    def _on_subscribe(self, _client: Client, _data: Any, mid: int, reasons: Iterable[Any], _properties: Any) -> None:
        self._post(self._grant, mid, [reason.value for reason in reasons])

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        payload = bytes(message.payload[: LARGEST + 1])
        mid = message.mid if message.qos else 0
        self._add(Message(topic, payload, self._clock.now(), message.retain, message.dup, mid))

    def _add(self, message: Message) -> None:
        self._waiting.append(message)
        self._bytes_in += len(message.payload)
        if not self._woken:
            self._woken = True
            self._post(self._some.set)

    def _on_disconnect(self, _client: Client, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if flags.is_disconnect_packet_from_server:
            self._end(refusal(self.broker, reason.value, str(reason)))
        elif str(reason) == "Keep alive timeout":
            self._end(Unreachable(f"{self.broker.url}: silent for {self.broker.keepalive * 1.5:.0f} s"))
        elif not self._answered:
            self._end(Unreachable(f"{self.broker.url}: closed the connection unanswered (does it speak MQTT 5?)"))

    def _end(self, error: LinetwinError) -> None:
        self._post(self._ended, error)

    def _post(self, call: Any, *arguments: Any) -> None:
        with suppress(RuntimeError):  # the event loop closed before the thread did: nobody is left to tell
            self._loop.call_soon_threadsafe(call, *arguments)

    # --- above this line: paho's thread; below: the event loop again --------------------------------------------

    def _ended(self, error: LinetwinError) -> None:
        """The first reason counts: what follows a refusal is only the closing of the socket."""
        if self._error is None:
            self._error = error
        self._finished.set()
        self._some.set()
        for waiting in (self._connected, *self._granted.values()):
            if not waiting.done():
                waiting.set_exception(self._error)
                waiting.exception()  # mark as seen: nobody may be waiting any more

    def _grant(self, mid: int, codes: Sequence[int]) -> None:
        if mid in self._granted:
            _settle(self._granted.pop(mid), codes)


def _retain_handling(subscription: str) -> int:
    """Send retained messages for new subscriptions only; a shared one never gets any (MQTT 5, 4.8.2)."""
    return SubscribeOptions.RETAIN_SEND_IF_NEW_SUB if not subscription.startswith("$share/") else 2


def _settle(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        future.set_result(value)


def _cut(sock: Any) -> None:
    if sock is not None:
        with suppress(OSError):  # it went by itself
            sock.shutdown(socket.SHUT_RDWR)
