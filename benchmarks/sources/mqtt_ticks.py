"""`python -m benchmarks.sources.mqtt_ticks PORT HZ`: publishes the number of the tick to every topic, QoS 1.

The packets are put together here, not by a client library, so that the source takes little of the machine that is
being measured (MQTT 3.1.1, sections 3.1 and 3.3). It says `ready`; on `stop` it ends ticking, waits until the broker
has confirmed every message, and says the last number.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time

from benchmarks.plant import NAMES

CONNECT = b"\x10\x17\x00\x04MQTT\x04\x02\x00\x00\x00\x0bbench-ticks"
PUBLISH_QOS1 = 0x32
PUBACK_SIZE = 4
TOPICS = tuple(f"bench/{name}".encode() for name in NAMES)


def packet(topic: bytes, mid: int, payload: bytes) -> bytes:
    """A PUBLISH shorter than 128 bytes: its length is one byte."""
    body = struct.pack(">H", len(topic)) + topic + struct.pack(">H", mid) + payload
    return bytes((PUBLISH_QOS1, len(body))) + body


def tick_packets(tick: int, now_ms: int) -> bytes:
    """A message for every topic; packet ids 1 to the number of topics, each confirmed long before it comes again."""
    payload = b'{"ts": %d, "v": %d}' % (now_ms, tick)
    return b"".join(packet(topic, mid, payload) for mid, topic in enumerate(TOPICS, 1))


class Confirmations:
    """Counts PUBACKs in a thread of its own."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._bytes = 0
        self._more = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while data := self._link.recv(1 << 16):
            with self._more:
                self._bytes += len(data)
                self._more.notify_all()

    def wait_for(self, messages: int) -> None:
        """Until so many messages in all are confirmed. Raises RuntimeError after 30 s."""
        with self._more:
            if not self._more.wait_for(lambda: self._bytes >= messages * PUBACK_SIZE, 30):
                raise RuntimeError(f"the broker confirmed {self._bytes // PUBACK_SIZE} of {messages} messages")


def main(port: int, hz: float) -> None:
    link = socket.create_connection(("127.0.0.1", port))
    link.sendall(CONNECT)
    if link.recv(4) != b"\x20\x02\x00\x00":
        raise RuntimeError("the broker refused the source")
    confirmed = Confirmations(link)
    sys.stdin.readline()  # the tags: `benchmarks.plant` has told them already
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
    print("> ready", flush=True)
    tick, due = 0, time.monotonic()
    while not stop.wait(max(0.0, due - time.monotonic())):
        tick += 1
        due += 1 / hz
        link.sendall(tick_packets(tick, time.time_ns() // 1_000_000))
    confirmed.wait_for(tick * len(TOPICS))
    print(f"> {tick}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
