"""The examples of docs/how-to/test-a-line.md pass as they stand there, on two workers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulators.plants import PACKAGING as LINE
from twin.core.instant import to_text
from twin.testing import twin_line

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "how-to" / "test-a-line.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"```python\n# (test_\w+\.py)\n(.*?)```", PAGE, re.DOTALL))


def write_recording(file: Path) -> None:
    """Twenty minutes with a jam, as `twin export` writes them."""
    line = twin_line(seed=7, behind=0)
    line.fault("filler.jam", at="5m")
    line.run("20m")
    rows = ["time,tag,value"]
    for name in ("st", "blocked", "starved", "total"):
        values = line.tag(f"filler/{name}")
        path = f"demo/plant1/packaging/line1/filler/{name}"
        rows += [
            f"{to_text(time)},{path},{value!r}"
            for time, value in zip(values.time.tolist(), values.value.tolist(), strict=True)
        ]
    file.write_text("\n".join(rows), encoding="utf-8")


def test_the_examples_pass(pytester: pytest.Pytester) -> None:
    assert len(EXAMPLES) == PAGE.count("```python\n")
    pytester.makefile(".yaml", PLANT=LINE.plant_file({}))
    write_recording(pytester.path / "shift.csv")
    for name, text in EXAMPLES.items():
        (pytester.path / name).write_text(text.replace("shift.parquet", "shift.csv"), encoding="utf-8")
    pytester.runpytest_subprocess("-p", "no:cacheprovider", "-n", "2", "-v").assert_outcomes(passed=7)
