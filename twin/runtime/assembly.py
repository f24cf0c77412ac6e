"""All editions of a plant ready to be folded: their units under common numbers, what goes on from one to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from twin.core.edition import Edition, Editions, Held
from twin.core.engine import Engine
from twin.core.fold import Fold
from twin.core.history import History, Late, Results
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.lane import Lane
from twin.core.routing import Routing
from twin.core.rows import Rows
from twin.core.scales import Scales, differ_from
from twin.core.tags import TagTable, TagType
from twin.model.plant import Plant
from twin.model.units import Unit, units
from twin.runtime.folds import Numbered, folds_of
from twin.runtime.loaded import Loaded
from twin.runtime.scaling import scales_of
from twin.state.connections import DOWN

LOOSE = "loose"
"""The unit of tags that the log has but the model does not name (imports): last values only."""


@dataclass(frozen=True)
class Assembly:
    """The plant ready to be folded. plant: of the newest edition. units: of all editions, by number."""

    plant: Plant
    units: tuple[Unit, ...]
    editions: Editions

    @property
    def names(self) -> list[str]:
        """The names of the units by number: what results are stored under."""
        return [unit.name for unit in self.units]

    @property
    def code(self) -> str:
        """Of the newest edition: what its snapshots carry."""
        return self.editions.newest.code

    @property
    def routing(self) -> Routing:
        """Of the newest edition."""
        return self.editions.newest.routing

    def make(self, chosen: Sequence[int]) -> list[Fold]:
        """Fresh folds of some units, under the newest edition."""
        return self.editions.newest.fresh(chosen)

    def engine(self, history: History, results: Results) -> Engine:
        """An engine with a lane for each distinct wait; units that share state by a change of the model share one."""
        lanes = [Lane(sorted(group), self.editions, wait, history, results) for wait, group in self._lanes()]
        return Engine(lanes, self.editions)

    def _lanes(self) -> Iterator[tuple[int, set[int]]]:
        groups: list[set[int]] = []
        of_wait: dict[int, set[int]] = {}
        for number, unit in enumerate(self.units):
            of_wait.setdefault(unit.wait, set()).add(number)
        for group in of_wait.values():
            joined = set(self.editions.joined(group, FAR_PAST, FAR_FUTURE))
            apart = [one for one in groups if not one & joined]
            groups = [*apart, joined.union(*(one for one in groups if one & joined))]
        yield from sorted(((max(self.units[number].wait for number in one), one) for one in groups), key=lambda g: g[0])


def assemble(plant: Plant, tags: TagTable) -> Assembly:
    """A plant that was never another one: number its units, find every tag's id (new ones are added to the table)."""
    return assemble_all([Loaded(plant)], tags)


def assemble_all(loads: Sequence[Loaded], tags: TagTable) -> Assembly:
    """All editions of a plant, the newest last, whose new tags are added to the table."""
    for path, spec in loads[-1].plant.tags.items():
        tags.id_of(path, TagType(spec.type))
    of_each = [(*units(load.plant), _loose(load, tags)) for load in loads]
    found = {unit.name: unit for own in of_each for unit in own}  # a number once given stays, as editions are added
    number = {name: place for place, name in enumerate(found)}
    editions: list[Edition] = []
    before: Numbered | None = None
    for place, (load, own) in enumerate(zip(loads, of_each, strict=True)):
        now = _numbered(load, own, number, tags)
        editions.append(_edition(load, now, before, scales_of(loads[: place + 1], tags), editions))
        before = now
    return Assembly(loads[-1].plant, tuple(found.values()), Editions(editions))


def _loose(load: Loaded, tags: TagTable) -> Unit:
    named = _called(load)
    return Unit(LOOSE, tuple(name for name in tags.names() if name not in named), (), (), 1_000_000_000)


def _called(load: Loaded) -> dict[str, str]:
    """What the tags of a model are called now -> what they are called in it."""
    return {load.names.get(path, path): path for path in load.plant.tags}


def _numbered(load: Loaded, own: Sequence[Unit], number: Mapping[str, int], tags: TagTable) -> Numbered:
    ids = {path: tag for now, path in _called(load).items() if (tag := tags.get(now)) is not None}
    loose = number[LOOSE]
    unit_of_tag = np.full(len(tags), loose, dtype=np.int32)
    for unit in own:
        if unit.name != LOOSE:
            unit_of_tag[[ids[path] for path in unit.tags if path in ids]] = number[unit.name]
    return Numbered(load.plant, ids, {number[unit.name]: unit for unit in own}, unit_of_tag, loose)


def _edition(
    load: Loaded, now: Numbered, before: Numbered | None, scales: Scales, earlier: Sequence[Edition]
) -> Edition:
    return Edition(
        since=load.since if earlier else FAR_PAST,
        recorded=load.recorded if earlier else 0,
        code=now.code,
        routing=Routing(_logged(now), _subjects(now), now.loose),
        make=partial(folds_of, now),
        scales=scales,
        held=_held if before is None else _holding(before),
        moved=frozenset() if before is None else _moved(before, now, load.tags),
        mends=tuple(_mends(load, scales, earlier)),
    )


def _logged(now: Numbered) -> NDArray[np.int32]:
    """The unit of each tag; of computed ones no row of the log is folded."""
    found = now.unit_of_tag.copy()
    found[[now.ids[path] for path, spec in now.plant.tags.items() if spec.compute is not None and path in now.ids]] = -1
    return found


def _subjects(now: Numbered) -> Mapping[str, tuple[int, ...]]:
    """Which units an event concerns, by what it is about."""
    subjects: dict[str, list[int]] = {}
    for number, unit in now.units.items():
        alarmed = [path for path in unit.tags if path in now.plant.tags and now.plant.tags[path].alarms]
        for subject in (*unit.connections, *unit.machines, unit.name, *alarmed):
            subjects.setdefault(subject, []).append(number)
    return {subject: tuple(found) for subject, found in subjects.items()}


def _moved(before: Numbered, now: Numbered, tags: int) -> frozenset[tuple[int, int]]:
    """(unit before, unit now) where they are not the same, of tags that were there, machines and lines."""
    was, is_ = before.unit_of_tag[:tags], now.unit_of_tag[:tags]
    found = set(map(tuple, np.unique(np.stack([was, is_])[:, was != is_], axis=1).T.tolist()))
    assets = _assets(now)
    found |= {(unit, assets[path]) for path, unit in _assets(before).items() if assets.get(path, unit) != unit}
    return frozenset(found)


def _assets(numbered: Numbered) -> dict[str, int]:
    machines = {path: number for number, unit in numbered.units.items() for path in unit.machines}
    lines = {line.path: machines[line.machines[0].path] for line in numbered.plant.lines if line.machines}
    return machines | lines


def _mends(load: Loaded, scales: Scales, earlier: Sequence[Edition]) -> Iterator[Late]:
    """Where the wire numbers of the time before read otherwise than was known until now."""
    if not earlier:
        return
    known = earlier[-1].scales
    ends = [*(edition.since for edition in earlier[1:]), load.since]
    for tag in sorted(known.of_tag.keys() | scales.of_tag.keys()):
        first = differ_from(known.of_tag.get(tag, ()), scales.of_tag.get(tag, ()))
        for edition, end in zip(earlier, ends, strict=True):
            if first < end and tag < len(edition.routing.unit_of_tag):
                unit = int(edition.routing.unit_of_tag[tag])
                yield Late(unit, load.recorded, max(first, edition.since))


def _held(_folds: Mapping[str, Fold], _at: int) -> Rows | None:
    return None


def _holding(before: Numbered) -> Held:
    """The last rows of all tags whose connection is not lost, as the folds of the edition before have them."""
    connection = np.full(len(before.unit_of_tag), "", dtype=object)
    for path, tag in before.ids.items():
        connection[tag] = before.plant.tags[path].connection

    def held(folds: Mapping[str, Fold], at: int) -> Rows | None:
        table, links = folds["last_value"].state["tag"], folds["connections"]
        keys = links.row_keys()["connection"]
        lost = {key for key, link in zip(keys, links.state["connection"].link.tolist(), strict=True) if link == DOWN}
        names = [connection[tag] if tag < len(connection) else "" for tag in table.tag.tolist()]
        mine = [key not in lost for key in zip(table.unit.tolist(), names, strict=True)]
        order = np.flatnonzero(mine)
        order = order[np.argsort(table.tag[order])]
        at_once = np.full(len(order), at, np.int64)
        return Rows(table.tag[order], at_once, table.value[order], table.status[order], at_once, table.text[order])

    return held
