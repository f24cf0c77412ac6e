"""A packaging line: filler, capper, labeller, packer, palletiser, in the variety that real plants have.

Two PLCs (Siemens and Beckhoff manners) on OPC UA and two machines on MQTT; `plant.yaml` beside this file is the plant
file that fits them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simulators.line import LineRun
from simulators.packaging.layout import layout
from simulators.packaging.wiring import WIRING

PLANT_FILE = Path(__file__).with_name("plant.yaml")


class PackagingLine:
    """The line as `linetwin.lines` offers it."""

    name = "packaging"

    def build(self, seed: int, start: int, faults: Sequence[tuple[str, int]] = ()) -> LineRun:
        """The line at its start instant (ns since 1970, rounded up to a whole ms).

        faults: (what, instant), `filler.jam` or `filler.bearing` and so for every machine; more may come while it
        runs. Raises ValueError for an unknown one, one that lies before the start, or a negative seed.
        """
        return LineRun(layout(seed), WIRING, seed, start, faults)

    def plant_file(self, addresses: dict[str, Any]) -> str:
        """PLANT.yaml with the addresses that `serve` gave (`opcua_a`, `opcua_b`, `mqtt`) in place of the usual ports.

        wait, every: durations as text for all connections, where given.
        """
        text = PLANT_FILE.read_text(encoding="utf-8")
        given = {usual: pattern.format(addresses[key]) for key, (pattern, usual) in USUAL.items() if key in addresses}
        places = "|".join(re.escape(usual) for usual in given)
        return re.sub(places, lambda found: given[found[0]], text) if given else text


USUAL = {
    "opcua_a": ("{}", "opc.tcp://127.0.0.1:4840"),
    "opcua_b": ("{}", "opc.tcp://127.0.0.1:4841"),
    "mqtt": ("{}", "mqtt://127.0.0.1:1883"),
    "every": ("every: {}", "every: 1s"),
    "wait": ("wait: {}", "wait: 1500ms"),
}
"""Key of an address -> how it is written, and what stands in plant.yaml in its place."""

LINE = PackagingLine()
