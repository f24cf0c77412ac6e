"""POST /write over a real server: what the plant file allows, what the machine says, and what the log keeps of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from asyncua import ua
from asyncua.common.callback import CallbackType

from tests.wire.opcua.plant import Plc, opcua
from twin.api.access import Access
from twin.api.app import create_app
from twin.core.event import WRITE_ASKED, WRITE_DONE, Event
from twin.core.instant import FAR_FUTURE
from twin.model.load import load
from twin.runtime.clock import WallClock
from twin.runtime.plugins import connectors
from twin.runtime.twin import Twin, open_twin
from twin.testing import FaultProxy

PLANT = """
linetwin: 1
plant: acme
connections:
  s7: {{opcua: "{url}", ns: "urn:test:plc", every: 50ms, wait: 0s, timeout: 2s}}
types:
  mill:
    tags:
      temp: {{node: .temp, unit: degC, write: {{low: 0, high: 100, step: 60, every: 0}}}}
      total: {{node: .total, raw: [0, 1000], range: [0, 100], write: {{low: 0, high: 100, role: operate, every: 1h}}}}
      speed: {{node: .total, shared: true, raw: [0, 10], range: [0, 100], write: {{low: 0, high: 15, every: 0}}}}
      step: {{node: .total, shared: true, raw: [0, 10], range: [0, 100], write: {{values: [10, 16], every: 0}}}}
      n: {{node: .n, write: {{values: [1, 2], while: [idle, stopped]}}}}
      running: {{node: .running}}
    state: {{table: {{0: idle, 1: running}}, value: running}}
lines:
  line1:
    machines:
      mill: {{type: mill, from: s7, node: Line}}
"""
MILL = "acme/line1/mill"
SECRETS = {"view": "v", "operate": "o", "engineer": "e"}
ACCESS = Access.parse("".join(f"{n} {n} {hashlib.sha256(s.encode()).hexdigest()}\n" for n, s in SECRETS.items()))


class Api:
    """The API of a twin that is connected to a PLC behind a wire."""

    def __init__(self, twin: Twin, plc: Plc, wire: FaultProxy, client: httpx2.AsyncClient) -> None:
        self.twin, self.plc, self.wire, self.client = twin, plc, wire, client
        self.asked: list[Any] = []
        plc.server.subscribe_server_callback(CallbackType.PreWrite, self._see)

    def _see(self, event: Any, _service: Any) -> None:
        mine = [one for one in event.request_params.NodesToWrite if one.NodeId.NamespaceIndex]
        self.asked += [one.Value.Value.Value for one in mine]

    async def write(self, tag: str, value: float, who: str = "engineer", **more: Any) -> tuple[int, dict[str, Any]]:
        body = {"tag": f"{MILL}/{tag}", "value": value, "reason": "a test", **more}
        headers = {"Authorization": f"Bearer {SECRETS[who]}"}
        answer = await self.client.post("/api/v1/write", json=body, headers=headers)
        return answer.status_code, answer.json()

    async def shows(self, tag: str, value: float) -> None:
        """Wait until the twin has the value."""
        async with asyncio.timeout(30):
            view = self.twin.live()
            while (id_ := self.twin.tags.get(f"{MILL}/{tag}")) is None or view.tags.value[id_] != value:
                view = await self.twin.next_view(view.number)

    def events(self, kind: str) -> list[Event]:
        return [event for _, event in reversed(self.twin.reader.events(0, FAR_FUTURE, (kind,)))]


@asynccontextmanager
async def api(folder: Path, plc: Plc) -> AsyncIterator[Api]:
    async def prepare(_server: Any) -> None:
        for node in plc.nodes.values():
            await node.set_writable()
        await plc.write("running", True, ua.VariantType.Boolean, at=None)

    async with plc.running(prepare), FaultProxy(plc.port) as wire:
        plant = load(PLANT.format(url=opcua(wire)), "plant.yaml", connectors(), {})
        async with open_twin(plant, folder, WallClock()) as twin:
            transport = httpx2.ASGITransport(app=create_app(twin, ACCESS))
            async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
                one = Api(twin, plc, wire, client)
                await one.shows("temp", 20.5)
                await one.shows("running", 1.0)
                yield one


async def test_write_is_asked_done_and_comes_back_as_a_value(tmp_path: Path) -> None:
    async with api(tmp_path, Plc()) as one:
        status, answer = await one.write("temp", 42.5, expected=20.5)
        assert (status, answer["outcome"], answer["read_back"]) == (200, "done", "42.5")
        await one.shows("temp", 42.5)
        [asked], [done] = one.events(WRITE_ASKED), one.events(WRITE_DONE)
    assert (asked.subject, asked.who, asked.body) == (f"{MILL}/temp", "engineer", {"value": 42.5, "reason": "a test"})
    assert done.body["outcome"] == "done"
    assert done.body["asked"] > 0
    assert one.asked == [42.5]


async def test_scaled_value_goes_out_as_the_wires_number_and_is_read_back_in_the_unit(tmp_path: Path) -> None:
    async with api(tmp_path, Plc()) as one:
        status, answer = await one.write("total", 33.33, who="operate")
    assert (status, answer["read_back"]) == (200, "33.3")
    assert one.asked == [333]


async def test_rounding_to_the_wires_numbers_never_leaves_what_may_be_written(tmp_path: Path) -> None:
    async with api(tmp_path, Plc()) as one:
        tries = [
            (await one.write("speed", 15.0), 502, "the nearest that its wire can say is 20, allowed is 0 to 15"),
            (await one.write("step", 16.0), 502, "can say is 20, allowed is only 16"),
            (await one.write("speed", 14.0), 200, "10"),
            (await one.write("step", 10.0), 200, "10"),
        ]
    for (status, answer), expected, fact in tries:
        assert status == expected, answer
        assert fact in answer.get("detail", answer.get("read_back"))
    assert one.asked == [1, 1]


async def test_nothing_is_sent_when_the_time_is_over_while_the_node_is_looked_at(tmp_path: Path) -> None:
    async with api(tmp_path, Plc()) as one:
        one.wire.delay(0.5)
        status, answer = await one.write("temp", 30.0, valid_s=0.4)
    assert (status, "it came too late" in answer["detail"]) == (502, True), answer
    assert one.asked == []


async def test_how_often_a_tag_may_be_written_holds_over_a_restart(tmp_path: Path) -> None:
    async with api(tmp_path, Plc()) as one:
        assert (await one.write("total", 10.0))[0] == 200
    async with api(tmp_path, Plc()) as one:
        status, answer = await one.write("total", 20.0)
    assert (status, "again in 3" in answer["detail"]) == (429, True), answer
    assert one.asked == []


@pytest.mark.parametrize("body", ['{"value": NaN}', '{"value": "inf"}', '{"value": 1, "expected": NaN}'])
async def test_what_is_no_number_is_refused_as_a_wrong_request(tmp_path: Path, body: str) -> None:
    async with api(tmp_path, Plc()) as one:
        text = f'{{"tag": "{MILL}/temp", "reason": "x", {body[1:]}'
        headers = {"Authorization": "Bearer e", "Content-Type": "application/json"}
        answer = await one.client.post("/api/v1/write", content=text, headers=headers)
    assert answer.status_code == 422, answer.text


async def test_what_the_plant_file_does_not_allow_is_not_sent_but_told_and_logged(tmp_path: Path) -> None:
    async with api(tmp_path, Plc()) as one:
        tries = [
            (await one.write("running", 0.0), 403, "is read only"),
            (await one.write("temp", 20.0, who="operate"), 403, "needs role engineer"),
            (await one.write("temp", 20.0, who="view"), 403, "this needs operate"),
            (await one.write("temp", 101.0), 422, "is not in 0 to 100 degC"),
            (await one.write("temp", 90.0), 422, "further than 60 in one write"),
            (await one.write("temp", 30.0, expected=19.0), 409, "is 20.5 now, not 19"),
            (await one.write("n", 3.0), 422, "is not one of 1, 2"),
            (await one.write("n", 1.0), 409, "while its machine is idle or stopped; it is running"),
            (await one.write("nothing", 1.0), 404, "no such tag"),
        ]
        for (status, answer), expected, fact in tries:
            assert status == expected, answer
            assert fact in answer["detail"]
        refused = one.events(WRITE_DONE)
        assert one.events(WRITE_ASKED) == []
    assert one.asked == []
    assert [event.body["outcome"] for event in refused] == ["refused"] * 6


async def test_second_write_comes_too_soon(tmp_path: Path) -> None:
    async with api(tmp_path, Plc()) as one:
        first, _ = await one.write("total", 10.0)
        second, answer = await one.write("total", 20.0)
    assert (first, second) == (200, 429)
    assert "again in 3" in answer["detail"]
    assert one.asked == [100]


async def test_of_two_at_once_one_wins(tmp_path: Path) -> None:
    async with api(tmp_path, Plc()) as one:
        answers = await asyncio.gather(one.write("temp", 30.0), one.write("temp", 40.0))
    assert sorted(status for status, _ in answers) == [200, 409]
    assert len(one.asked) == 1


async def test_machine_that_is_away_gets_nothing(tmp_path: Path) -> None:
    async with api(tmp_path, Plc()) as one:
        one.wire.refuse()
        one.wire.cut()
        async with asyncio.timeout(30):
            view = one.twin.live()
            while one.twin.reports["s7"].state == "up":
                view = await one.twin.next_view(view.number)
        status, answer = await one.write("temp", 30.0)
    assert (status, answer["detail"]) == (503, "connection 's7' is not up; nothing was sent")
    assert one.asked == []


async def test_lost_answer_is_504_unknown_and_says_what_the_machine_holds(tmp_path: Path) -> None:
    async with api(tmp_path, Plc()) as one:

        def cut(event: Any, _service: Any) -> None:
            if any(each.NodeId.NamespaceIndex for each in event.request_params.NodesToWrite):  # not the server's clock
                one.wire.cut()

        one.plc.server.subscribe_server_callback(CallbackType.PostWrite, cut)
        status, answer = await one.write("temp", 55.0)
        [done] = one.events(WRITE_DONE)
    assert status == 504, answer
    assert "unknown: the answer was lost" in answer["detail"]
    assert "holds what was sent: 55" in answer["detail"]
    assert (done.body["outcome"], done.body["read_back"]) == ("unknown", "55")
    assert one.asked == [55.0]


async def test_caller_who_goes_away_does_not_stop_a_write(tmp_path: Path) -> None:
    async with api(tmp_path, Plc()) as one:
        caller = asyncio.create_task(one.write("temp", 31.0))
        async with asyncio.timeout(30):
            while not one.asked:  # noqa: ASYNC110 - the server's side has no event to wait for
                await asyncio.sleep(0.001)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await one.twin.writing.finish()
        [done] = one.events(WRITE_DONE)
    assert done.body["outcome"] == "done"


async def test_write_without_an_end_is_unknown_after_a_restart(tmp_path: Path) -> None:
    """R82: killed between the asking and the answer."""
    plant = load(PLANT.format(url="opc.tcp://127.0.0.1:1"), "plant.yaml", connectors(), {})
    clock = WallClock()
    async with open_twin(plant, tmp_path, clock, connect=False) as twin:
        for value in (1.0, 2.0):
            asked = await twin.note(Event(clock.now(), WRITE_ASKED, f"{MILL}/temp", {"value": value}, "eve"))
        await twin.note(Event(clock.now(), WRITE_DONE, f"{MILL}/temp", {"asked": asked, "outcome": "done"}, "eve"))
    for _ in range(2):
        async with open_twin(plant, tmp_path, clock, connect=False) as twin:
            ends = [event for _, event in reversed(twin.reader.events(0, FAR_FUTURE, (WRITE_DONE,)))]
        assert [(event.body["outcome"], event.who) for event in ends] == [("done", "eve"), ("unknown", "eve")]
        assert ends[1].body["value"] == 1.0
