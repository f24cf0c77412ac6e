"""Retention while a twin runs: every hour what has become too old is forgotten."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from twin.core.errors import StoreFailed
from twin.core.event import PLANT_LOADED
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.ports import Clock
from twin.model.plant import Keeping
from twin.runtime.plant_file import stored_plant
from twin.store.groups import NO_GROUPS, Groups
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.retention import Limits, forget_before

PAUSE_S = 3600.0

_log = logging.getLogger("linetwin")


def groups_of(keeping: Keeping) -> Groups:
    """The groups of tags that have sealed files of their own."""
    told = json.dumps([[group.name, group.tags] for group in keeping.groups])
    digest = hashlib.sha256(told.encode()).hexdigest()[:16] if keeping.groups else ""
    return Groups([group.name for group in keeping.groups], keeping.group_of, digest)


def stored_groups(folder: Path) -> Groups:
    """Those of the plant that the data folder was last run with; none where no plant ever was."""
    with closing(LogReader(folder)) as reader:
        loaded = reader.events(FAR_PAST, FAR_FUTURE, (PLANT_LOADED,), 1)
    return groups_of(stored_plant(folder).keeping) if loaded else NO_GROUPS


def limits_of(keeping: Keeping, now: int) -> Limits:
    """What is too old now."""
    rest = FAR_PAST if keeping.keep is None else now - keeping.keep
    return Limits(rest, {group.name: now - group.keep for group in keeping.groups})


async def forget_old(log: SqliteLog, clock: Clock, keeping: Keeping, taken: Callable[[], int]) -> None:
    """Forget, and again every hour. A failure (a full disk) is told and tried again.

    taken: up to which `recorded` every outlet has the log; later entries stay.
    """
    while True:
        try:
            limits = replace(limits_of(keeping, clock.now()), taken=taken())
            if forgotten := await asyncio.to_thread(forget_before, log, limits):
                _log.info("retention: %d entries of the log forgotten", forgotten)
        except StoreFailed as error:
            _log.warning("retention: %s; tried again in an hour", error)
        await asyncio.sleep(PAUSE_S)
