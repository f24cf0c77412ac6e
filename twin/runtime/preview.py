"""A state rule tried on what was just seen: the same grammar, the same folds as live, on a plant of one machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from twin.core.batch import Batch
from twin.core.errors import Misconfigured, Problems
from twin.core.fold import Step, step_all
from twin.core.instant import MINUTE
from twin.core.ports import Seen
from twin.core.rows import in_order, samples_of
from twin.core.tags import TagTable
from twin.mes.machine_state import MachineState
from twin.model.load import load
from twin.model.yaml_writing import flow, quoted
from twin.runtime import plugins
from twin.runtime.assembly import assemble

MACHINE = "preview/line/machine"
WINDOW = 10 * MINUTE
"""So much of the past is tried; what a node held before it is known from its beginning on."""


def preview(
    state: Sequence[Mapping[str, Any]], seen: Mapping[str, Sequence[Seen]], counters: Sequence[str], until: int
) -> list[tuple[str, int, int]]:
    """(state, start, end) of a machine with these rules over values that were seen, up to an instant.

    state: the list of rules as in a plant file. seen: name of a tag -> its values. counters: those of them that count.
    Raises Misconfigured with what is wrong in the rules.
    """
    tags = TagTable()
    plant = _plant(state, list(seen), counters)
    assembly = assemble(plant, tags)
    batch = _batch(seen, tags, until - WINDOW)
    if batch is None:
        return []
    folds = assembly.make(range(len(assembly.units)))
    rows = in_order(samples_of([(1, batch)]))
    records = step_all(folds, Step(int(rows.time[0]), max(until, int(rows.time[-1]) + 1), rows))  # any cutting is equal
    found = [(str(dict(r.data)["state"]), r.start, r.end) for r in records if r.kind == "state"]
    [states] = [fold for fold in folds if isinstance(fold, MachineState)]
    machine = states.state["machine"]
    if len(machine.code) and int(machine.code[0]) >= 0:
        found.append((states.names[int(machine.code[0])], int(machine.since[0]), until))
    return found


def _plant(state: Sequence[Mapping[str, Any]], names: Sequence[str], counters: Sequence[str]):
    tags = {
        name: {"node": f"s={number}", **({"counter": {}} if name in counters else {})}
        for number, name in enumerate(names)
    }
    text = "\n".join(
        [
            "linetwin: 1",
            "plant: preview",
            'connections: {c1: {opcua: "opc.tcp://127.0.0.1:4840", ns: "urn:x", wait: 0s}}',
            "types:",
            "  type:",
            "    tags:",
            *(f"      {quoted(name)}: {flow(keys)}" for name, keys in tags.items()),
            "    state:",
            *(f"      - {flow(rule)}" for rule in state),
            "lines: {line: {machines: {machine: {type: type, from: c1}}}}",
            "",
        ]
    )
    try:
        return load(text, "preview", plugins.connectors(), {}, plugins.outlets())
    except Problems as problems:
        raise Misconfigured("; ".join(one.message.partition(": ")[2] for one in problems.problems)) from problems


def _batch(seen: Mapping[str, Sequence[Seen]], tags: TagTable, since: int) -> Batch | None:
    """What was seen since an instant; what each node held then stands at that instant."""
    rows: list[tuple[int, int, Seen]] = []
    for name, values in seen.items():
        tag = tags.get(f"{MACHINE}/{name}")
        timed = [one for one in values if one.time]
        before = [one for one in timed if one.time < since][-1:]
        after = [one for one in timed if one.time >= since]
        if tag is not None:
            rows += [(tag, max(one.time, since), one) for one in (*before, *after)]
    if not rows:
        return None
    return Batch(
        "c1",
        np.array([tag for tag, _, _ in rows], dtype=np.int32),
        np.array([time for _, time, _ in rows], dtype=np.int64),
        np.array([one.value for _, _, one in rows], dtype=np.float64),
        np.array([one.status for _, _, one in rows], dtype=np.uint32),
    ).in_time_order()
