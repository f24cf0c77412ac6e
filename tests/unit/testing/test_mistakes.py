"""What a test may get wrong: one line that says what there is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from twin.core.errors import Misconfigured
from twin.testing import Line, twin_line

MISTAKES: dict[str, tuple[Callable[[Line], object], str]] = {
    "machine": (lambda line: line.state("fller"), "no machine 'fller'; there are: filler, capper, labeller"),
    "asset": (lambda line: line.oee("line2"), "no line or machine 'line2'; there are: line1, filler"),
    "alerts": (lambda line: line.alerts("x"), "no line or machine 'x'"),
    "tag": (lambda line: line.tag("filler/vibrations"), "did you mean filler/vibration; there are: st, blocked"),
    "short tag": (lambda line: line.tag("vibration"), "tag 'vibration' may be demo/plant1/packaging/line1/filler/vibr"),
    "part": (lambda line: line.fault("filler.nothing"), "filler.bearing"),
    "faulty machine": (lambda line: line.fault("fller.bearing"), "filler.bearing"),
    "past": (lambda line: line.fault("filler.jam", at="10s"), "this was 50.* ago, the line is at 06:01:00"),
    "zero": (lambda line: line.run(0), "time goes forward only"),
    "back": (lambda line: line.run("-1h"), "time goes forward only"),
    "text": (lambda line: line.run("soon"), "'soon' is not a duration like 250ms, 30s, 5m, 1h30m"),
    "nan": (lambda line: line.run(float("nan")), "no number of seconds"),
    "zone": (lambda line: line.states(start=datetime(2025, 11, 10)), "no time zone"),
    "periods": (lambda line: line.oee_by("week"), "'week'.: there are shift, day, hour"),
    "turned": (lambda line: line.states(start="50s", end="10s"), "turn them round"),
    "truth": (lambda line: line.truth().states("fller"), "no machine 'fller' in the truth; there are: filler"),
}


@pytest.fixture(scope="module")
def line() -> Line:
    return twin_line(behind="1m").run("1m")


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_clear_line(line: Line, name: str) -> None:
    wrong, says = MISTAKES[name]
    with pytest.raises(Misconfigured, match=says) as found:
        wrong(line)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"line": "packing"}, "no simulated line 'packing'; there are: .*packaging"),
        ({"seed": -1}, "packaging: .*-1"),
        ({"behind": "-1h"}, "a line has lived for some time or for none"),
        ({"behind": -60}, "a line has lived for some time or for none"),
        ({"plant": "nowhere.yaml"}, "nowhere.yaml: No such file"),
        ({"line": "packaging", "source": "packaging"}, "name one of them"),
        ({"line": "packaging", "plant": "P.yaml"}, "say source='packaging'"),
        ({"source": "day.parquet"}, "needs the plant file"),
    ],
)
def test_a_line_that_cannot_be_made_says_why(arguments: dict[str, object], says: str) -> None:
    with pytest.raises(Misconfigured, match=says):
        twin_line(**arguments)  # pyright: ignore[reportArgumentType]


def test_a_fresh_line_has_no_full_minute_to_reckon_with() -> None:
    with pytest.raises(Misconfigured, match="let the line run"):
        twin_line(behind=0).oee("filler")


def test_a_seed_is_a_whole_number() -> None:
    with pytest.raises(Misconfigured, match="seed '7' must be a whole number"):
        twin_line(seed="7")
