"""Tags of a plant file: read once where they are written, then made for every machine that has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from sys import intern
from typing import Any
from zoneinfo import ZoneInfo

from twin.core.plugin import ConnectorPlugin, TagAddress
from twin.model.alarms import read_alarms
from twin.model.compute import BESIDE, read_compute, refuse_wire_keys
from twin.model.connections import Connection
from twin.model.counters import read_counter
from twin.model.dated_scales import read_scales
from twin.model.entry import Entry
from twin.model.keys import SLOPED, TAG_KEYS
from twin.model.kinds import settings
from twin.model.names import expanded, filled, filled_in, has_loop, has_template
from twin.model.plant import TagSpec
from twin.model.report import suggestion
from twin.model.rule import Rule
from twin.model.scale import scale
from twin.model.thinning import read_thin
from twin.model.unit_change import check_unit_change
from twin.model.writing import read_write

MODEL_KEYS = frozenset(key.name for key in TAG_KEYS)
MEANING_KEYS = MODEL_KEYS - {"from", "compute"}
UNIT = next(key for key in TAG_KEYS if key.name == "unit")
SAID_APART = ("from", "type", "unit", "display", "was")
"""Keys that a TagSpec has as they are written."""


@dataclass(frozen=True, slots=True, eq=False)
class TagDraft:
    """A tag as written, its templates still open. number: what `{i}` is, '' without a loop.

    origin: its own connection, '' for the machine's. fields: all its keys; meaning: fields of TagSpec that no
    template changes. compute: what it is made of, tags by the names that are written. wire: the unit on the wire,
    '' where it is the tag's.
    """

    number: str
    entry: Entry
    origin: str
    display: str
    was: str
    fields: Mapping[str, Entry]
    meaning: Mapping[str, Any]
    compute: Rule | None = None
    wire: str = ""

    @property
    def is_computed(self) -> bool:
        """Whether it is made of other tags, whatever is wrong with how."""
        return "compute" in self.fields

    @property
    def is_counter(self) -> bool:
        """Whether it counts pieces."""
        return self.meaning["counter"] is not None


NO_TAGS: Mapping[str, TagDraft] = {}


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What a tag takes from where it stands.

    path: full. node: the machine's, '' where the tag has a connection of its own. values: of the templates.
    former: the path that a former name stands below.
    """

    path: str
    connection: str
    node: str
    values: Mapping[str, str]
    former: str = ""


@dataclass(slots=True)
class TagReader:
    """Reads tags for given connections and plug-ins; keeps the settings it read, as many machines share a type."""

    connections: Mapping[str, Connection]
    plugins: Mapping[str, ConnectorPlugin]
    zone: ZoneInfo
    _settings: dict[tuple[int, str], tuple[TagDraft, dict[str, Any], list[str]]] = field(
        default_factory=dict[tuple[int, str], tuple["TagDraft", dict[str, Any], list[str]]]
    )

    def drafts(self, entry: Entry, below: Mapping[str, TagDraft] = NO_TAGS) -> dict[str, TagDraft]:
        """The tags of a mapping by their names, loops written out, over those that are there below it.

        A tag that is there below, or one that a loop before it made, keeps what it does not say itself. Problems are
        reported.
        """
        found = dict(below)
        written: dict[str, tuple[str, Entry]] = {}
        for key, child in entry.children().items():
            draft = self._reader_of(child)
            for name, number in _names(key, child):
                first, at = written.get(name, ("", child))
                if first and (has_loop(key) or not has_loop(first)):
                    child.problem(f"tag '{name}' stands twice (first in {at.seen_from(child)})")
                if name not in found and below:
                    _check_new(name, child, below)
                found[name] = draft(number, found.get(name))
                written[name] = key, child
        return found

    def _reader_of(self, entry: Entry) -> Callable[[str, TagDraft | None], TagDraft]:
        """Reads one entry and gives the function that makes each of its tags, over what was there before."""
        address_keys = [k.name for plugin in self.plugins.values() for k in plugin.tag_keys]
        own = entry.fields(TAG_KEYS, also=address_keys)
        made: dict[int, TagDraft] = {}

        def draft(number: str, before: TagDraft | None) -> TagDraft:
            key = id(before and before.fields)
            if key not in made:
                made[key] = self._read(entry, own if before is None else self._over(before, own))
            found, its_number = made[key], number or (before.number if before else "")
            rule = read_compute(found.fields["compute"], its_number) if found.is_computed else None
            return replace(found, number=its_number, compute=rule)

        return draft

    def _read(self, entry: Entry, fields: Mapping[str, Entry]) -> TagDraft:
        unit = settings(fields, (UNIT,))["unit"]
        common = settings(fields, TAG_KEYS, unit)
        origin = common["from"] or ""
        if origin:
            self.check_connection(fields["from"], origin)
        meaning = _meaning(entry, fields, common, self.zone)
        if "compute" in fields:
            refuse_wire_keys(fields)
        return TagDraft("", entry, origin, common["display"], common["was"], fields, meaning, wire=common["wire"])

    def _over(self, before: TagDraft, own: Mapping[str, Entry]) -> dict[str, Entry]:
        """The keys of a tag with what stands above them. Nothing behind a key takes it away."""
        kept = before.fields
        if "from" in own:
            plugin = self._plugin(str(own["from"].plain()))
            known = {key.name for key in plugin.tag_keys} if plugin else set[str]()
            kept = {name: child for name, child in kept.items() if name in MODEL_KEYS or name in known}
        if "compute" in own:
            kept = {name: child for name, child in kept.items() if name in BESIDE}
        check_unit_change(before.fields, own)
        return {name: child for name, child in {**kept, **own}.items() if name not in own or not child.is_empty}

    def _plugin(self, connection: str) -> ConnectorPlugin | None:
        return self.connections[connection].plugin if connection in self.connections else None

    def check_connection(self, entry: Entry, name: str) -> None:
        """Report a connection that is not there."""
        if name not in self.connections:
            entry.problem(f"no connection '{name}'{suggestion(name, self.connections)}")

    def tag(self, draft: TagDraft, where: Whereabouts) -> TagSpec:
        """A tag where it stands. Problems are reported; the tag is there all the same, for others to name."""
        values = {**where.values, "i": draft.number or where.values.get("i", "")}
        try:
            address = self._address(draft, where, values)
            display, was = filled(draft.display, values), filled(draft.was, values)
        except ValueError as error:
            draft.entry.problem(str(error))
            address, display, was = TagAddress(where.path, {}, place=draft.entry.place), "", ""
        former = f"{where.former}/{was}" if was and where.former else was
        connection = "" if draft.is_computed else where.connection
        return TagSpec(where.path, connection, address, display=display, was=former, **draft.meaning)

    def _address(self, draft: TagDraft, where: Whereabouts, values: Mapping[str, str]) -> TagAddress:
        """Raises ValueError for a template without a value."""
        if draft.is_computed:
            return TagAddress(where.path, {}, "", "number", draft.entry.place, draft.meaning["unit"])
        found, templated = self._settings_of(draft, where.connection)
        own = {**found, **{name: filled_in(found[name], values) for name in templated}} if templated else found
        meaning = draft.meaning
        unit = draft.wire or ("" if "factor" in meaning else meaning["unit"])
        return TagAddress(where.path, own, where.node, meaning["type"], intern(draft.entry.place), unit)

    def _settings_of(self, draft: TagDraft, connection: str) -> tuple[dict[str, Any], list[str]]:
        """The plug-in's settings of a tag, and which of them hold templates; read once for each connection."""
        key = (id(draft.fields), connection)
        if key not in self._settings:
            found = self._read_settings(draft, connection)
            templated = [name for name, value in found.items() if has_template(value)]
            self._settings[key] = draft, found, templated  # the draft stays, so its id stays its own
        return self._settings[key][1:]

    def _read_settings(self, draft: TagDraft, name: str) -> dict[str, Any]:
        plugin = self._plugin(name)
        if plugin is None:
            return {}
        known = [key.name for key in plugin.tag_keys]
        protocol = f"connection '{name}' is {plugin.protocol}"
        for written, child in draft.fields.items():
            if written not in MODEL_KEYS and written not in known:
                child.problem(f"is no key of a tag here: {protocol}{suggestion('', known)}")
        for key in plugin.tag_keys:
            if key.required and key.name not in draft.fields:
                draft.entry.problem(f"key '{key.name}' is missing ({key.doc}; {protocol})")
        return settings(draft.fields, plugin.tag_keys)


def _names(key: str, entry: Entry) -> list[tuple[str, str]]:
    try:
        return expanded(key)
    except ValueError as error:
        entry.problem(str(error))
        return []


def _check_new(name: str, entry: Entry, below: Iterable[str]) -> None:
    """Report a tag that only changes what another one means and has no place on the wire: its name is a slip."""
    meant = suggestion(name, below)
    if "did you mean" in meant and entry.children().keys() <= MEANING_KEYS:
        entry.problem(f"tag '{name}' is new and says not where it is found{meant}")


def _meaning(entry: Entry, fields: Mapping[str, Entry], common: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """The fields of TagSpec that are the same wherever the tag stands."""
    own = {"bad": common["bad"], **scale(entry, fields, common, common["unit"])}
    unit = common["unit"]
    if common["wire"] and common["type"] != "number":
        fields["wire"].problem(f"a {common['type']} tag has no unit on the wire; only numbers have")
    return {
        "type": common["type"],
        "unit": common["unit"],
        "shared": common["shared"],
        "interpolation": _interpolation(fields, common),
        "counter": read_counter(fields["counter"]) if "counter" in fields else None,
        "alarms": read_alarms(fields["alarms"], common["type"], unit) if "alarms" in fields else (),
        "write": read_write(fields["write"], common["type"], unit, "counter" in fields) if "write" in fields else None,
        "thin": read_thin(fields["thin"], common["type"], unit, "counter" in fields) if "thin" in fields else None,
        "scales": read_scales(fields["scales"], zone, common["type"], unit, own) if "scales" in fields else (),
        **own,
        "written": dict(_written(fields)),
    }


def _interpolation(fields: Mapping[str, Entry], common: Mapping[str, Any]) -> str:
    if common["interpolation"] == SLOPED and common["type"] != "number":
        fields["interpolation"].problem(f"nothing lies between two values of type {common['type']}; take stepped")
    return common["interpolation"]


def _written(fields: Mapping[str, Entry]) -> Iterator[tuple[str, Any]]:
    """Keys of the meaning as they stand; one that is wrong is reported by whoever reads it."""
    for key in TAG_KEYS:
        if key.name in fields and key.name not in SAID_APART:
            with suppress(ValueError):
                yield key.name, fields[key.name].plain()


def first_without_origin(drafts: Mapping[str, TagDraft]) -> str:
    """The first tag that needs a connection and names none of its own, '' when there is none."""
    return next((name for name, draft in drafts.items() if not draft.origin and not draft.is_computed), "")


def add_tag(tags: dict[str, TagSpec], tag: TagSpec, place: Entry) -> None:
    """Add a tag; one path is one tag."""
    if tag.path in tags:
        file, _, line = tags[tag.path].address.place.rpartition(":")
        first = f"line {line}" if file == place.report.file else f"{file}:{line}"
        place.problem(f"tag '{tag.path}' stands twice (first in {first})")
        return
    tags[tag.path] = tag


def check_former_names(tags: Mapping[str, TagSpec], entries: Mapping[str, Entry]) -> None:
    """Report a tag that was what another one is or was: one series has one tag."""
    claimed: dict[str, str] = {}
    for path, tag in tags.items():
        if not tag.was:
            continue
        owner = tag.was if tag.was in tags else claimed.setdefault(tag.was, path)
        if owner != path:
            entries[path].problem(f"was '{tag.was}', but that is tag '{owner}'")
