"""The models that a data folder was run with, as its log tells."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from twin.core.errors import LinetwinError, Misconfigured
from twin.core.event import PLANT_LOADED, TAGS_RENAMED
from twin.core.history import Events
from twin.core.instant import FAR_FUTURE, FAR_PAST, to_text
from twin.model.plant import Plant
from twin.runtime.loaded import Loaded
from twin.runtime.plant_file import plant_of
from twin.store.former import Former

MOST = 100_000
"""Loads and renamings of one log."""

_log = logging.getLogger("linetwin")


def loads_of(reader: Events, running: Plant | None = None) -> list[Loaded]:
    """Every model that was loaded, oldest first. running: the newest as it runs, with its secrets.

    One that this release cannot read any more is left out, and told: its time counts under the one after it.
    """
    kinds = (PLANT_LOADED, TAGS_RENAMED)
    told = sorted(reader.events(FAR_PAST, FAR_FUTURE, kinds, MOST), key=lambda one: one[0])
    renamed = [(recorded, event.body["names"]) for recorded, event in told if event.kind == TAGS_RENAMED]
    plants: dict[str, Plant] = {} if running is None else {running.digest: running}
    found: list[Loaded] = []
    for recorded, event in told:
        if event.kind != PLANT_LOADED:
            continue
        digest = event.body["digest"]
        try:
            plant = plants.get(digest) or plants.setdefault(digest, plant_of(event.body["text"], "stored plant"))
        except LinetwinError as error:
            _log.warning("the model of %s cannot be read by this release: %s", to_text(event.time), error)
            continue
        names = names_now([names for since, names in renamed if since > recorded])
        found.append(Loaded(plant, event.time, recorded, event.body.get("tags", 0), names))
    return found


def names_now(renamings: list[Mapping[str, str]]) -> dict[str, str]:
    """Former name -> name after all renamings, in their order. Names in between are there, too: some model had them.

    A name that was given again belongs to the tag that had it first: it is asked by a model of then.
    """
    found: dict[str, str] = {}
    for names in renamings:
        found = dict(names) | {former: names.get(name, name) for former, name in found.items()}
    return found


def stored_loads(folder: Path, reader: Events) -> list[Loaded]:
    """Those of a data folder. Raises Misconfigured where no plant ever was."""
    found = loads_of(reader)
    if not found:
        raise Misconfigured(f"{folder}: no plant was ever run on this folder; name one: twin run PLANT.yaml")
    return found


def former_of(loads: Sequence[Loaded]) -> Former:
    """What tags were called in earlier models, each name until the first model without it."""
    until: dict[str, dict[str, int]] = {}
    for load, after in pairwise(loads):
        for was, name in load.names.items():
            if was in load.plant.tags and was != name:
                until.setdefault(name, {})[was] = after.since
    return Former({name: sorted(names.items(), key=lambda one: one[1]) for name, names in until.items()})
