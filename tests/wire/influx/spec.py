"""An outlet of the plant file, as the runtime hands it to the plug-in."""

from __future__ import annotations

from connectors.influx import PLUGIN
from twin.core.plugin import OutletSpec


def spec_of(url: str, database: str, **settings: object) -> OutletSpec:
    keys = {key.name: key.default for key in PLUGIN.keys}
    return OutletSpec("historian", "influx", url, {**keys, "bucket": database, **settings}, "plant.yaml:5")
