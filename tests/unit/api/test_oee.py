"""OEE and stops as the API tells them: the figures by hand, periods, the present shift, what was believed before."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.recompute import FIGURES, recomputed
from tests.unit.api.running import FILLER, PACKER, PLANT, SECOND, START, Api, instant, row, running
from twin.core.event import CONNECTION_LOST, Event
from twin.model.load import load
from twin.runtime.plugins import connectors
from twin.store.log import SqliteLog
from twin.store.retention import Limits, forget_before

LINE = "acme/brno/packaging/line1"
ST, TOTAL, REJECT = f"{FILLER}/st", f"{FILLER}/total", f"{FILLER}/reject"
MINUTE = 60

SHIFTS = PLANT.replace(
    "connections:",
    """shifts: {late: "Mon-Sun 13:00-21:00", night: "Mon-Sun 21:00-05:00", breaks: ["Mon-Sun 14:30-15:00"]}
products: {cola: {code: 17, ideal: {filler: 1/s, packer: 6/min}}}
connections:""",
    1,
)
"""START is 13:00 in Brno: the late shift begins."""


async def an_hour(api: Api) -> None:
    """Running for 40 minutes at one piece in 2 s, down for 20: 1,200 pieces of which 60 are bad."""
    rows = [row(ST, 0, 1), row(ST, 40 * MINUTE, 2), row(TOTAL, 0, 0), row(REJECT, 0, 0)]
    for minute in range(1, 41):
        rows += [row(TOTAL, minute * MINUTE - 1, minute * 30), row(REJECT, minute * MINUTE - 1, minute * 3 // 2)]
    api.clock.at(60 * MINUTE)
    await api.post(rows)


async def results(api: Api, **query: Any) -> list[dict[str, Any]]:
    return (await api.get("/oee", **query))["results"]


async def test_the_figures_of_an_hour_by_hand(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=SHIFTS) as api:
        await an_hour(api)
        (found,) = await results(api, asset=FILLER, from_=instant(0), to=instant(3600))
    assert found["elements"] == {
        "pot": 3600, "pdot": 0, "pbt": 3600, "apt": 2400, "aust": 0, "adet": 1200, "adot": 0, "unknown": 0, "micro": 0,
    }  # fmt: skip
    assert found["pieces"] == {
        "produced": 1200, "good": 1140, "reject": 60, "rework": None, "outside": 0, "unit": "bottle",
    }  # fmt: skip
    assert (found["availability"], found["effectiveness"], found["quality"]) == (2 / 3, 0.5, 0.95)
    assert found["oee"] == 1140 / 3600
    assert (found["nee"], found["teep"]) == (found["oee"], found["oee"])
    assert (found["level"], found["method"], found["so_far"], found["flags"]) == ("machine", "machine OEE", False, [])


def codes(found: dict[str, Any]) -> set[str]:
    return {flag["code"] for flag in found["flags"]}


async def test_a_line_is_its_good_pieces_at_the_rate_of_its_slowest_station(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=SHIFTS) as api:
        rows = [row(f"{PACKER}/st", 0, 1)]
        rows += [row(f"{PACKER}/total", minute * MINUTE, minute * 2) for minute in range(60)]
        api.clock.at(3600)
        await api.post(rows)
        line, filler, packer = await results(api, asset=LINE, from_=instant(0), to=instant(3600))
    assert (line["level"], line["method"], line["pieces"]["unit"]) == ("line", "line OEE (bottleneck rate)", "bottle")
    assert line["pieces"]["good"] == 118 * 12
    assert line["oee"] == 118 * 12 / 3600  # a bottle a second: the filler's rate; the packer could do 1.2
    assert (line["availability"], line["effectiveness"]) == (None, None)
    assert codes(line) == codes(packer) == {"no_reject_counter"}
    assert (packer["oee"], packer["quality"]) == (118 / 360, 1)
    assert (filler["oee"], filler["elements"]["unknown"], codes(filler)) == (0, 3600, {"unknown_time"})


async def test_shifts_are_whole_and_the_present_one_is_so_far(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=SHIFTS) as api:
        await an_hour(api)
        (found,) = await results(api, asset=FILLER, by="shift", from_="now", to="now")
        assert (found["name"], found["from"], found["to"]) == ("late", instant(0), instant(3600))
        assert (found["ends"], found["so_far"], codes(found)) == (instant(8 * 3600), True, {"so_far"})
        assert (found["oee"], found["pieces"]["produced"]) == (1140 / 3600, 1200)
        asked = {"asset": FILLER, "by": "shift", "from_": instant(-9 * 3600), "to": instant(10 * 3600)}
        assert await results(api, **asked) == [found]  # the night ended before anything was recorded


async def test_a_period_begins_with_the_record(tmp_path: Path) -> None:
    """A twin that was not there yet is no unknown time: the first shift would look half as good as it was."""
    plant = SHIFTS.replace("13:00-21:00", "12:00-21:00").replace("21:00-05:00", "21:00-04:00")
    async with running(tmp_path, plant_file=plant) as api:
        await an_hour(api)
        (found,) = await results(api, asset=FILLER, by="shift", from_="now", to="now")
        assert (found["from"], found["elements"]["pbt"], found["elements"]["unknown"]) == (instant(0), 3600, 0)
        assert codes(found) == {"so_far", "record_begins"}
        assert found["oee"] == 1140 / 3600


async def test_an_old_state_makes_no_time_in_which_nothing_was_counted(tmp_path: Path) -> None:
    """The first sample of OPC UA may be hours old: running since then, and nobody knows how much it made."""
    async with running(tmp_path, plant_file=SHIFTS) as api:
        rows = [row(ST, 0, 1), row(TOTAL, 30 * MINUTE, 5000), row(REJECT, 5 * MINUTE, 7)]
        rows += [row(TOTAL, 30 * MINUTE + second, 5000 + second) for second in range(1, 1801)]
        api.clock.at(60 * MINUTE + 1)
        await api.post(rows)
        (found,) = await results(api, asset=FILLER, from_=instant(0), to=instant(3600))
    assert (found["from"], found["elements"]["apt"], codes(found)) == (instant(1800), 1800, {"record_begins"})
    assert (found["pieces"]["produced"], found["effectiveness"]) == (1799, 1799 / 1800)


async def test_a_counter_of_bad_pieces_that_is_first_heard_of_late_hides_no_time(tmp_path: Path) -> None:
    """It is sent when it changes, or somebody has added it to a plant file of years."""
    async with running(tmp_path, plant_file=SHIFTS) as api:
        rows = [row(ST, 0, 1), row(TOTAL, 0, 0), row(REJECT, 40 * MINUTE, 1), row(REJECT, 50 * MINUTE, 3)]
        rows += [row(TOTAL, minute * MINUTE - 1, minute * 30) for minute in range(1, 61)]
        api.clock.at(60 * MINUTE + 1)
        await api.post(rows)
        (found,) = await results(api, asset=FILLER, from_=instant(0), to=instant(3600))
    assert (found["from"], found["pieces"]["produced"], found["pieces"]["reject"]) == (instant(0), 1800, 2)


async def test_a_period_begins_with_what_retention_kept(tmp_path: Path) -> None:
    """The batch of the whole hour is still there; the counts of its first ten minutes are not."""
    async with running(tmp_path, plant_file=SHIFTS) as api:
        await an_hour(api)
    log = SqliteLog(tmp_path, api.clock)
    forget_before(log, Limits(START + 10 * MINUTE * SECOND))
    log.close()
    async with running(tmp_path, api.clock, plant_file=SHIFTS) as api:
        (found,) = await results(api, asset=FILLER, from_=instant(0), to=instant(3600))
    assert (found["from"], found["pieces"]["produced"]) == (instant(600), 900)
    assert "record_begins" in codes(found)
    assert found["oee"] == (1140 - 285) / 3000


async def test_what_is_made_in_a_break_is_in_no_figure(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=SHIFTS) as api:
        rows = [row(ST, 0, 1), row(TOTAL, 0, 0)]
        rows += [row(TOTAL, minute * MINUTE + 1, minute) for minute in range(1, 120)]
        api.clock.at(2 * 3600)
        await api.post(rows)
        (found,) = await results(api, asset=FILLER, from_=instant(0), to=instant(7200))
    assert (found["elements"]["pot"], found["elements"]["pdot"], found["elements"]["pbt"]) == (7200, 1800, 5400)
    assert (found["elements"]["apt"], found["availability"]) == (5400, 1)
    assert (found["pieces"]["produced"], found["pieces"]["outside"]) == (89, 30)
    assert "work_outside_plan" in codes(found)


async def test_days_and_hours_are_those_of_the_wall(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=SHIFTS) as api:
        await an_hour(api)
        days = await results(api, asset=FILLER, by="day", from_=instant(0), to=instant(1))
        assert [(one["name"], one["from"], one["so_far"]) for one in days] == [("2026-11-22", instant(0), True)]
        hours = await results(api, asset=FILLER, by="hour", from_=instant(0), to=instant(3600))
        assert [(one["name"], one["oee"]) for one in hours] == [("2026-11-22T13:00+01:00", 1140 / 3600)]


async def test_without_a_calendar_there_is_no_oee(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await an_hour(api)
        answer = await api.get("/oee", asset=FILLER, from_=instant(0), to=instant(3600))
        (found,) = answer["results"]
        assert answer["calendar"] is False
        assert (found["oee"], found["availability"], found["teep"], found["elements"]["pbt"]) == (None,) * 4
        assert (found["elements"]["apt"], found["quality"]) == (2400, 0.95)
        assert {"no_calendar", "no_ideal_rate"} <= codes(found)
        assert (await api.get("/oee", by="shift"))["results"] == []


async def test_pitfall_7_late_data_recomputes_the_shift_and_known_at_tells_what_was_believed(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=SHIFTS) as api:
        await an_hour(api)
        await api.move(2 * 3600)
        asked = {"asset": FILLER, "from_": instant(0), "to": instant(3600)}
        (before,) = await results(api, **asked)
        api.clock.at(2 * 3600 + 10)
        await api.post([row(ST, 50 * MINUTE, 1)])
        await api.move(2 * 3600 + 20)
        (after,) = await results(api, **asked)
        assert (before["elements"]["apt"], after["elements"]["apt"]) == (2400, 3000)
        assert await results(api, **asked, known_at=instant(2 * 3600)) == [before]


async def test_now_in_a_span_is_now_whatever_was_known(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=SHIFTS) as api:
        await an_hour(api)
        await api.move(2 * 3600)
        asked = {"asset": FILLER, "from_": "now-2h", "to": "now-1h", "known_at": "now-30m"}
        (found,) = await results(api, **asked)
        assert (found["from"], found["to"]) == (instant(0), instant(3600))


async def test_the_figures_of_now_are_those_of_a_moment_later(tmp_path: Path) -> None:
    """What is still on its way and what is stored together are every second of a state and every piece once."""
    async with running(tmp_path, plant_file=SHIFTS) as api:
        for second in range(0, 2000, 173):
            api.clock.at(second + 1)
            await api.post([row(ST, second, 1 + second // 173 // 2 % 2), row(TOTAL, second, second)])
            (found,) = await results(api, asset=FILLER, by="shift", from_="now", to="now")
            times = found["elements"]
            assert found["pieces"]["produced"] == second
            assert times["pbt"] == second + 1 == times["apt"] + times["adet"]


async def test_stops_are_told_with_micro_stops_when_asked(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=SHIFTS) as api:
        rows = [row(ST, 0, 1), row(ST, 100, 2), row(ST, 130, 1), row(ST, 300, 2), row(ST, 420, 1), row(ST, 500, 2)]
        api.clock.at(520)
        await api.post(rows)
        asked = {"asset": FILLER, "from_": instant(0)}
        (long,) = (await api.get("/stops", **asked))["stops"]
        assert (long["id"], long["from"], long["to"]) == (f"{FILLER}@{instant(300)}", instant(300), instant(420))
        assert (long["state"], long["duration_s"], long["micro"]) == ("down", 120, False)
        every = (await api.get("/stops", **asked, micro=1))["stops"]
        assert [(one["duration_s"], one["micro"], one["to"] is None) for one in every] == [
            (30, True, False), (120, False, False), (20, True, True),
        ]  # fmt: skip
        page = await api.get("/stops", **asked, micro=1, limit=2)
        rest = await api.get("/stops", **asked, micro=1, limit=2, cursor=page["cursor"])
        assert (page["stops"] + rest["stops"], rest["cursor"]) == (every, None)
        await api.move(600)
        assert [one["from"] for one in (await api.get("/stops", **asked))["stops"]] == [instant(300), instant(500)]


async def test_a_lost_cable_is_unknown_time(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=SHIFTS) as api:
        api.clock.at(10)
        await api.post([row(ST, 0, 1)])
        await api.move(60)
        await api.twin.note(Event(START + 60 * SECOND, CONNECTION_LOST, "s7", {"cause": "cable"}))
        await api.move(600)
        (found,) = await results(api, asset=FILLER, from_=instant(0), to=instant(600))
        assert (found["elements"]["apt"], found["elements"]["unknown"], found["elements"]["adet"]) == (60, 540, 0)
        assert "unknown_time" in codes(found)
        assert (await api.get("/stops", asset=FILLER, micro=1))["stops"] == []


async def test_pieces_between_any_minutes_are_those_of_the_counts(tmp_path: Path) -> None:
    """Sums of quarters, minutes at their edges and what is on its way: the same pieces as minute by minute."""
    async with running(tmp_path, plant_file=SHIFTS.replace(', breaks: ["Mon-Sun 14:30-15:00"]', "")) as api:
        chance, total, rows = random.Random(3), 0, []
        for second in range(0, 4 * 3600, 20):
            total = (total + chance.randrange(40)) % 65_536
            rows.append(row(TOTAL, second, total))
        api.clock.at(4 * 3600)
        await api.post(rows)
        await api.move(4 * 3600 + 30)
        for _ in range(25):
            start, end = sorted(chance.sample(range(242), 2))
            asked = {"asset": FILLER, "from_": instant(start * MINUTE), "to": instant(end * MINUTE)}
            (found,) = await results(api, **asked)
            counted = {one["role"]: one["pieces"] for one in (await api.get("/counts", **asked))["counts"]}
            assert (found["pieces"]["produced"], found["pieces"]["reject"]) == (counted["total"], counted["reject"])


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ({"from_": instant(0), "to": instant(90)}, 422, f"ask for {instant(60)}"),
        ({"from_": "2020-01-01T00:00:00Z", "to": "2020-12-01T00:00:00Z", "by": "hour"}, 413, "one answer has at most"),
        ({"from_": "2020-01-01T00:00:00Z"}, 422, "at most 366 days"),
        ({"asset": "fillr"}, 404, "did you mean"),
        ({"by": "week"}, 422, "shift"),
    ],
)
async def test_a_question_that_cannot_be_answered_says_why(tmp_path: Path, query: Any, status: int, says: str) -> None:
    async with running(tmp_path, plant_file=SHIFTS) as api:
        await api.move(600)
        assert says in (await api.get("/oee", status, **query))["detail"]


async def test_a_piece_is_judged_by_the_ideal_rate_of_its_own_time(tmp_path: Path) -> None:
    """The filler is made twice as quick after an hour: that hour stays what it was, and the day has both rates."""
    async with running(tmp_path, plant_file=SHIFTS) as api:
        await an_hour(api)
        await api.twin.load(load(SHIFTS.replace("filler: 1/s", "filler: 2/s"), "plant.yaml", connectors(), {}))
        rows = [row(ST, 60 * MINUTE + 1, 1)]
        for minute in range(61, 121):
            rows += [row(TOTAL, minute * MINUTE - 1, (minute - 20) * 30), row(REJECT, minute * MINUTE - 1, 60)]
        api.clock.at(120 * MINUTE)
        await api.post(rows)
        (first,) = await results(api, asset=FILLER, from_=instant(0), to=instant(3600))
        (both,) = await results(api, asset=FILLER, from_=instant(0), to=instant(7200), explain=True)
    assert first["oee"] == 1140 / 3600
    assert both["pieces"]["good"] == 1140 + 900  # the break began after half an hour
    assert both["oee"] == (1140 + 900 / 2) / 5400
    assert [(one["from"], one["ideal_s"]) for one in both["explain"]["rates"]] == [
        (instant(0), 1.0),
        (instant(3600), 0.5),
    ]
    again = recomputed(both)
    assert {name: again[name] for name in FIGURES} == {name: both[name] for name in FIGURES}


async def test_pieces_are_judged_by_the_ideal_rate_of_their_minute(tmp_path: Path) -> None:
    dated = SHIFTS.replace("{filler: 1/s,", "{filler: [1/s, {rate: 2/s, from: 2026-11-22T13:30}],")
    async with running(tmp_path, plant_file=dated) as api:
        await an_hour(api)
        (found,) = await results(api, asset=FILLER, from_=instant(0), to=instant(3600))
    assert found["effectiveness"] == (900 * 1.0 + 300 * 0.5) / 2400
