"""Computed tags over the API: what a read makes anew is what the folds made live, late data and all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.unit.api.running import FILLER, PACKER, PLANT, SECOND, START, Api, instant, row, running
from twin.cli.main import main
from twin.core.event import CONNECTION_LOST, CONNECTION_UP, Event
from twin.core.fold import stepped
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.rows import Rows, Samples, in_order
from twin.core.span import in_event_order, step_of
from twin.core.status import BAD_NO_DATA
from twin.core.stretches import following, held
from twin.runtime.assembly import assemble

COMPUTED = (
    PLANT.replace(
        "      recipe: {node",
        """\
      warm: {compute: "raw_temp - temp", unit: degC, alarms: [{high: 30}]}
      smooth: {compute: "mean(temp, 20s)", unit: degC}
      step: {compute: "warm - previous(warm) + value_or(raw_temp / reject, 0)"}
      pace: {compute: "rate(total, 30s) * 60 + delta(smooth, 10s)", unit: 1/min}
      recipe: {node""",
        1,
    )
    + """
tags:
  whole: {compute: "packaging/line1/filler/warm * 2 + packaging/line1/packer/total"}
"""
)
MADE = [f"{FILLER}/{name}" for name in ("warm", "smooth", "step", "pace")] + ["acme/brno/whole"]
WARM, SMOOTH = MADE[:2]


def folded(api: Api, until: int) -> Rows:
    """The rows of one pass of the folds over the log."""
    twin = api.twin
    assembly = assemble(twin.plant, twin.tags)
    whole = twin.reader.read(FAR_PAST, FAR_FUTURE, FAR_FUTURE)
    rows = whole.samples.take(assembly.routing.unit_of(whole.samples.tag) >= 0)
    ordered = replace(in_order(rows), scales=assembly.editions.newest.scales)
    step = step_of(ordered, in_event_order(whole.events), START - SECOND, until)
    return in_order(stepped(assembly.make(range(len(assembly.units))), step)[1])


def same(one: Samples, other: Samples) -> bool:
    return all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in ("tag", "time", "value", "status")
    )


async def scattered(api: Api, seconds: int, seed: int) -> None:
    """Samples of all inputs: some late, some changed afterwards, some bad."""
    rng = np.random.default_rng(seed)
    waiting: list[tuple[float, dict[str, object]]] = []
    total = 0
    for second in range(1, seconds):
        total += int(rng.integers(0, 3))
        for path, value in (
            (f"{FILLER}/temp", round(float(rng.normal(50, 9)), 2)),
            (f"{FILLER}/raw_temp", int(rng.integers(0, 1000))),
            (f"{FILLER}/total", total),
            (f"{FILLER}/reject", int(rng.integers(0, 2))),
            (f"{PACKER}/total", total // 12),
        ):
            if rng.random() < 0.5 or 60 < second < 100:
                continue
            bad = rng.random() < 0.1
            late = float(rng.choice([0, 0, 0, 4, 40]))
            one = row(path, second, None, status=BAD_NO_DATA) if bad else row(path, second, value)
            waiting.append((second + late, one))
        if second % 10:
            continue
        due = [one for at, one in waiting if at <= second]
        waiting = [(at, one) for at, one in waiting if at > second]
        api.clock.at(second)
        if due:
            await api.post(due)
    await api.move(seconds)


async def test_a_read_makes_to_the_byte_what_the_folds_made(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=COMPUTED) as api:
        await scattered(api, 160, 1)
        now = api.clock.now()
        twin = api.twin
        ids = np.array([twin.tags.get(path) for path in MADE], dtype=np.int32)
        whole = folded(api, now)
        rng = np.random.default_rng(2)
        for _ in range(12):
            mine = np.sort(rng.choice(ids, int(rng.integers(1, len(ids) + 1)), replace=False))
            start, end = np.sort(START + rng.integers(-5, 170, 2) * SECOND // 2 * 2).tolist()
            wanted = whole.take(np.isin(whole.tag, mine) & (whole.time >= start) & (whole.time < end))
            assert same(in_order(twin.past.read_tags(mine, start, end, FAR_FUTURE).samples), wanted)
            newest = in_order(whole.take(np.isin(whole.tag, mine) & (whole.time < end)))
            newest = in_order(newest.take(newest.last_of_each_tag))
            assert same(in_order(held(twin.past, mine, end, FAR_FUTURE)), newest)
            after = whole.take(np.isin(whole.tag, mine) & (whole.time >= start))
            first = in_order(after.take(np.unique(after.tag, return_index=True)[1]))
            assert same(in_order(following(twin.past, mine, start, FAR_FUTURE, now + 1)), first)
        view = twin.live()
        last = whole.take(whole.last_of_each_tag)
        for tag, time, value in zip(last.tag.tolist(), last.time.tolist(), last.value.tolist(), strict=True):
            if tag in ids:
                assert view.tags.time[tag] == time
                assert np.array_equal(view.tags.value[tag], value, equal_nan=True)


async def test_as_known_before_late_data_came(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=COMPUTED) as api:
        api.clock.at(10)
        await api.post([row(f"{FILLER}/temp", 5, 20.0), row(f"{FILLER}/raw_temp", 6, 500)])
        await api.move(20)
        await api.post([row(f"{FILLER}/temp", 5.5, 30.0)])
        await api.move(30)
        now = (await api.get("/samples", tag=WARM, from_=instant(0), to=instant(30)))["samples"][0]
        assert (now["time"], now["value"]) == ([instant(6)], [20.0])
        then = await api.get("/samples", tag=WARM, from_=instant(0), to=instant(15), known_at=instant(15))
        assert then["samples"][0]["value"] == [30.0]


async def test_every_way_to_ask_answers_for_computed_tags_too(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=COMPUTED) as api:
        await api.twin.note(Event(START, CONNECTION_UP, "s7"))
        api.clock.at(100)
        rows = [row(f"{FILLER}/temp", at, 20.0 + at) for at in range(0, 60, 10)]
        await api.post([*rows, row(f"{FILLER}/raw_temp", 1, 1000)])
        await api.move(100)
        asked = {"tag": WARM, "from_": instant(0), "to": instant(100)}
        raw = (await api.get("/samples", **asked))["samples"][0]
        assert raw["value"] == [80.0, 70.0, 60.0, 50.0, 40.0, 30.0]
        trend = (await api.get("/samples", **asked, max_points=20))["samples"][0]
        assert trend["value"] == raw["value"]
        twa = (await api.get("/samples", **asked, aggregate="mean,count,average", interval="50s"))["aggregates"][0]
        assert twa["count"][0] == 5
        at = (await api.get("/samples", tag=WARM, at=[instant(15)]))["instants"][0]
        assert (at["value"], at["time"]) == ([70.0], [instant(10)])
        last = (await api.get("/samples", tag=WARM, last=True))["samples"][0]
        assert last["value"] == [30.0]
        bounds = (await api.get("/samples", tag=WARM, from_=instant(15), to=instant(25), bounds=True))["samples"][0]
        assert bounds["value"] == [70.0, 60.0, 50.0]
        (tag,) = [one for one in (await api.get("/tags", match=WARM))["tags"] if one["tag"] == WARM]
        assert (tag["value"], tag["unit"], tag["connection"]) == (30.0, "degC", "")
        assert tag["compute"] == f"{FILLER}/raw_temp - {FILLER}/temp"
        refused = await api.client.post("/api/v1/samples", json={"samples": [row(WARM, 1, 1.0)]})
        assert refused.status_code == 422
        assert "is computed" in refused.json()["detail"]


TWO = """
linetwin: 1
connections:
  s7: {opcua: "opc.tcp://127.0.0.1:1", ns: "urn:a", wait: 0s}
  gw: {mqtt: "mqtt://127.0.0.1:1883", wait: 0s}
lines:
  l:
    machines:
      m:
        from: s7
        tags:
          a: {node: a}
          b: {from: gw, topic: b, value: $.v}
          c: {compute: "a + b"}
        state: [{when: "c > 1", is: running}, {is: idle}]
"""


async def test_a_lost_connection_of_an_input_is_seen_on_the_tag_and_in_states(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=TWO) as api:
        for connection in ("s7", "gw"):
            await api.twin.note(Event(START, CONNECTION_UP, connection))
        api.clock.at(2)
        await api.post([row("l/m/a", 1, 1.0), row("l/m/b", 1, 3.0)])
        view = await api.move(3)
        assert view.machines["l/m"].state == "running"
        await api.twin.note(Event(START + 4 * SECOND, CONNECTION_LOST, "gw", {"cause": "cable"}))
        view = await api.move(6)
        assert view.machines["l/m"].state == "unknown"
        assert view.tags.stale[api.twin.tags.id_of("l/m/c")]
        missing = (await api.get("/samples", tag="l/m/c", from_=instant(0), to=instant(6)))["samples"][0]["gaps"]
        assert [one["cause"] for one in missing] == ["cable"]


async def test_a_folder_on_which_nothing_runs_exports_them_as_well(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=COMPUTED) as api:
        api.clock.at(10)
        await api.post([row(f"{FILLER}/temp", 5, 20.0), row(f"{FILLER}/raw_temp", 6, 500)])
        await api.move(20)
    out = tmp_path / "out.csv"
    assert main(["export", "--data", str(tmp_path), "--tag", "*/warm", "-o", str(out)]) == 0
    assert out.read_text().splitlines()[1:] == [f"{instant(6)},{WARM},30.0,0x00000000,"]
