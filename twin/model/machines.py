"""Machines of a line: their tags are made first, then what names tags of others can be found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from twin.model.computed import Computing
from twin.model.entry import Entry
from twin.model.keys import MACHINE_KEYS, SHARED
from twin.model.kinds import settings
from twin.model.lookup import Lookup, joined
from twin.model.machine_types import MICRO_STOP, NOTHING, UNKNOWN, MachineType, Makes, read_over
from twin.model.names import check_segment, expanded, filled, has_loop
from twin.model.plant import Machine, TagSpec
from twin.model.report import suggestion
from twin.model.tags import TagReader, Whereabouts, add_tag, first_without_origin
from twin.model.types import is_known

Layers = tuple[tuple[Entry, Mapping[str, Entry]], ...]
"""Entries that say what a machine is, with their keys: a loop's, and that of one machine of it."""

_NAMED = tuple(key for key in MACHINE_KEYS if key not in SHARED)


@dataclass(frozen=True, slots=True, eq=False)
class MachineDraft:
    """A machine whose tags are made. is_complete: its type is known, so a tag it has not is a mistake."""

    name: str
    path: str
    line: str
    type_name: str
    type: MachineType
    tags: Mapping[str, str]
    display: str
    is_complete: bool

    def finished(self, lookup: Lookup) -> Machine:
        """The machine, with full paths for all tags that it names. Names of other machines' tags are checked here."""
        paths = {
            reference.name: self.tags.get(reference.name, reference.name)
            if reference.is_local
            else lookup.path(reference, self.line)
            for reference in self.type.references()
        }
        makes = self.type.makes or Makes()
        return Machine(
            path=self.path,
            name=self.name,
            type=self.type_name,
            tags=self.tags,
            makes=makes.makes,
            pieces=makes.pieces,
            made_of=makes.made_of,
            counts={name: paths[reference.name] for name, reference in (self.type.counts or {}).items()},
            state=self.type.state.model(paths, lookup.unit_of) if self.type.state else None,
            micro_stop=MICRO_STOP.default if self.type.micro_stop is None else self.type.micro_stop,
            health=tuple({**h.settings, "tags": tuple(paths[t.name] for t in h.tags)} for h in self.type.health or ()),
            display=self.display,
        )


@dataclass(frozen=True, slots=True)
class MachineReader:
    """Reads the machines of all lines; every tag made is added to `tags`."""

    plant: str
    types: Mapping[str, MachineType]
    reader: TagReader
    tags: dict[str, TagSpec]
    places: dict[str, Entry]
    computing: Computing

    def machines(self, entry: Entry, line: str) -> dict[str, MachineDraft]:
        """The machines of a line (full path) by their names, loops written out. Problems are reported.

        A name behind a loop that makes it changes this one machine; what it does not say stays the loop's.
        """
        asked: dict[str, tuple[str, str, Layers]] = {}
        for key, child in entry.children().items():
            own: Layers = ((child, child.fields(MACHINE_KEYS)),)
            for name, number in _names(key, child):
                first, its_number, layers = asked.get(name, ("", number, ()))
                if len(layers) > 1 or (first and (has_loop(key) or not has_loop(first))):
                    child.problem(f"machine '{name}' stands twice in this line")
                    continue
                asked[name] = key, its_number, (*layers, *own)
        makers: dict[tuple[Entry, ...], Callable[[str, str], MachineDraft]] = {}
        found: dict[str, MachineDraft] = {}
        for name, (key, number, layers) in asked.items():
            entries = tuple(one for one, _ in layers)
            if entries not in makers:
                makers[entries] = self._maker(key, layers, line)
            found[name] = makers[entries](name, number)
        return found

    def _maker(self, key: str, layers: Layers, line: str) -> Callable[[str, str], MachineDraft]:
        """Reads what stands for a machine, the last above the others; gives the function that makes each of them."""
        entry = layers[-1][0]
        fields = {name: child for _, of_layer in layers for name, child in of_layer.items()}
        own = settings(fields, _NAMED)
        type_name = own["type"] or ""
        if own["from"]:
            self.reader.check_connection(fields["from"], own["from"])
        is_there = not type_name or is_known(type_name, self.types, fields["type"])
        machine_type = below = self.types.get(type_name, NOTHING if is_there else UNKNOWN)
        for _, of_layer in layers:
            machine_type = read_over(machine_type, of_layer, self.reader)
        if any(key.name in fields for key in SHARED):
            machine_type.check(f"machine '{key}'", below)
        if entry.is_mapping and not type_name and not machine_type.tags:
            entry.problem("has neither `type` nor `tags`")
        orphan = first_without_origin(machine_type.tags)
        if orphan and "from" not in fields:
            entry.problem(f"no connection for tag '{orphan}'; write `from`{self._connections()}")

        def make(name: str, number: str) -> MachineDraft:
            path = f"{line}/{name}"
            values = {"i": number, "machine": name, "line": line.rpartition("/")[2]}
            node = _filled(entry, own["node"], values)
            tags = {
                local: self._add(entry, machine_type, local, path, own["from"] or "", node, values)
                for local in machine_type.tags
            }
            display = _filled(entry, own["display"], values)
            return MachineDraft(name, path, line, type_name, machine_type, tags, display, machine_type.is_complete)

        return make

    def _add(
        self,
        entry: Entry,
        machine_type: MachineType,
        local: str,
        machine: str,
        connection: str,
        node: str,
        values: Mapping[str, str],
    ) -> str:
        """Make one tag of a machine; its full path."""
        draft = machine_type.tags[local]
        path = f"{machine}/{local}"
        at_home = not draft.origin or draft.origin == connection
        where = Whereabouts(path, draft.origin or connection, node if at_home else "", values, machine)
        add_tag(self.tags, self.reader.tag(draft, where), entry)
        self.places[path] = draft.entry
        self.computing.add(path, draft, machine.rpartition("/")[0], machine)
        return path

    def _connections(self) -> str:
        return suggestion("", self.reader.connections)

    def flat_tags(self, entry: Entry) -> None:
        """Make the tags that belong to no machine. Problems are reported."""
        for name, draft in self.reader.drafts(entry).items():
            path = joined(self.plant, name)
            if not draft.origin and not draft.is_computed:
                draft.entry.problem(f"no connection; write `from`{self._connections()}")
            tag = self.reader.tag(draft, Whereabouts(path, draft.origin, "", {}, self.plant))
            add_tag(self.tags, tag, draft.entry)
            self.places.setdefault(path, draft.entry)
            self.computing.add(path, draft)


def _names(key: str, entry: Entry) -> Iterator[tuple[str, str]]:
    try:
        for name, number in expanded(key):
            check_segment(name)
            yield name, number
    except ValueError as error:
        entry.problem(str(error))


def _filled(entry: Entry, text: str, values: Mapping[str, str]) -> str:
    try:
        return filled(text, values)
    except ValueError as error:
        entry.problem(str(error))
        return ""
