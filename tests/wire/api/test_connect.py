"""The Connect page's API over a real server: look round, see values, try a rule, take a plant file that runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.opcua.space.explore import SpaceExplorer
from tests.unit.api.running import Api, running
from tests.wire.opcua.plant import Plc, eventually
from twin.core.errors import Unreachable
from twin.model.load import load
from twin.runtime.plugins import connectors
from twin.runtime.visits import MOST_VISITS, TooMany, Visit, Visits, spec_of


@asynccontextmanager
async def visiting(folder: Path) -> AsyncIterator[tuple[Api, Plc, str]]:
    """An API, a PLC, and a visit to it."""
    async with Plc().running() as plc, running(folder) as api:
        try:
            begun = await sent(api, "/connect/visits", {"url": plc.url})
            yield api, plc, begun["visit"]
        finally:
            await visits(api).close()


def visits(api: Api) -> Visits:
    return api.app.state.visits


async def sent(api: Api, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = await api.client.post(f"/api/v1{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def nodes_of(api: Api, visit: str) -> dict[str, dict[str, Any]]:
    """Variables of the PLC by name, reached level by level."""
    root = await api.get(f"/connect/visits/{visit}/children")
    [line] = [one for one in root["nodes"] if one["name"] == "Line"]
    assert line["folder"]
    below = await api.get(f"/connect/visits/{visit}/children", node=line["node"], path_=line["path"])
    return {one["name"]: one for one in below["nodes"]}


async def test_tree_is_walked_level_by_level_and_searched(tmp_path: Path) -> None:
    async with visiting(tmp_path) as (api, _, visit):
        nodes = await nodes_of(api, visit)
        found = await api.get(f"/connect/visits/{visit}/find", match="tem*")
    temp = nodes["temp"]
    assert (temp["type"], temp["value"], temp["folder"]) == ("Double", "20.5", False)
    assert temp["node"] == "nsu=urn:test:plc;s=Line.temp"
    assert temp["path"] == "/Objects/Line/temp"
    assert nodes["zones"]["type"] == "Double[]"
    assert [one["path"] for one in found["nodes"]] == ["/Objects/Line/temp"]


async def test_values_move_and_a_bad_one_looks_so(tmp_path: Path) -> None:
    async with visiting(tmp_path) as (api, plc, visit):
        nodes = await nodes_of(api, visit)
        asked = {"nodes": [nodes["temp"]["node"], nodes["recipe"]["node"], "nsu=urn:test:plc;s=none"]}
        first = (await sent(api, f"/connect/visits/{visit}/values", asked))["values"]
        await plc.write("temp", 21.5, status=0x808C0000)
        second = (await sent(api, f"/connect/visits/{visit}/values", asked))["values"]
    assert [(one["text"], one["quality"]) for one in first] == [("20.5", "good"), ("cola", "good"), ("", "bad")]
    assert second[0]["quality"] == "bad"


async def test_rule_is_tried_on_what_was_seen_by_the_folds_that_run_live(tmp_path: Path) -> None:
    async with visiting(tmp_path) as (api, plc, visit):
        node = (await nodes_of(api, visit))["n"]["node"]
        now = api.clock.now() // 1_000_000_000
        for second, value in ((-30, 0.0), (-20, 5.0), (-10, 0.0)):
            await plc.write("n", value, at=datetime.fromtimestamp(now + second, UTC))
            await sent(api, f"/connect/visits/{visit}/values", {"nodes": [node]})
        rules = [{"when": "speed > 1", "is": "running"}, {"is": "idle"}]
        told = await sent(api, f"/connect/visits/{visit}/preview", {"tags": {"speed": node}, "state": rules})
        bad = {"tags": {"speed": node}, "state": [{"when": "sped > 1", "is": "x"}]}
        wrong = await sent(api, f"/connect/visits/{visit}/preview", bad, 422)
        sly = {"tags": {"a: {node: s=y}\n      b": node}, "state": rules}
        refused = await sent(api, f"/connect/visits/{visit}/preview", sly, 422)
    lengths = [(one["state"], one["from"][-4:-1], one["to"][-4:-1]) for one in told["states"]]
    assert [state for state, *_ in lengths] == ["idle", "running", "idle"]
    assert told["samples"] == 3
    assert "speed" in wrong["detail"]
    assert "no state 'x'" in wrong["detail"]
    assert "a: {node" in refused["detail"]  # a name is a name, whatever stands in it


async def test_plant_file_of_ticked_tags_is_right_and_holds_no_secret(tmp_path: Path) -> None:
    async with visiting(tmp_path) as (api, _, visit):
        nodes = await nodes_of(api, visit)
        ticked = {
            "tags": {"temp": nodes["temp"]["node"], "total": nodes["total"]["node"], "zone": nodes["zones"]["node"]}
        }
        ticked |= {"kinds": {"temp": "Double", "total": "UInt32", "zone": "Double[]"}, "counters": ["total"]}
        flat = await sent(api, f"/connect/visits/{visit}/plant", ticked)
        rules = [{"when": "temp > 30", "is": "running"}, {"is": "idle"}]
        machine = await sent(api, f"/connect/visits/{visit}/plant", ticked | {"machine": "line1/mill", "state": rules})
        alone = await sent(api, f"/connect/visits/{visit}/plant", ticked | {"state": rules}, 422)
    assert flat["problems"] == machine["problems"] == []
    plant = load(machine["text"], "plant.yaml", connectors(), {})
    assert sorted(plant.tags) == [f"my/plant/line1/mill/{name}" for name in ("temp", "total", "zone")]
    assert plant.connections["c1"].settings["ns"] == "urn:test:plc"
    assert plant.machines()[0].state is not None
    assert "name the machine" in alone["detail"]
    assert load(flat["text"], "plant.yaml", connectors(), {}).tags["my/plant/total"].counter is not None


async def test_visit_ends_when_it_is_told_or_forgotten_and_there_are_not_too_many(tmp_path: Path) -> None:
    async with Plc().running() as plc, running(tmp_path) as api:
        begun = [(await sent(api, "/connect/visits", {"url": plc.url}))["visit"] for _ in range(MOST_VISITS)]
        assert "close one" in (await sent(api, "/connect/visits", {"url": plc.url}, 429))["detail"]
        await api.client.delete(f"/api/v1/connect/visits/{begun[0]}")
        assert len(visits(api)) == MOST_VISITS - 1
        over = await api.client.get(f"/api/v1/connect/visits/{begun[0]}/children")
        assert over.status_code == 404
        await visits(api).close()
        assert len(visits(api)) == 0
        forgotten = Visits(api.twin, idle_s=0.0)
        await forgotten.begin(spec_of(plc.url, {}))
        await eventually(lambda: len(forgotten) == 0)


class Stuck:
    """A server that takes a link and says nothing. asked: how many links there are."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        await reader.read(-1)
        writer.close()


async def test_links_that_are_only_being_opened_count_and_end_with_the_server(tmp_path: Path) -> None:
    stuck = Stuck()
    server = await asyncio.start_server(stuck, "127.0.0.1", 0)
    url = f"opc.tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, running(tmp_path) as api:
        begun = [asyncio.create_task(visits(api).begin(spec_of(url, {}))) for _ in range(3 * MOST_VISITS)]
        try:
            await eventually(lambda: sum(task.done() for task in begun) >= 2 * MOST_VISITS)
            await eventually(lambda: stuck.asked == MOST_VISITS)
            refused = [task for task in begun if task.done()]
            assert {type(task.exception()) for task in refused} == {TooMany}
            begun[0].cancel()  # who asked goes away
        finally:
            await visits(api).close()
        ends = await asyncio.gather(*begun, return_exceptions=True)
        assert not any(isinstance(end, Visit) for end in ends)
        assert len(visits(api)) == 0


async def test_a_visit_whose_first_look_fails_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def cut(*_: Any) -> Any:
        raise Unreachable("the link is gone")

    monkeypatch.setattr(SpaceExplorer, "children", cut)
    async with Plc().running() as plc, running(tmp_path) as api:
        await sent(api, "/connect/visits", {"url": plc.url}, 503)
        assert len(visits(api)) == 0


@pytest.mark.parametrize(
    ("body", "status", "fact"),
    [
        ({"url": "http://127.0.0.1:80"}, 422, "is no address of a server; write opc.tcp://HOST:PORT"),
        ({"url": "file:///etc/passwd"}, 422, "is no address of a server"),
        ({"url": "opc.tcp://127.0.0.1:1"}, 503, "is the server on"),
        ({"url": "opc.tcp://u:p@127.0.0.1:1"}, 422, "do not belong in the URL"),
        ({"url": "opc.tcp://[::1"}, 422, "is no address of a server"),
        ({}, 422, "give `url`"),
        ({"connection": "none"}, 404, "connection 'none': there are s7, gw"),
        ({"connection": "gw"}, 422, "only OPC UA servers have"),
    ],
)
async def test_what_cannot_be_visited_is_told(tmp_path: Path, body, status, fact) -> None:
    async with running(tmp_path) as api:
        answer = await sent(api, "/connect/visits", body, status)
        assert len(visits(api)) == 0
    assert fact in answer["detail"]
    assert ":p@" not in answer["detail"]


async def test_password_is_in_no_answer(tmp_path: Path) -> None:
    async with Plc().running() as plc, running(tmp_path) as api:
        asked = {"url": plc.url, "user": "twin", "password": "hush-hush"}
        answer = await api.client.post("/api/v1/connect/visits", json=asked)
        await visits(api).close()
    assert answer.status_code == 422
    assert "clear" in answer.json()["detail"]
    assert "hush" not in answer.text
