"""Link: the connections of one outlet, and the only file in which influxdb_client runs.

Of that client this uses what it does well: addresses, headers, TLS, connections that are kept. Its batches are left
alone, which drop what they could not write when their tries are used up; its Point, an object a row; and its own
compression, which is gzip at level 9. Every request blocks and is made from a thread of its own; `abort` ends it.
"""

from __future__ import annotations

import gzip
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from threading import Lock
from typing import Any

import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, ReadTimeoutError

from connectors.influx.settings import Destination
from connectors.influx.verdict import Answer
from twin.core.errors import LinetwinError, Misconfigured, Unreachable

GZIP_LEVEL = 1
"""Level 9 takes many times as long for a fifth fewer bytes."""
CONNECTIONS = 1
MOST_BYTES = 1 << 20
"""Of an answer: 100 lines that 3 names, with texts. The rest is not waited for."""


class Late(Unreachable):
    """No answer in time: it may be on its way, and fewer rows may be what helps."""


class Link:
    """Used from one thread at a time, but for `abort`. to: whom it asks; the version may become known on the way.

    requests: how many were begun, for who wonders whether the same one still stands.
    """

    def __init__(self, destination: Destination) -> None:
        self.to = destination
        self._open: set[HTTPConnection] = set()
        self._aborted = False
        self._lock = Lock()
        self.requests = 0
        self._client = self._make_client()

    def ping(self) -> Answer:
        """What the server says of itself. Raises Unreachable or Misconfigured."""
        return self._call("/ping", "GET", {}, None)

    def write(self, lines: bytes) -> Answer:
        """Give it lines; what it answered, whatever that is. Raises Unreachable or Misconfigured: no answer came."""
        to = self.to
        if to.version == "1":
            path, query = "/write", {"db": to.database, "rp": to.policy}
        else:
            path, query = "/api/v2/write", {"org": to.org, "bucket": to.bucket}
        query = {name: value for name, value in query.items() if value} | {"precision": "ns"}
        return self._call(path, "POST", query, lines)

    def abort(self) -> None:
        """End the request that stands, from any thread; every later one fails."""
        with self._lock:
            self._aborted = True
            stand = list(self._open)
        for connection in stand:
            _cut(connection)

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def _call(self, path: str, method: str, query: Mapping[str, str], body: bytes | None) -> Answer:
        self.requests += 1
        headers = {"Content-Type": "text/plain; charset=utf-8", "Accept": "application/json"}
        if body is not None and self.to.gzip:
            body = gzip.compress(body, GZIP_LEVEL, mtime=0)
            headers["Content-Encoding"] = "gzip"
        try:
            response = self._client.api_client.call_api(
                path,
                method,
                query_params=list(query.items()),
                header_params=headers,
                body=body,
                _return_http_data_only=True,
                _preload_content=False,
                urlopen_kw={"decode_content": False},
            )
        except ApiException as error:
            if not error.status:
                raise self._no_answer(error.__context__ or error) from None
            return Answer(error.status, dict(error.headers or {}), error.body or b"")
        except (HTTPError, OSError) as error:
            raise self._no_answer(error) from None
        try:
            return Answer(response.status, dict(response.headers), response.read())
        except (HTTPError, OSError) as error:
            raise self._no_answer(error) from None
        finally:
            response.release_conn()

    def _no_answer(self, error: BaseException) -> LinetwinError:
        where = self.to.where
        if self._aborted:
            return Unreachable(f"{where}: the request was given up")
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            reason = str(error).partition("CERTIFICATE_VERIFY_FAILED]")[2].partition("(_ssl")[0].strip(" .")
            mend = "use a name that stands in it" if "mismatch" in reason else "name the file of its signer as ca"
            return Misconfigured(f"{where}: its certificate is not trusted: {reason}; {mend}")
        if isinstance(error, ReadTimeoutError) or any(isinstance(one, TimeoutError) for one in _causes(error)):
            return Late(f"{where}: no answer in {self.to.timeout_s:g} s")
        return Unreachable(f"{where}: {_said(error)}")

    def _make_client(self) -> Any:
        to = self.to
        timeout_ms: Any = (max(1, round(to.timeout_s * 1000)),) * 2  # to connect, and between two pieces of an answer
        client = InfluxDBClient(
            to.url,
            timeout=timeout_ms,
            ssl_context=_context(to) if to.url.startswith("https:") else None,
            connection_pool_maxsize=CONNECTIONS,
        )
        api: Any = client.api_client
        api.user_agent = f"linetwin/{version('linetwin')}"
        if to.authorization:
            api.set_default_header("Authorization", to.authorization)
        api.rest_client.pool_manager.pool_classes_by_scheme = self._pools()
        return client

    def _pools(self) -> dict[str, Any]:
        """Pools whose connections are known while they are open, so that `abort` finds them."""
        link = self

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                link.opened(self)

            def getresponse(self) -> Any:
                return _bounded(super().getresponse())

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                link.opened(self)

            def getresponse(self) -> Any:
                return _bounded(super().getresponse())

        class PlainPool(urllib3.HTTPConnectionPool):
            ConnectionCls: Any = Plain

        class SecurePool(urllib3.HTTPSConnectionPool):
            ConnectionCls: Any = Secure

        return {"http": PlainPool, "https": SecurePool}

    def opened(self, connection: HTTPConnection) -> None:
        """A connection stands from now on."""
        with self._lock:
            self._open = {one for one in self._open if one.sock is not None} | {connection}
            late = self._aborted
        if late:
            _cut(connection)


def _bounded(response: Any) -> Any:
    """The response, whose body is read up to a bound, once, even by the client, which asks for all of it twice."""
    read, kept = response.read, list[bytes]()

    def at_most(*_whole: object, **_more: object) -> bytes:
        if not kept:
            body = b""
            while len(body) < MOST_BYTES and (piece := read(MOST_BYTES - len(body), decode_content=False)):
                body += piece
            if len(body) == MOST_BYTES:
                response.close()  # and the connection: who knows how much more there is
            kept.append(body)
        return kept[0]

    response.read = at_most
    return response


def _cut(connection: HTTPConnection) -> None:
    opened: Any = connection.sock
    if opened is not None:
        with suppress(OSError):  # it went by itself
            opened.shutdown(socket.SHUT_RDWR)


def _context(to: Destination) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=to.ca or None)
    except OSError as error:
        raise Misconfigured(f"{to.where}: cannot read ca ({to.ca}): {error.strerror or error}") from None


def _causes(error: BaseException) -> list[object]:
    """What the driver wraps: `ProtocolError("Connection aborted.", TimeoutError())`."""
    return [] if isinstance(error, ConnectTimeoutError) else list(error.args)


def _said(error: BaseException) -> str:
    """One line on what went wrong: the system's words where there are any, no addresses of objects."""
    for inner in (error.__cause__, error.__context__, *error.args, error):
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
    if isinstance(error, ConnectTimeoutError):
        return "nobody answers there"
    last = error.args[-1] if error.args else error
    return " ".join(str(last).split()) or type(error).__name__
