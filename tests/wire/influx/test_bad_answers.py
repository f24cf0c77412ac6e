"""What a server that is ill or none of ours answers to a query, told in one line each."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from connectors.influx import PLUGIN
from tests.wire.influx.spec import spec_of
from twin.core.errors import Misconfigured, Unreachable
from twin.core.instant import FAR_FUTURE, SECOND
from twin.core.tags import Tag, TagTable

ROW = b'{"results":[{"statement_id":0,"series":[{"name":"m","columns":["time","v","q"],"values":[[1,2.5,0]]}]}]}\n'


@contextmanager
def answering(status: int, body: bytes, headers: dict[str, str] | None = None, hold: threading.Event | None = None):
    """A server that always answers so; hold: not before this is set."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if hold is not None:
                hold.wait(60)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, *args) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            if hold is not None:
                hold.set()
            server.shutdown()
            thread.join()


def asked(url: str, **settings):
    reads = PLUGIN.archive(spec_of(url, "db", version="1", **settings), TagTable([Tag("a")]))
    try:
        return reads.read_tags(np.array([0], np.int32), 0, 10, FAR_FUTURE).samples
    finally:
        reads.close()


def test_a_good_answer() -> None:
    with answering(200, ROW * 2) as url:
        assert asked(url).value.tolist() == [2.5, 2.5]


@pytest.mark.parametrize(
    ("status", "body", "error", "told"),
    [
        (503, b"", Unreachable, "503"),
        (500, b'{"error":"shard\nlost"}', Unreachable, "500, .*shard lost"),
        (401, b'{"code":"unauthorized","message":"unauthorized access"}', Misconfigured, "401, unauthorized access"),
        (404, b'{"code":"not found","message":"no dbrp mapping found"}', Misconfigured, "check bucket"),
        (404, b"", Misconfigured, "check the address"),
        (301, b"moved", Misconfigured, "301, moved; check the address"),
        (400, b'{"error":"error parsing query: found X"}', Misconfigured, "does not understand"),
        (400, b'{"error":"Query would exceed file limit of 432 parquet files"}', Misconfigured, "shorter `stretch`"),
        (200, b"<html>hello</html>", Misconfigured, "is this an InfluxDB"),
        (200, b"[1, 2]", Misconfigured, "is this an InfluxDB"),
        (200, b'{"results":[{"series":[{"columns":["time","x"],"values":[[1,2]]}]}]}', Misconfigured, "not asked for"),
        (200, ROW.replace(b"2.5", b'"x"'), Misconfigured, "another kind"),
        (200, ROW + b'{"results":[{"error":"query-timeout limit exceeded"}]}\n', Unreachable, "query-timeout"),
        (200, ROW + b'{"results":[{"error":"database not found: db"}]}\n', Misconfigured, "check bucket"),
        (200, ROW[:-30], Misconfigured, "no JSON"),
    ],
    ids=range(15),
)
def test_an_answer_that_is_none(status: int, body: bytes, error: type[Exception], told: str) -> None:
    with answering(status, body) as url, pytest.raises(error, match=told) as raised:
        asked(url)
    assert "\n" not in str(raised.value)
    assert str(raised.value).startswith("outlet historian: http://127.0.0.1:")


def test_how_long_it_wants_to_be_left_alone_is_told() -> None:
    with answering(429, b"slow down", {"Retry-After": "7"}) as url, pytest.raises(Unreachable, match="429") as raised:
        asked(url)
    assert raised.value.retry_after == 7


def test_an_answer_cut_off_is_no_answer() -> None:
    with answering(200, ROW, {"Content-Length": str(2 * len(ROW))}) as url, pytest.raises(Unreachable):
        asked(url)


def test_a_server_that_does_not_answer_is_unreachable_after_the_time_out() -> None:
    with answering(200, ROW, hold=threading.Event()) as url, pytest.raises(Unreachable, match=r"[Tt]ime"):
        asked(url, timeout=SECOND // 5)
