"""An InfluxDB that goes away and refuses, and a twin killed beside it: all that was acknowledged arrives there."""

from __future__ import annotations

import shutil
import sys

import pytest

if sys.platform != "linux":
    pytest.skip("signals of Linux", allow_module_level=True)

from tests.faults.outlet_cycles import FAULTS, outlet_cycles


@pytest.mark.slow
@pytest.mark.mosquitto
@pytest.mark.influx
@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("influxd") is None, reason="no influxd on PATH (apt install influxdb)")
def test_everything_arrives_in_an_influxdb_that_goes_away(tmp_path):
    found = outlet_cycles(len(FAULTS), 1, tmp_path)
    print(found)
    assert found.problems() == [], found
