"""Sealed history through the API: the same before and after, and the same for other programs that read the folder."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from tests.contract.stores import AT_ONCE
from tests.unit.api.running import FILLER, SECOND, START, Api, instant, row, running
from twin.core.batch import batch
from twin.core.event import CONNECTION_LOST, CONNECTION_UP, Event
from twin.core.instant import FAR_FUTURE
from twin.core.status import BAD_SENSOR_FAILURE
from twin.store.merge import merge_past_days
from twin.store.seal import Sealer

TEMP, RAW = f"{FILLER}/temp", f"{FILLER}/raw_temp"
SECONDS = 5 * 3600


def sealed(api: Api) -> None:
    """Everything that the log has goes into files."""
    sealer = Sealer(api.twin._log, api.twin.reader, AT_ONCE)
    while sealer.seal(FAR_FUTURE):
        pass
    merge_past_days(sealer, FAR_FUTURE)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    """Five hours of two tags at 1 Hz with bad rows and holes, the last minute in another batch."""
    async with running(tmp_path) as one:
        while "history_files" not in one.twin.health():  # noqa: ASYNC110 - its sealer begins by unlinking files of no list
            await asyncio.sleep(0.005)
        random = np.random.default_rng(1)
        second = np.arange(SECONDS, dtype=np.int64)
        second = second[(second < 7000) | (second > 9000)]
        value = np.round(np.cumsum(random.normal(0, 1, len(second))), 2)
        status = np.where(random.random(len(second)) < 0.01, BAD_SENSOR_FAILURE, 0).astype(np.uint32)
        value = np.where(status != 0, np.nan, value)
        one.clock.at(SECONDS)
        for tag in (TEMP, RAW):
            number = one.twin.tags.get(tag)
            assert number is not None
            for part in (second < SECONDS - 60, second >= SECONDS - 60):
                time = START + second[part] * SECOND
                rows = batch("s7", np.full(part.sum(), number), time, value[part], status[part])
                await one.twin.append(rows)
        await one.move(SECONDS)
        yield one


QUERIES: list[dict[str, Any]] = [
    {"tag": [TEMP, RAW], "max_points": 60},
    {"tag": [TEMP], "max_points": 6},
    {"tag": [TEMP], "max_points": 4000},
    {"tag": [TEMP], "from_": instant(3333), "to": instant(15123), "max_points": 40},
    {"tag": [TEMP], "from_": instant(3333), "to": instant(4444)},
    {"tag": [TEMP, RAW], "aggregate": "mean,min,max,count,first,last,twa", "interval": "7m"},
]


async def test_reads_are_the_same_after_sealing_and_merging(api: Api) -> None:
    span = {"from_": instant(0), "to": instant(SECONDS)}
    before = [await api.get("/samples", **span | query) for query in QUERIES]
    sealed(api)
    assert sum(before[5]["aggregates"][0]["count"]) > 15_000
    assert api.twin.reader.rows("SELECT count(*) FROM outline") == [(1,)]
    assert await api.twin.append(batch("s7", [0], [START + SECONDS * SECOND], [1.0]))
    for query, expected in zip(QUERIES, before, strict=True):
        found = await api.get("/samples", **span | query)
        assert (found["samples"], found["aggregates"]) == (expected["samples"], expected["aggregates"])
    assert before[0]["samples"][0]["decimated"]


async def test_other_programs_count_what_the_api_counts(api: Api) -> None:
    sealed(api)
    number = api.twin.tags.get(TEMP)
    assert number is not None
    await api.twin.append(batch("s7", [number], [START + SECOND], [777.0]))  # late, over a row that is there
    sealed(api)
    folder = api.twin.folder
    with closing(sqlite3.connect(folder / "log.db")) as log:
        files = [str(folder / path) for (path,) in log.execute("SELECT path FROM file")]
    asked = {"tag": TEMP, "from_": instant(0), "to": instant(SECONDS), "aggregate": "count", "interval": "5h"}
    (found,) = (await api.get("/samples", **asked))["aggregates"]
    latest = "SELECT max_by(status, recorded) AS status FROM read_parquet(?) WHERE tag = ? GROUP BY tag, time"
    good = f"SELECT count(*) FROM ({latest}) WHERE status < 2147483648"
    by_duckdb = duckdb.sql(good, params=[files, TEMP]).fetchall()
    frame = pd.concat([pd.read_parquet(file) for file in files]).sort_values("recorded", kind="stable")
    frame = frame[frame.tag == TEMP].drop_duplicates(["tag", "time"], keep="last")
    assert by_duckdb == [(found["count"][0],)]
    assert int((frame.status < 2**31).sum()) == found["count"][0]
    assert len(frame) == found["count"][0] + found["left_out"][0]
    assert str(frame.time.dtype) == "datetime64[ns]"
    assert (frame.value.isna() == (frame.status != 0)).all()


async def test_a_value_holds_but_not_over_an_outage(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        api.clock.at(5)
        await api.post([row(TEMP, 0, 10)])
        for at, kind in ((20, CONNECTION_LOST), (30, CONNECTION_UP)):
            api.clock.at(at)
            await api.twin.note(Event(START + at * SECOND, kind, "s7", {"cause": "cable"}))
        api.clock.at(40)
        await api.post([row(TEMP, 34, 20)])
        await api.move(60)
        asked = {"tag": TEMP, "from_": instant(10), "to": instant(100), "aggregate": "twa,last", "interval": "20s"}
        (found,) = (await api.get("/samples", **asked))["aggregates"]
        assert found["time"] == [instant(10), instant(30), instant(50)]
        assert (found["twa"], found["covered_s"]) == ([10, 20, 20], [10, 16, 10])
        assert (found["count"], found["last"], found["mean"]) == ([0, 1, 0], [None, 20, None], None)
        assert [gap["cause"] for gap in found["gaps"]] == ["cable"]


@pytest.mark.parametrize(
    ("query", "status", "detail"),
    [
        ({"aggregate": "mean"}, 422, "interval: '' is not a duration"),
        ({"aggregate": "median", "interval": "1h"}, 422, "'median' is none of mean, min"),
        ({"aggregate": "mean", "interval": "1ms"}, 422, "shorter than 1s"),
        ({"aggregate": "mean", "interval": "1h", "max_points": 10}, 422, "give one of them"),
        ({"aggregate": "mean", "interval": "1s", "from_": "now-1d"}, 413, "more than 20000 intervals"),
    ],
)
async def test_what_cannot_be_aggregated_says_why(
    tmp_path: Path, query: dict[str, Any], status: int, detail: str
) -> None:
    async with running(tmp_path) as api:
        assert detail in (await api.get("/samples", status, tag=TEMP, **query))["detail"]


WHOLE_HOURS = {"aggregate": "mean,min,max,count,first,last,twa", "interval": "1h"}


async def test_aggregates_of_whole_hours_come_from_rollups_and_are_those_of_the_rows(api: Api) -> None:
    late = api.twin.tags.get(RAW)
    assert late is not None
    await api.twin.append(batch("s7", [late] * 2, [START + 3700 * SECOND, START + 3700 * SECOND + 1], [32767.0, 5.0]))
    asked = {"tag": [TEMP, RAW], "from_": "2026-11-22T00:00:00Z", "to": "2026-11-23T00:00:00Z"} | WHOLE_HOURS
    before = (await api.get("/samples", **asked))["aggregates"]
    assert sum(before[0]["count"]) > 15_000
    sealed(api)
    assert_near((await api.get("/samples", **asked))["aggregates"], before)
    for path in (api.twin.folder / "history").rglob("*.parquet"):
        path.unlink()  # so whatever is answered now comes from rollups alone
    only = asked | {"tag": [TEMP]}
    assert_near((await api.get("/samples", **only))["aggregates"], before[:1])


def assert_near(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    for mine, theirs in zip(found, expected, strict=True):
        for name in ("count", "left_out", "min", "max", "first", "last", "covered_s", "time", "gaps"):
            assert mine[name] == theirs[name], name
        for name in ("mean", "twa"):
            given = [float("nan") if value is None else value for value in theirs[name]]
            have = [float("nan") if value is None else value for value in mine[name]]
            assert have == pytest.approx(given, rel=1e-12, abs=1e-9, nan_ok=True), name
