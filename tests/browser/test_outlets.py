"""The Outlets section of the connections page: one that fails is told with its cause, what waits with its rows."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.running import Demo
from tests.wire.influx.sink import sink
from twin.core.instant import to_text
from twin.runtime.ports import free_ports

pytestmark = pytest.mark.browser

PLANT = """
linetwin: 1
plant: acme
connections:
  gw: {{mqtt: "mqtt://127.0.0.1:1"}}
tags:
  hall/temp: {{from: gw, topic: t}}
outlets:
  waiting: {{influx: "http://127.0.0.1:{nobody}", bucket: plant, version: "1"}}
  failing: {{influx: "{url}", bucket: plant, version: "2", org: acme, token: "${{OUTLET_TOKEN}}"}}
"""


def test_a_waiting_and_a_failing_outlet_are_told(seen, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("OUTLET_TOKEN", "hush hush")
    page, twin = seen.page, Demo(tmp_path)
    (nobody,) = free_ports(1)
    with sink() as one:
        one.authorization = "Token right"
        try:
            twin.start_plant(PLANT.format(nobody=nobody, url=one.url))
            twin.post("/samples", samples=[{"tag": "acme/hall/temp", "time": to_text(time.time_ns()), "value": 5.0}])
            page.goto(twin.url("/connections"))
            waiting, failing = (page.locator(f"[data-outlet={name}]") for name in ("waiting", "failing"))
            expect(waiting).to_have_attribute("data-state", "down", timeout=30_000)
            expect(waiting.locator(".cause")).to_contain_text(re.compile("refused.*next at"), timeout=30_000)
            expect(waiting.locator(".facts")).to_contain_text(re.compile(r"rows that wait\s*[1-9]"), timeout=30_000)
            expect(failing).to_have_attribute("data-state", "stopped", timeout=30_000)
            expect(failing.locator(".cause")).to_contain_text("check token", timeout=30_000)
            assert "hush" not in page.content()
            assert seen.complaints == []
            assert "hush" not in str(twin.get("/outlets")) + str(twin.get("/events")) + str(twin.get("/plant"))
        finally:
            twin.end()
