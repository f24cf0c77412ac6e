"""A contract sink: real HTTP, reads and holds what arrives, and does what a test tells it. It is no InfluxDB.

Its answers have the shapes that the documents of 1.x, 2.x and 3 describe; nothing here was recorded from a server.
"""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.unit.connectors.influx.line_parser import Point, points

Refuses = Callable[[Point], str | None]
"""Why a point is not taken, None where it is."""


@dataclass
class Request:
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    lines: int = 0


@dataclass
class Reply:
    """Said instead of taking the rows. taken: the rows are kept all the same, as when an answer is lost."""

    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    taken: bool = False
    how: str = "whole"
    """`whole`; `reset`: no answer but RST; `cut`: half of the body, then the end; `stall`: nothing until `release`;
    `dribble`: a byte now and then.
    """


class Sink:
    """Where rows arrive. What `replies` holds is said first, one a write; then every write is judged by its rows."""

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque()
        self.requests: list[Request] = []
        self.refuses: Refuses = lambda _: None
        self.style = "2"
        """Whose words a refusal has: 1, 2, 3; `all`: of 2, nothing is taken where one line is wrong; `odd`: unknown."""
        self.largest = 1 << 30
        self.authorization: str | None = None
        self.places: set[str] | None = None
        self.ping: Reply | None = None
        self.away = False
        self.released = threading.Event()
        self.held: dict[tuple[tuple[str, ...], int], Point] = {}
        self.lock = threading.Lock()
        self.url = ""

    @property
    def version(self) -> str:
        return {"1": "1.8.10", "3": "3.1.0"}.get(self.style, "v2.7.6")

    def keep(self, taken: Sequence[Point]) -> None:
        """Fields of two points of one series and time join, as a server joins them."""
        for point in taken:
            key = (point.series, point.time)
            old = self.held.get(key)
            fields = {**(old.fields if old else {}), **point.fields}
            self.held[key] = Point(point.measurement, point.tags, fields, point.time)

    def judged(self, request: Request) -> Reply:
        if self.authorization is not None and request.headers.get("authorization") != self.authorization:
            return Reply(401, body=_words(self.style, "unauthorized access"))
        place = request.query.get("bucket") or request.query.get("db", "")
        if self.places is not None and place not in self.places:
            return Reply(404, body=_words(self.style, f'bucket "{place}" not found'))
        if len(request.body) > self.largest:
            return Reply(413, body=_words(self.style, "request too large"))
        raw = gzip.decompress(request.body) if request.headers.get("content-encoding") == "gzip" else request.body
        came = points(raw)
        request.lines = len(came)
        reasons = [self.refuses(point) for point in came]
        if not any(reasons):
            self.keep(came)
            return Reply(204)
        if self.style in {"1", "2", "3"}:
            self.keep([point for point, reason in zip(came, reasons, strict=True) if reason is None])
        return _refusal(self.style, raw, reasons)


def _refusal(style: str, raw: bytes, reasons: Sequence[str | None]) -> Reply:
    first, many = next(filter(None, reasons)), sum(reason is not None for reason in reasons)
    if style == "1":
        return Reply(400, body=_words(style, f"partial write: {first} dropped={many}"))
    if style == "2":
        return Reply(
            422, body=_words(style, f"failure writing points to database: partial write: {first} dropped={many}")
        )
    if style == "all":
        return Reply(400, body=_words(style, f"unable to parse 'line': {first}"))
    if style == "odd":
        return Reply(400, body=_words(style, "computer says no"))
    lines = raw.decode().split("\n")
    named = [
        {"original_line": lines[n], "line_number": n + 1, "error_message": reason}
        for n, reason in enumerate(reasons)
        if reason is not None
    ]
    body = {"error": "partial write of line protocol occurred", "data": named[:100]}
    return Reply(400, body=json.dumps(body).encode())


def _words(style: str, text: str) -> bytes:
    said = {"error": text} if style in {"1", "3"} else {"code": "invalid", "message": text}
    return json.dumps(said).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        sink: Sink = self.server.sink
        if sink.away:
            return self._reset()
        self._say(sink.ping or Reply(204, {"X-Influxdb-Version": sink.version}))
        return None

    def do_POST(self) -> None:
        sink: Sink = self.server.sink
        body = self.rfile.read(int(self.headers["Content-Length"]))
        parts = urlsplit(self.path)
        query = {name: value[0] for name, value in parse_qs(parts.query).items()}
        request = Request(parts.path, query, {k.lower(): v for k, v in self.headers.items()}, body)
        with sink.lock:
            if sink.away:
                return self._reset()
            sink.requests.append(request)
            if sink.replies:
                reply = sink.replies.popleft()
                if reply.taken:
                    sink.judged(request)
            else:
                reply = sink.judged(request)
        self._say(reply)
        return None

    def _say(self, reply: Reply) -> None:
        sink: Sink = self.server.sink
        if reply.how == "stall":
            sink.released.wait(60)
        if reply.how in {"reset", "stall"}:
            return self._reset()
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body) + (1000 if reply.how != "whole" else 0)))
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()
        if reply.how == "dribble":
            with suppress(OSError):
                while not sink.released.wait(0.05):
                    self.wfile.write(b".")
                    self.wfile.flush()
        if reply.how != "whole":
            self._reset()
        return None

    def _reset(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The other side went away: that is what many tests do."""


@contextmanager
def sink(tls: ssl.SSLContext | None = None) -> Iterator[Sink]:
    """A sink on a free port of the loopback while the block runs."""
    one = Sink()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.sink = one  # type: ignore[attr-defined]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    one.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.05))
    thread.start()
    try:
        yield one
    finally:
        one.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
