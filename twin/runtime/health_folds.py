"""From the `health` of machines to the folds that watch them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import cast

from twin.core.fold import Fold
from twin.health.condition import Condition
from twin.health.model import NAME
from twin.health.watch import KEPT, MARGINS, WINDOW, Watch, WatchedTag, Watches
from twin.health.windows import HealthWindows
from twin.mes.machine_state import MachineState
from twin.model.plant import Machine, Plant, TagSpec

HEALTH_FOLDS = (HealthWindows, Condition)


def health_folds(
    plant: Plant, ids: Mapping[str, int], machine_unit: Mapping[str, int], states: MachineState
) -> list[Fold]:
    """The folds of the machines in `machine_unit` (path -> unit) that a model watches.

    Which folds there are, and how wide, is a matter of the whole plant: units that are folded alone are the same bytes.
    """
    entries = [(machine, entry) for machine in plant.machines() for entry in _entries(machine)]
    if not entries:
        return []
    mine = sorted((machine_unit[m.path], m.path, n) for n, (m, _) in enumerate(entries) if m.path in machine_unit)
    places = {spec.path: place for place, spec in enumerate(states.machines)}
    found = [_watch(plant, ids, unit, *entries[n], places.get(path, -1), states.names) for unit, path, n in mine]
    width = max(len(cast(Sequence[str], entry["tags"])) for _, entry in entries)
    kept = max(KEPT, *(_windows(entry) for _, entry in entries))
    watches = Watches(found, width, kept)
    return [HealthWindows(watches), Condition(watches)]


def _entries(machine: Machine) -> list[Mapping[str, object]]:
    return [entry for entry in machine.health if entry["model"] == NAME and entry["tags"]]


def _windows(entry: Mapping[str, object]) -> int:
    return cast(int, entry["learn"]) // WINDOW


def _watch(
    plant: Plant, ids: Mapping[str, int], unit: int, machine: Machine, entry: Mapping[str, object], place: int,
    names: Sequence[str],
) -> Watch:  # fmt: skip
    """A state that its machine never comes into has a code of its own, so nothing is ever judged."""
    tags = [plant.tags[path] for path in cast(Sequence[str], entry["tags"])]
    state = entry.get("while")
    code = -1 if state is None else names.index(cast(str, state)) if state in names else len(names)
    watched = tuple(_tag(spec, ids[spec.path]) for spec in tags)
    return Watch(unit, machine.path, watched, place, code, _windows(entry), _signature(machine, entry, tags))


def _tag(spec: TagSpec, tag: int) -> WatchedTag:
    highs = [alarm.limit for alarm in spec.alarms if alarm.kind == "high"]
    limit = max(highs, default=float("nan"))
    return WatchedTag(tag, spec.path, MARGINS.get(spec.unit, 0.0), limit, spec.unit)


def _signature(machine: Machine, entry: Mapping[str, object], tags: Sequence[TagSpec]) -> str:
    """What a model was learnt for: another tag, unit, scale or state makes it another one."""
    told = [machine.path, dict(entry), [[t.path, t.unit, t.factor, t.offset, list(t.bad)] for t in tags]]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=list).encode()).hexdigest()[:16]
