"""Loading a plant model: it is tried beside what runs, told to the log, and counts from there on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from twin.core.errors import Misconfigured
from twin.core.event import PLANT_LOADED, Event
from twin.core.ports import Clock
from twin.core.tags import TagTable
from twin.mes.catalog import Catalog
from twin.model.plant import Plant
from twin.runtime.archive import Past, past_of
from twin.runtime.assembly import assemble_all
from twin.runtime.editions import former_of, loads_of
from twin.runtime.folding import Folds
from twin.runtime.live import Meaning
from twin.runtime.loaded import Loaded
from twin.runtime.oee import catalog_of
from twin.runtime.plugins import outlets
from twin.runtime.renaming import check_types, rename_tags, renamed
from twin.runtime.retention import groups_of
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.results import SqliteResults


@dataclass(frozen=True, slots=True)
class ModelInForce:
    """The newest edition as it runs: its plant, its results, what its numbers mean, its reads of the past.

    since: ns, from when on it counts. catalog: its products, and those of the editions before.
    """

    plant: Plant
    since: int
    catalog: Catalog
    results: SqliteResults
    meaning: Meaning
    past: Past
    folds: Folds


def in_force(plant: Plant, log: SqliteLog, reader: LogReader, clock: Clock) -> ModelInForce:
    """Make the newest load of a log ready to run. plant: that load, with its secrets. Blocking."""
    loads = loads_of(reader, plant)
    assembly = assemble_all(loads, log.tags)
    results = SqliteResults(reader, assembly.names, assembly.editions.codes, log, former_of(loads))
    meaning = Meaning(plant, log.tags.names(), assembly.editions.newest.scales)
    past = past_of(plant, reader, log.tags, outlets(), clock.now, meaning.scales)
    folds = Folds(lambda: assembly.engine(reader, results), results, meaning)
    return ModelInForce(plant, loads[-1].since, catalog_of(loads), results, meaning, past, folds)


async def tell_loaded(plant: Plant, log: SqliteLog, clock: Clock, who: str = "", why: str = "") -> None:
    """Note the model in the log, which it counts from, and give tags their names of now."""
    body = {"digest": plant.digest, "text": plant.text, "tags": len(log.tags)} | ({"why": why} if why else {})
    since = max(clock.now(), log.last + 1)  # behind every frontier, though the clock may have stepped back
    await log.note(Event(since, PLANT_LOADED, plant.path, body, who))
    await rename_tags(plant, log, clock)


async def tell_if_new(plant: Plant, log: SqliteLog, reader: LogReader, clock: Clock) -> None:
    """Note the model that a run begins with when it is another one than before."""
    loaded = await asyncio.to_thread(reader.events, 0, clock.now(), (PLANT_LOADED,), 1)
    if loaded and loaded[0][1].body["digest"] == plant.digest:
        await rename_tags(plant, log, clock)
    else:
        await tell_loaded(plant, log, clock)


def try_load(plant: Plant, running: Plant, log: SqliteLog, reader: LogReader, clock: Clock) -> None:
    """Raise Misconfigured, with its reason, where a running twin cannot go on under this model. Changes nothing."""
    check_types(plant, log.tags)
    if plant.path != running.path:
        raise Misconfigured(
            f"this twin runs {running.path}, the file is of {plant.path}; start that one on its own folder"
        )
    if groups_of(plant.keeping).digest != groups_of(running.keeping).digest:
        raise Misconfigured(
            "the groups of `history:` have files of their own, which a start sorts; stop this twin and run it"
        )
    tags = TagTable([log.tags[id_] for id_ in range(len(log.tags))])
    loads = loads_of(reader, running)
    assemble_all([*renamed(loads, plant, tags), Loaded(plant, clock.now(), log.last + 1, len(tags))], tags)
