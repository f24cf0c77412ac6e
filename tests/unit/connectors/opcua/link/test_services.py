"""What a server takes in one call is learnt: halved when refused, tried upward again later, never past its limit."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from asyncua.ua import uaerrors

from connectors.opcua.link.services import Limits, Size, in_calls
from connectors.opcua.settings import ITEMS_PER_SUBSCRIPTION


class Server:
    """Takes so many a call."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.asked: list[int] = []

    async def call(self, part: Sequence[int]) -> list[int]:
        self.asked.append(len(part))
        if len(part) > self.most:
            raise uaerrors.BadTooManyOperations
        return [n * 2 for n in part]


async def test_a_call_that_is_too_large_is_halved_until_it_passes() -> None:
    server = Server(7)
    assert await in_calls(range(20), 16, server.call) == [n * 2 for n in range(20)]
    assert server.asked[:3] == [16, 8, 4]


async def test_what_was_learnt_holds_for_the_next_calls_and_is_tried_upward_after_a_while() -> None:
    server, size = Server(100), Size(64, 1000)
    await in_calls(range(64), size, server.call)
    server.most = 30
    await in_calls(range(100), size, server.call)
    assert 15 < size.now <= 30
    server.most = 1000
    await in_calls(range(2000), size, server.call)
    assert size.now > 128


async def test_a_server_that_stays_small_is_asked_for_more_ever_more_seldom() -> None:
    server, size = Server(10), Size(16, 1000)
    for _ in range(200):
        await in_calls(range(16), size, server.call)
    refused = [n for n in server.asked if n > 10]
    assert 2 < len(refused) < 10
    assert size.now == 8


async def test_growth_stops_at_what_the_server_declares() -> None:
    server, size = Server(10_000), Size(100, 1000)
    size.declare(300)
    await in_calls(range(5000), size, server.call)
    assert max(server.asked) == 300


async def test_one_node_that_is_too_much_is_an_error() -> None:
    with pytest.raises(uaerrors.BadTooManyOperations):
        await in_calls(range(3), 4, Server(0).call)


def test_items_begin_with_what_old_plcs_survive() -> None:
    limits = Limits()
    assert (limits.monitor, ITEMS_PER_SUBSCRIPTION) == (100, 1000)
    limits.monitoring.slow(7)
    assert limits.monitor == 7
