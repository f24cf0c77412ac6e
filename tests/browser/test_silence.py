"""When the twin is gone, nothing on the page may look present; when it is back, the page follows by itself."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.running import MEASURED
from tests.browser.test_line import LINE

pytestmark = pytest.mark.browser


def test_killed_twin_is_stale_within_4_s_and_back_by_itself(page, demo):
    page.goto(demo.url())
    expect(page.locator(".machine [data-tag][data-quality=good]")).to_have_count(MEASURED)
    as_of = page.locator("#as-of").inner_text()
    demo.kill()
    page.wait_for_selector("body[data-link=stale]", timeout=4000)
    expect(page.locator("#notice")).to_contain_text("No data from the twin since")
    assert page.locator("#as-of").inner_text() >= as_of
    assert page.locator("[data-tag][data-quality=good]").count() == 0
    assert page.locator("article.machine[data-quality=stale]").count() == 5
    for figure in ("lt-tile .figure", "lt-tile .summary li", "article.machine .counts b"):
        drawn = page.locator(figure).evaluate_all("all => all.map((one) => getComputedStyle(one).textDecorationLine)")
        assert set(drawn) == {"line-through"}, figure

    demo.start_again_without_machines()
    page.wait_for_selector("body[data-link=live]", timeout=15_000)
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.locator("article.machine[data-state=unknown]")).to_have_count(5, timeout=15_000)
    assert page.locator("[data-tag][data-quality=good]").count() == 0
    expect(page.locator("lt-tile .bad-link")).to_contain_text("s7, bk, cell")
    expect(page.locator("#news .abnormal", has_text="linetwin was not running")).to_have_count(3)
    missing_time_is_told(page, demo)


def missing_time_is_told(page, demo):
    """How much is covered and why the rest is not stands with each connection and machine; a trend has a band there."""
    page.goto(demo.url("/connections"))
    stopped = page.locator("lt-coverage [data-why=stopped]", has_text="twin stopped: linetwin was not running")
    expect(stopped).to_have_count(3, timeout=15_000)
    for share in page.locator("lt-coverage .share").all():
        expect(share).to_have_text(re.compile(r"^\d+\.\d\d % covered$"))
    page.goto(demo.url(f"/machine/{LINE}/filler"))
    expect(page.locator("lt-coverage [data-why=stopped]")).to_have_count(1, timeout=15_000)
    gap = page.locator("lt-history .gap[data-gap='twin stopped: linetwin was not running'] title")
    expect(gap).to_contain_text("samples missing", timeout=15_000)

    page.goto(demo.url(f"/trends?from=now-15m&tag={LINE}/filler/vibration"))
    plate = page.locator("#trend .plate")
    page.locator("#trend canvas").wait_for()
    expect(page.locator("#trend .reading")).to_contain_text("1 gap")
    box = plate.bounding_box()
    plate.hover(position={"x": box["width"] - 10, "y": box["height"] / 2})
    expect(plate).to_have_attribute("title", re.compile("^samples missing: "))
