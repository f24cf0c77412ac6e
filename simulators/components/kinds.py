"""All kinds of components by the name that a line description calls them."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.components.bearing import BearingSpec
from simulators.components.component import ComponentSpec
from simulators.components.motor import MotorSpec

KINDS: Mapping[str, type[ComponentSpec]] = {"motor": MotorSpec, "bearing": BearingSpec}
