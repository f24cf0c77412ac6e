"""The worked example of docs/explanation/oee.md comes out as it is printed there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.mes.a_machine import States, at, calendar, observed, plan
from twin.core.instant import MINUTE
from twin.mes.oee import machine_results
from twin.mes.plan import Making, makings
from twin.model.plant import Product

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "oee.md"


def a_shift() -> States:
    """380 min running, 70 down, 11 of set-up, 12 stops of 20 s; a break of 15 min."""
    found = [(360.0, 371.0, "changeover"), (371.0, 441.0, "down")]
    now = 441.0
    for _ in range(12):
        found += [(now, now + 5, "running"), (now + 5, now + 5 + 1 / 3, "starved")]
        now += 5 + 1 / 3
    return [*found, (now, 600.0, "running"), (600.0, 615.0, "stopped"), (615.0, 840.0, "running")]


def test_the_worked_example_is_right() -> None:
    text = PAGE.read_text(encoding="utf-8")
    printed = dict(re.findall(r"^\| (\w+) \| .* = ([\d.]+) %", text[text.index("## A worked example") :], re.MULTILINE))
    made = makings([Making(at(0), at(9999), Product("cola", 17, {"m": MINUTE // 120}))])
    counts = {"total": {500: 42_000}, "reject": {500: 840}}
    asked = plan(calendar("06:00-14:00", breaks=["10:00-10:15"]), (360, 840), made=made)
    (result,) = machine_results(asked, observed(a_shift(), counts))
    t = result.times
    assert [(ns or 0) // MINUTE for ns in (t.pot, t.pdot, t.pbt, t.apt, t.aust, t.adet)] == [480, 15, 465, 384, 11, 70]
    assert (t.micro, t.adot, t.unknown) == (4 * MINUTE, 0, 0)
    assert set(printed) == {"availability", "effectiveness", "quality", "OEE", "NEE", "TEEP"}
    for name, percent in printed.items():
        assert f"{getattr(result.figures, name.lower()):.2%}" == f"{percent}%", name
