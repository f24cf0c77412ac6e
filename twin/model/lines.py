"""Lines of a plant file: machines, their flow, what comes out and which product is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from twin.model.entry import Entry
from twin.model.flow_units import check_flow
from twin.model.keys import BUFFER_KEYS, LINE_KEYS, PRODUCT_TAG_KEYS
from twin.model.kinds import settings
from twin.model.lookup import Lookup, joined
from twin.model.machines import MachineDraft, MachineReader
from twin.model.names import check_path
from twin.model.plant import Buffer, Line
from twin.model.quantity import amount
from twin.model.references import read_reference
from twin.model.report import suggestion

RESERVED = "tags"
"""First segment of the units of tags that no line reads (twin.model.units), so no line begins with it."""

Station = tuple[str, ...] | Buffer


@dataclass(frozen=True, slots=True, eq=False)
class LineDraft:
    """A line whose machines have their tags."""

    path: str
    entry: Entry
    fields: Mapping[str, Entry]
    machines: Mapping[str, MachineDraft]

    def finished(self, lookup: Lookup) -> Line:
        """The line. Problems are reported."""
        flow = self._flow()
        if "flow" in self.fields:
            check_flow(flow, self.fields["flow"].items(), {one.path: one.type.makes for one in self.machines.values()})
        order = [path for station in flow if not isinstance(station, Buffer) for path in station]
        made = {machine.path: machine.finished(lookup) for machine in self.machines.values()}
        in_flow = [made.pop(path) for path in order if path in made]
        return Line(
            path=self.path,
            name=self.path.rpartition("/")[2],
            machines=(*in_flow, *made.values()),
            flow=flow,
            output=self._output(flow),
            product=self._product(lookup),
            display=settings(self.fields, LINE_KEYS[:1])["display"],
        )

    def _flow(self) -> tuple[Station, ...]:
        """The stations in order; a machine stands in one of them only."""
        if "flow" not in self.fields:
            return ()
        stations: list[Station] = []
        seen: set[str] = set()
        for item in self.fields["flow"].items():
            station = self._station(item)
            for path in () if isinstance(station, Buffer) else station:
                if path in seen:
                    item.problem(f"machine '{path.rpartition('/')[2]}' stands twice in the flow")
                seen.add(path)
            stations.append(station)
        return tuple(stations)

    def _station(self, item: Entry) -> Station:
        if item.is_mapping:
            return _read_buffer(item)
        return tuple(self._machines(item))

    def _machines(self, entry: Entry) -> Iterator[str]:
        """Paths of the machines that an entry names, one or a list."""
        for item in entry.items() if entry.is_list else [entry]:
            try:
                name = item.written()
            except ValueError as error:
                item.problem(str(error))
                continue
            if name in self.machines:
                yield self.machines[name].path
            else:
                item.problem(f"no machine '{name}' in this line{suggestion(name, self.machines)}")

    def _output(self, flow: tuple[Station, ...]) -> tuple[str, ...]:
        """Machines whose pieces are the line's; the last of the flow when the file names none."""
        if "output" in self.fields:
            return tuple(self._machines(self.fields["output"]))
        return next((station for station in reversed(flow) if not isinstance(station, Buffer)), ())

    def _product(self, lookup: Lookup) -> str:
        if "product" not in self.fields:
            return ""
        fields = self.fields["product"].fields(PRODUCT_TAG_KEYS)
        reference = read_reference(fields["tag"]) if "tag" in fields else None
        return lookup.path(reference, self.path) if reference else ""


def _read_buffer(entry: Entry) -> Buffer:
    fields = entry.fields(BUFFER_KEYS)
    if "buffer" in fields:
        try:
            return Buffer(*amount(fields["buffer"].written()))
        except ValueError as error:
            fields["buffer"].problem(str(error))
    return Buffer(0, "")


def read_lines(entry: Entry, machines: MachineReader) -> tuple[LineDraft, ...]:
    """All lines, with the tags of their machines made. Problems are reported."""
    return tuple(_read_line(name, child, machines) for name, child in entry.children().items())


def _read_line(name: str, entry: Entry, machines: MachineReader) -> LineDraft:
    try:
        check_path(name)
    except ValueError as error:
        entry.problem(str(error))
    if name.split("/", maxsplit=1)[0] == RESERVED:
        entry.problem(f"a line may not begin with '{RESERVED}/': tags without a line are listed there")
    path = joined(machines.plant, name)
    fields = entry.fields(LINE_KEYS)
    made = machines.machines(fields["machines"], path) if "machines" in fields else {}
    return LineDraft(path, entry, fields, made)


def lookup_of(lines: tuple[LineDraft, ...], machines: MachineReader) -> Lookup:
    """What names across machines are looked up in, once the tags of all are made."""
    incomplete = {m.path for line in lines for m in line.machines.values() if not m.is_complete}
    return Lookup(machines.plant, machines.tags, {line.path: line.machines for line in lines}, incomplete)
