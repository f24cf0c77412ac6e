"""A server of whoever runs the tests: one database of ours, a measurement for each test, removed at the end."""

from __future__ import annotations

import json
import os
import secrets
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.influx.query import Queries
from connectors.influx.settings import destination_of
from tests.wire.influx.spec import spec_of

URL, TOKEN, ORG, DATABASE = (f"LINETWIN_INFLUX_{name}" for name in ("URL", "TOKEN", "ORG", "DATABASE"))


@dataclass
class UserServer:
    """token: as the server gave it; of a server of version 1 NAME:PASSWORD, empty where it has no users."""

    url: str
    version: str
    database: str
    token: str = ""
    org: str = ""
    measurements: Iterator[str] = field(default_factory=lambda: (f"test {n}" for n in range(10_000)))

    def settings(self, measurement: str = "linetwin") -> dict[str, Any]:
        """Of an outlet to it."""
        user, _, password = self.token.partition(":")
        caller = {"user": user, "password": password} if self.version == "1" and user else {"token": self.token}
        return {"bucket": self.database, "org": self.org, "measurement": measurement, **caller}

    def write(self, lines: bytes) -> None:
        """Lines past any outlet."""
        where = {"db": self.database} if self.version == "1" else {"bucket": self.database, "org": self.org}
        path = "/write" if self.version == "1" else "/api/v2/write"
        self.call("POST", f"{path}?{urllib.parse.urlencode({**where, 'precision': 'ns'})}", lines)

    def query(self, text: str, database: str = "") -> bytes:
        """An InfluxQL answer, in one document."""
        given = urllib.parse.urlencode({"db": database, "epoch": "ns", "q": text})
        return self.call("POST", f"/query?{given}" if len(given) < 2_000 else "/query", b"")

    def call(self, method: str, path: str, body: bytes | None = None, kind: str = "text/plain") -> bytes:
        """What it answers; raises urllib.error.HTTPError."""
        asked = urllib.request.Request(self.url + path, body, {"Content-Type": kind}, method=method)
        caller = destination_of(spec_of(self.url, "x", **{**self.settings(), "bucket": "x"})).authorization
        if caller:
            asked.add_header("Authorization", caller)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.read()

    def call_json(self, method: str, path: str, body: object = None) -> Any:
        """The same with JSON."""
        sent = None if body is None else json.dumps(body).encode()
        return json.loads(self.call(method, path, sent, "application/json") or b"null")


@contextmanager
def user_server(url: str, token: str = "", org: str = "", prefix: str = "linetwin_test") -> Iterator[UserServer]:
    """The server with a new database while the block runs."""
    user, _, password = token.partition(":")
    first = {"org": org, "user": user, "password": password} if password else {"org": org, "token": token}
    queries = Queries(destination_of(spec_of(url, "x", **first)))
    told = queries.version()
    queries.close()
    server = UserServer(url.rstrip("/"), told.lstrip("v")[:1], f"{prefix}_{secrets.token_hex(4)}", token, org)
    remove = _MAKE[server.version](server)
    try:
        yield server
    finally:
        remove()


def _make_1(server: UserServer):
    server.query(f'CREATE DATABASE "{server.database}"')
    return lambda: server.query(f'DROP DATABASE "{server.database}"')


def _make_2(server: UserServer):
    (org,) = server.call_json("GET", f"/api/v2/orgs?{urllib.parse.urlencode({'org': server.org})}")["orgs"]
    made = {"orgID": org["id"], "name": server.database, "retentionRules": []}
    bucket = server.call_json("POST", "/api/v2/buckets", made)["id"]
    mapping = {"database": server.database, "retention_policy": "autogen", "default": True}
    rule = server.call_json("POST", "/api/v2/dbrps", {"orgID": org["id"], "bucketID": bucket, **mapping})
    rule = rule.get("content", rule)

    def remove() -> None:
        server.call("DELETE", f"/api/v2/dbrps/{rule['id']}?{urllib.parse.urlencode({'orgID': org['id']})}")
        server.call("DELETE", f"/api/v2/buckets/{bucket}")

    return remove


def _make_3(server: UserServer):
    server.call("POST", "/api/v3/configure/database", json.dumps({"db": server.database}).encode(), "application/json")
    gone = urllib.parse.urlencode({"db": server.database})
    return lambda: server.call("DELETE", f"/api/v3/configure/database?{gone}")


_MAKE = {"1": _make_1, "2": _make_2, "3": _make_3}


@contextmanager
def from_environment() -> Iterator[UserServer]:
    """The server that the variables name."""
    given = [os.environ.get(name, "") for name in (URL, TOKEN, ORG)]
    with user_server(*given, os.environ.get(DATABASE) or "linetwin_test") as server:
        yield server
