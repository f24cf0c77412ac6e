"""What machines have in common: tags, counts, state, what they make. A machine may add to it or have it all itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from twin.core.instant import HOUR, MINUTE, duration_text
from twin.model.computed import named_by
from twin.model.entry import Entry
from twin.model.keys import COUNT_KEYS, HEALTH_KEYS, TYPE_KEYS
from twin.model.kinds import read, settings
from twin.model.names import check_segment
from twin.model.quantity import amount
from twin.model.references import Reference, check_local, read_reference
from twin.model.states import StateDraft, read_state
from twin.model.tags import TagDraft, TagReader

SHORTEST_LEARN, LONGEST_LEARN = 10 * MINUTE, 24 * HOUR


@dataclass(frozen=True, slots=True)
class Makes:
    """What one count is. pieces: how many `made_of` are in one."""

    makes: str = "piece"
    pieces: int = 1
    made_of: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class HealthDraft:
    """A model that watches a machine. settings: its keys as data; tags: those it reads."""

    settings: Mapping[str, Any]
    tags: Sequence[Reference]


@dataclass(frozen=True, slots=True, eq=False)
class MachineType:
    """A type, or what a machine says itself. None and empty where nothing is written."""

    tags: Mapping[str, TagDraft]
    makes: Makes | None = None
    counts: Mapping[str, Reference] | None = None
    state: StateDraft | None = None
    micro_stop: int | None = None
    health: Sequence[HealthDraft] = ()

    def references(self) -> Iterator[Reference]:
        """All tags that computed tags, counts, state and health name."""
        for draft in self.tags.values():
            yield from named_by(draft)
        yield from (self.counts or {}).values()
        yield from self.state.references if self.state else ()
        for health in self.health:
            yield from health.tags

    def check(self, owner: str, tags: Mapping[str, TagDraft] | None = None) -> None:
        """Report names that are no tag. owner: `type 'filler'`; tags: all that may be named, its own by default."""
        check_local(self.references(), self.tags if tags is None else tags, owner)

    def with_own(self, own: MachineType) -> MachineType:
        """This type with what one machine says itself in its place; tags are added."""
        for name in self.tags.keys() & own.tags.keys():
            first = self.tags[name].entry
            own.tags[name].entry.problem(f"tag '{name}' stands twice (first in line {first.line}, {first.path})")
        return replace(
            own,
            tags={**self.tags, **own.tags},
            makes=own.makes or self.makes,
            counts=self.counts if own.counts is None else own.counts,
            state=own.state or self.state,
            micro_stop=self.micro_stop if own.micro_stop is None else own.micro_stop,
            health=(*self.health, *own.health),
        )


def read_types(entry: Entry, reader: TagReader) -> dict[str, MachineType]:
    """All types by their names. Problems are reported."""
    found: dict[str, MachineType] = {}
    for name, child in entry.children().items():
        try:
            check_segment(name)
        except ValueError as error:
            child.problem(str(error))
        found[name] = read_type(child.fields(TYPE_KEYS), reader)
        found[name].check(f"type '{name}'")
    return found


def read_type(fields: Mapping[str, Entry], reader: TagReader) -> MachineType:
    """A type by its keys; the caller checks the tags that it names."""
    return MachineType(
        tags=_read_tags(fields["tags"], reader) if "tags" in fields else {},
        makes=_read_makes(fields["makes"]) if "makes" in fields else None,
        counts=_read_counts(fields["counts"]) if "counts" in fields else None,
        state=read_state(fields["state"]) if "state" in fields else None,
        micro_stop=read(fields["micro_stop"], MICRO_STOP) if "micro_stop" in fields else None,
        health=tuple(_read_health(item) for item in fields["health"].items()) if "health" in fields else (),
    )


def _read_tags(entry: Entry, reader: TagReader) -> dict[str, TagDraft]:
    drafts = reader.drafts(entry)
    for name, draft in drafts.items():
        if "/" in name:
            better = name.replace("/", "_")
            draft.entry.problem(f"a tag of a machine has no slash in its name (write '{better}')")
    return drafts


def _read_makes(entry: Entry) -> Makes:
    if not entry.is_mapping:
        return Makes(str(read(entry, MAKES)))
    for name, child in list(entry.children().items())[:1]:
        try:
            return Makes(name, *amount(child.written()))
        except ValueError as error:
            child.problem(str(error))
    if len(entry.children()) != 1:
        entry.problem("is not one unit with its contents, like {case: 12 bottle}")
    return Makes()


def _read_counts(entry: Entry) -> dict[str, Reference]:
    fields = entry.fields(COUNT_KEYS)
    known = [key.name for key in COUNT_KEYS]
    found = {name: read_reference(child, "counts need a counter") for name, child in fields.items() if name in known}
    return {name: reference for name, reference in found.items() if reference is not None}


def _read_health(entry: Entry) -> HealthDraft:
    fields = entry.fields(HEALTH_KEYS)
    tags = [read_reference(item) for item in fields["tags"].items()] if "tags" in fields else []
    found = settings({name: child for name, child in fields.items() if name != "tags"}, HEALTH_KEYS)
    given = {name: value for name, value in found.items() if name != "tags" and value is not None}
    if not SHORTEST_LEARN <= given["learn"] <= LONGEST_LEARN:
        fields["learn"].problem(f"{duration_text(given['learn'])} is not 10 min to 24 h of running")
    return HealthDraft(given, tuple(tag for tag in tags if tag is not None))


MAKES = replace(next(key for key in TYPE_KEYS if key.name == "makes"), kind="text")
"""What a machine makes, where it is one word."""
MICRO_STOP = next(key for key in TYPE_KEYS if key.name == "micro_stop")
