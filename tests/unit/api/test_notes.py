"""What people say of results, while late data moves the results under it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.api.running import FILLER, Api, instant, row, running
from twin.core.instant import to_text

ST = f"{FILLER}/st"
RUNNING, DOWN = 1, 2


async def put(api: Api, at: float, *rows: dict[str, Any]) -> None:
    """Move the clock, send rows, and let the frontier and a heal pass them."""
    api.clock.at(at)
    await api.post(rows)
    await api.move(at + 5)
    await api.move(at + 10)


async def stops(api: Api, **query: Any) -> list[dict[str, Any]]:
    return (await api.get("/stops", asset=FILLER, micro="true", from_=instant(0), **query))["stops"]


async def label(api: Api, id: str, status: int = 200, **said: str) -> dict[str, Any]:
    answer = await api.client.post(f"/api/v1/stops/{id}/label", json=said)
    assert answer.status_code == status, answer.text
    return answer.json()


async def notes(api: Api, **query: Any) -> list[dict[str, Any]]:
    return (await api.get("/notes", from_=instant(0), **query))["notes"]


def told(stop: dict[str, Any]) -> tuple[str, str | None, list[str]]:
    return stop["from"], stop["to"], [one["reason"] for one in stop["labels"]]


async def a_stop(api: Api) -> str:
    """Down from 100 to 400 s, labelled as a jam at about 520 s; its id."""
    await put(api, 401, row(ST, 10, RUNNING), row(ST, 100, DOWN), row(ST, 400, RUNNING))
    (stop,) = await stops(api)
    api.clock.at(520)
    shown = await label(api, stop["id"], reason="jam", text="bottle under the star wheel")
    assert told(shown) == (instant(100), instant(400), ["jam"])
    return stop["id"]


async def test_a_label_says_who_and_stands_with_the_stop(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        id = await a_stop(api)
        (stop,) = await stops(api)
        assert stop["labels"] == [
            {
                "reason": "jam", "text": "bottle under the star wheel", "who": "local", "role": "engineer",
                "said": instant(520), "about": id,
            }
        ]  # fmt: skip
        (note,) = await notes(api)
        assert (note["kind"], note["about"], note["now"], note["reason"]) == ("label", id, id, "jam")


async def test_a_second_label_counts_and_the_first_is_kept(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        id = await a_stop(api)
        api.clock.at(530)
        await label(api, id, reason="no bottles")
        assert told((await stops(api))[0])[2] == ["no bottles", "jam"]
        assert [one["reason"] for one in await notes(api)] == ["no bottles", "jam"]


async def test_an_open_stop_is_labelled_and_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(api, 200, row(ST, 10, RUNNING), row(ST, 100, DOWN))
        (stop,) = await stops(api)
        assert (await label(api, stop["id"], text="waits for a fitter"))["to"] is None
        await put(api, 901, row(ST, 900, RUNNING))
        (stop,) = await stops(api)
        assert told(stop) == (instant(100), instant(900), [""])
        assert stop["labels"][0]["text"] == "waits for a fitter"


@pytest.mark.parametrize("start", [97, 103])
async def test_a_heal_moves_the_stop_and_the_label_goes_along(tmp_path: Path, start: int) -> None:
    async with running(tmp_path) as api:
        id = await a_stop(api)
        before = await api.get("/stops", asset=FILLER, from_=instant(0), known_at=instant(540))
        late = [row(ST, 97, DOWN)] if start < 100 else [row(ST, 100, RUNNING), row(ST, 103, DOWN)]
        await put(api, 600, *late)
        (stop,) = await stops(api)
        assert told(stop) == (instant(start), instant(400), ["jam"])
        assert stop["labels"][0]["about"] == id != stop["id"]
        (note,) = await notes(api)
        assert (note["about"], note["now"]) == (id, stop["id"])
        assert (await notes(api, orphaned="true")) == []
        then = await api.get("/stops", asset=FILLER, from_=instant(0), known_at=instant(540))
        assert then["stops"] == before["stops"]


async def test_a_heal_splits_the_stop_and_the_label_stays_with_its_first_part(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await a_stop(api)
        await put(api, 600, row(ST, 150, RUNNING), row(ST, 250, DOWN))
        assert [told(one) for one in await stops(api)] == [
            (instant(100), instant(150), ["jam"]),
            (instant(250), instant(400), []),
        ]


async def test_a_heal_removes_the_stop_the_label_is_orphaned_and_comes_back_with_it(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        id = await a_stop(api)
        await put(api, 600, row(ST, 100, RUNNING))
        assert await stops(api) == []
        (note,) = await notes(api, orphaned="true")
        assert (note["about"], note["now"], note["text"]) == (id, None, "bottle under the star wheel")
        assert (await api.get("/notes", from_=instant(0)))["orphaned"] == 1
        await put(api, 700, row(ST, 300, DOWN))
        (stop,) = await stops(api)
        assert told(stop) == (instant(300), instant(400), ["jam"])
        assert await notes(api, orphaned="true") == []


async def test_two_stops_become_one_and_both_labels_stand_with_it(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await put(
            api, 401, row(ST, 10, RUNNING), row(ST, 100, DOWN), row(ST, 200, RUNNING), row(ST, 300, DOWN),
            row(ST, 400, RUNNING),
        )  # fmt: skip
        first, second = await stops(api)
        await label(api, first["id"], reason="jam")
        api.clock.at(420)
        await label(api, second["id"], reason="no bottles")
        await put(api, 600, row(ST, 200, DOWN))
        (stop,) = await stops(api)
        assert told(stop) == (instant(100), instant(400), ["no bottles", "jam"])


async def test_labels_are_there_after_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await a_stop(api)
        clock = api.clock
    async with running(tmp_path, clock) as api:
        assert told((await stops(api))[0])[2] == ["jam"]


async def test_what_was_acknowledged_and_is_no_more_is_orphaned(tmp_path: Path) -> None:
    temp = f"{FILLER}/temp"
    async with running(tmp_path) as api:
        await put(api, 20, row(temp, 5, 20), row(temp, 10, 90))
        (alarm,) = (await api.get("/alarms"))["alarms"]
        api.clock.at(40)
        answer = await api.client.post(f"/api/v1/alarms/{alarm['id']}/ack", json={"note": "seen"})
        assert answer.status_code == 200, answer.text
        (note,) = await notes(api)
        assert (note["kind"], note["now"], note["role"]) == ("acknowledgement", alarm["id"], "engineer")
        await put(api, 60, row(temp, 10, 70))
        assert (await api.get("/alarms"))["alarms"] == []
        (note,) = await notes(api, orphaned="true")
        assert (note["about"], note["now"], note["text"]) == (alarm["id"], None, "seen")
        await put(api, 90, row(temp, 8, 91))
        (note,) = await notes(api)
        assert note["now"] == f"{temp}~high@{instant(8)}"


async def test_what_cannot_be_labelled_is_refused_with_the_reason(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        id = await a_stop(api)
        assert "say why it stood" in (await label(api, id, 422, reason=" "))["detail"]
        await label(api, id, 422, reason="x" * 101)
        assert "did not stand then" in (await label(api, f"{FILLER}@{instant(20)}", 404, reason="x"))["detail"]
        assert "did not stand then" in (await label(api, f"acme/nothing@{instant(200)}", 404, reason="x"))["detail"]
        assert "as GET /stops gives it" in (await label(api, f"{FILLER}@yesterday", 404, reason="x"))["detail"]
        assert await label(api, f"{FILLER}@{to_text(2**62)}", 404, reason="x")
        await api.get("/notes", 422, cursor="x")
        await api.get("/notes", 404, asset="fillr")


async def test_notes_come_in_pages(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        id = await a_stop(api)
        for n in range(4):
            await label(api, id, reason=f"r{n}")
        whole = await notes(api)
        page = await api.get("/notes", from_=instant(0), limit=2)
        found = page["notes"]
        while page["cursor"]:
            page = await api.get("/notes", from_=instant(0), limit=2, cursor=page["cursor"])
            found += page["notes"]
        assert found == whole
        assert len(whole) == 5
