"""The Connect page as an integrator uses it: from an address to a plant file that runs."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.running import Demo
from tests.browser.seen import Seen
from tests.browser.test_pages import AXE, SERIOUS
from twin.model.load import load
from twin.runtime.plugins import connectors

pytestmark = pytest.mark.browser


def inside(page: Page, demo: Demo) -> None:
    """Connected to the filler's PLC of the demo, its folder open."""
    page.goto(demo.url("/connect"))
    page.get_by_label("Address").fill("s7")
    page.get_by_role("button", name="Connect", exact=True).click()
    for folder in ("PLC_1", "DataBlocksGlobal", "DB_Filler", "Stat"):
        page.get_by_role("button", name=folder, exact=True).click()
    expect(page.locator(".nodes .variable").first).to_be_visible()


def test_from_an_address_to_a_plant_file(seen: Seen, demo: Demo) -> None:
    page = seen.page
    inside(page, demo)
    for name in ("eState", "dwTotal"):
        page.get_by_role("checkbox", name=name).check()
    total = page.locator(".ticked tbody tr").nth(1)
    total.get_by_label("counts pieces").check()
    first = total.locator("td").first.inner_text()
    expect(total.locator("td").first).not_to_have_text(first, timeout=30_000)  # values move
    page.get_by_label("Name of eState").fill("state")
    page.get_by_label("Name of eState").blur()
    page.get_by_role("textbox", name="Machine").fill("hall/filler")
    page.get_by_label("Rules, the first that holds counts").fill("running: state > 1\nidle")
    expect(page.locator(".tried rect.interval").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("by the rules' own code")).to_contain_text(re.compile("running|idle"))
    page.get_by_role("button", name="Write it").click()
    expect(page.get_by_text("finds nothing wrong in it")).to_be_visible()
    plant = load(page.locator(".yaml").inner_text(), "plant.yaml", connectors(), {})
    assert sorted(plant.tags) == ["my/plant/hall/filler/dwtotal", "my/plant/hall/filler/state"]
    assert plant.tags["my/plant/hall/filler/dwtotal"].counter is not None
    assert plant.machines()[0].state is not None
    assert seen.hosts == {"127.0.0.1"}
    assert seen.complaints == []


def test_wrong_rule_and_unreachable_server_are_told_in_words(page: Page, demo: Demo) -> None:
    inside(page, demo)
    page.get_by_role("checkbox", name="eState").check()
    page.get_by_label("Rules, the first that holds counts").fill("running: estat > 1")
    expect(page.locator("p.wrong")).to_contain_text("estat", timeout=30_000)
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_label("Address").fill("opc.tcp://127.0.0.1:1")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.locator("lt-connect .told")).to_contain_text("is the server on", timeout=30_000)


def test_open_tree_fits_and_reads_well(page: Page, demo: Demo) -> None:
    inside(page, demo)
    page.get_by_role("checkbox", name="eState").check()
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.documentElement.scrollWidth <= 390")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)")
    assert [one["id"] for one in found if one["impact"] in SERIOUS] == []
