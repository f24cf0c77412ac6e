"""Reads what strace saw of a process: what it received, wrote, made durable and sent, in the order of its calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CALLS = "recvfrom,sendto,pwrite64,fdatasync,fsync"
STRACE = ("strace", "-D", "-f", "-yy", "-xx", "-s", "1000000", "-e", f"trace={CALLS}", "-o")

_LINE = re.compile(r"(\d+)\s+(.*)")
_CALL = re.compile(r"(\w+)\((\d+)<((?:[^>]|(?<=-)>)*)>")
_RESUMED = re.compile(r"<\.\.\. (\w+) resumed>")
_DATA = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Call:
    """name, the file or socket it is about, its data. begins: the instant of its entry, else of its return."""

    name: str
    file: str
    data: bytes
    begins: bool


def is_complete(trace: Path) -> bool:
    """Whether the process has ended and all of it is written."""
    return trace.read_bytes()[-100:].rstrip().endswith(b"+++ exited with 0 +++")


def calls(trace: Path) -> Iterator[Call]:
    """Entries and returns of calls, in order; a call that another thread did not interrupt gives both at once."""
    open_calls: dict[str, tuple[str, str]] = {}
    with trace.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            matched = _LINE.match(line)
            if matched is None:
                continue
            thread, text = matched.groups()
            if resumed := _RESUMED.match(text):
                name, file = open_calls.pop(thread, (resumed[1], ""))
                yield Call(name, file, _data(text), False)
            elif call := _CALL.match(text):
                file = bytes.fromhex(call[3].replace("\\x", "")).decode() if "\\x" in call[3] else call[3]
                yield Call(call[1], file, _data(text), True)
                if "<unfinished ...>" in text:
                    open_calls[thread] = (call[1], file)
                else:
                    yield Call(call[1], file, _data(text), False)


def _data(text: str) -> bytes:
    found = _DATA.search(text)
    return bytes.fromhex(found[1].replace("\\x", "")) if found else b""


@dataclass
class MqttStream:
    """MQTT 5 packets out of the pieces in which a socket carried them."""

    waiting: bytes = b""

    def packets(self, piece: bytes) -> Iterator[tuple[int, bytes]]:
        """(first byte, body) of every packet that this piece completes."""
        self.waiting += piece
        while (found := self._length()) is not None:
            start, length = found
            if len(self.waiting) < start + length:
                return
            yield self.waiting[0], self.waiting[start : start + length]
            self.waiting = self.waiting[start + length :]

    def _length(self) -> tuple[int, int] | None:
        length = 0
        for place, byte in enumerate(self.waiting[1:5]):
            length |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                return place + 2, length
        return None


def published(body: bytes) -> tuple[int, bytes]:
    """Packet id and payload of a PUBLISH at QoS 1 without properties."""
    topic = int.from_bytes(body[:2])
    identifier = int.from_bytes(body[2 + topic : 4 + topic])
    return identifier, body[5 + topic + body[4 + topic] :]
