"""The four simulated plants of the eight hours: what breaks in them, and what their plant file becomes on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulators.description.described import DescribedLine
from simulators.plants import BOTTLING, CNC, PACKAGING, PUMPS

FROM, TO = "SCALED_FROM", "SCALED_TO"
"""Stand for the dates of a scale that mends the past."""


@dataclass(frozen=True)
class Eventful:
    """A line with its troubles. faults: (what, share of the whole time at which it begins).

    edits: name -> (what the plant file says, what it says from then on). added: the tag that one of them adds, and on
    which connection it comes.
    """

    line: DescribedLine
    faults: tuple[tuple[str, float], ...]
    edits: Mapping[str, tuple[str, str]]
    added: tuple[str, str]


def _scaled(before: str, more: str) -> tuple[str, str]:
    """A tag whose wire was read wrongly for a while, and that is one line."""
    return before, f"{before} scales: [{{from: {FROM}, to: {TO}, {more}}}],"


PLANTS = {
    "packaging": Eventful(
        PACKAGING,
        (("filler.bearing:2h", 0.5), ("packer.jam", 0.12), ("capper.jam", 0.4), ("palletiser.jam", 0.62)),
        {
            "comment": ("# Keeps to PackML.", "# It keeps to PackML."),
            "limit": ("{high: 17, delay: 15s, deadband: 1,", "{high: 11, delay: 15s, deadband: 0.5,"),
            "was": (
                """reject_foam: {node: '."Stat"."dwFoam"', counter: {}}""",
                """foam: {node: '."Stat"."dwFoam"', counter: {}, was: reject_foam}""",
            ),
            "tag": (
                """      power: {node: '."Energy"."rPower"',""",
                """      oil_temp: {node: '."Mot"."rOil"', unit: degC, alarms: [{high: 40, delay: 5s, deadband: 1}]}
      power: {node: '."Energy"."rPower"',""",
            ),
            "rule": ('"bit(status, 1)", is: starved}', '"bit(status, 1)", is: idle}'),
            "scale": _scaled("motor_temp: {node: .fMotorTemp,", "raw: [0, 100], range: [0, 130]"),
        },
        ("packaging/line1/filler/oil_temp", "s7"),
    ),
    "bottling": Eventful(
        BOTTLING,
        (("rinser.jam", 0.12), ("filler.bearing:1h", 0.45), ("packer.jam", 0.3), ("capper.jam", 0.7)),
        {
            "comment": ("# A bottling line with batches,", "# This is a bottling line with batches,"),
            "limit": ("{high: 70, delay: 60s, deadband: 2,", "{high: 45, delay: 30s, deadband: 1,"),
            "was": (
                "      energy: {node: .Energy.kWh, unit: kWh}",
                "      meter: {node: .Energy.kWh, unit: kWh, was: energy}",
            ),
            "tag": (
                "      power: {node: .Energy.kW,",
                """      oil_temp: {node: .Drive.Oil, unit: degC, alarms: [{high: 40, delay: 5s, deadband: 1}]}
      power: {node: .Energy.kW,""",
            ),
            "rule": ('"bit(status, 14)", is: starved}', '"bit(status, 14)", is: idle}'),
            "scale": _scaled("motor_temp: {node: .Motor_Temperature,", "raw: [0, 100], range: [0, 130]"),
        },
        ("bottling/line2/rinser/oil_temp", "kep"),
    ),
    "cnc": Eventful(
        CNC,
        (
            ("mill1.bearing:40m", 0.45),
            ("mill2.tool.breakage", 0.15),
            ("deburr.jam", 0.3),
            ("wash.filter:30m", 0.6),
            ("mill2.vibration.wire_break:10m", 0.7),
        ),
        {
            "comment": ("# A machining cell", "# This is a machining cell"),
            "limit": ("{high: 38, delay: 15s, deadband: 1,", "{high: 20, delay: 15s, deadband: 1,"),
            "was": (
                "      energy: {node: .Energy.meter, unit: kWh}",
                "      meter: {node: .Energy.meter, unit: kWh, was: energy}",
            ),
            "tag": (
                "      energy: {topic:",
                """      oil_temp: {topic: "cell1/{machine}/oil", value: $.t, timestamp: {path: $.ts, unit: ms},
                 unit: degC, alarms: [{high: 40, delay: 5s, deadband: 1}]}
      energy: {topic:""",
            ),
            "rule": ('"bit(status, 1)", is: starved}', '"bit(status, 1)", is: idle}'),
            "scale": _scaled("spindle_temp: {node: .Spindle.motorTemp,", "raw: [0, 100], range: [0, 130]"),
        },
        ("machining/cell1/wash/oil_temp", "mqtt"),
    ),
    "pumps": Eventful(
        PUMPS,
        (
            ("pump1.pump.cavitation:20m", 0.12),
            ("pump1.bearing:40m", 0.45),
            ("pump2.pump.leak:1h", 0.35),
            ("inlet.jam", 0.6),
            ("pump3.jam", 0.75),
        ),
        {
            "comment": ("# A pump station:", "# This is a pump station:"),
            "limit": ("{high: 8.5, delay: 15s, deadband: 0.5,", "{high: 5, delay: 15s, deadband: 0.2,"),
            "was": ("energy: {node: .fEnergy, unit: kWh}", "meter: {node: .fEnergy, unit: kWh, was: energy}"),
            "tag": (
                "      power: {node: .fPower,",
                """      oil_temp: {node: .fOil, unit: degC, alarms: [{high: 40, delay: 5s, deadband: 1}]}
      power: {node: .fPower,""",
            ),
            "rule": ("{0: idle, 1: running, 2: starved, 3: stopped,", "{0: idle, 1: running, 2: idle, 3: stopped,"),
            "scale": _scaled("motor_temp: {node: .fMotorTemp,", "raw: [0, 100], range: [0, 130]"),
        },
        ("water/station1/pump1/oil_temp", "rtu"),
    ),
}
"""By name. Every edit is of something of which the hours have samples."""
