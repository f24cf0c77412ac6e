"""Queries over plain HTTP: GET or POST /query, the answer document by document, errors in our words.

urllib3 comes with influxdb-client, whose own reads are Flux, which 3 does not have and 1.x mostly has switched off.
"""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from connectors.influx.settings import Destination
from twin.core.errors import LinetwinError, Misconfigured, Unreachable

CONNECTIONS = 4
"""Kept open; more threads open more for a while."""
CHUNK = 10_000
"""Points in a document."""
LONGEST_URL = 2_000
PATIENCE = 10
"""A whole answer may take so many times as long as its next piece (`timeout`)."""
MOST_BYTES = 64 * 2**20
"""A longer document is none of ours: 10,000 points with texts of a few KB are shorter."""
_OF_BUCKET = re.compile(r"database not found|retention policy not found|dbrp|bucket|could not find", re.IGNORECASE)
_OF_LIMIT = re.compile(r"file limit", re.IGNORECASE)


class Queries:
    """Questions to one server, blocking, for any thread."""

    def __init__(self, destination: Destination) -> None:
        self._to = destination
        given: dict[str, Any] = {}
        if destination.url.startswith("https:"):
            given["ssl_context"] = _context(destination)
        self._pool = urllib3.PoolManager(
            CONNECTIONS, timeout=urllib3.Timeout(destination.timeout_s), retries=False, maxsize=CONNECTIONS, **given
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def version(self) -> str:
        """`1.6.7`, `v2.7.1`, `3.0.0`; empty when the server does not say. Raises as `documents`."""
        with self._asked("GET", f"{self._to.url}/ping") as answer:
            self._judge(answer)
            told = answer.headers.get("X-Influxdb-Version", "")
            return told or _version_in(answer.read(MOST_BYTES, decode_content=True))

    def documents(self, statement: str) -> Iterator[bytes]:
        """The documents of an answer. Raises Unreachable, Misconfigured."""
        to, fields = self._to, {"q": statement}
        asked = {"db": to.database, "epoch": "ns", "chunked": "true", "chunk_size": str(CHUNK)}
        asked |= {"rp": to.policy} if to.policy else {}
        url = f"{to.url}/query?{urlencode(asked | fields, errors='surrogatepass')}"
        if len(url) <= LONGEST_URL:
            answer = self._asked("GET", url)
        else:
            body = urlencode(fields, errors="surrogatepass").encode()
            answer = self._asked("POST", f"{to.url}/query?{urlencode(asked)}", body)
        with answer:
            self._judge(answer)
            yield from self._lines(answer)

    def failed(self, words: str) -> LinetwinError:
        """What the server's own words mean for us."""
        if _OF_BUCKET.search(words):
            hint = "; with 2.x a bucket is read through a DBRP mapping" if self._to.version != "1" else ""
            return Misconfigured(f"{self._to.where}: {_line(words)}; check bucket{hint}")
        if _OF_LIMIT.search(words):
            return Misconfigured(f"{self._to.where}: {_line(words)}; give a shorter `stretch`")
        if "parsing query" in words:
            return Misconfigured(f"{self._to.where}: {_line(words)}; this server does not understand the query")
        return Unreachable(f"{self._to.where}: {_line(words)}")

    def _asked(self, method: str, url: str, body: bytes | None = None) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": "application/json"}
        headers |= {"Authorization": self._to.authorization} if self._to.authorization else {}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            return self._pool.request(
                method, url, body=body, headers=headers, preload_content=False, redirect=False, decode_content=True
            )
        except HTTPError as error:
            raise self._unreachable(error) from error

    def _lines(self, answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        until = time.monotonic() + PATIENCE * self._to.timeout_s
        left = b""
        try:
            for piece in answer.stream(2**18, decode_content=True):
                *whole, left = (left + piece).split(b"\n")
                yield from filter(None, whole)
                if time.monotonic() > until or len(left) > MOST_BYTES:
                    answer.close()
                    raise Unreachable(f"{self._to.where}: its answer is too long or too slow; ask for a shorter span")
        except HTTPError as error:
            raise self._unreachable(error) from error
        if left:
            yield left

    def _judge(self, answer: urllib3.BaseHTTPResponse) -> None:
        """Raises unless the answer is one."""
        status, to = answer.status, self._to
        if status in {200, 204}:
            return
        try:
            said = _line(_words(answer.read(2**16, decode_content=True)))
        except HTTPError as error:
            raise self._unreachable(error) from error
        if status in {401, 403}:
            raise Misconfigured(f"{to.where}: {status}, {said or 'who are you'}; check token, or user and password")
        if status in {429, 503} or status >= 500:
            wait = answer.headers.get("Retry-After", "")
            raise Unreachable(f"{to.where}: {status}, {said}", float(wait) if wait.isdecimal() else 0.0)
        if status == 404 and not said:
            raise Misconfigured(f"{to.where}: 404, there is no /query; check the address")
        error = self.failed(said)
        if isinstance(error, Misconfigured):
            raise error
        raise Misconfigured(f"{to.where}: {status}, {said or 'no answer to a query'}; check the address and bucket")

    def _unreachable(self, error: HTTPError) -> Unreachable:
        reason = getattr(error, "reason", None) or error
        return Unreachable(f"{self._to.where}: {type(reason).__name__}: {_line(str(reason))}")


def _context(destination: Destination) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=destination.ca or None)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"outlet {destination.id}: ca {destination.ca}: {error}") from None


def _words(body: bytes) -> str:
    """What the body of a refusal says: JSON with `error` or `message`, or text."""
    try:
        said = json.loads(body)
        return str(said.get("error") or said.get("message") or said)
    except (ValueError, AttributeError):
        return body.decode("utf-8", "replace")


def _version_in(body: bytes) -> str:
    """3 tells its version in the body."""
    try:
        return str(json.loads(body).get("version") or "")
    except (ValueError, AttributeError):
        return ""


def _line(words: str, most: int = 200) -> str:
    one = " ".join(words.split())
    return one if len(one) <= most else f"{one[:most]}..."
