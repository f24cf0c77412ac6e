"""The line against a real demo: OPC UA and MQTT on real sockets, two hours behind it."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.running import MEASURED

pytestmark = pytest.mark.browser

LINE = "demo/plant1/packaging/line1"
MACHINES = ["filler", "capper", "labeller", "packer", "palletiser"]
LIVE = "body[data-link=live]"

NEWEST = """path => [...document.querySelectorAll(`[data-asset="${path}"] [data-tag]`)]
    .map(node => node.dataset.ts).reduce((a, b) => a > b ? a : b, "")"""
"""The newest instant among the values of a machine."""


def opened(page, demo, path=f"/line/{LINE}"):
    page.goto(demo.url(path))
    page.wait_for_selector(LIVE)
    return page


def test_line_reads_as_it_stands_in_the_plant_file(page, demo):
    opened(page, demo)
    assert page.title() == "line1 · demo/plant1 · Linetwin"
    assert page.locator("article.machine h3 > a").all_inner_texts() == MACHINES
    assert [text.split() for text in page.locator(".buffer").all_inner_texts()] == [
        ["buffer", "of", "200", "bottle"],
        ["buffer", "of", "200", "bottle"],
        ["buffer", "of", "240", "bottle"],
        ["buffer", "of", "40", "case"],
    ]
    expect(page.locator("lt-tile")).to_contain_text("3 of 3 connected")
    expect(page.locator("#zone")).to_have_text("Europe/Prague")
    expect(page.locator("#news li[data-kind='connection.up']").first).to_contain_text("connected")


def test_values_of_every_machine_move(page, demo):
    """Filler, capper, labeller by OPC UA; packer and palletiser by MQTT."""
    opened(page, demo)
    expect(page.locator(".machine [data-tag][data-quality=good]")).to_have_count(MEASURED)
    for machine in MACHINES:
        path = f"{LINE}/{machine}"
        before = page.evaluate(NEWEST, path)
        page.wait_for_function(f"([path, before]) => ({NEWEST})(path) > before", arg=[path, before], timeout=15_000)


def test_states_are_those_of_the_api(page, demo):
    """State and begin of each machine; a state may change between two looks, so that they are compared again."""
    opened(page, demo)
    page.wait_for_function(
        """async () => {
            const { machines } = await (await fetch("/api/v1/state")).json();
            const shown = path => document.querySelector(`article[data-asset="${path}"]`);
            return machines.length === 5 && machines.every(({ asset, state, since }) =>
                shown(asset).dataset.state === state && shown(asset).dataset.ts === since
                && shown(asset).querySelector(".word").textContent.toLowerCase() === state);
        }""",
        timeout=10_000,
    )


def hour_of(demo):
    """(as_of, begin of the hour, pieces by asset and role) as the API tells them."""
    answer = demo.get("/counts", **{"from": "now-1h", "by": "hour"})
    hour = max(one["from"] for one in answer["counts"])
    pieces = {f"{one['asset']}:{one['role']}": one["pieces"] for one in answer["counts"] if one["from"] == hour}
    return answer["as_of"], hour, pieces


SHOWN = """() => Object.fromEntries([...document.querySelectorAll("[data-count]")]
    .map(node => [node.dataset.count, Number(node.textContent.replaceAll(",", ""))]))"""


def test_counts_of_the_hour_are_those_of_the_api(page, demo):
    """Pieces only grow within an hour: what is shown lies between the API's answers before and after it."""
    opened(page, demo)
    while True:
        as_of, hour, before = hour_of(demo)
        page.wait_for_function(
            "as_of => [...document.querySelectorAll('[data-count]')].every(node => node.dataset.ts > as_of)",
            arg=as_of,
            timeout=10_000,
        )
        shown = page.evaluate(SHOWN)
        _, hour_after, after = hour_of(demo)
        if hour == hour_after:  # else the hour was full meanwhile and pieces began at 0 again
            break
    assert len(before) == 9  # the palletiser has no reject
    assert shown.keys() == before.keys()
    assert all(before[one] <= shown[one] <= after[one] for one in before), (before, shown, after)


COVERED = """() => Object.fromEntries([...document.querySelectorAll("#timeline g[data-asset]")].map(row => {
    const widthOf = node => node.getBoundingClientRect().width;
    const states = [...row.querySelectorAll("rect.interval")].map(widthOf);
    return [row.dataset.asset, states.reduce((a, b) => a + b, 0) / widthOf(row.querySelector(".track"))];
}))"""
"""Machine -> the part of its row in which a state stands."""


def test_timeline_shows_two_hours_of_each_machine(page, demo):
    opened(page, demo)
    page.wait_for_function(f"Object.values(({COVERED})()).every(share => share > 0.9)")
    covered = page.evaluate(COVERED)
    assert list(covered) == [f"{LINE}/{machine}" for machine in MACHINES]
    assert list(covered.values()) == [pytest.approx(1, abs=0.05)] * 5
    page.locator("lt-history > section > details > summary").click()
    assert page.locator("#shares tbody th").all_inner_texts() == MACHINES


def test_chosen_tags_are_drawn_kept_in_the_address_and_read_by_keyboard(page, demo):
    opened(page, demo, f"/trends?tag={LINE}/filler/vibration")
    page.locator("#filter").fill("packer temp")
    expect(page.locator("#tags tbody tr")).to_have_count(1)
    page.locator("#tags tbody button").click()
    plate = page.locator("#trend .plate")
    told = re.compile(r"filler/vibration: \d.* mm/s.*; packer/motor_temp: \d.* °C")
    expect(plate).to_have_attribute("aria-label", told)
    chosen = [f"{LINE}/filler/vibration", f"{LINE}/packer/motor_temp"]
    assert parse_qs(urlsplit(page.url).query)["tag"] == chosen
    numbers = page.evaluate("document.querySelector('#trend').snapshot().series.map(one => [one.tag, one.at.length])")
    assert [tag for tag, _ in numbers] == chosen
    assert all(count > 500 for _, count in numbers)
    plate.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#trend .reading [aria-live=polite]").first).to_contain_text(
        re.compile(r"\d\d:\d\d:\d\d .*mm/s")
    )
    page.locator("#trend summary").click()
    expect(page.locator("#trend tbody tr")).to_have_count(200)


def test_the_axis_of_a_counter_has_room_for_all_its_figures(page, demo):
    """The least that ten million takes, at 7 px a letter; the axis of a current next to it is narrower."""
    opened(page, demo, f"/trends?tag={LINE}/filler/motor_temp&tag={LINE}/filler/motor_current&tag={LINE}/filler/total")
    expect(page.locator("ts-chart .u-axis")).to_have_count(4)
    page.wait_for_function(
        """() => {
            const [, , current, total] = [...document.querySelectorAll("ts-chart .u-axis")].map(one => one.offsetWidth);
            return total >= 10 * 7 && current < total;
        }"""
    )


def test_dragging_over_the_trend_asks_for_that_span(page, demo):
    opened(page, demo, f"/trends?tag={LINE}/filler/vibration")
    box = page.locator("#trend .u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 60, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile(r"from=2\d.*&to=2\d"))
    page.wait_for_selector("body[data-link=past]")
    length = page.evaluate("(({ from, to }) => to - from)(document.querySelector('#trend').snapshot())")
    assert length == pytest.approx(30 * 60_000, rel=0.05)
