"""The page of what simulated machines are made of: equations, sources and parameters, from the code of each."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from inspect import getdoc
from typing import Any

from simulators.components import degradation, sensor
from simulators.components.kinds import KINDS
from simulators.description.grammar import Grammar, slots_of

INTRODUCTION = """\
A simulated machine is made of components ([simulators](../../simulators/README.md)). Each lives second by second and
gives quantities, which others and sensors take by the name `component.quantity`. What wears has a clock of usage: a
life is drawn when it is new, the duty sets how fast the clock runs, and damage is a function of the share that is
used. So the instant of failure is exact, and the truth knows what is left. `wear` shortens a life
(`filler.bearing:12m`: twelve
minutes at full duty); other modes last until they are mended. Every equation is tested against simulated lives:
`tests/unit/simulators/components`."""

Row = tuple[str, ...]


def sections() -> Iterator[tuple[str, list[str], list[Row]]]:
    """(heading, paragraphs, rows of (key, default)) of each part of the page."""
    for kind, spec in KINDS.items():
        given = ", ".join(f"`{name}`" for name in spec.gives)
        modes = ", ".join(f"`{name}`" for name in spec.modes)
        text = [_doc(sys.modules[spec.__module__])]
        text += [_doc(degradation)] if kind == "part" else []
        text += [_doc(_living(spec)), f"Gives {given}. Faults: {modes}.", "Parameters: " + _doc(spec)]
        yield f"`{kind}`", text, _parameters(spec)
    text = [_doc(sensor), "Parameters: " + _doc(sensor.SensorSpec)]
    yield "Sensors", text, _parameters(sensor.SensorSpec)


def faults_of_sensors() -> list[Row]:
    """(fault, settings) of a sensor."""
    return [(f"`{mode}`", ", ".join(f"`{name}`" for name in known)) for mode, known in sensor.MODES.items()]


def summary() -> list[Row]:
    """(component, first line of its file, quantities, faults) of every kind."""
    return [
        (f"[`{kind}`](#{kind})", _first(sys.modules[spec.__module__]), " ".join(spec.gives), " ".join(spec.modes))
        for kind, spec in KINDS.items()
    ]


def _living(spec: Any) -> type:
    module: Mapping[str, Any] = vars(sys.modules[spec.__module__])
    return module[spec.__name__.removesuffix("Spec")]


def _parameters(spec: Any) -> list[Row]:
    keys = {slot.field.name: key for key, slot in slots_of(spec, Grammar()).items()}
    return [(f"`{keys[one.name]}`", _default(one, keys[one.name])) for one in fields(spec)]


def _default(one: Field[Any], key: str) -> str:
    if one.default is MISSING:
        return ""
    unit = one.name.removeprefix(key).lstrip("_") if one.name != key else ""
    value = f"{one.default:g}" if isinstance(one.default, float) else str(one.default)
    return f"`{value}{unit}`" if value not in {"()", "inf", "-inf"} else ""


def _first(module: Any) -> str:
    return _doc(module).partition("\n\n")[0].partition(": ")[2].replace("\n", " ")


def _doc(of: Any) -> str:
    return getdoc(of) or ""
