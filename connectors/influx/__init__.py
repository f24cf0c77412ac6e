"""InfluxDB 1.x, 2.x and 3: the log out, acknowledged before the cursor moves. The driver is imported only when used."""

from __future__ import annotations

from connectors.influx.settings import KEYS, problems
from twin.core.plugin import OutletPlugin, OutletSpec
from twin.core.ports import Outlet
from twin.core.tags import TagTable


def _build(spec: OutletSpec, tags: TagTable) -> Outlet:
    from connectors.influx.outlet import InfluxOutlet  # noqa: PLC0415 - influxdb_client is 0.2 s that others need not pay

    return InfluxOutlet(spec, tags)


PLUGIN = OutletPlugin(protocol="influx", schemes=("http", "https"), keys=KEYS, build=_build, check=problems)
