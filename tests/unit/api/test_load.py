"""Costly reads: a client that goes away stops them, and the rest is answered while they run."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.api.running import FILLER, SECOND, START, instant, running
from twin.api.load import Gone, Turns, Work, worked
from twin.core.batch import batch

TEMP = f"{FILLER}/temp"
PATIENCE_S = 30


class Asked:
    """A request whose client goes away when it is told."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}


async def test_a_read_stops_at_its_next_look_when_nobody_waits() -> None:
    request, turns = Asked(), Turns()
    looked = threading.Event()
    pieces: list[int] = []

    def read(work: Work) -> None:
        while True:
            work.look()
            pieces.append(1)
            looked.set()

    reading = asyncio.ensure_future(worked(request, turns, read))  # pyright: ignore[reportArgumentType]
    assert await asyncio.to_thread(looked.wait, PATIENCE_S)
    request.gone.set()
    with pytest.raises(Gone):
        await asyncio.wait_for(reading, PATIENCE_S)
    assert not turns.locked()


async def test_light_requests_are_answered_while_a_heavy_one_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R65, by the order of answers: the heavy read cannot end before the light one was answered."""
    async with running(tmp_path) as api:
        api.clock.at(100)
        tag = api.twin.tags.get(TEMP)
        assert tag is not None
        time = START + np.arange(100, dtype=np.int64) * SECOND
        await api.twin.append(batch("s7", np.full(100, tag), time, np.arange(100.0)))
        read, begun, light = api.twin.reader.read_tags, threading.Event(), threading.Event()

        def slow(*arguments: Any) -> Any:
            begun.set()
            assert light.wait(PATIENCE_S)
            return read(*arguments)

        monkeypatch.setattr(api.twin.reader, "read_tags", slow)
        order: list[str] = []

        async def heavy() -> None:
            answer = await api.get("/samples", tag=TEMP, from_=instant(0), to=instant(100))
            assert len(answer["samples"][0]["time"]) == 100
            order.append("heavy")

        reading = asyncio.ensure_future(heavy())
        assert await asyncio.to_thread(begun.wait, PATIENCE_S)
        await api.get("/plant")
        order.append("light")
        light.set()
        await asyncio.wait_for(reading, PATIENCE_S)
        assert order == ["light", "heavy"]
