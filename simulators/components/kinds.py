"""All kinds of components by the name that a line description calls them."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.components.bearing import BearingSpec
from simulators.components.belt import BeltSpec
from simulators.components.component import ComponentSpec
from simulators.components.compressor import CompressorSpec
from simulators.components.filter import FilterSpec
from simulators.components.gear import GearSpec
from simulators.components.heater import HeaterSpec
from simulators.components.meter import MeterSpec
from simulators.components.motor import MotorSpec
from simulators.components.part import PartSpec
from simulators.components.pump import PumpSpec
from simulators.components.tool import ToolSpec

KINDS: Mapping[str, type[ComponentSpec]] = {
    "motor": MotorSpec,
    "bearing": BearingSpec,
    "gear": GearSpec,
    "belt": BeltSpec,
    "pump": PumpSpec,
    "filter": FilterSpec,
    "heater": HeaterSpec,
    "tool": ToolSpec,
    "compressor": CompressorSpec,
    "part": PartSpec,
    "meter": MeterSpec,
}
