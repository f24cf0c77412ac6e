"""The dashboard of a replayed incident: it begins in the span, and the slider shows any moment of it."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from playwright.sync_api import expect

from tests.browser.running import TWIN
from tests.unit.runtime.incident.a_life import START, TICK, Life
from twin.core.instant import MINUTE, Span
from twin.runtime.incident.export import export
from twin.runtime.ports import free_ports

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_of_incident(tmp_path_factory):
    """Three minutes; the packer jams in the second."""
    folder = tmp_path_factory.mktemp("jam")
    life = Life(folder / "data", seed=3)
    life.run_of_line.fault("packer.jam", START + 2 * MINUTE + TICK)
    life.live(4)
    life.stop()
    export(folder / "data", Span(START + MINUTE, START + 4 * MINUTE), folder / "jam.twin", lambda *_: None)
    (port,) = free_ports(1)
    command = [*TWIN, "incident", "run", str(folder / "jam.twin"), "--no-open", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        yield lines
        process.terminate()


def test_the_slider_shows_any_moment(seen, page_of_incident) -> None:
    page = seen.page
    assert page_of_incident[2].endswith(": equal\n")
    address = page_of_incident[3].split()[0]
    assert "from=2026-11-22T05%3A31%3A00Z&to=2026-11-22T05%3A34%3A00Z" in address
    page.goto(address)
    slider = page.get_by_label("Moment of the incident")
    expect(slider).to_be_visible(timeout=30_000)
    states = page.locator("body")
    expect(states).to_contain_text(re.compile("down", re.IGNORECASE), timeout=30_000)
    known = json.loads(page.locator("#known").text_content() or "{}")
    assert known["incident"] == {"from": "2026-11-22T05:31:00Z", "to": "2026-11-22T05:34:00Z"}

    slider.focus()
    with page.expect_navigation():
        slider.evaluate(
            "(node, at) => { node.value = at; ['input', 'change'].map((name) => node.dispatchEvent(new Event(name))) }",
            str((START + 90 * 10**9) // 10**6),
        )
    assert "to=2026-11-22T05%3A31%3A30.000Z" in page.url
    expect(page.get_by_label("Moment of the incident")).to_have_attribute("aria-valuetext", "06:31:30", timeout=30_000)

    with page.expect_navigation():
        page.get_by_label("Play").click()
    with page.expect_navigation(timeout=30_000):
        pass  # the next moment comes by itself
    page.get_by_label("Stop").click()
    assert re.search(r"to=2026-11-22T05%3A31%3A[345]\d", page.url)
    assert seen.complaints == []
