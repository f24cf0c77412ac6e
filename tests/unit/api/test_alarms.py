"""Alarms as the API tells them: open, of a span, in the past, acknowledged, and how well they serve."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.unit.api.running import FILLER, SECOND, START, Api, HandClock, instant, row, running
from twin.core.event import ALARM_ACKNOWLEDGED, CONNECTION_LOST, Event

TEMP = f"{FILLER}/temp"
RAW = f"{FILLER}/raw_temp"


class TickingClock(HandClock):
    """Moves by 1 ns whenever somebody looks, so that an event lies before the next view."""

    def now(self) -> int:
        self.time += 1
        return self.time


async def put(api: Api, at: float, *rows: dict[str, Any]) -> None:
    api.clock.at(at)
    await api.post(rows)


async def brief(api: Api, **query: Any) -> list[tuple[str, str]]:
    found = await api.get("/alarms", **query)
    return [(one["name"], one["state"]) for one in found["alarms"]]


async def ack(api: Api, id: str, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = await api.client.post(f"/api/v1/alarms/{quote(id, safe='')}/ack", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_an_open_alarm_is_told_with_all_that_one_needs(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 10, row(TEMP, 5, 88), row(TEMP, 6, 83))
        (one,) = (await api.get("/alarms"))["alarms"]
        assert one == {
            "id": f"{TEMP}~high@{instant(5)}", "asset": FILLER, "tag": TEMP, "name": "high", "text": "motor is hot",
            "kind": "high", "priority": 2, "limit": 80, "unit": "degC", "value": 83, "peak": 88, "cause": "",
            "state": "B", "state_text": "active, unacknowledged", "from": instant(5), "to": None, "returned": None,
            "acknowledged": None, "activations": 1, "chattering": False, "superseded": False,
        }  # fmt: skip


async def test_the_most_urgent_comes_first(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 30, row(TEMP, 5, 88), row(TEMP, 6, 99), row(RAW, 7, 500))
        await put(api, 60, row(TEMP, 40, 99))
        assert await brief(api) == [("high_high", "B"), ("high", "B"), ("stale", "B")]
        stale = (await api.get("/alarms", asset=RAW))["alarms"][0]
        assert (stale["text"], stale["cause"]) == ("raw_temp: no value for 30 s", "silent")


async def test_a_signal_is_stale_while_its_connection_is_lost(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 10, row(RAW, 9, 500))
        await api.twin.note(Event(START + 10 * SECOND, CONNECTION_LOST, "s7", {"cause": "cable"}))
        await api.move(38)
        assert await brief(api) == []
        await api.move(40)
        (one,) = (await api.get("/alarms"))["alarms"]
        assert (one["kind"], one["from"], one["cause"], one["unit"]) == ("stale", instant(39), "connection lost", "s")


async def test_an_acknowledgement_carries_name_and_note(tmp_path: Path) -> None:
    async with running(tmp_path, TickingClock()) as api:
        await put(api, 10, row(TEMP, 5, 88))
        (one,) = (await api.get("/alarms"))["alarms"]
        done = await ack(api, one["id"], note="fan is blocked")
        assert (done["id"], done["state"]) == (one["id"], "C")
        assert (done["acknowledged"]["who"], done["acknowledged"]["note"]) == ("local", "fan is blocked")
        assert await brief(api, state="unacknowledged") == []
        assert await brief(api) == [("high", "C")]
        events = (await api.get("/events", kind=ALARM_ACKNOWLEDGED))["events"]
        assert [(e["subject"], e["who"], e["body"]["id"]) for e in events] == [(TEMP, "local", one["id"])]
        await put(api, 20, row(TEMP, 15, 70))
        assert await brief(api) == []
        (over,) = (await api.get("/alarms", state="all"))["alarms"]
        assert (over["state"], over["to"], over["returned"], over["value"]) == ("A", instant(15), instant(15), None)


async def test_a_returned_alarm_waits_for_its_acknowledgement(tmp_path: Path) -> None:
    async with running(tmp_path, TickingClock()) as api:
        await put(api, 10, row(TEMP, 5, 88), row(TEMP, 8, 70))
        (one,) = (await api.get("/alarms", state="unacknowledged"))["alarms"]
        assert (one["state"], one["peak"], one["returned"]) == ("D", 88, instant(8))
        assert (await ack(api, one["id"]))["state"] == "A"
        assert await brief(api) == []
        assert await brief(api, state="all") == [("high", "A")]


async def test_what_cannot_be_acknowledged_says_why(tmp_path: Path) -> None:
    async with running(tmp_path, TickingClock()) as api:
        await put(api, 10, row(TEMP, 5, 88), row(TEMP, 6, 70), row(TEMP, 7, 90))
        superseded, now = f"{TEMP}~high@{instant(5)}", f"{TEMP}~high@{instant(7)}"
        assert f"it came again at {instant(7)}" in (await ack(api, superseded, 409))["detail"]
        await ack(api, now)
        assert "local acknowledged it at" in (await ack(api, now, 409))["detail"]
        assert "no such alarm" in (await ack(api, f"{TEMP}~high@{instant(1)}", 404))["detail"]
        assert "no such alarm" in (await ack(api, f"{TEMP}~low@{instant(7)}", 404))["detail"]
        assert "TAG~NAME@START" in (await ack(api, "nonsense", 404))["detail"]
        await ack(api, now, 422, note="x" * 1001)


async def test_an_id_still_means_the_alarm_that_late_data_moved(tmp_path: Path) -> None:
    async with running(tmp_path, TickingClock()) as api:
        await put(api, 10, row(TEMP, 5, 88))
        (shown,) = (await api.get("/alarms"))["alarms"]
        await put(api, 20, row(TEMP, 3, 85))
        await api.move(21)
        assert (await ack(api, shown["id"]))["id"] == f"{TEMP}~high@{instant(3)}"


async def test_an_acknowledgement_that_comes_late_acts_where_it_was_made(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 10, row(TEMP, 5, 88))
        await put(api, 30, row(TEMP, 20, 70))
        await put(api, 50, row(TEMP, 40, 89))
        await api.twin.note(Event(START + 10 * SECOND, ALARM_ACKNOWLEDGED, TEMP, {"id": f"{TEMP}~high@"}, "eva"))
        await api.move(60)
        new, old = (await api.get("/alarms", state="all"))["alarms"]
        assert (new["state"], new["acknowledged"]) == ("B", None)
        assert (old["to"], old["superseded"], old["acknowledged"]["who"]) == (instant(20), False, "eva")
        corrections = (await api.get("/corrections"))["corrections"]
        assert corrections[-1]["added"]["data"]["acked_by"] == "eva"


async def test_alarms_of_a_span_end_at_it(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 100, *(row(TEMP, second, 70 + 20 * (second % 20 == 0)) for second in range(0, 100, 10)))
        starts = [one["from"] for one in (await api.get("/alarms", state="all", from_=instant(0)))["alarms"]]
        assert starts == [instant(s) for s in (80, 60, 40, 20, 0)]
        part = await api.get("/alarms", state="all", from_=instant(25), to=instant(60))
        assert [one["from"] for one in part["alarms"]] == [instant(40), instant(20)]
        first = await api.get("/alarms", state="all", from_=instant(0), limit=3)
        rest = await api.get("/alarms", state="all", from_=instant(0), limit=3, cursor=first["cursor"])
        assert [one["from"] for one in (*first["alarms"], *rest["alarms"])] == starts
        assert rest["cursor"] is None
        await api.get("/alarms", 422, cursor="nonsense")


async def test_the_past_is_shown_as_it_was_and_as_it_was_known(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 10, row(TEMP, 5, 70))
        await put(api, 40, row(TEMP, 35, 70))
        await put(api, 60, row(TEMP, 20, 88))
        await api.move(70)
        assert await brief(api, at=instant(30)) == [("high", "B")]
        assert await brief(api, at=instant(36)) == [("high", "D")]
        assert await brief(api, at=instant(30), known_at=instant(50)) == []
        assert await brief(api, state="all", from_=instant(0), to=instant(70), known_at=instant(50)) == []
        (one,) = (await api.get("/alarms", at=instant(30)))["alarms"]
        assert (one["value"], one["from"]) == (88, instant(20))


@pytest.mark.parametrize(
    ("asset", "found"), [("", 1), ("packaging/line1", 1), (TEMP, 1), (RAW, 0), ("packaging/line1/packer", 0)]
)
async def test_alarms_are_asked_for_by_tag_machine_or_line(tmp_path: Path, asset: str, found: int) -> None:
    async with running(tmp_path) as api:
        await put(api, 10, row(TEMP, 5, 88))
        assert len((await api.get("/alarms", asset=asset))["alarms"]) == found
        assert "did you mean" in (await api.get("/alarms", 404, asset="fillr"))["detail"]


async def test_performance_counts_floods_chatter_and_contributors(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 300, *(row(TEMP, second, 70 + 20 * (second % 20 == 0)) for second in range(0, 300, 10)))
        await put(api, 900, row(RAW, 899, 500))
        found = await api.get("/alarms/performance", from_=instant(0), to=instant(1200))
        assert (found["activations"], found["peak_per_10_min"], found["peak_at"]) == (15, 15, instant(0))
        assert found["floods"] == [{"from": instant(0), "to": instant(600), "activations": 15, "peak": 15}]
        assert found["chattering"] == [{"alarm": f"{TEMP}~high", "tag": TEMP, "name": "high", "times": 13}]
        assert [(one["name"], one["share"]) for one in found["top"]] == [("high", 1.0)]
        assert [one["activations"] for one in found["priorities"]] == [0, 15, 0, 0]
        assert (found["from"], found["to"], found["standing"]) == (instant(0), instant(900), [])
        assert found["targets"]["flood_share"] == 0.01


async def test_metrics_tell_alarms_by_priority(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 10, row(TEMP, 5, 99), row(TEMP, 6, 90))
        text = (await api.client.get("/metrics")).text
        assert 'linetwin_alarms_active{priority="2"} 1\n' in text
        assert 'linetwin_alarms_active{priority="1"} 0\n' in text
        assert "linetwin_alarms_unacknowledged 2\n" in text
        assert "linetwin_alarm_activations_total 2\n" in text


async def test_two_people_acknowledge_at_once_and_the_first_one_counts(tmp_path: Path) -> None:
    async with running(tmp_path, TickingClock()) as api:
        await put(api, 10, row(TEMP, 5, 88))
        id = quote(f"{TEMP}~high@{instant(5)}", safe="")
        calls = (api.client.post(f"/api/v1/alarms/{id}/ack", json={"note": note}) for note in ("one", "two"))
        answers = await asyncio.gather(*calls)
        notes = {answer.json()["acknowledged"]["note"] for answer in answers if answer.status_code == 200}
        assert len(notes) == 1


async def test_an_alarm_that_came_again_meanwhile_is_the_one_that_is_told_as_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, TickingClock()) as api:
        await put(api, 10, row(TEMP, 5, 88), row(TEMP, 8, 70))
        note = api.twin.note

        async def after_a_sample(event: Event) -> int:
            await api.post([row(TEMP, 9, 90)])
            return await note(event)

        monkeypatch.setattr(api.twin, "note", after_a_sample)
        done = await ack(api, f"{TEMP}~high@{instant(5)}")
        assert (done["id"], done["state"]) == (f"{TEMP}~high@{instant(9)}", "C")
        await api.move(15)
        assert await brief(api) == [("high", "C")]


async def test_alarms_of_a_span_are_not_asked_for_by_an_instant(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 10, row(TEMP, 5, 88))
        assert "by from and to" in (await api.get("/alarms", 422, state="all", at=instant(8)))["detail"]
