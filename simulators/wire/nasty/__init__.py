"""Wires that behave like what integrators meet: every nastiness is one switch, chosen by name.

`serve(nasty=("long-ids", "restart@2m"))`, `twin simulate LINE --nasty NAME`. Switches join where both make sense; two
that change the same thing are refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from simulators.wire.nasty import bounds, contents, door, identifiers, life, mqtt, stamps
from simulators.wire.nasty.switch import Switch, by_name

SWITCHES: Mapping[str, Switch] = by_name(
    [
        *identifiers.SWITCHES,
        *stamps.SWITCHES,
        *contents.SWITCHES,
        *bounds.SWITCHES,
        *door.SWITCHES,
        *life.SWITCHES,
        *mqtt.SWITCHES,
    ]
)
"""All there are, by name."""
