import os
from pathlib import Path

import pytest

from tests.unit.connectors.files.importing import imported

DATA = Path(os.environ.get("LINETWIN_DATA", ""))

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif("LINETWIN_DATA" not in os.environ, reason="no public data (set LINETWIN_DATA to their folder)"),
]


async def test_skab():
    found = await imported(DATA / "skab" / "valve1" / "0.csv")
    assert len(found.tags) == 10
    assert found.tags.get("0/Volume Flow RateRMS") is not None
    lines = (DATA / "skab" / "valve1" / "0.csv").read_text().splitlines()
    assert found.kept.counts["rows"] == len(lines) - 1
    assert found.kept.dead == []
    assert [value for _, value in found.of("0/Thermocouple")] == [float(line.split(";")[6]) for line in lines[1:]]


async def test_nab():
    file = DATA / "nab" / "data" / "realTraffic" / "speed_6005.csv"
    found = await imported(file)
    assert found.tags.names() == ["speed_6005/value"]
    assert len(found.rows) == len(file.read_text().splitlines()) - 1
