"""Condition and alerts over a real twin: learnt from its log, told, judged by people, the same after a restart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import numpy as np

from tests.unit.api.running import SECOND, START, Api, HandClock, instant
from twin.api.access import Access
from twin.api.app import create_app
from twin.api.standing import changes, standing
from twin.core.batch import Batch, batch
from twin.core.event import MODEL_LEARNT
from twin.core.fold import Record
from twin.core.instant import FAR_FUTURE
from twin.model.load import load
from twin.runtime.alerts import alerts_between
from twin.runtime.plugins import connectors
from twin.runtime.twin import open_twin

PLANT = """
linetwin: 1
plant: acme
connections:
  s7: {opcua: "opc.tcp://127.0.0.1:4840", ns: "urn:a", wait: 0s}
types:
  pump:
    tags:
      st: {node: .s}
      current: {node: .c, unit: A}
      vibration: {node: .v, unit: mm/s}
      temp: {node: .t, unit: degC}
    state: {table: {1: running, 2: down}, value: st}
lines:
  hall/line:
    machines:
      pump:
        type: pump
        from: s7
        node: A
        health: [{model: normal_behaviour, tags: [current, vibration, temp], while: running, learn: 10m}]
      fan: {type: pump, from: s7, node: B}
"""
PUMP, FAN = "acme/hall/line/pump", "acme/hall/line/fan"
LEARN_S = 11 * 60


@asynccontextmanager
async def watching(folder: Path, clock: HandClock) -> AsyncIterator[Api]:
    plant = load(PLANT, "plant.yaml", connectors(), {})
    async with open_twin(plant, folder, clock, connect=False) as twin:
        app = create_app(twin, Access())
        transport = httpx2.ASGITransport(app=app, client=("127.0.0.1", 50000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield Api(twin, clock, client, app)


async def runs(api: Api, first_s: int, last_s: int, vibration: float = 1.4) -> None:
    """The pump runs over these seconds; they have passed when this returns."""
    api.clock.at(last_s)
    recorded = await api.twin.append(_running(api, first_s, last_s, vibration))
    await api.seen(recorded)


def _running(api: Api, first_s: int, last_s: int, vibration: float) -> Batch:
    rng = np.random.default_rng(first_s)
    n = last_s - first_s
    ids = api.twin.tags.ids_of([f"{PUMP}/{name}" for name in ("st", "current", "vibration", "temp")])
    columns = [np.ones(n), 14 + 0.3 * rng.standard_normal(n), vibration + 0.05 * rng.standard_normal(n)]
    columns.append(55 + 0.1 * rng.standard_normal(n))
    time = START + np.arange(first_s, last_s) * SECOND
    return batch("test", np.repeat(ids, n), np.tile(time, 4), np.concatenate(columns))


async def pump(api: Api, **query: Any) -> dict[str, Any]:
    [found] = (await api.get("/condition", asset=PUMP, **query))["machines"]
    return found


async def learnt(api: Api) -> dict[str, Any]:
    """The pump once its model is there."""
    view = api.twin.live()
    while (found := await pump(api))["model"] is None:
        view = await api.twin.next_view(view.number)
    return found


async def test_a_machine_is_learnt_judged_and_told_of(tmp_path: Path):
    async with watching(tmp_path, HandClock()) as api:
        fresh = await pump(api)
        assert (fresh["state"], fresh["learnt"], fresh["score"]) == ("learning", 0, None)
        await runs(api, 0, 400)
        assert 0.5 < (await pump(api))["learnt"] < 0.7
        assert "learning" in (await pump(api))["forecast_text"]
        await runs(api, 400, LEARN_S)
        model = (await learnt(api))["model"]
        assert (model["rows"], model["learnt_to"]) == (60, instant(620))
        [noted] = api.twin.reader.events(0, FAR_FUTURE, (MODEL_LEARNT,))
        assert noted[1].body["digest"] == model["digest"]

        await runs(api, LEARN_S, 900)
        good = await pump(api)
        assert (good["state"], good["onset"], good["forecast"]) == ("watching", None, None)
        assert good["score"] < 0.8
        assert good["forecast_text"] == "no forecast: nothing has begun"
        assert (await api.get("/alerts"))["alerts"] == []

        before = api.twin.live()
        assert standing(api.twin, before)["alerts"] == {}
        await runs(api, 900, 1300, vibration=2.2)
        ill = await pump(api)
        assert ill["state"] == "alert"
        assert ill["tags"][0]["tag"] == f"{PUMP}/vibration"
        [alert] = (await api.get("/alerts", state="open"))["alerts"]
        assert (alert["title"], alert["to"]) == ("pump: vibration is not as learnt", None)
        assert instant(900) <= alert["onset"] <= alert["from"] <= instant(1150)
        assert alert["id"] == f"{PUMP}@{alert['from']}"

        told = standing(api.twin, api.twin.live())["alerts"]
        assert told[alert["id"]]["tags"] == alert["tags"]
        assert changes(api.twin, before, api.twin.live())["alerts"].keys() == {alert["id"]}

        then = await pump(api, at=instant(900))
        assert (then["state"], then["score"]) == ("watching", good["score"])
        assert max(score for time, score in ill["trend"] if time <= instant(900)) == max(
            score for _, score in good["trend"]
        )

        answer = await api.client.post(
            f"/api/v1/alerts/{quote(alert['id'], safe='')}/feedback", json={"verdict": "confirmed", "note": "it shook"}
        )
        assert (answer.status_code, answer.json()["verdict"]) == (200, "confirmed")

    async with watching(tmp_path, HandClock(START + 1301 * SECOND)) as api:
        assert len(api.twin.reader.events(0, FAR_FUTURE, (MODEL_LEARNT,))) == 1
        [again] = (await api.get("/alerts"))["alerts"]
        grown = {"peak": again["peak"], "forecast": again["forecast"], "forecast_text": again["forecast_text"]}
        assert again == alert | grown | {"verdict": "confirmed"}
        await runs(api, 1301, 2200)
        [over] = (await api.get("/alerts"))["alerts"]
        assert over["to"] is not None
        assert (await api.get("/alerts", state="open"))["alerts"] == []
        assert (await pump(api))["state"] == "watching"


async def test_a_machine_without_a_model_in_the_plant_file_is_off(tmp_path: Path):
    async with watching(tmp_path, HandClock()) as api:
        [fan] = (await api.get("/condition", asset=FAN))["machines"]
        assert (fan["state"], fan["model"], fan["trend"]) == ("off", None, [])


async def test_feedback_on_no_alert_is_refused_with_the_reason(tmp_path: Path):
    async with watching(tmp_path, HandClock()) as api:
        for id_ in (f"{PUMP}@{instant(0)}", f"{PUMP}@soon", "@"):
            answer = await api.client.post(f"/api/v1/alerts/{id_}/feedback", json={"verdict": "false"})
            assert answer.status_code == 404
            assert "GET /alerts" in answer.json()["detail"]
        sent = {"verdict": "perhaps"}
        answer = await api.client.post(f"/api/v1/alerts/{PUMP}@{instant(0)}/feedback", json=sent)
        assert answer.status_code == 422


async def test_an_alert_that_has_just_ended_is_told_of_its_own_time_alone(tmp_path: Path):
    said = {
        "score": 2.0,
        "peak": 3.0,
        "tags": "[]",
        "onset": START,
        "forecast": "null",
        "forecast_text": "",
        "model": "m",
    }
    said |= {"limit_tag": "", "made_at": 0, "model": "m"}
    ended = Record(0, "alert", PUMP, START + 600 * SECOND, START + 900 * SECOND, tuple(sorted(said.items())))
    async with watching(tmp_path, HandClock()) as api:
        view = replace(api.twin.live(), records=[ended], as_of=START + 901 * SECOND)
        for first, last, count in ((0, 600, 0), (0, 601, 1), (899, 950, 1), (900, 950, 0)):
            span = (START + first * SECOND, START + last * SECOND)
            assert len(alerts_between(api.twin, view, [PUMP], *span)) == count, (first, last)
