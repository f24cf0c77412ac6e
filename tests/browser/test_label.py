"""A stop gets its reason on the page of its machine; late data takes the stop away, and the label is still there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.running import Demo
from tests.browser.test_line import opened
from twin.core.instant import SECOND, from_text, to_text

pytestmark = pytest.mark.browser

PLANT = """
linetwin: 1
plant: acme/brno
connections:
  gw: {mqtt: "mqtt://127.0.0.1:1", wait: 0s}
types:
  filler:
    tags: {st: {topic: "{machine}/st", value: $.v}}
    state: {table: {1: running, 2: down}, value: st}
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


def states(plant: Demo, *rows: tuple[int, int]) -> None:
    """Seconds and values."""
    plant.post("/samples", samples=[{"tag": f"{FILLER}/st", "time": to_text(t), "value": v} for t, v in rows])


def test_a_stop_is_labelled_and_its_label_outlives_it(page, plant):
    now = from_text(plant.get("/state")["as_of"])
    stop, end = now - 300 * SECOND, now - 200 * SECOND
    states(plant, (now - 400 * SECOND, 1), (stop, 2), (end, 1))
    opened(page, plant, f"/machine/{FILLER}")
    row = page.locator(f"lt-stops tr[data-stop='{FILLER}@{to_text(stop)}']")
    row.get_by_role("button", name="Say why").click()
    row.locator("[name=reason]").fill("jam")
    row.locator("[name=text]").fill("bottle under the star wheel")
    row.get_by_role("button", name="Save").click()
    expect(row.locator("[data-label]")).to_have_text("jam: bottle under the star wheel")
    expect(row.get_by_role("button", name="Change")).to_be_visible()

    states(plant, (stop, 1))
    expect(page.locator("lt-stops tr[data-stop]")).to_have_count(0, timeout=30_000)
    expect(page.locator("lt-stops [data-orphan]")).to_contain_text("jam: bottle under the star wheel")
