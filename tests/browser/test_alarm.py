"""An alarm: seen at once, its cause three clicks away, acknowledged with a name and a note."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.running import Demo
from tests.browser.test_line import opened
from twin.core.instant import MILLISECOND, from_text, to_text

pytestmark = pytest.mark.browser

PLANT = """
linetwin: 1
plant: acme/brno
connections:
  gw: {mqtt: "mqtt://127.0.0.1:1", wait: 0s}
types:
  filler:
    tags:
      temp: {topic: "{machine}/temp", value: $.v, unit: degC, alarms: [{high: 70, priority: 2, text: motor is hot}]}
lines:
  packaging/line1: {machines: {filler: {type: filler, from: gw}, capper: {type: filler, from: gw}}}
"""
FILLER = "acme/brno/packaging/line1/filler"


@pytest.fixture
def plant(tmp_path) -> Iterator[Demo]:
    """A plant whose values come by POST /samples."""
    one = Demo(tmp_path)
    one.start_plant(PLANT)
    yield one
    one.end()


def measure(plant: Demo, value: float) -> None:
    now = plant.get("/state")["as_of"]
    plant.post("/samples", samples=[{"tag": f"{FILLER}/temp", "time": now, "value": value}])


def test_from_an_alarm_to_its_cause_in_three_clicks(page, plant):
    opened(page, plant, "/")
    expect(page.locator("lt-alarm-count .count")).to_be_empty()
    expect(page.locator("lt-tile")).to_contain_text("no shifts in the plant file: no OEE")
    measure(plant, 60)
    measure(plant, 81.5)
    expect(page.locator("lt-alarm-count .count")).to_contain_text("1 active, 1 not acknowledged")
    expect(page.locator("article[data-asset$=filler] .flag")).to_have_text("1")
    expect(page.locator("article[data-asset$=filler] .mark-alarm")).to_contain_text("motor is hot")

    page.locator("lt-tile [data-kind=alarm]", has_text="motor is hot").click()
    page.locator("lt-alarms:not([past]) .cause-link", has_text="filler").click()
    expect(page.locator("h1")).to_have_text("filler")
    expect(page.locator("lt-machine .bar-svg[data-out=true]")).to_be_visible()
    expect(page.locator("lt-alarms tr[data-alarm]")).to_contain_text("motor is hot")
    page.locator("lt-machine .measured a", has_text="temp").click()
    page.wait_for_selector("#trend canvas")


def test_an_alarm_is_acknowledged_with_a_note_and_stands_in_the_history(page, plant):
    opened(page, plant, "/alarms")
    measure(plant, 60)
    measure(plant, 81.5)
    row = page.locator("lt-alarms:not([past]) tr[data-alarm]")
    row.locator("[data-ack]").click()
    row.locator("[name=note]").fill("seen it")
    page.keyboard.press("Enter")
    expect(page.locator("lt-alarms:not([past]) .told")).to_contain_text("acknowledged")
    expect(row).to_contain_text("local: seen it")
    expect(row).to_have_attribute("data-state", "C")
    (alarm,) = plant.get("/alarms", state="all", **{"from": "now-1h"})["alarms"]
    began = alarm["from"]
    assert (alarm["acknowledged"]["who"], alarm["acknowledged"]["note"]) == ("local", "seen it")

    measure(plant, 50)
    expect(row).to_have_count(0)
    page.reload()
    expect(page.locator("lt-alarms[past] tr[data-alarm]")).to_contain_text("motor is hot")

    page.goto(plant.url(f"/alarms?at={to_text(from_text(began) + MILLISECOND)}"))
    then = page.locator("lt-alarms:not([past]) tr[data-alarm]")
    expect(then).to_have_attribute("data-state", "B")  # as it was then, not as it ended
