"""What machines have in common: tags, counts, state, what they make. A machine may add to it or have it all itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from twin.core.instant import HOUR, MINUTE, duration_text
from twin.model.computed import named_by
from twin.model.entry import Entry
from twin.model.keys import COUNT_KEYS, HEALTH_KEYS, SHARED
from twin.model.kinds import read, settings
from twin.model.quantity import amount
from twin.model.references import Reference, check_local, read_reference
from twin.model.report import suggestion
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
    """A type, or what a machine says itself. None and empty where nothing is written.

    is_complete: all that it builds on is known, so a tag it has not is a mistake. dropped: tags of what it builds on
    that it has not, and where that is written.
    """

    tags: Mapping[str, TagDraft]
    makes: Makes | None = None
    counts: Mapping[str, Reference] | None = None
    state: StateDraft | None = None
    micro_stop: int | None = None
    health: Sequence[HealthDraft] | None = None
    is_complete: bool = True
    dropped: Mapping[str, Entry] = field(default_factory=dict[str, Entry])

    def references(self) -> Iterator[Reference]:
        """All tags that computed tags, counts, state and health name."""
        for draft in self.tags.values():
            yield from named_by(draft)
        yield from (self.counts or {}).values()
        yield from self.state.references if self.state else ()
        for health in self.health or ():
            yield from health.tags

    def check(self, owner: str, below: MachineType) -> None:
        """Report names that are no tag. owner: `type 'filler'`; below: what it builds on, which is checked."""
        if not self.is_complete:
            return
        told = {(id(one.entry.node), one.name) for one in below.references() if one.name not in below.tags}
        mine = [one for one in self.references() if (id(one.entry.node), one.name) not in told]
        lost: dict[str, Reference] = {}
        for reference in mine:
            if reference.name in self.dropped:
                lost.setdefault(reference.name, reference)
        for name, reference in lost.items():
            at = self.dropped[name]
            place = f"{reference.entry.path}, {reference.entry.seen_from(at)}"
            at.problem(f"'{name}' is needed by what is kept ({place}); write that again without it")
        check_local((one for one in mine if one.name not in lost), self.tags, owner)

    def with_own(self, own: MachineType) -> MachineType:
        """This type with what another or one machine says itself in its place; its tags are all that there are."""
        return replace(
            own,
            makes=own.makes or self.makes,
            counts=self.counts if own.counts is None else own.counts,
            state=own.state or self.state,
            micro_stop=self.micro_stop if own.micro_stop is None else own.micro_stop,
            health=(*(self.health or ()), *(own.health or ())) if own.health != () else (),
            is_complete=self.is_complete and own.is_complete,
            dropped={name: at for name, at in {**self.dropped, **own.dropped}.items() if name not in own.tags},
        )


NOTHING = MachineType({})
"""What a type builds on that builds on none."""
UNKNOWN = MachineType({}, is_complete=False)
"""What builds on a type that is not there."""


def read_over(below: MachineType, fields: Mapping[str, Entry], reader: TagReader) -> MachineType:
    """A type with what these keys say in its place. Problems are reported; the caller checks the tags it names."""
    if not any(key.name in fields for key in SHARED):
        return below
    dropped = dict(_read_without(fields["without"], below)) if "without" in fields else {}
    kept = {name: draft for name, draft in below.tags.items() if name not in dropped} if dropped else below.tags
    own = MachineType(
        tags=_read_tags(fields["tags"], reader, kept) if "tags" in fields else kept,
        makes=_read_makes(fields["makes"]) if "makes" in fields else None,
        counts=_read_counts(fields["counts"]) if "counts" in fields else None,
        state=read_state(fields["state"]) if "state" in fields else None,
        micro_stop=read(fields["micro_stop"], MICRO_STOP) if "micro_stop" in fields else None,
        health=tuple(_read_health(item) for item in fields["health"].items()) if "health" in fields else None,
        dropped=dropped,
    )
    return below.with_own(own)


def _read_without(entry: Entry, below: MachineType) -> Iterator[tuple[str, Entry]]:
    """Tags that are left out, and where that is written."""
    for item in entry.items():
        reference = read_reference(item)
        if reference is None:
            continue
        if reference.name not in below.tags and below.is_complete:
            item.problem(f"no tag '{reference.name}' to leave out{suggestion(reference.name, below.tags)}")
        yield reference.name, item


def _read_tags(entry: Entry, reader: TagReader, below: Mapping[str, TagDraft]) -> Mapping[str, TagDraft]:
    drafts = reader.drafts(entry, below)
    for name, draft in drafts.items():
        if "/" in name and name not in below:
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


MAKES = replace(next(key for key in SHARED if key.name == "makes"), kind="text")
"""What a machine makes, where it is one word."""
MICRO_STOP = next(key for key in SHARED if key.name == "micro_stop")
