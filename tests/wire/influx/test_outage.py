"""R27, short: a real influxd is killed and stopped, and the twin is killed, while rows come: none lost, none twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.outlet_outage import run


@pytest.mark.influx
def test_rows_of_the_log_and_of_influxdb_are_the_same_after_outages(tmp_path: Path) -> None:
    found = run(tmp_path, seed=7, outages=3, length_s=0.8, rate=2000)
    assert found.acknowledged > 0
    assert found.logged >= found.acknowledged
    assert (found.lost, found.invented, found.refused, found.dropped) == (0, 0, 0, 0)
