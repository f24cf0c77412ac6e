"""Samples as CSV, Parquet and Arrow: the rows of JSON, in pieces, so many at once, broken off where they fail."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.unit.api.running import FILLER, SECOND, START, Api, instant, row, running
from twin.api import streamed
from twin.core.batch import batch
from twin.core.errors import StoreFailed, Unreachable
from twin.core.plugin import OutletSpec
from twin.core.status import BAD_SENSOR_FAILURE
from twin.model.plant import Feed
from twin.runtime.archive import Behind
from twin.store.table import NO_ARROW

TEMP, RECIPE = f"{FILLER}/temp", f"{FILLER}/recipe"
ROWS = 5000
SPAN = {"from": instant(0), "to": instant(ROWS)}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    """More rows than one stretch has here, a bad one, texts, and a tag whose name a spreadsheet would run."""
    async with running(tmp_path) as one:
        one.clock.at(ROWS)
        tag = one.twin.tags.get(TEMP)
        assert tag is not None
        value = np.random.default_rng(1).normal(0, 1, ROWS)
        status = np.zeros(ROWS, np.uint32)
        value[7], status[7] = np.nan, BAD_SENSOR_FAILURE
        time = START + np.arange(ROWS, dtype=np.int64) * SECOND
        await one.twin.append(batch("s7", np.full(ROWS, tag), time, value, status))
        await one.post(
            [row(RECIPE, 3, text='=HYPERLINK("x")'), row(RECIPE, 4, text="-7"), row(RECIPE, 5, text="a,b\n")]
        )
        await one.client.post("/api/v1/samples?new=number", json={"samples": [row("@odd", 1, 1)]})
        await one.move(ROWS)
        yield one


async def sent(api: Api, status: int = 200, **query: Any) -> httpx2.Response:
    answer = await api.client.get("/api/v1/samples", params=SPAN | query)
    assert answer.status_code == status, answer.text
    return answer


async def frame(api: Api, form: str, **query: Any) -> pd.DataFrame:
    """An answer as pandas reads it."""
    body = io.BytesIO((await sent(api, format=form, **query)).content)
    if form == "csv":
        return pd.read_csv(body, parse_dates=["time"])
    return pd.read_parquet(body) if form == "parquet" else pa.ipc.open_stream(body).read_pandas()


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow"])
async def test_the_rows_are_those_of_json(api: Api, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.core.stretches.ENOUGH", 700)
    (told,) = (await api.get("/samples", tag=TEMP, **{"from_": SPAN["from"], "to": SPAN["to"]}))["samples"]
    found = await frame(api, form, tag=TEMP)
    assert list(found.columns) == ["time", "tag", "value", "status", "text"]
    assert found["tag"].unique().tolist() == [TEMP]
    times = pd.to_datetime(found["time"], utc=True).to_numpy("datetime64[ns]")
    assert (times == np.array([time[:-1] for time in told["time"]], "datetime64[ns]")).all()
    assert [None if np.isnan(value) else value for value in found["value"].tolist()] == told["value"]
    codes = [int(code, 16) for code in found["status"]] if form == "csv" else found["status"].tolist()
    assert codes == told["status"]


async def test_nothing_in_csv_is_a_formula(api: Api) -> None:
    text = (await sent(api, format="csv", tag=[RECIPE, "@odd"])).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(one["tag"], one["text"]) for one in rows] == [
        ("'@odd", ""),
        (RECIPE, '\'=HYPERLINK("x")'),
        (RECIPE, "-7"),
        (RECIPE, "a,b\n"),
    ]
    table = await frame(api, "parquet", tag=[RECIPE, "@odd"])
    assert table["text"].tolist()[1] == '=HYPERLINK("x")'


async def test_the_header_accept_asks_for_a_form_too(api: Api) -> None:
    for form, media_type in streamed.MEDIA_TYPES.items():
        answer = await api.client.get("/api/v1/samples", params=SPAN | {"tag": RECIPE}, headers={"Accept": media_type})
        assert answer.headers["content-type"].split(";")[0] == media_type
        assert form == "json" or f"samples.{form}" in answer.headers["content-disposition"]


async def test_edges_newest_and_instants_are_tables_too(api: Api) -> None:
    inside = {"from": instant(10.5), "to": instant(12.5), "tag": TEMP, "format": "csv"}
    edges = pd.read_csv(io.StringIO((await api.client.get("/api/v1/samples", params=inside | {"bounds": True})).text))
    assert edges["time"].tolist() == [instant(second) for second in (10, 11, 12, 13)]
    newest = pd.read_csv(io.StringIO((await sent(api, format="csv", tag=[TEMP, RECIPE], last=True)).text))
    assert newest["time"].tolist() == [instant(5), instant(ROWS - 1)]
    held = pd.read_csv(io.StringIO((await sent(api, format="csv", tag=RECIPE, at=[instant(2), instant(4.5)])).text))
    assert held["age_s"].tolist()[1] == 0.5
    assert pd.isna(held["time"][0])


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow"])
async def test_aggregates_are_a_row_for_each_interval_and_tag(api: Api, form: str) -> None:
    asked = {"aggregate": "mean,twa,average", "interval": "1000s"}
    found = await frame(api, form, tag=[TEMP, f"{FILLER}/st"], **asked)
    told = await api.get("/samples", tag=TEMP, **asked, **{"from_": SPAN["from"], "to": SPAN["to"]})
    mine = found[found["tag"] == TEMP]
    assert mine["mean"].tolist() == told["aggregates"][0]["mean"]
    assert mine["average"].tolist() == told["processed"][0]["columns"]["average"]["value"]
    assert len(found) == 10


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow"])
async def test_nothing_is_a_table_without_rows(api: Api, form: str) -> None:
    assert (await frame(api, form, tag=f"{FILLER}/st")).empty


async def test_a_fault_in_the_middle_breaks_the_answer_off(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.core.stretches.ENOUGH", 700)
    read = api.twin.reader.read_tags
    broken = instant(4000)

    def failing(tags: Any, start: int, end: int, *rest: Any) -> Any:
        if end > START + 4000 * SECOND and end - start > SECOND:
            raise StoreFailed(f"no disk at {broken}")
        return read(tags, start, end, *rest)

    monkeypatch.setattr(api.twin.reader, "read_tags", failing)
    with pytest.raises(RuntimeError, match="already started"):  # the server closes the connection then
        await sent(api, format="csv", tag=TEMP)
    assert (await sent(api, 503, format="csv", tag=TEMP, **{"from": instant(3990)})).json()[
        "detail"
    ] == f"no disk at {broken}"
    assert (await sent(api, 503, format="parquet", tag=TEMP)).json()["status"] == 503
    monkeypatch.undo()
    assert (await sent(api, format="parquet", tag=TEMP)).content[-4:] == b"PAR1"
    assert list((api.twin.folder / streamed.FOLDER).iterdir()) == []


async def test_without_pyarrow_arrow_says_what_to_do(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.api.streamed.has_arrow", lambda: False)
    assert (await sent(api, 406, format="arrow", tag=TEMP)).json()["detail"] == NO_ARROW


async def test_one_export_too_many_is_told_to_come_again(api: Api) -> None:
    streams = api.app.state.streams
    for _ in range(streamed.AT_ONCE):
        streams.take()
    refused = await sent(api, 503, format="csv", tag=RECIPE)
    assert "no more at once" in refused.json()["detail"]
    assert refused.headers["retry-after"] == "10"
    streams.give_back()
    assert (await sent(api, format="csv", tag=RECIPE)).status_code == 200
    assert (await sent(api, format="csv", tag=RECIPE)).status_code == 200


async def test_what_a_crash_left_goes_with_the_next_export(api: Api) -> None:
    left = api.twin.folder / streamed.FOLDER / "half"
    left.mkdir(parents=True)
    (left / "samples.parquet").write_bytes(b"PAR1")
    await sent(api, format="parquet", tag=RECIPE)
    assert not left.exists()


async def test_a_long_answer_of_json_is_refused_with_what_to_ask_for_instead(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin.api.series.MOST_ROWS", 100)
    assert "format=csv, parquet or arrow" in (await sent(api, 413, tag=TEMP)).json()["detail"]
    assert len((await sent(api, format="csv", tag=TEMP)).text.splitlines()) == ROWS + 1
    assert json.loads((await sent(api, tag=RECIPE)).content)["samples"]


def away() -> Any:
    """An archive that cannot even be opened."""
    raise Unreachable("no route to it")


async def test_a_table_is_never_without_what_an_archive_did_not_tell(api: Api) -> None:
    api.twin.past.behind = [Behind(Feed(OutletSpec("historian", "influx", "http://h", {}), ()), away)]  # pyright: ignore[reportArgumentType]
    older = {"tag": TEMP, "from": instant(-100)}
    for form in ("csv", "parquet", "arrow"):
        refused = await sent(api, 503, format=form, **older)
        assert refused.json()["detail"].startswith("historian: no route to it")
        assert refused.headers["retry-after"] == "15"
    told = (await sent(api, **older)).json()
    assert told["sources"][0]["missing"] == "no route to it"
    whole = await sent(api, format="csv", tag=TEMP)
    assert "linetwin-sources" not in whole.headers
    known = await sent(api, format="csv", known_at=instant(ROWS + 1), **older)
    assert known.headers["linetwin-sources"].split(", ")[0] == f"historian {instant(-100)}/{instant(0)}"
