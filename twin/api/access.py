"""Who may do what: every caller has a name and a role. Loopback needs no token, anything else does."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from twin.core.errors import Misconfigured, Refused

COOKIE = "linetwin"
"""Holds the token of a browser that came with `?token=`: HttpOnly, SameSite=Strict."""
LOCAL = "local"


class Role(IntEnum):
    """What a caller may do; each role may do what the ones before it may."""

    VIEW = 1
    """See everything."""
    OPERATE = 2
    """Send samples, acknowledge, label, start orders."""
    ENGINEER = 3
    """Change how the plant is understood: import, write, load models."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the name that stands behind everything they do."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Token:
    """One caller's secret, as its SHA-256 in hex; the secret itself is kept nowhere."""

    name: str
    role: Role
    sha256: str


@dataclass(frozen=True, slots=True)
class Access:
    """The callers that are known. hosts: names, besides loopback and IP addresses, that the twin answers under."""

    tokens: Sequence[Token] = ()
    hosts: Sequence[str] = ()

    @staticmethod
    def none() -> Access:
        """Nobody but this machine."""
        return Access()

    @staticmethod
    def parse(text: str, place: str = "tokens", hosts: Sequence[str] = ()) -> Access:
        """Read lines `name role sha256hex`; empty lines and `#` are comments. Raises Misconfigured with the line."""
        lines = [(number, line.partition("#")[0].split()) for number, line in enumerate(text.splitlines(), 1)]
        return Access(tuple(_token(words, f"{place}:{number}") for number, words in lines if words), tuple(hosts))

    @staticmethod
    def of_file(path: Path, hosts: Sequence[str] = ()) -> Access:
        """Read a token file. Raises Misconfigured when it cannot be read or has a wrong line."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured(f"{path}: {error}; name a text file with lines `name role sha256`") from error
        return Access.parse(text, str(path), hosts)

    def caller(
        self, peer: str | None, headers: Mapping[str, str], cookies: Mapping[str, str], query: str
    ) -> Caller | None:
        """Who asks, or None. A token that is wrong is refused even on loopback. query: value of `?token=`, or ''."""
        secret = _bearer(headers.get("authorization", "")) or query or cookies.get(COOKIE, "")
        if secret:
            return self.holder(secret)
        direct = "x-forwarded-for" not in headers and "forwarded" not in headers
        return Caller(LOCAL, Role.ENGINEER) if direct and is_loopback(peer or "") else None

    def holder(self, secret: str) -> Caller | None:
        """Whose secret it is. Every token is compared, each in constant time."""
        digest = hashlib.sha256(secret.encode()).hexdigest()
        found = [token for token in self.tokens if hmac.compare_digest(token.sha256, digest)]
        return Caller(found[0].name, found[0].role) if found else None

    def answers_to(self, host: str) -> bool:
        """Whether a Host header names this twin. A foreign name may be DNS rebinding; an address cannot be."""
        name = host_name(host).lower()
        return name == "localhost" or _is_address(name) or name in {known.lower() for known in self.hosts}


def check_bind(host: str, access: Access) -> None:
    """Raise Refused for an address that other machines reach while there is no token."""
    if is_loopback(host) or access.tokens:
        return
    raise Refused(
        f"--host {host}: reachable from other machines, so it needs at least one token: "
        "write a line `name role sha256` (view, operate or engineer) into the token file"
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def host_name(host: str) -> str:
    """A Host header without its port: `[::1]:8000` is `::1`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _bearer(header: str) -> str:
    scheme, _, secret = header.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _token(words: Sequence[str], place: str) -> Token:
    if len(words) != 3:
        raise Misconfigured(f"{place}: has {len(words)} words; write `name role sha256`")
    name, role, digest = words
    if role.upper() not in Role.__members__:
        raise Misconfigured(f"{place}: no role {role!r}; there are view, operate, engineer")
    if len(digest) != 64 or not set(digest.lower()) <= set("0123456789abcdef"):
        raise Misconfigured(f"{place}: not a SHA-256 of a secret in hex (64 digits)")
    return Token(name, Role[role.upper()], digest.lower())
