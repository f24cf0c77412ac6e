"""A plant of two sites: each line is judged by the hours of its own."""

from __future__ import annotations

from pathlib import Path

from tests.unit.api.running import PLANT, instant, row, running
from tests.unit.api.test_oee import an_hour

SITES = PLANT.replace(
    "connections:",
    """shifts: {late: "Mon-Sun 13:00-21:00"}
sites:
  osaka: {timezone: Asia/Tokyo, display: Osaka, shifts: {night: "Mon-Sun 20:30-04:30"}}
products: {cola: {code: 17, ideal: {filler: 1/s, packer: 6/min}}}
connections:""",
    1,
).replace(
    "lines:",
    """lines:
  osaka/line1: {machines: {filler: {type: filler, from: s7, node: B}}}""",
    1,
)
"""START is 13:00 in Brno and 21:00 in Osaka."""
BRNO, OSAKA = "acme/brno/packaging/line1", "acme/brno/osaka/line1"


async def test_oee_by_shift_and_day_is_that_of_the_site(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=SITES) as api:
        await an_hour(api)
        by_shift = await api.get("/oee", by="shift", from_="now", to="now")
        by_day = await api.get("/oee", by="day", from_="now", to="now")
    assert by_shift["calendar"] is True
    told = {one["asset"]: (one["name"], one["ends"]) for one in by_shift["results"]}
    assert told[BRNO] == told[f"{BRNO}/filler"] == ("late", instant(8 * 3600))
    assert told[OSAKA] == told[f"{OSAKA}/filler"] == ("night", instant(7.5 * 3600))
    days = {one["asset"]: one["ends"] for one in by_day["results"]}
    assert (days[BRNO], days[OSAKA]) == (instant(11 * 3600), instant(3 * 3600))


async def test_the_plant_tells_its_sites(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=SITES) as api:
        plant = await api.get("/plant")
    assert plant["sites"] == [{"path": "acme/brno/osaka", "display": "Osaka", "timezone": "Asia/Tokyo"}]


async def test_days_of_samples_are_those_of_the_site_of_the_tags(tmp_path: Path) -> None:
    brno, osaka = f"{BRNO}/filler/temp", f"{OSAKA}/filler/temp"
    async with running(tmp_path, plant_file=SITES) as api:
        api.clock.at(12 * 3600)
        await api.post([row(tag, hour * 3600, hour) for hour in range(12) for tag in (brno, osaka)])
        asked = {"from_": instant(0), "to": instant(12 * 3600), "aggregate": "first"}
        starts: list[list[str]] = []
        for tag in (brno, osaka):
            found = await api.get("/samples", tag=tag, interval="day", **asked)
            starts.append(found["aggregates"][0]["time"])
        both = await api.client.get(
            "/api/v1/samples",
            params={"tag": [brno, osaka], "interval": "day", "from": instant(0), "aggregate": "first"},
        )
        shifts = await api.client.get(
            "/api/v1/samples",
            params={"tag": [brno, osaka], "interval": "shift", "from": instant(0), "aggregate": "first"},
        )
    assert starts == [[instant(0), instant(11 * 3600)], [instant(0), instant(3 * 3600)]]
    assert both.status_code == shifts.status_code == 422
    assert "sites in Europe/Prague and Asia/Tokyo; say whose days count: tz=Europe/Prague" in both.json()["detail"]
    assert "different shifts; ask one site at a time" in shifts.json()["detail"]
