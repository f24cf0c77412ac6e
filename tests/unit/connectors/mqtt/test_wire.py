"""Packets are found in any cutting of the wire; what is no plain PUBLISH reaches paho whole and in its place."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt.wire import BufferedSocket, Pubacks, Publish


class Pieces:
    """A socket that gives what it was told to, and then has nothing, or has ended."""

    def __init__(self, pieces: list[bytes], ends: bool = False) -> None:
        self._pieces = [piece for piece in pieces if piece]
        self._ends = ends
        self.sent = b""
        self.takes = 10**9

    def recv(self, size: int) -> bytes:
        if not self._pieces:
            if self._ends:
                return b""
            raise BlockingIOError
        return self._pieces.pop(0)

    def send(self, data: bytes) -> int:
        if self.takes == 0:
            raise BlockingIOError
        self.sent += data[: self.takes]
        return min(self.takes, len(data))


def varint(number: int) -> bytes:
    found = b""
    while True:
        number, low = divmod(number, 128)
        found += bytes([low | (0x80 if number else 0)])
        if not number:
            return found


def packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + varint(len(body)) + body


@dataclass(frozen=True)
class Sent:
    """A packet, and what is to be read of it: a Publish, or the bytes that paho gets."""

    data: bytes
    read: Publish | bytes


@st.composite
def a_publish(draw: st.DrawFn) -> Sent:
    topic, payload, properties = (
        draw(st.binary(max_size=40)),
        draw(st.binary(max_size=300)),
        draw(st.binary(max_size=200)),
    )
    mid = draw(st.just(0) | st.integers(1, 65535))
    retain, dup = draw(st.booleans()), draw(st.booleans())
    first = 0x30 | retain | dup << 3 | (0x02 if mid else 0)
    body = len(topic).to_bytes(2, "big") + topic + (mid.to_bytes(2, "big") if mid else b"")
    return Sent(
        packet(first, body + varint(len(properties)) + properties + payload), Publish(topic, payload, mid, retain, dup)
    )


@st.composite
def another(draw: st.DrawFn) -> Sent:
    first = draw(st.sampled_from([0x20, 0x34, 0x90, 0xD0, 0xE0]))  # 0x34: PUBLISH of QoS 2
    data = packet(first, draw(st.binary(max_size=200)))
    return Sent(data, data)


def read_all(wire: BufferedSocket, pieces: int) -> list[Publish | bytes]:
    """As the link reads: fill once, take what is whole."""
    found: list[Publish | bytes] = []
    for _ in range(pieces + 1):
        wire.fill()
        while True:
            publish = wire.next_publish()
            if publish is not None:
                found.append(publish)
            elif wire.offer():
                found.append(drained(wire))
            else:
                break
    return found


def drained(wire: BufferedSocket) -> bytes:
    """What paho gets of the offered packet: first byte, then the rest, until there is no more for it."""
    data = wire.recv(1)
    while True:
        try:
            more = wire.recv(1000)
        except BlockingIOError:
            return data
        data += more


@given(st.lists(a_publish() | another(), max_size=8), st.lists(st.integers(0, 3000), max_size=10))
def test_any_cutting_gives_the_same_packets_in_order(sent: list[Sent], cuts: list[int]) -> None:
    stream = b"".join(one.data for one in sent)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    assert read_all(BufferedSocket(Pieces(pieces)), len(pieces)) == [one.read for one in sent]


@given(a_publish(), st.data())
def test_a_publish_whose_lengths_do_not_fit_is_left_to_paho(sent: Sent, data: st.DataObject) -> None:
    body = sent.data[2 if len(sent.data) < 130 else 3 :]
    cut = data.draw(st.integers(0, min(1, len(body))))
    broken = packet(sent.data[0], b"\xff\xff" + body[:cut])
    wire = BufferedSocket(Pieces([broken]))
    assert read_all(wire, 1) == [broken]


def test_the_end_of_the_wire_reaches_paho_behind_the_rest() -> None:
    wire = BufferedSocket(Pieces([b"\xff\xff"], ends=True))
    wire.fill()
    wire.fill()
    assert wire.next_publish() is None
    assert wire.offer()
    assert (wire.recv(1), wire.recv(5), wire.recv(1)) == (b"\xff", b"\xff", b"")


def test_a_packet_too_long_to_wait_for_is_handed_over_as_it_comes() -> None:
    head = b"\x30" + varint(200 << 20)
    wire = BufferedSocket(Pieces([head + b"x" * 10, b"y" * 10]))
    wire.fill()
    assert wire.next_publish() is None
    assert wire.offer()
    assert wire.recv(100) == head + b"x" * 10
    with pytest.raises(BlockingIOError):
        wire.recv(1)
    wire.fill()
    assert wire.offer()
    assert wire.recv(100) == b"y" * 10


def test_acknowledgements_go_out_whole_whatever_the_socket_takes() -> None:
    wire, pubacks = Pieces([]), Pubacks()
    pubacks.add([1, 258])
    for takes in (3, 0, 100):
        wire.takes = takes
        pubacks.send(wire)
    assert wire.sent == b"\x40\x02\x00\x01\x40\x02\x01\x02"
    assert not pubacks
