"""How long certificates still count: two gauges, and notices in time to do something about it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from connectors.opcua.security.certificate import fingerprint_of
from connectors.opcua.security.choice import Choice
from connectors.opcua.security.trust import CertificateFolder, short
from twin.core.instant import DAY, SECOND
from twin.core.ports import Certificate, Clock, Reporter

LOOK_EVERY_S = 3600.0
WARN_DAYS = (1, 7, 30)
"""A notice gets new words, and the log a new line, each time fewer days than these are left."""


async def watch_for_ever(choice: Choice, trust: CertificateFolder, clock: Clock, reporter: Reporter) -> None:
    """Look now and then; does nothing for a channel without certificates."""
    while choice.policy is not None:
        own, following = await asyncio.to_thread(lambda: (trust.own(), trust.following()))
        server = x509.load_der_x509_certificate(choice.certificate)
        tell(server, own, following, clock.now(), reporter)
        await asyncio.sleep(LOOK_EVERY_S)


def tell(
    server: x509.Certificate, own: Certificate, following: Certificate | None, now: int, reporter: Reporter
) -> None:
    """The gauges and notices of one look. now: ns."""
    server_ends = int(server.not_valid_after_utc.timestamp()) * SECOND
    name = short(fingerprint_of(server.public_bytes(Encoding.DER)))
    reporter.gauge("certificate_days", (server_ends - now) / DAY)
    reporter.gauge("own_certificate_days", (own.not_after - now) / DAY)
    reporter.notice("certificate", server_words(name, server_ends, now))
    reporter.notice("own_certificate", own_words(own, following, now))


def server_words(name: str, ends: int, now: int) -> str:
    """What to do about the server's certificate; empty while there is time."""
    soon = left(ends, now)
    if not soon:
        return ""
    return f"the server's certificate {name} ends {soon}: give the server a new one, trusted here before that day"


def own_words(own: Certificate, following: Certificate | None, now: int) -> str:
    """What to do about ours, from the day on which its successor is there."""
    soon = left(own.not_after, now) or (f"on {day(own.not_after)}" if following else "")
    if not soon:
        return ""
    ours = f"our certificate {short(own.fingerprint)} ends {soon}"
    if following is None:
        return f"{ours}: put a new one in its place ({own.file})"
    return (
        f"{ours}; trust the next one in the server before that day: {short(following.fingerprint)} ({following.file})"
    )


def left(ends: int, now: int) -> str:
    """How near an end is, in steps, so that it is not told anew every day."""
    days = (ends - now) / DAY
    step = next((step for step in WARN_DAYS if days < step), None)
    if step is None:
        return ""
    return f"on {day(ends)}, in less than {step} {'day' if step == 1 else 'days'}"


def day(instant: int) -> str:
    """A day in UTC."""
    return f"{datetime.fromtimestamp(instant / SECOND, UTC):%Y-%m-%d}"
