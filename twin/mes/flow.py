"""A line as one machine: its pieces in one unit, and the slowest station of its flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from twin.model.plant import Buffer, Line, Machine, Product


def ideal_ns(product: Product | None, machine: Machine) -> int | None:
    """Ideal run time of one count (PRI): of the machine by its name, else by its type; None when none is given."""
    if product is None:
        return None
    names = (machine.name, machine.type, machine.type.partition("@")[0])
    return next((product.ideal[name] for name in names if name in product.ideal), None)


@dataclass(frozen=True, slots=True)
class Flow:
    """stations: machines side by side, in the order of the flow. outputs: machines whose good pieces are the line's.

    unit: what all counts of the line can be told in, '' when they cannot. content: path -> so many of it are in one
    count of the machine.
    """

    stations: Sequence[tuple[Machine, ...]]
    outputs: Sequence[Machine]
    unit: str
    content: Mapping[str, int]

    def slowest_ns(self, product: Product | None) -> Fraction | None:
        """The longest ideal run time of one unit (ns) among the stations; machines side by side share the work.

        Stations without ideal rates are left out; None when none has any.
        """
        found = [ns for station in self.stations if (ns := self.station_ns(station, product)) is not None]
        return max(found, default=None)

    def station_ns(self, station: Sequence[Machine], product: Product | None) -> Fraction | None:
        """Ideal run time of one unit at a station."""
        rate = Fraction(0)
        for machine in station:
            ideal = ideal_ns(product, machine)
            if ideal is None or not self.unit:
                return None
            rate += Fraction(self.content[machine.path], ideal)
        return 1 / rate if rate else None


def flow_of(line: Line) -> Flow:
    """The flow of a line; without one each machine is a station."""
    by_path = {machine.path: machine for machine in line.machines}
    stations = [tuple(by_path[path] for path in one) for one in line.flow if not isinstance(one, Buffer)]
    stations = [one for one in stations if one] or [(machine,) for machine in line.machines]
    outputs = [by_path[path] for path in line.output]
    counted = [*(machine for one in stations for machine in one), *outputs]
    contents = {machine.path: _content(machine, line.machines) for machine in counted}
    units = {None if one is None else one[1] for one in contents.values()}
    unit = next(iter(units)) if len(units) == 1 else None
    if unit is None:
        return Flow(stations, outputs, "", {})
    return Flow(stations, outputs, unit, {path: one[0] for path, one in contents.items() if one is not None})


def _content(machine: Machine, machines: Sequence[Machine]) -> tuple[int, str] | None:
    """What one count of a machine is in the end: (48, bottle) for a layer of 4 cases of 12 bottles.

    None when the machines disagree about a unit or it is made of itself.
    """
    pieces, unit, seen = machine.pieces, machine.made_of or machine.makes, set[str]()
    while True:
        known = {(one.pieces, one.made_of) for one in machines if one.makes == unit and one.made_of}
        if not known:
            return pieces, unit
        if len(known) > 1 or unit in seen:
            return None
        seen.add(unit)
        ((many, unit_of),) = known
        pieces, unit = pieces * many, unit_of
