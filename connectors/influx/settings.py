"""The keys of an outlet to InfluxDB, and the checked form in which the rest of this folder reads them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from twin.core.errors import Misconfigured
from twin.core.instant import SECOND
from twin.core.plugin import Key, OutletSpec

KEYS = (
    Key("bucket", "text", "bucket (2.x) or database (3, 1.x; there DATABASE/RETENTION_POLICY too)", required=True),
    Key("org", "text", "organization; 2.x needs it"),
    Key("token", "secret", "token that may write there (2.x, 3)"),
    Key("user", "text", "name for a server of version 1.x"),
    Key("password", "secret", "password for a server of version 1.x"),
    Key("version", "choice", "of the server; auto: it is asked once, on connecting", "auto", ("auto", "1", "2", "3")),
    Key("measurement", "text", "measurement (table) of all rows", "linetwin"),
    Key(
        "values",
        "choice",
        "scaled: as people read them; wire: the number as the log holds it",
        "scaled",
        ("scaled", "wire"),
    ),
    Key("gzip", "choice", "compress what is sent; auto: not to this machine itself", "auto", ("auto", "on", "off")),
    Key("timeout", "duration", "how long one request may take", 10 * SECOND),
    Key("stretch", "duration", "the longest span one query reads back; default: any, 2d at version 3 (its file limit)"),
    Key("ca", "text", "file of certificates that may sign the server's (https); default: the system's"),
)

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where and as whom rows are written and read. version: empty until the server was asked. timeout_s: of a request.

    database, policy: what /write and /query of 1.x call the two halves of `bucket`; policy is mostly empty.
    """

    id: str
    url: str
    bucket: str
    org: str = ""
    version: str = ""
    token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    measurement: str = "linetwin"
    gzip: bool = False
    timeout_s: float = 10.0
    ca: str = ""

    @property
    def where(self) -> str:
        """How errors name it; never with credentials."""
        return f"outlet {self.id}: {self.url}"

    @property
    def database(self) -> str:
        """The first half of the bucket."""
        return self.bucket.partition("/")[0]

    @property
    def policy(self) -> str:
        """The second half of the bucket, empty for the database's own default."""
        return self.bucket.partition("/")[2]

    @property
    def authorization(self) -> str:
        """The header of that name, for writes and reads alike; empty for a server without users."""
        if self.token:
            return f"Token {self.token}"
        if self.user:
            return f"Basic {base64.b64encode(f'{self.user}:{self.password}'.encode()).decode()}"
        return ""


def destination_of(spec: OutletSpec) -> Destination:
    """The destination of an outlet. Raises Misconfigured."""
    given = spec.settings
    destination = Destination(
        spec.id,
        _address(spec),
        given.get("bucket") or "",
        given.get("org") or "",
        "" if given.get("version", "auto") == "auto" else given["version"],
        given.get("token") or "",
        given.get("user") or "",
        given.get("password") or "",
        given.get("measurement") or "linetwin",
        _gzip(given, spec.url),
        given.get("timeout", 10 * SECOND) / SECOND,
        given.get("ca") or "",
    )
    _check(destination)
    return destination


def problems(spec: OutletSpec) -> list[tuple[str, str]]:
    """What is wrong in the settings, as (place, message): what `twin check` shows."""
    try:
        destination_of(spec)
    except Misconfigured as error:
        return [(spec.place, str(error))]
    return []


def _address(spec: OutletSpec) -> str:
    try:
        parts = urlsplit(spec.url)
        _ = parts.port
    except ValueError as error:
        raise Misconfigured(f"outlet {spec.id}: {error}; write http://HOST:8086") from None
    if parts.username or parts.password:
        raise Misconfigured(f"outlet {spec.id}: no credentials in the address; use token, or user and password")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise Misconfigured(f"outlet {spec.id}: {spec.url!r} is not an address; write http://HOST:8086 or https://")
    return spec.url.rstrip("/")


def _gzip(given: Mapping[str, Any], url: str) -> bool:
    asked = given.get("gzip", "auto")
    return urlsplit(url).hostname not in LOOPBACK if asked == "auto" else asked == "on"


def _check(one: Destination) -> None:
    said = f"outlet {one.id}: "
    if not one.database:
        raise Misconfigured(f"{said}bucket is missing; name the bucket, or the database, that rows go to")
    if one.version == "2" and not one.org:
        raise Misconfigured(f"{said}org is missing; a server of version 2 needs the organization of the bucket")
    if one.token and one.user:
        raise Misconfigured(f"{said}token and user; give the token (2.x, 3), or user and password (1.x)")
    if one.password and not one.user:
        raise Misconfigured(f"{said}password without user")
    if one.version in {"2", "3"} and one.user:
        raise Misconfigured(f"{said}user is for version 1; a server of version {one.version} takes a token")
    if one.measurement.startswith(("_", "#")) or any(ord(letter) < 32 for letter in one.measurement):
        raise Misconfigured(f"{said}measurement {one.measurement!r}: it may not begin with _ or # or hold line breaks")
    if any(ord(letter) < 32 for letter in one.token + one.user + one.password):
        raise Misconfigured(f"{said}token, user and password are one line each")
    if one.timeout_s <= 0:
        raise Misconfigured(f"{said}timeout is {one.timeout_s:g} s; it is more than 0")
    if one.ca and not one.url.startswith("https:"):
        raise Misconfigured(f"{said}ca needs an address that starts with https://")
