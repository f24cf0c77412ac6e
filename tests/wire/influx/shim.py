"""The shim: gives InfluxDB 1.6 the write path of 1.8 and 2, `/api/v2/write?bucket=DB`, which it does not have.

It is for tests alone. What passes through it was judged by a real InfluxDB 1.6, and by no server of version 2 or 3.
"""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit


class _Shim(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        given = urlencode({"db": asked["bucket"][0], "precision": asked["precision"][0]})
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kept = {name: self.headers[name] for name in ("Content-Encoding", "Content-Type") if name in self.headers}
        request = urllib.request.Request(f"{self.server.target}/write?{given}", body, kept)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, said = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, said = error.code, error.read()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


@contextmanager
def shim(target: str) -> Iterator[str]:
    """The URL of a shim before an InfluxDB 1.6 while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Shim)
    server.daemon_threads = True
    server.target = target  # type: ignore[attr-defined]
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.05))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
