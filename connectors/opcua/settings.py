"""What a connection asks of the server, worked out from the plant file. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import SplitResult, urlsplit

from connectors.opcua.group import Group, Level, group_of
from twin.core.errors import Misconfigured
from twin.core.instant import SECOND
from twin.core.plugin import ConnectionSpec

ITEMS_PER_SUBSCRIPTION = 1000
"""What small PLCs survive; one that is slow holds up no more than these."""
MOST_PER_SUBSCRIPTION = 10_000
OF_CONNECTIONS = ("every", "publishing", "sampling", "queue")
OF_TAGS = ("sampling", "deadband")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Settings:
    """One connection. timeout: ns. policy: without underscores.

    common: how tags are followed that say nothing themselves. own, groups: what connection and groups say of it.
    """

    id: str
    url: str
    host: str
    time: str
    namespace: str
    user: str
    password: str
    user_certificate: str
    user_key: str
    policy: str
    mode: str
    certificate_host: str
    allow_plaintext_password: bool
    common: Group
    own: Level
    groups: Mapping[str, Level]
    items_per_subscription: int
    timeout: int

    @property
    def is_loopback(self) -> bool:
        """Whether the server runs on this machine."""
        return self.host in LOOPBACK

    @property
    def has_identity(self) -> bool:
        """Whether we log in as somebody."""
        return bool(self.user or self.user_certificate)

    @property
    def has_secret(self) -> bool:
        """Whether logging in uses something that nobody on the way may see or hand on."""
        return bool(self.user_certificate or (self.password and not self.allow_plaintext_password))

    @property
    def timeout_s(self) -> float:
        """How long to wait for an answer, in seconds."""
        return self.timeout / SECOND

    def group_of(self, tag: Mapping[str, Any]) -> Group:
        """How a tag with these keys is followed. Raises Misconfigured for a group that is not there."""
        name = tag.get("group") or ""
        if not name:
            return group_of(self.own, {key: tag.get(key) for key in OF_TAGS})
        if name not in self.groups:
            raise Misconfigured(f"no group {name!r} in connection {self.id!r}{meant(name, self.groups)}")
        return group_of(self.own, self.groups[name], {key: tag.get(key) for key in OF_TAGS})


def slowest(given: Mapping[str, Any]) -> int:
    """The longest, ns, that a change may wait on the server: for being sampled, then for being published."""
    own = {key: given.get(key) for key in OF_CONNECTIONS}
    groups = given.get("groups")
    named = groups.values() if isinstance(groups, Mapping) else ()
    levels = [[own], *([own, one] for one in named if isinstance(one, Mapping))]
    return max(one.sampling + (0 if one.polled else one.publishing) for one in (group_of(*each) for each in levels))


def settings_of(spec: ConnectionSpec) -> Settings:
    """The settings of a connection. Raises Misconfigured for a URL that is not opc.tcp://HOST[:PORT]."""
    given = spec.settings
    own: dict[str, Any] = {key: given.get(key) for key in OF_CONNECTIONS}
    own["mode"] = "poll" if given.get("poll") else None  # `mode` of a connection is how messages are secured
    return Settings(
        id=spec.id,
        url=spec.url,
        host=host_of(spec),
        time=spec.time,
        namespace=given.get("ns") or "",
        user=given.get("user") or "",
        password=given.get("password") or "",
        user_certificate=given.get("user_certificate") or "",
        user_key=given.get("user_key") or "",
        policy=str(given.get("security") or "auto").replace("_", ""),
        mode=given.get("mode") or "auto",
        certificate_host=given.get("certificate_host") or "",
        allow_plaintext_password=bool(given.get("allow_plaintext_password")),
        common=group_of(own),
        own=own,
        groups=given.get("groups") or {},
        items_per_subscription=given.get("items_per_subscription") or ITEMS_PER_SUBSCRIPTION,
        timeout=given.get("timeout") or 5 * SECOND,
    )


def meant(word: str, known: Mapping[str, object]) -> str:
    """The fix for a name that is not there."""
    close = get_close_matches(word, known, n=1)
    if close:
        return f" (did you mean {close[0]!r}?)"
    return f" (there are: {', '.join(known)})" if known else " (it has no `groups`)"


def host_of(spec: ConnectionSpec) -> str:
    """The host of the URL, without the password that someone may have put there."""
    parts = urlsplit(spec.url)
    where = spec.place or spec.id
    if parts.username or parts.password:
        raise Misconfigured(f"{where}: user and password do not belong in the URL; use `user` and `password`")
    if parts.scheme != "opc.tcp" or not parts.hostname:
        raise Misconfigured(f"{where}: {spec.url!r} is not opc.tcp://HOST:PORT")
    if not has_port(parts):
        raise Misconfigured(f"{where}: {spec.url!r} names no port (most servers have opc.tcp://{parts.hostname}:4840)")
    return parts.hostname


def has_port(parts: SplitResult) -> bool:
    """Whether a URL names a port that can be one."""
    try:
        return bool(parts.port)
    except ValueError:
        return False
