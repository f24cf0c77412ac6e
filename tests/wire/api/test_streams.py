"""Streamed samples over a real server: in order, given up when nobody reads, broken off where they fail."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import numpy as np
import pytest

from tests.unit.api.running import FILLER, SECOND, START, instant
from tests.wire.api.served import Served, served
from twin.api.load import Work
from twin.api.streamed import AT_ONCE, FOLDER
from twin.core.batch import batch
from twin.core.errors import StoreFailed

TEMP = f"{FILLER}/temp"
ROWS = 2000
PATIENCE_S = 30


@pytest.fixture
async def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    """More rows than one stretch has here."""
    monkeypatch.setattr("twin.core.stretches.ENOUGH", 300)
    async with served(tmp_path) as one:
        one.api.clock.at(ROWS)
        tag = one.api.twin.tags.get(TEMP)
        assert tag is not None
        time = START + np.arange(ROWS, dtype=np.int64) * SECOND
        await one.api.twin.append(batch("s7", np.full(ROWS, tag), time, np.arange(float(ROWS))))
        await one.api.move(ROWS)
        yield one


def path_of(form: str) -> str:
    return f"/api/v1/samples?{urlencode({'tag': TEMP, 'from': instant(0), 'to': instant(ROWS), 'format': form})}"


class Reads:
    """Reads of the log; `meet` is called before each, with the first instant that is read."""

    def __init__(self, line: Served, monkeypatch: pytest.MonkeyPatch, meet: Callable[[int], None]) -> None:
        self.starts: list[int] = []
        read = line.api.twin.reader.read_tags

        def met(tags: Any, start: int, *rest: Any) -> Any:
            self.starts.append(start)
            meet(start)
            return read(tags, start, *rest)

        monkeypatch.setattr(line.api.twin.reader, "read_tags", met)


@pytest.mark.parametrize("form", ["csv", "arrow"])
async def test_the_first_rows_arrive_before_the_last_are_read(
    line: Served, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    arrived = threading.Event()

    def meet(start: int) -> None:
        assert start < START + ROWS // 2 * SECOND or arrived.wait(PATIENCE_S)

    Reads(line, monkeypatch, meet)
    body = b""
    async with (
        httpx2.AsyncClient(base_url=f"http://{line.address}", timeout=2 * PATIENCE_S) as client,
        client.stream("GET", path_of(form)) as answer,
    ):
        assert "content-length" not in answer.headers
        async for piece in answer.aiter_raw():
            arrived.set()
            body += piece
    assert form != "csv" or body.count(b"\n") == ROWS + 1


@pytest.mark.parametrize("form", ["csv", "arrow", "parquet"])
async def test_nothing_more_is_read_when_the_client_has_gone(
    line: Served, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """Of Parquet before its first byte, as it is made whole; of the others after it."""
    reached, stopped, go_on = threading.Event(), threading.Event(), threading.Event()
    stop = Work.stop

    def noted(work: Work) -> None:
        stop(work)
        stopped.set()

    def meet(start: int) -> None:
        if start >= START + ROWS // 2 * SECOND:
            reached.set()
            assert go_on.wait(PATIENCE_S)

    monkeypatch.setattr(Work, "stop", noted)
    reads = Reads(line, monkeypatch, meet)
    reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
    writer.write(f"GET {path_of(form)} HTTP/1.1\r\nHost: {line.address}\r\n\r\n".encode())
    if form != "parquet":
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    assert await asyncio.to_thread(reached.wait, PATIENCE_S)
    many = len(reads.starts)
    writer.close()
    assert await asyncio.to_thread(stopped.wait, PATIENCE_S)
    go_on.set()
    await until(lambda: is_free(line))
    assert len(reads.starts) == many
    await until(lambda: not list((line.api.twin.folder / FOLDER).iterdir()))


async def test_the_client_sees_that_an_answer_broke_off(line: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def meet(start: int) -> None:
        if start >= START + ROWS // 2 * SECOND:
            raise StoreFailed("no disk")

    Reads(line, monkeypatch, meet)
    seen: list[bytes] = []
    async with httpx2.AsyncClient(base_url=f"http://{line.address}", timeout=PATIENCE_S) as client:
        async with client.stream("GET", path_of("csv")) as answer:
            assert answer.status_code == 200
            with pytest.raises(httpx2.RemoteProtocolError):
                await collected(answer, seen)
        assert 0 < b"".join(seen).count(b"\n") < ROWS
        whole = await client.get(path_of("parquet"))
        assert (whole.status_code, whole.json()["detail"]) == (503, "no disk")
    await until(lambda: is_free(line))


async def collected(answer: httpx2.Response, seen: list[bytes]) -> None:
    async for piece in answer.aiter_raw():
        seen.append(piece)


def is_free(line: Served) -> bool:
    """Whether as many exports may begin as there may be at once."""
    streams = line.app.state.streams
    taken = 0
    try:
        for _ in range(AT_ONCE):
            streams.take()
            taken += 1
    except Exception:  # a problem: too many
        return False
    finally:
        for _ in range(taken):
            streams.give_back()
    return True


async def until(fits: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if fits():
                return
            await asyncio.sleep(0.01)
