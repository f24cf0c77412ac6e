"""Two units of one machine each, watched by one model: a quick tag, another, and a temperature. No plant file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.core.batch import Batch, batch
from twin.core.event import MODEL_LEARNT, Event
from twin.core.fold import Fold
from twin.core.routing import Routing
from twin.health.condition import Condition
from twin.health.model import NAME, NormalModel
from twin.health.watch import Watch, WatchedTag, Watches
from twin.health.windows import HealthWindows
from twin.mes.machine_state import InputSpec, MachineState
from twin.mes.program import MachineSpec
from twin.model.plant import StateModel

SECOND = 1_000_000_000
BEGIN = 1_700_000_000 * SECOND
MACHINES = ("a", "b")
UNIT_OF_TAG = np.array([0, 0, 0, 0, 1, 1, 1, 1], dtype=np.int32)
"""Tag 4 * unit is the state (1: running), then current, vibration, temperature."""
ROUTING = Routing(UNIT_OF_TAG, {"c": (0, 1), "a": (0,), "b": (1,)})
TABLE = {1: "running", 2: "down"}
LEARN = 60


def make_folds(units: Sequence[int]) -> list[Fold]:
    """Fresh folds of these units."""
    specs = [MachineSpec(unit, MACHINES[unit], StateModel(table=TABLE, value=f"t{4 * unit}")) for unit in units]
    states = MachineState(specs, {(f"t{4 * unit}", 0): InputSpec(unit, 4 * unit, "c") for unit in units})
    running = states.names.index("running") if units else -1
    watches = Watches([_watch(unit, place, running) for place, unit in enumerate(units)], 3)
    return [states, HealthWindows(watches), Condition(watches)]


def _watch(unit: int, place: int, running: int) -> Watch:
    name, first = MACHINES[unit], 4 * unit
    tags = (
        WatchedTag(first + 1, f"{name}/current"),
        WatchedTag(first + 2, f"{name}/vibration", limit=9.0, unit="mm/s"),
        WatchedTag(first + 3, f"{name}/temp", margin=10.0),
    )
    return Watch(unit, name, tags, place, running, LEARN, f"sign-{name}")


MODEL = NormalModel(
    centre=(14.0, 1.4, 50.0),
    slope=((0.0, 0.0, 0.01), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    low=(13.0, 1.3, 45.0),
    high=(15.0, 1.5, 60.0),
    scale=(0.1, 0.02, 1.0),
    phi=((1.1, 0.1, 0.0), (0.1, 1.1, 0.0), (0.0, 0.0, 0.0)),
    limit_raw=8.0,
    limit_smooth=2.5,
    slow=(0, 0, 1),
    moves=(1, 1, 0),
)


def model_event(time: int, machine: str = "a", model: NormalModel = MODEL) -> Event:
    """The event of a model that counts from `time` on."""
    body = {
        "model": NAME, "signature": f"sign-{machine}", "digest": model.digest, "constants": model.body(),
        "learnt_from": time - 3600 * SECOND, "learnt_to": time, "rows": 360, "tags": [],
    }  # fmt: skip
    return Event(time, MODEL_LEARNT, machine, body)


def lived(seed: int, minutes: int, rise_from_s: float = 1e9, rise: float = 0.0, unit: int = 0) -> Batch:
    """Samples each second of a machine that runs with short stops. Its vibration grows by `rise` mm/s a minute."""
    rng = np.random.default_rng(seed)
    n = 60 * minutes
    second = np.arange(n)
    state = np.ones(n)
    for start in rng.integers(0, n, minutes // 10):
        state[start : start + int(rng.integers(2, 40))] = 2
    runs = state == 1
    current = np.where(runs, 14.0, 0.0) + 0.28 * rng.standard_normal(n)
    worn = np.maximum(0.0, second - rise_from_s) / 60 * rise
    vibration = np.where(runs, 1.4 + worn, 0.0) + 0.05 * rng.standard_normal(n)
    temp = 55.0 + 0.1 * rng.standard_normal(n)
    tag = np.repeat(np.arange(4) + 4 * unit, n)
    time = np.tile(BEGIN + second * SECOND, 4)
    order = np.argsort(time, kind="stable")
    value = np.concatenate([state, current, vibration, temp])
    return batch("c", tag[order], time[order], value[order])
