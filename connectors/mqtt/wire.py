"""The socket under paho: PUBLISH packets are read here, a piece of the wire at a time; all others are paho's.

paho takes four system calls, about a hundred Python calls and a Properties object for a message, and a lock and a
system call for each PUBACK. What a PUBLISH of QoS 0 or 1 says takes a few slices (MQTT 5, 3.3).
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import Client

PIECE = 64 * 1024
LARGEST_WHOLE = 2 << 20
"""A longer packet is handed to paho as it comes, so that a hostile length does not fill this buffer."""
_PUBACK = b"\x40\x02"
"""PUBACK with reason Success: two bytes of packet id follow (MQTT 5, 3.4)."""
_PUBLISH = 3


@dataclass(frozen=True, slots=True)
class Publish:
    """A PUBLISH of QoS 0 or 1. mid: packet id, 0 for QoS 0. Its properties are passed over."""

    topic: bytes
    payload: bytes
    mid: int
    retain: bool
    dup: bool


class BufferedSocket:
    """A socket that reads ahead and knows where packets end. paho gets exactly the packets it is offered."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._held = b""
        self._at = 0
        self._offered = 0
        """Bytes that paho may take."""
        self._ended = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def fill(self) -> None:
        """Read what is there, at most one piece. Raises OSError when the link broke."""
        try:
            piece = self._sock.recv(PIECE)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        self._ended = not piece
        self._held, self._at = self._held[self._at :] + piece, 0

    def pending(self) -> int:
        """Bytes that are here already and not yet looked at: the wire would not announce them again."""
        return self._sock.pending() if isinstance(self._sock, ssl.SSLSocket) else 0

    def next_publish(self) -> Publish | None:
        """The packet at the front if it is a whole PUBLISH of QoS 0 or 1; it is taken away. Else None."""
        held, at = self._held, self._at
        if self._offered or at >= len(held) or held[at] >> 4 != _PUBLISH or held[at] & 0x04:
            return None
        end, body = _end(held, at)
        if not end or end > len(held):
            return None
        found = _publish(held, at, body, end)
        if found is not None:
            self._at = end
        return found

    def offer(self) -> bool:
        """Let paho read the packet at the front, if all of it is here; also the end of the wire."""
        if self._offered:
            return self._at < len(self._held) or self._ended
        end, _ = _end(self._held, self._at)
        if end and (end <= len(self._held) or end - self._at > LARGEST_WHOLE):
            self._offered = end - self._at
        elif self._ended:  # the rest is no packet; paho shall see it, and the end
            self._offered = len(self._held) - self._at
        return self._offered > 0 or self._ended

    def recv(self, size: int) -> bytes:
        """What paho asks for out of the packet it was offered; no more than that."""
        end = min(self._at + min(size, self._offered), len(self._held))
        if end == self._at and not (self._ended and end == len(self._held)):
            raise BlockingIOError
        taken = self._held[self._at : end]
        self._at = end
        self._offered -= len(taken)
        return taken


def _end(held: bytes, at: int) -> tuple[int, int]:
    """(where the packet at `at` ends, where its body begins); (0, 0) while its length is not here (MQTT 5, 2.1.4)."""
    length, body = _varint(held, at + 1, len(held))
    return (body + length, body) if body else (0, 0)


def _varint(held: bytes, at: int, end: int) -> tuple[int, int]:
    """(number, where it ends) of a variable byte integer; (0, 0) when it is cut or too long (MQTT 5, 1.5.5)."""
    number = 0
    for place in range(min(4, end - at)):
        byte = held[at + place]
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number, at + place + 1
    return 0, 0


def _publish(held: bytes, at: int, body: int, end: int) -> Publish | None:
    """The fields of a PUBLISH; None for one whose lengths do not fit, which paho may judge."""
    first = held[at]
    topic_end = body + 2 + int.from_bytes(held[body : body + 2], "big")
    mid_end = topic_end + (2 if first & 0x02 else 0)
    length, properties = _varint(held, mid_end, end)
    if not properties or properties + length > end:
        return None
    mid = int.from_bytes(held[topic_end:mid_end], "big")
    return Publish(
        held[body + 2 : topic_end], held[properties + length : end], mid, bool(first & 0x01), bool(first & 0x08)
    )


class BufferedClient(Client):
    """paho on such a socket. `_create_socket` is the one place where paho makes its own (2.1 to 2.x)."""

    def _create_socket(self) -> Any:
        return BufferedSocket(super()._create_socket())


class Pubacks:
    """Acknowledgements as bytes on their way. For the thread that reads the wire."""

    def __init__(self) -> None:
        self._unsent = b""

    def __bool__(self) -> bool:
        return bool(self._unsent)

    def add(self, mids: Iterable[int]) -> None:
        """Line up PUBACKs, in this order."""
        self._unsent += b"".join([_PUBACK + mid.to_bytes(2, "big") for mid in mids])

    def send(self, sock: Any) -> None:
        """Send as much as the socket takes now. Nothing else may be written while there is a rest."""
        with suppress(BlockingIOError, ssl.SSLWantWriteError):
            self._unsent = self._unsent[sock.send(self._unsent) :]
