"""What was asked of a server beside what it granted."""

from __future__ import annotations

from collections.abc import Collection

from connectors.opcua.items import Items
from connectors.opcua.link.subscription import Subscription
from connectors.opcua.settings import Settings
from twin.core.instant import MILLISECOND, SECOND
from twin.core.ports import Reporter

MUCH = 2
"""A grant that is longer than so many times what was asked is told; each is shown."""


def tell_grants(reporter: Reporter, settings: Settings, items: Items, subscriptions: Collection[Subscription]) -> None:
    """Show the slowest grants of a connection as gauges, and those that are far from what was asked as notices."""
    subscribed = [item for item in items.all if item.grant is not None]
    publishing = max((s.publishing for s in subscriptions), default=0)
    sampling = max((item.grant.sampling for item in subscribed if item.grant is not None), default=0)
    gauges = {
        "items": len(subscribed),
        "subscriptions": len(subscriptions),
        "publishing_asked_s": settings.publishing / SECOND,
        "publishing_s": publishing / SECOND,
        "sampling_asked_s": settings.sampling / SECOND,
        "sampling_s": sampling / SECOND,
        "keep_alive_s": max((s.keep_alive_s for s in subscriptions), default=0.0),
    }
    for what, value in gauges.items():
        reporter.gauge(what, value)
    for what, asked, granted in (
        ("publishing", settings.publishing, publishing),
        ("sampling", settings.sampling, sampling),
    ):
        reporter.notice(what, wording(what, asked, granted) if 0 < asked * MUCH < granted else "")


def wording(what: str, asked: int, granted: int) -> str:
    """What a revised interval (ns) means.

    >>> wording("sampling", 100_000_000, 1_000_000_000)
    'the server granted a sampling interval of 1000 ms, 100 ms was asked for: shorter pulses are not seen'
    """
    effect = "shorter pulses are not seen" if what == "sampling" else "values come so much later"
    pair = f"{granted / MILLISECOND:g} ms, {asked / MILLISECOND:g} ms was asked for"
    return f"the server granted a {what} interval of {pair}: {effect}"
