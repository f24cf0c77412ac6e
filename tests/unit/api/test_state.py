"""The state of everything at an instant: what a path means, under which model, and how each value came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.api.running import FILLER, PACKER, PLANT, SECOND, START, Api, HandClock, instant, row, running
from twin.core.batch import batch
from twin.core.event import CONNECTION_UP, GAP, GAP_FILLED, Event
from twin.core.instant import HOUR
from twin.model.load import load
from twin.runtime.plugins import connectors
from twin.store.seal import Bounds, Sealer

LINE = "acme/brno/packaging/line1"
MORE = PLANT.replace(
    "lines:", "tags: {hall/temp: {from: s7, node: T, unit: degC}}\nproducts: {cola: {code: 7}}\nlines:"
)
MORE = MORE.replace("    flow:", "    product: {tag: filler/reject}\n    flow:")
SECOND_PLANT = (
    MORE.replace("packer", "crater")
    .replace("high: 80,", "high: 60,")
    .replace("temp:\n", "heat:\n        was: temp\n", 1)
)
"""The same line: another limit, a tag that was renamed, a machine of another name."""


async def put(api: Api, at: float, *rows: dict[str, Any]) -> None:
    api.clock.at(at)
    await api.post(rows)


async def test_a_path_means_a_tag_a_machine_a_line_or_all(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=MORE) as api:
        await put(api, 10, row(f"{FILLER}/temp", 9, 90), row("acme/brno/hall/temp", 9, 21), row(f"{PACKER}/st", 9, 1))
        await put(api, 12, row(f"{FILLER}/reject", 11, 7))
        whole = await api.get("/state")
        assert [one["asset"] for one in whole["machines"]] == [FILLER, PACKER]
        assert [(one["tag"], one["value"]) for one in whole["tags"]] == [("acme/brno/hall/temp", 21.0)]
        assert whole["lines"] == [{"line": LINE, "product": {"code": 7, "name": "cola", "since": instant(11)}}]
        assert [one["name"] for one in whole["alarms"]] == ["high"]
        assert (whole["model"]["number"], whole["model"]["many"], whole["model"]["plant"]) == (1, 1, "acme/brno")
        line = await api.get("/state", asset="packaging/line1")
        assert (len(line["lines"]), len(line["machines"]), line["tags"], len(line["alarms"])) == (1, 2, [], 1)
        machine = await api.get("/state", asset=PACKER)
        assert ([one["asset"] for one in machine["machines"]], machine["lines"], machine["alarms"]) == (
            [PACKER],
            [],
            [],
        )
        tag = await api.get("/state", asset="packaging/line1/filler/temp")
        assert [(one["tag"], one["value"], one["quality"]) for one in tag["tags"]] == [(f"{FILLER}/temp", 90.0, "good")]
        assert (tag["machines"], [one["tag"] for one in tag["alarms"]]) == ([], [f"{FILLER}/temp"])
        assert [one["tag"] for one in (await api.get("/state", asset="hall"))["tags"]] == ["acme/brno/hall/temp"]


async def test_the_past_is_shown_under_the_model_that_counted_then(tmp_path: Path) -> None:
    clock = HandClock()
    async with running(tmp_path, clock, plant_file=MORE) as api:
        await put(api, 10, row(f"{FILLER}/temp", 9, 70), row(f"{PACKER}/st", 9, 1))
        await api.move(20)
    clock.at(100)
    async with running(tmp_path, clock, plant_file=SECOND_PLANT) as api:
        await put(api, 110, row(f"{FILLER}/heat", 109, 75))
        await api.move(120)
        now = await api.get("/state")
        assert (now["model"]["number"], now["model"]["many"]) == (2, 2)
        assert now["machines"][0]["tags"]["heat"]["value"] == 75.0
        assert [one["asset"] for one in now["machines"]] == [FILLER, f"{LINE}/crater"]
        assert [(one["tag"], one["limit"]) for one in now["alarms"]] == [(f"{FILLER}/heat", 60.0)]
        then = await api.get("/state", at=instant(15))
        assert (then["model"]["number"], then["model"]["many"]) == (1, 2)
        assert then["model"]["digest"] != now["model"]["digest"]
        assert then["model"]["since"] < instant(10) < now["model"]["since"]
        assert [(one["asset"], one["state"]) for one in then["machines"]] == [(FILLER, None), (PACKER, "running")]
        temp = then["machines"][0]["tags"]["temp"]
        assert (temp["value"], temp["unit"], temp["connection"], temp["stale"]) == (70.0, "degC", "s7", False)
        assert then["alarms"] == []
        assert (await api.get("/state", known_at=instant(50)))["model"]["number"] == 1
        assert (await api.get("/state", asset=PACKER, at=instant(15)))["machines"][0]["state"] == "running"
        gone = await api.get("/state", 404, asset=f"{LINE}/crater", at=instant(15))
        assert "in edition 1 of 2 of the model, which counted then" in gone["detail"]
        left = await api.get("/state", asset=PACKER)
        assert (left["machines"], [one["tag"] for one in left["tags"]]) == ([], [f"{PACKER}/st"])  # its series stays


async def test_a_model_that_is_loaded_while_it_runs_is_told_with_who_and_why(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=MORE) as api:
        await put(api, 10, row(f"{FILLER}/temp", 9, 70), row(f"{PACKER}/st", 9, 1))
        await api.move(20)
        await api.twin.load(load(SECOND_PLANT, "plant.yaml", connectors(), {}), "ann", "lower limit")
        await api.move(30)
        now, then = await api.get("/state"), await api.get("/state", at=instant(15))
        assert [(one["model"]["number"], one["model"]["who"], one["model"]["why"]) for one in (now, then)] == [
            (2, "ann", "lower limit"), (1, "", ""),
        ]  # fmt: skip
        assert (now["machines"][0]["tags"]["heat"]["value"], then["machines"][0]["tags"]["temp"]["value"]) == (70, 70)


async def test_a_scale_that_was_mended_later_is_not_known_before(tmp_path: Path) -> None:
    clock = HandClock()
    mended = PLANT.replace(
        "      raw_temp: {", f"      raw_temp: {{scales: [{{from: '{instant(0)}', raw: [0, 1000], range: [0, 2000]}}], "
    )
    async with running(tmp_path, clock) as api:
        await put(api, 10, row(f"{FILLER}/raw_temp", 9, 400))
        await api.move(20)
    clock.at(100)
    async with running(tmp_path, clock, plant_file=mended) as api:
        await api.move(110)
        for query, value in (({}, 800.0), ({"known_at": instant(50)}, 40.0)):
            found = await api.get("/state", asset=FILLER, at=instant(15), **query)
            assert found["machines"][0]["tags"]["raw_temp"]["value"] == value


COMPUTED = PLANT.replace("      recipe:", "      twice: {compute: 2 * temp}\n      recipe:")


async def origins(api: Api, **query: Any) -> dict[str, Any]:
    (filler,) = (await api.get("/state", asset=FILLER, **query))["machines"]
    return {name: one["origin"] for name, one in filler["tags"].items() if one["time"] is not None}


@pytest.mark.parametrize("sealed", [False, True])
async def test_each_value_says_how_it_came(tmp_path: Path, sealed: bool) -> None:
    async with running(tmp_path, plant_file=COMPUTED) as api:
        twin, clock = api.twin, api.clock
        st, total, reject, temp = (twin.tags.id_of(f"{FILLER}/{n}") for n in ("st", "total", "reject", "temp"))

        def at(seconds: float) -> int:
            return START + round(seconds * SECOND)

        await twin.note(Event(at(1), CONNECTION_UP, "s7"))
        clock.at(30)
        await twin.note(Event(at(30), GAP, "s7", {"from": at(10), "to": at(20), "cause": "cable"}))
        await twin.append(batch("s7", [st, temp], [at(29), at(29)], [1, 40]))
        clock.at(40)
        await twin.append(batch("s7:history", [total, total], [at(12), at(19)], [1, 2]))
        clock.at(45)
        body = {"from": at(10), "to": at(20), "tags": [st, total, temp], "rows": 2, "refused": {}}
        await twin.note(Event(at(45), GAP_FILLED, "s7", body))
        await twin.append(batch("import", [reject], [at(5)], [3]))
        await put(api, 50, row(f"{FILLER}/raw_temp", 49, 500))
        await api.move(60)
        if sealed:
            Sealer(twin._log, twin.reader, Bounds(age=0, leave=0, rows=10**6)).seal(START + HOUR)
            assert twin.reader.in_log(0, START + HOUR) == 0
        expected = {
            "st": "live",
            "total": "filled",
            "reject": "import",
            "temp": "live",
            "raw_temp": "api",
            "twice": "computed",
        }
        assert await origins(api) == expected
        assert await origins(api, origin=False) == dict.fromkeys(expected)
        rows = (await api.get("/samples", tag=f"{FILLER}/total", from_=instant(0), origin=True))["samples"][0]
        assert (rows["time"], rows["origin"]) == ([instant(12), instant(19)], ["filled", "filled"])
        listed = (await api.get("/tags", match=FILLER))["tags"]
        assert {one["tag"].rpartition("/")[2]: one["origin"] for one in listed if one["time"]} == expected


async def test_origin_is_of_rows(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 10, row(f"{FILLER}/temp", 9, 1))
        one = {"tag": f"{FILLER}/temp", "from_": instant(0), "origin": True}
        assert (await api.get("/samples", **one))["samples"][0]["origin"] == ["api"]
        assert (await api.get("/samples", **one | {"origin": False}))["samples"][0]["origin"] is None
        await api.get("/samples", 422, **one, max_points=100)
        await api.get("/samples", 422, **one, format="csv")
