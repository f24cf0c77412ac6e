"""The same questions to our API, before retention forgot what InfluxDB has too, and after.

The rows go there as in a plant: the twin runs, and carries its log to the outlet by its cursor.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np

from tests.unit.api.running import FILLER, PLANT, START, Api, HandClock, instant
from twin.api.access import Access
from twin.api.app import create_app
from twin.core.batch import batch
from twin.core.instant import DAY, FAR_FUTURE, FAR_PAST, HOUR, MINUTE, SECOND
from twin.core.rows import Samples, in_order
from twin.core.tags import TagType
from twin.model.load import load
from twin.runtime.archive import values
from twin.runtime.plugins import connectors, outlets
from twin.runtime.twin import Twin, open_twin
from twin.store.retention import Limits, forget_before

NAMES = [f"{FILLER}/{name}" for name in ("temp", "raw_temp", "total", "recipe", "code")]
BEGIN, SEAM, END = START - 3 * DAY, START - DAY - 17 * MINUTE, START
AGGREGATES = "mean,min,max,count,first,last,twa"
PART_13 = "interpolative,average,time_average,total2,minimum,maximum2,range,start_bound,end,duration_good,percent_bad"
SPAN = {"from": instant(-3 * 86_400), "to": instant(0)}
ACROSS = {"from": instant(-86_400 - 2 * 3_600), "to": instant(-86_400 + 3_600)}
OLD = {"from": instant(-2 * 86_400 - 3_600), "to": instant(-2 * 86_400)}
NUMBERS = NAMES[:3]
QUESTIONS: tuple[dict[str, Any], ...] = (
    {"tag": NAMES, **ACROSS},
    {"tag": NAMES, **OLD},
    {"tag": NUMBERS, **SPAN, "max_points": 200},
    {"tag": NUMBERS, **ACROSS, "max_points": 50},
    {"tag": NUMBERS, **SPAN, "aggregate": AGGREGATES, "interval": "1h"},
    {"tag": NUMBERS, **SPAN, "aggregate": AGGREGATES, "interval": "7m"},
    {"tag": NUMBERS, **OLD, "aggregate": AGGREGATES, "interval": "10s"},
    {"tag": NUMBERS, **SPAN, "aggregate": PART_13, "interval": "1h"},
    {"tag": NUMBERS, **ACROSS, "aggregate": PART_13, "interval": "7m"},
    {"tag": NAMES, **OLD, "bounds": True},
    {"tag": NAMES, "at": [instant(seconds) for seconds in (-3 * 86_400 + 1, -2 * 86_400, -86_400 - 17 * 60, -5)]},
    {"tag": NAMES, **OLD, "last": True},
    {"tag": NAMES, "last": True},
)


async def check_same_numbers(url: str, settings: dict[str, Any], folder: Path) -> None:
    """A plant that forwards all to the server at `url` answers alike with and without its own old part."""
    async with plant_with(url, settings, folder, connect=True) as api:
        await _fill(api.twin)
        before = [await _asked(api, question) for question in QUESTIONS]
        nearest = _nearest(api.twin)
        await _forwarded(api.twin)
        await asyncio.to_thread(forget_before, api.twin._log, Limits(SEAM))
        local = api.twin.reader.read_tags(np.arange(5, dtype=np.int32), FAR_PAST, SEAM - HOUR, FAR_FUTURE).samples
        assert len(local) == 0
        for question, was in zip(QUESTIONS, before, strict=True):
            assert await _asked(api, question) == was, question
        assert await _sources(api) == [("historian", None), ("local", None)]
        assert _nearest(api.twin) == nearest


@asynccontextmanager
async def plant_with(url: str, settings: dict[str, Any], folder: Path, connect: bool = False) -> AsyncIterator[Api]:
    """The twin of the small plant with an outlet to a server, and its API. connect: the outlet runs."""
    text = f"{PLANT}outlets:\n  historian: {json.dumps({'influx': url, **{k: v for k, v in settings.items() if v}})}\n"
    clock = HandClock()
    plant = load(text, "plant.yaml", connectors(), {}, outlets())
    async with open_twin(plant, folder / "data", clock, connect=connect) as twin:
        app = create_app(twin, Access())
        transport = httpx2.ASGITransport(app=app, client=("127.0.0.1", 50000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60) as client:
            yield Api(twin, clock, client, app)


async def _fill(twin: Twin) -> None:
    """Three days of five tags: numbers, scaled ones, a counter that wraps, texts, bytes; bad rows among them."""
    rng = np.random.default_rng(6)
    types = [TagType.NUMBER] * 3 + [TagType.TEXT, TagType.BYTES]
    ids = [twin.tags.id_of(name, type_) for name, type_ in zip(NAMES, types, strict=True)]
    for start in range(BEGIN, END, HOUR):
        time = start + np.arange(0, HOUR, 20 * SECOND) + rng.integers(0, SECOND, 180)
        status = np.where(rng.random(len(time)) < 0.02, 0x80000000, 0)
        number = [
            np.round(rng.normal(60, 5, len(time)), 3),
            rng.integers(0, 1000, len(time)),
            np.arange(len(time)) * 7 % 65536,
        ]
        for tag, value in zip(ids[:3], number, strict=True):
            await twin.append(batch("s", np.full(len(time), tag), time, np.where(status, np.nan, value), status))
        for tag, texts in zip(ids[3:], (["cola", "ünï 'x'", None], ["00ff", "", None]), strict=True):
            given = [texts[n] for n in rng.integers(0, 3, 12)]
            await twin.append(batch("s", [tag] * 12, time[:12], [np.nan] * 12, 0, given))


async def _asked(api: Api, question: dict[str, Any]) -> list[dict[str, Any]]:
    """What is told of the tags, without where it came from."""
    answer = await api.client.get("/api/v1/samples", params=question)
    assert answer.status_code == 200, answer.text
    told = [*answer.json()["samples"], *(answer.json().get("aggregates") or ())]
    return [{name: one for name, one in series.items() if name not in {"gaps", "sources"}} for series in told]


async def _sources(api: Api) -> list[tuple[str, str | None]]:
    """Whose rows an answer over the seam has, and why one of them has none."""
    answer = await api.get("/samples", **ACROSS, tag=NAMES[0])
    return [(one["source"], one["missing"]) for one in answer["sources"]]


def _nearest(twin: Twin) -> list[list[tuple[Any, ...]]]:
    """What held, and what came next, at instants of the old part and at the seam."""
    tags = np.arange(5, dtype=np.int32)
    found: list[Samples] = []
    for instant_ in (BEGIN, BEGIN + 5 * HOUR + 7, SEAM, SEAM + 1, END):
        found.append(twin.past.before(tags, instant_, FAR_FUTURE))
        found.append(twin.past.after(tags, instant_, FAR_FUTURE))
    return [_plain(twin, in_order(one)) for one in found]


def _plain(twin: Twin, rows: Samples) -> list[tuple[Any, ...]]:
    value, status = values(twin.meaning, rows)
    text = [None] * len(rows) if rows.text is None else rows.text.tolist()
    columns = (rows.tag, rows.time, value.view(np.int64), status)
    return list(zip(*[column.tolist() for column in columns], text, strict=True))


async def _forwarded(twin: Twin) -> None:
    """The outlet has every row of the log, and refused none."""
    async with asyncio.timeout(60):
        while twin.forwarding.behind("historian")[0]:  # noqa: ASYNC110 - the cursor tells nobody
            await asyncio.sleep(0.02)
    standing = twin.forwarding.standing("historian")
    logged = len(twin.reader.since(0, FAR_FUTURE).samples)
    assert (standing.sent, standing.refused, standing.dropped) == (logged, 0, 0)
