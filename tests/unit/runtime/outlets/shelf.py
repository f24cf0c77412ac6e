"""An outlet that puts rows on a shelf which outlives it, and can be away, slow, full of wishes or wrongly set."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from twin.core.batch import batch
from twin.core.errors import Misconfigured, Unreachable
from twin.core.history import Slice
from twin.core.instant import SECOND
from twin.core.plugin import Key, OutletPlugin, OutletSpec
from twin.core.ports import Refusal
from twin.core.rows import Samples
from twin.core.tags import TagTable
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime.outlets.carrier import Pace
from twin.runtime.outlets.forwarding import Means
from twin.runtime.plugins import connectors
from twin.runtime.twin import Twin, open_twin

BEGIN = 1_700_000_000 * SECOND
QUICK = Pace(first_s=0.01, longest_s=0.05, linger_s=0.01, look_s=0.05, piece=100, stretch=1000)
Row = tuple[int, int, int, float, int]
"""recorded, tag, time, value, status; NaN as None would be another matter: these tests send numbers."""


class Shelf:
    """What one other side has. pieces: how many rows each `send` brought."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.pieces: list[int] = []
        self.events: list[str] = []
        self.away = ""
        self.retry_after = 0.0
        self.wrong = ""
        self.refuses: Callable[[float], bool] = lambda _value: False
        self.stalls: asyncio.Event | None = None
        """Set: `send` has the rows and does not answer until it is set."""
        self.stalled = asyncio.Event()
        self.changed = asyncio.Event()

    async def until(self, what: Callable[[], bool]) -> None:
        """Wait for a condition that a `send` makes true."""
        async with asyncio.timeout(20):
            while not what():
                self.changed.clear()
                await self.changed.wait()

    def once(self) -> set[Row]:
        """The rows, as an other side has them that takes a row that comes again for the same."""
        return set(self.rows)

    def doubled(self) -> int:
        return sum(n - 1 for n in Counter(self.rows).values())


class ShelfOutlet:
    def __init__(self, spec: OutletSpec, shelf: Shelf) -> None:
        self.name = spec.id
        self._shelf = shelf

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[ShelfOutlet]:
        self._look()
        yield self

    def _look(self) -> None:
        if self._shelf.wrong:
            raise Misconfigured(f"outlet {self.name}: {self._shelf.wrong}")
        if self._shelf.away:
            raise Unreachable(f"outlet {self.name}: {self._shelf.away}", self._shelf.retry_after)

    async def send(self, piece: Slice) -> Sequence[Refusal]:
        self._look()
        s = piece.samples
        bad = np.array([self._shelf.refuses(value) for value in s.value.tolist()], np.bool_)
        self._shelf.rows += rows_of(s.take(~bad)) if len(s) else []
        self._shelf.pieces.append(len(s))
        self._shelf.events += [event.kind for _, event in piece.events]
        if self._shelf.stalls is not None:
            self._shelf.stalled.set()
            await self._shelf.stalls.wait()
        self._shelf.changed.set()
        return [Refusal(*row[:3], f"no room for {row[3]}") for row in rows_of(s.take(bad))] if len(s) else []


def rows_of(s: Samples) -> list[Row]:
    columns = (s.recorded, s.tag, s.time, s.value, s.status)
    return list(zip(*[column.tolist() for column in columns], strict=True))


def means(shelves: Mapping[str, Shelf], pace: Pace = QUICK) -> Means:
    def build(spec: OutletSpec, _tags: TagTable) -> ShelfOutlet:
        return ShelfOutlet(spec, shelves[spec.id])

    return Means({"shelf": plugin(build)}, pace)


def plugin(build: Callable[[OutletSpec, TagTable], ShelfOutlet]) -> OutletPlugin:
    keys = (Key("values", "choice", "which numbers", "scaled", ("scaled", "wire")),)
    return OutletPlugin("shelf", ("shelf",), keys, build)


def plant(outlets: str) -> Plant:
    """A plant with two tags that are scaled, and these outlets: `a: {shelf: "shelf://a"}`."""
    lines = "".join(f"  {line}\n" for line in outlets.splitlines())
    text = f"""linetwin: 1
plant: p
connections:
  gw: {{mqtt: "mqtt://127.0.0.1:1"}}
tags:
  hall/temp: {{from: gw, topic: t, raw: [0, 10], range: [0, 100]}}
  yard/temp: {{from: gw, topic: y}}
outlets:
{lines}"""
    return load(text, "plant.yaml", connectors(), {}, {"shelf": plugin(lambda _s, _t: ShelfOutlet(_s, Shelf()))})


def opened(folder: Path, clock: Ticking, outlets: str, shelves: Mapping[str, Shelf], **more: object):
    """The twin of that plant with these shelves behind its outlets; its connection is not opened."""
    pace = more.pop("pace", QUICK)
    return open_twin(plant(outlets), folder, clock, means=means(shelves, pace), **more)  # pyright: ignore


async def fill(twin: Twin, entries: int, rows: int = 10, first: int = 0) -> None:
    """So many batches, half of their rows of each tag: values count up, times too."""
    while "history_files" not in twin.health():  # noqa: ASYNC110 - its sealer begins by unlinking files of no list
        await asyncio.sleep(0.005)
    tags = twin.tags.ids_of(["p/hall/temp", "p/yard/temp"])
    for n in range(first, first + entries):
        value = np.arange(n * rows, (n + 1) * rows)
        await twin.append(batch("test", tags[value % 2], BEGIN + value * 1000, value.astype(float)))


class Ticking:
    """A clock that moves by a microsecond when it is looked at."""

    def __init__(self, instant: int = BEGIN + 3600 * SECOND) -> None:
        self.instant = instant

    def now(self) -> int:
        self.instant += 1000
        return self.instant
