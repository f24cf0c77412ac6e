"""Links cut behind each byte of their beginning: an error of ours each time, and nothing is left behind (R24)."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.wire.opcua.plant import Plc, eventually, opcua, setup, until
from twin.core.errors import Unreachable
from twin.testing import FaultProxy


def descriptors() -> int:
    """Open file descriptors of this process."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def tasks() -> int:
    """Tasks of this process but those of the server, which keeps each half-made session for its time-out."""
    files = (getattr(task.get_coro(), "cr_code", None) for task in asyncio.all_tasks())
    return sum("asyncua/server" not in getattr(code, "co_filename", "") for code in files)


async def cut_behind(folder: Path, places: Iterable[int]) -> int:
    """Connect and cut behind so many bytes, up and down in turn; how many links came to an end with Unreachable."""
    ended = 0
    async with Plc().running() as plc, FaultProxy(plc.port) as proxy:
        test = setup(opcua(proxy), folder, {"n": "Line.n", "temp": "Line.temp"})
        async with test.connector.open() as batches:
            await anext(batches)
        before, files = tasks(), descriptors()
        for place in places:
            proxy.cut_after(place, "up" if place % 2 else "down")
            try:
                async with test.connector.open() as batches:
                    proxy.cut()
                    await until(batches, lambda _: False, 30)
            except Unreachable:
                ended += 1
            proxy.mend()
        await eventually(lambda: proxy.open == 0)
        gc.collect()
        await eventually(lambda: tasks() <= before and descriptors() <= files + 2)
        async with test.connector.open() as batches:
            await plc.write("n", 5.0)
            await until(batches, lambda bs: 5.0 in test.values(bs, "n"))
    return ended


async def test_nothing_is_left_of_links_that_were_cut_in_their_handshake(tmp_path: Path) -> None:
    places = [*range(1, 200, 5), *range(200, 3000, 100)]
    assert await cut_behind(tmp_path, places) == len(places)


@pytest.mark.slow
async def test_nothing_is_left_of_a_thousand_links_that_were_cut(tmp_path: Path) -> None:
    assert await cut_behind(tmp_path, range(1, 1001)) == 1000
