"""What was asked of a server beside what it granted."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from connectors.opcua.items import Items
from connectors.opcua.link.subscription import Subscription
from twin.core.instant import MILLISECOND, SECOND
from twin.core.ports import Reporter

MUCH = 2
"""A grant that is longer than so many times what was asked is told; each is shown."""


def tell_grants(reporter: Reporter, items: Items, subscriptions: Collection[Subscription]) -> None:
    """Show the slowest grants of a connection as gauges, and those that are far from what was asked as notices."""
    subscribed = [(item.group.sampling, item.grant.sampling) for item in items.all if item.grant is not None]
    hoped, publishing = worst([(s.asked, s.publishing) for s in subscriptions])
    wished, sampling = worst(subscribed)
    gauges = {
        "items": len(subscribed),
        "subscriptions": len(subscriptions),
        "publishing_asked_s": hoped / SECOND,
        "publishing_s": publishing / SECOND,
        "sampling_asked_s": wished / SECOND,
        "sampling_s": sampling / SECOND,
        "keep_alive_s": max((s.keep_alive_s for s in subscriptions), default=0.0),
    }
    for what, value in gauges.items():
        reporter.gauge(what, value)
    for what, asked, granted in (
        ("publishing", hoped, publishing),
        ("sampling", wished, sampling),
    ):
        reporter.notice(what, wording(what, asked, granted) if 0 < asked * MUCH < granted else "")


def worst(pairs: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The pair of asked and granted that are furthest apart; zeros of none.

    >>> worst([(100, 100), (100, 1000), (5000, 5000)])
    (100, 1000)
    """
    return max(pairs, key=lambda pair: (pair[1] - pair[0], pair[1]), default=(0, 0))


def wording(what: str, asked: int, granted: int) -> str:
    """What a revised interval (ns) means.

    >>> wording("sampling", 100_000_000, 1_000_000_000)
    'the server granted a sampling interval of 1000 ms, 100 ms was asked for: shorter pulses are not seen'
    """
    effect = "shorter pulses are not seen" if what == "sampling" else "values come so much later"
    pair = f"{granted / MILLISECOND:g} ms, {asked / MILLISECOND:g} ms was asked for"
    return f"the server granted a {what} interval of {pair}: {effect}"
