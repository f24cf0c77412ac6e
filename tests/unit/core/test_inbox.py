"""The inbox: coalesces, acknowledges late, keeps its bound."""

from __future__ import annotations

import asyncio

import pytest

from twin.core.batch import batch
from twin.core.errors import Unreachable
from twin.core.inbox import Inbox


async def test_all_that_waits_is_one_batch_and_is_acknowledged_at_the_next_pull() -> None:
    inbox, done = Inbox("a"), []
    for number in range(3):
        inbox.put(batch("a", [number], [number], [0.0]), lambda n=number: done.append(n))
    assert (await anext(inbox)).tag.tolist() == [0, 1, 2]
    assert done == []
    inbox.put(batch("a", [3], [3], [0.0]))
    await anext(inbox)
    assert done == [0, 1, 2]


async def test_a_full_inbox_stops_the_reader_until_it_is_emptied() -> None:
    inbox = Inbox("a", bound=2)
    inbox.put(batch("a", [0, 1], [0, 1], [0.0, 0.0]))
    assert not inbox.has_room
    waiting = asyncio.create_task(inbox.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    await anext(inbox)
    await waiting
    assert inbox.has_room


async def test_a_lost_link_is_told_after_what_waits() -> None:
    inbox = Inbox("a")
    inbox.put(batch("a", [0], [0], [0.0]))
    inbox.fail(Unreachable("gone"))
    assert len(await anext(inbox)) == 1
    with pytest.raises(Unreachable, match="gone"):
        await anext(inbox)


async def test_a_waiting_pull_wakes_when_something_comes() -> None:
    inbox = Inbox("a")
    pull = asyncio.ensure_future(anext(inbox))
    await asyncio.sleep(0)
    inbox.put(batch("a", [7], [1], [0.0]))
    assert (await pull).tag.tolist() == [7]
