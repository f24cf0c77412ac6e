"""InfluxDB 1.x, 2.x and 3: the log out, acknowledged before the cursor moves. The driver is imported only when used."""

from __future__ import annotations

from connectors.influx.settings import KEYS, problems
from twin.core.plugin import OutletPlugin, OutletSpec
from twin.core.ports import Archive, Outlet
from twin.core.tags import TagTable


def _build(spec: OutletSpec, tags: TagTable) -> Outlet:
    from connectors.influx.outlet import InfluxOutlet  # noqa: PLC0415 - influxdb_client is 0.2 s that others need not pay

    return InfluxOutlet(spec, tags)


def _archive(spec: OutletSpec, tags: TagTable) -> Archive:
    from connectors.influx.read import InfluxArchive  # noqa: PLC0415 - numbers and HTTP that others need not load

    return InfluxArchive(spec, tags)


PLUGIN = OutletPlugin(
    protocol="influx", schemes=("http", "https"), keys=KEYS, build=_build, archive=_archive, check=problems
)
