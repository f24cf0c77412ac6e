"""A line from its file: the specs of its life, and where its values are on their wires."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from simulators.buffer import BufferSpec
from simulators.components.component import ComponentSpec
from simulators.components.kinds import KINDS
from simulators.components.sensor import SensorSpec
from simulators.description.around import HIDDEN, KEYS, check_people, read_around
from simulators.description.document import Node
from simulators.description.faces import read_face
from simulators.description.flow import FirstCounts, read_component, read_phases
from simulators.description.grammar import Grammar, Within
from simulators.description.mistake import nearest
from simulators.description.reader import Reader
from simulators.description.wires import read_wiring
from simulators.face import Face, StateCodes, StatusWord
from simulators.hall import LineSpec
from simulators.machine import MachineSpec
from simulators.orders.book import BookSpec
from simulators.people.attendance import trades
from simulators.people.shifts import ShiftSpec
from simulators.physics import OWN
from simulators.setpoint import SetpointSpec
from simulators.station import StationSpec
from simulators.stoppage import Cause, Phases
from simulators.streams import stream
from simulators.wiring import Wiring

NAME = re.compile(r"[a-z0-9_-]{1,64}")
SHARE = Within(0.0, 1.0)
SOME = Within(1)
LONGEST_CYCLE_MS = 86_400_000
LARGEST_CODE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Described:
    """What a file says for one seed."""

    spec: LineSpec
    wiring: Wiring


def read_line(root: Node, seed: int) -> Described:
    """The line of a file under a seed. Raises Mistake."""
    entries = Reader(Grammar()).entries(root, "")
    path = str(entries["line"].value.text) if "line" in entries else ""
    reader = Reader(grammar(FirstCounts(stream(seed, path, "counters"), seed)))
    spec: LineSpec = reader.read(root, LineSpec)
    around = read_around(reader, root)
    check_people(reader, root, {machine.name: trades(machine) for machine in spec.machines}, around)
    spec = replace(spec, behaviours=around)
    own = tuple(value for one in around for value in one.values)
    shown = {machine.name: machine.values for machine in spec.machines}
    return Described(spec, read_wiring(reader, root, spec.path, shown, own))


def grammar(first: FirstCounts) -> Grammar:
    """How the specs of a line are written. first: draws where counters stand."""
    return Grammar(
        forms={Phases: read_phases, Face: read_face, ComponentSpec: read_component},
        own={(StationSpec, "first_total"): first.total, (StationSpec, "first_reject"): first.reject},
        keys={
            (LineSpec, "path"): "line",
            (MachineSpec, "infeed"): "in",
            (MachineSpec, "outfeed"): "out",
            (StationSpec, "causes"): "stops",
            (ShiftSpec, "shifts"): "times",
            (BookSpec, "orders"): "book",
        },
        within={
            (BufferSpec, "capacity"): SOME,
            (BufferSpec, "first"): Within(0),
            (StationSpec, "cycle_ms"): Within(1, LONGEST_CYCLE_MS),
            (StationSpec, "takes"): SOME,
            (StationSpec, "reject"): SHARE,
            (StationSpec, "restart_level"): SOME,
            (StationSpec, "restart_room"): SOME,
            (Cause, "every_s"): Within(0.0, above=True),
            (MachineSpec, "idle_load"): SHARE,
            (SensorSpec, "noise"): Within(0.0),
            (SetpointSpec, "first"): Within(0.0, above=True),
            (SetpointSpec, "low"): Within(0.0, above=True),
            (SensorSpec, "noise_share"): Within(0.0),
            (SensorSpec, "step"): Within(0.0, above=True),
            (StatusWord, "status_word"): Within(0, 15),
            (StateCodes, "codes"): Within(0, LARGEST_CODE),
            (StateCodes, "wraps"): Within(2, 2**32),
        },
        inline=frozenset({(MachineSpec, "station")}),
        hidden=frozenset({(LineSpec, "behaviours")}) | HIDDEN,
        aside={LineSpec: ("servers", "wire", *KEYS), MachineSpec: ("wire",)} | dict.fromkeys(KINDS.values(), ("kind",)),
        checks={LineSpec: check_line, MachineSpec: check_machine},
    )


def check_line(reader: Reader, node: Node, place: str, values: dict[str, Any]) -> None:
    """Raise Mistake for a path or a reference of a line that leads nowhere."""
    if not all(NAME.fullmatch(part) for part in str(values["path"]).split("/")):
        raise reader.wrong(node, "line", f"{values['path']!r} is no path; write names of a-z 0-9 _ - with / between")
    if not values["machines"]:
        raise reader.wrong(node, "machines", "there is none; a line has at least one machine")
    buffers: dict[str, BufferSpec] = {buffer.name: buffer for buffer in values.get("buffers", ())}
    taken = {machine.infeed for machine in values["machines"]}
    filled = {machine.outfeed for machine in values["machines"]}
    for machine in values["machines"]:
        check_buffers(reader, node, machine, buffers)
    for machine in values["machines"]:
        check_restart(reader, node, machine, buffers, values["machines"])
    for name in buffers:
        named(reader, node, f"buffers.{name}", name)
        for key, names in (("in", taken), ("out", filled)):
            if name not in names:
                raise reader.wrong(
                    node, f"buffers.{name}", f"no machine has `{key}: {name}`; add it, or remove the buffer"
                )


def check_buffers(reader: Reader, node: Node, machine: MachineSpec, buffers: dict[str, BufferSpec]) -> None:
    """Raise Mistake where a machine names a buffer that is not there, or waits for what cannot come."""
    place = f"machines.{machine.name}"
    for key, name in (("in", machine.infeed), ("out", machine.outfeed)):
        if name and name not in buffers:
            raise reader.wrong(node, f"{place}.{key}", f"no buffer {name!r}{nearest(name, buffers)}")
    if machine.infeed and machine.infeed == machine.outfeed:
        raise reader.wrong(node, f"{place}.out", "it takes from this buffer; put into another one")
    station = machine.station
    limits = (("takes", machine.infeed), ("restart_level", machine.infeed), ("restart_room", machine.outfeed))
    for key, name in limits:
        wanted: int = getattr(station, key)
        if name and wanted > buffers[name].capacity:
            fact = f"{wanted} is more than buffer {name} holds; take at most {buffers[name].capacity}"
            raise reader.wrong(node, f"{place}.{key}", fact)


def check_restart(
    reader: Reader,
    node: Node,
    machine: MachineSpec,
    buffers: dict[str, BufferSpec],
    machines: Sequence[MachineSpec],
) -> None:
    """Raise Mistake for a room that may never come: a taker leaves up to a piece less than it takes at once."""
    if not machine.outfeed:
        return
    most = buffers[machine.outfeed].capacity + 1
    most -= min((one.station.takes for one in machines if one.infeed == machine.outfeed), default=1)
    wanted = machine.station.restart_room
    if wanted > most:
        fact = f"{wanted} pieces of room may never come in buffer {machine.outfeed}; take at most {most}"
        raise reader.wrong(node, f"machines.{machine.name}.restart_room", fact)


def check_machine(reader: Reader, node: Node, place: str, values: dict[str, Any]) -> None:
    """Raise Mistake for a quantity that no component of a machine gives."""
    station: StationSpec = values["station"]
    named(reader, node, place, station.name)
    components: dict[str, ComponentSpec] = values.get("components", {})
    given: list[str] = list(OWN)
    for name, spec in components.items():  # each acts on those behind it
        named(reader, node, f"{place}.components.{name}", name)
        known(reader, node, f"{place}.components.{name}.load_of", getattr(spec, "load_of", ()), given)
        given += [f"{name}.{quantity}" for quantity in spec.gives]
    sensors: dict[str, SensorSpec] = values.get("sensors", {})
    for tag, sensor in sensors.items():
        named(reader, node, f"{place}.sensors.{tag}", tag)
        known(reader, node, f"{place}.sensors.{tag}.of", sensor.of, given)
    for setpoint in values.get("setpoints", ()):
        named(reader, node, f"{place}.setpoints.{setpoint}", setpoint)
    for key in ("pace", "reject_of"):
        known(reader, node, f"{place}.{key}", values.get(key, ()), given)
    for name in values.get("repairs", ()):
        if name not in components:
            raise reader.wrong(node, f"{place}.repairs.{name}", f"no component {name!r}{nearest(name, components)}")


def known(reader: Reader, node: Node, place: str, names: tuple[str, ...], given: list[str]) -> None:
    """Raise Mistake for the first name that is not given."""
    for name in names:
        if name not in given:
            raise reader.wrong(node, place, f"no quantity {name!r}{nearest(name, given)}")


def named(reader: Reader, node: Node, place: str, name: str) -> None:
    """Raise Mistake for a name that no path could hold."""
    if not NAME.fullmatch(name):
        raise reader.wrong(node, place, f"{name!r} is no name; write a-z 0-9 _ -")
