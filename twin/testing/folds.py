"""check_fold: the contract of folds (twin.core.fold), over drawn ways of feeding them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from twin.core.batch import Batch
from twin.core.event import Event
from twin.core.fold import Fold, step_all
from twin.core.instant import FAR_FUTURE, HOUR, MINUTE, SECOND
from twin.core.routing import Routing
from twin.core.rows import in_order
from twin.core.scales import UNSCALED, Scales
from twin.core.span import step_of, unit_state
from twin.core.state import equal, fork, restore, snapshot
from twin.store.memory import MemoryHistory
from twin.testing.contract import clause, require, shown
from twin.testing.fold_laws import (
    Delivery,
    FoldCase,
    check_cutting,
    check_feeding,
    check_known,
    check_units,
    one_pass,
    recorded,
    require_records,
    require_states,
)

TAIL = 2 * MINUTE
"""The result is looked at so long after the last entry, so that timers have fired."""
DELAYS = (0, 0, 0, 0, SECOND // 4, SECOND, 3 * SECOND, 70 * SECOND, 130 * SECOND)
"""How late an entry reaches the log."""
TICKS = 300
"""Ticks in which a log is fed, about."""

Item = Batch | Event


def check_fold(
    make: Callable[[Sequence[int]], Sequence[Fold]],
    log: Sequence[Item] | Callable[[int], Sequence[Item]],
    routing: Routing,
    units: Sequence[int] = (0,),
    *,
    seeds: int = 5,
    scales: Scales = UNSCALED,
) -> None:
    """Run the whole contract; raises ContractBroken with the clause, and where the state differs.

    make: fresh folds of some units, in dependency order. log: batches and events that give the folds something to do,
    at their own times in any order; or a function of a seed. routing: which unit a tag and a subject belong to.
    seeds: how many ways of feeding are drawn; they are the same in every run. scales: how the wire numbers read.
    """
    for seed in range(seeds):
        items = log(seed) if callable(log) else log
        times = [(int(i.time.min()), int(i.time.max())) if isinstance(i, Batch) else (i.time, i.time) for i in items]
        case = FoldCase(make, routing, units, min(first for first, _ in times) - SECOND, scales)
        _check(case, items, max(last for _, last in times), np.random.default_rng(seed))


def _check(case: FoldCase, items: Sequence[Item], last: int, rng: np.random.Generator) -> None:
    frontier = last + TAIL
    entries = recorded([Delivery(_last(item), item) for item in items])
    _check_idle(case)
    _check_again(case, frontier, entries)
    check_cutting(case, entries, _cuts(rng, case, entries, frontier), set(rng.integers(0, 12, 4).tolist()), frontier)
    check_units(case, entries, frontier)
    deliveries = deliveries_of(items, rng)
    wait = int(rng.choice([0, SECOND // 5, SECOND, 5 * SECOND]))
    tick = max(SECOND // 4, (frontier - case.begin) // TICKS) + int(rng.integers(SECOND // 4))
    check_feeding(case, deliveries, wait, tick, set(rng.integers(0, TICKS, 3).tolist()))
    span = np.array([case.begin, frontier])
    moments = rng.integers(span[0], span[1], (4, 2)).tolist()
    check_known(case, deliveries, wait, [(int(time), int(known)) for time, known in moments])


def deliveries_of(items: Sequence[Item], rng: np.random.Generator) -> list[Delivery]:
    """How entries may come: batches in pieces, some late, some twice, some with a wrong value before the right one."""
    found: list[Delivery] = []
    for item in items:
        for piece in _pieces(item, rng):
            at = _last(piece) + int(rng.choice(DELAYS))
            chance = rng.random()
            if chance < 0.1 and isinstance(piece, Batch):
                wrong = Batch(piece.source, piece.tag, piece.time, piece.value + 1, piece.status, piece.text)
                found.append(Delivery(at, wrong))
                at += int(rng.choice(DELAYS)) + 1
            found.append(Delivery(at, piece))
            if 0.1 < chance < 0.2:
                found.append(Delivery(at + int(rng.choice(DELAYS)), piece))
    return sorted(found, key=lambda one: one.at)


def _pieces(item: Item, rng: np.random.Generator) -> list[Item]:
    if isinstance(item, Event) or len(item) == 1:
        return [item]
    item = item.take(np.argsort(item.time, kind="stable"))
    edges = np.unique([0, *rng.integers(1, len(item), min(40, len(item) - 1)), len(item)]).tolist()
    return [item.take(slice(first, last)) for first, last in pairwise(edges)]


def _cuts(rng: np.random.Generator, case: FoldCase, entries: Sequence[tuple[int, Item]], frontier: int) -> list[int]:
    """Anywhere, and where half-open intervals go wrong: on instants of entries, on full minutes and 1 ns behind."""
    times = np.concatenate([i.time if isinstance(i, Batch) else np.array([i.time]) for _, i in entries])
    minutes = rng.integers(case.begin // MINUTE, frontier // MINUTE + 1, 10) * MINUTE
    drawn = (rng.integers(case.begin, frontier, 15), rng.choice(times, 10), minutes, minutes + 1)
    return np.concatenate(drawn).tolist()


def _check_idle(case: FoldCase) -> None:
    with clause("in its first state a fold emits nothing until something comes"):
        rows = in_order(MemoryHistory().read(0, 1, 1).samples)
        made = step_all(case.fresh(), step_of(rows, [], case.begin - HOUR, case.begin))
        require(not made, shown(made))


def _check_again(case: FoldCase, frontier: int, entries: Sequence[tuple[int, Item]]) -> None:
    with clause("folding the same log twice gives the same bytes"):
        once, records = one_pass(case, entries, frontier, FAR_FUTURE)
        again, same = one_pass(case, entries, frontier, FAR_FUTURE)
        require_records(same, records)
        require_states(again, once, case.units)
    with clause("a state is restored from its snapshot to the byte"):
        for fold in once:
            require(equal(restore(fold.state, snapshot(fold.state)), fold.state), f"fold {fold.name!r}")
    with clause("a fold on a fork leaves the state it came from alone"):
        before = [unit_state(once, unit) for unit in case.units]
        forked = [fold.with_state(fork(fold.state)) for fold in once]
        rows = in_order(MemoryHistory(entries).read(0, FAR_FUTURE, FAR_FUTURE).samples)
        step_all(forked, step_of(rows, [], frontier, frontier + HOUR))
        require([unit_state(once, unit) for unit in case.units] == before, "its state has changed")


def _last(item: Item) -> int:
    return int(item.time.max()) if isinstance(item, Batch) else item.time
