"""What a connection asks of the server, worked out from the plant file. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from twin.core.errors import Misconfigured
from twin.core.instant import MILLISECOND, SECOND
from twin.core.plugin import ConnectionSpec

PUBLISHING = 250 * MILLISECOND
FASTEST_PUBLISHING = 50 * MILLISECOND
KEEP_ALIVE = 5 * SECOND
"""A silent server says that it lives this often, so a dead link shows within 5 to 10 s."""
LIFETIME = 600 * SECOND
"""How long server keeps session and subscription without us: a shorter outage loses nothing that its queues hold."""
OUTAGE = 30 * SECOND
SHORTEST_QUEUE, USUAL_QUEUE, LONGEST_QUEUE = 10, 100, 1000
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Settings:
    """One connection. publishing, sampling, timeout: ns. queue: samples per item. policy: without underscores."""

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
    publishing: int
    sampling: int
    queue: int
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

    @property
    def keep_alive_count(self) -> int:
        """Publishing intervals without data after which the server sends a keep-alive."""
        return max(1, KEEP_ALIVE // self.publishing)

    @property
    def lifetime_count(self) -> int:
        """Publishing intervals without us after which the server drops the subscription: 3 keep-alives or more."""
        return max(3 * self.keep_alive_count, LIFETIME // self.publishing)


def settings_of(spec: ConnectionSpec) -> Settings:
    """The settings of a connection. Raises Misconfigured for a URL that is not opc.tcp://HOST[:PORT]."""
    given = spec.settings
    every = given.get("every")
    publishing = given.get("publishing") or max(FASTEST_PUBLISHING, min(every or PUBLISHING, PUBLISHING))
    sampling = given.get("sampling")
    if sampling is None:
        sampling = every or publishing // 2
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
        publishing=publishing,
        sampling=sampling,
        queue=given.get("queue") or queue_for(sampling),
        timeout=given.get("timeout") or 5 * SECOND,
    )


def host_of(spec: ConnectionSpec) -> str:
    """The host of the URL, without the password that someone may have put there."""
    parts = urlsplit(spec.url)
    where = spec.place or spec.id
    if parts.username or parts.password:
        raise Misconfigured(f"{where}: user and password do not belong in the URL; use `user` and `password`")
    if parts.scheme != "opc.tcp" or not parts.hostname:
        raise Misconfigured(f"{where}: {spec.url!r} is not opc.tcp://HOST:PORT")
    return parts.hostname


def queue_for(sampling: int) -> int:
    """Samples per item that carry a link through an outage of 30 s, within what servers usually grant.

    >>> queue_for(1_000_000_000), queue_for(100_000_000), queue_for(10_000_000)
    (100, 300, 1000)
    """
    if sampling <= 0:
        return LONGEST_QUEUE
    return min(LONGEST_QUEUE, max(USUAL_QUEUE, OUTAGE // sampling))
