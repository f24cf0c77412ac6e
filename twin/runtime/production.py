"""What the store and a live view know of machines: states, counts and products, ready for sums. Blocking reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from twin.core.instant import FAR_FUTURE, MINUTE
from twin.mes.catalog import Catalog
from twin.mes.oee import Observed
from twin.mes.plan import Making, Plan, makings
from twin.mes.products import PRODUCT
from twin.mes.state_time import StateTime
from twin.mes.tally import Counted, Tally, Window
from twin.model.plant import Line, Machine
from twin.runtime.live import LiveView
from twin.runtime.shown import ResultReads
from twin.store.schema import QUARTER

STATE, COUNT = "state", "count"
_QUANTITIES = ("pieces", "wraps", "resets", "jumps")


class Production:
    """Reads over one span [start, end). view: of the instant up to which things shall be told, made before the reads.

    known: results as they were believed then; FAR_FUTURE for now. The view was made at one instant, so where it tells
    of something it is right, and what is stored beside it may be of a moment later or earlier.
    """

    def __init__(
        self, catalog: Catalog, results: ResultReads, view: LiveView, start: int, end: int, known: int = FAR_FUTURE
    ) -> None:
        self._catalog = catalog
        self._results = results
        self._view = view
        self._start = start
        self._end = end
        self._known = known

    def products(self, lines: Sequence[Line]) -> dict[str, list[Making]]:
        """What each line was to make, over all of time; by path. A line without a product tag makes the only product
        of the plant file, if there is one only.
        """
        always = makings(self._catalog.only())
        shown = self._shown([line.path for line in lines if line.product])
        return {line.path: makings(shown[line.path]) if line.product else always for line in lines}

    def _shown(self, paths: Sequence[str]) -> dict[str, list[Making]]:
        found: dict[str, list[Making]] = {path: [] for path in paths}
        stored = self._results.columns(PRODUCT, paths, self._start, self._end, self._known)
        for key, start, end, data in zip(stored.key, stored.start, stored.end, stored.data, strict=True):
            told = stored.distinct[int(data)]
            found[paths[int(key)]] += self._catalog.named(int(start), int(end), told["product"], told["code"])
        for path in paths:
            own = [r for r in self._view.records if r.kind == PRODUCT and r.key == path]
            told = [(r.start, r.end, dict(r.data)["product"], dict(r.data)["code"]) for r in own]
            now = self._view.products.get(path)
            told += [(now.since, FAR_FUTURE, now.name, now.code)] if now is not None else []
            cut = min((start for start, _, _, _ in told), default=FAR_FUTURE)
            found[path] = [replace(one, end=min(one.end, cut)) for one in found[path] if one.start < cut]
            for one in told:
                found[path] += self._catalog.named(*one)
        return found

    def observed(self, machines: Sequence[Machine], plans: Mapping[str, Plan]) -> dict[str, Observed]:
        """The machines by path. plans: by path; counts can be summed between the edges of the machine's plan."""
        states = self._states([machine for machine in machines if machine.state is not None])
        edges = {edge for plan in plans.values() for edge in plan.edges()}
        paths = list(dict.fromkeys(path for machine in machines for path in machine.counts.values()))
        tallies = {path: Tally(counted) for path, counted in self._counted(paths, edges).items()}
        return {
            machine.path: Observed(
                machine,
                states.get(machine.path),
                {role: tallies[path] for role, path in machine.counts.items()},
            )
            for machine in machines
        }

    # --- states ------------------------------------------------------------------------------------------------

    def _states(self, machines: Sequence[Machine]) -> dict[str, StateTime]:
        paths = [machine.path for machine in machines]
        margin = max((machine.micro_stop for machine in machines), default=0)  # a stop is judged whole
        stored = self._results.columns(STATE, paths, self._start - margin, self._end + margin, self._known)
        names = [str(data["state"]) for data in stored.distinct]
        found: dict[str, StateTime] = {}
        for number, machine in enumerate(machines):
            told = self._told(machine.path)
            cut = min((start for start, _, _ in told), default=FAR_FUTURE)
            mine = (stored.key == number) & (stored.start < cut)
            found[machine.path] = StateTime(
                np.append(stored.start[mine], np.array([start for start, _, _ in told], np.int64)),
                np.append(np.minimum(stored.end[mine], cut), np.array([end for _, end, _ in told], np.int64)),
                np.append(stored.data[mine], np.arange(len(names), len(names) + len(told), dtype=np.int32)),
                [*names, *(state for _, _, state in told)],
                machine.micro_stop,
            )
        return found

    def _told(self, path: str) -> list[tuple[int, int, str]]:
        """What the view itself tells of a machine: (start, end, state), the open one until the view's instant."""
        own = [r for r in self._view.records if r.kind == STATE and r.key == path]
        told = [(r.start, r.end, str(dict(r.data)["state"])) for r in own]
        now = self._view.machines.get(path)
        if now is not None and now.state is not None and now.since is not None:
            told.append((now.since, self._view.as_of, now.state))
        return told

    # --- counts ------------------------------------------------------------------------------------------------

    def _counted(self, paths: Sequence[str], edges: Iterable[int]) -> dict[str, Counted]:
        """Sums of quarters of an hour; minutes where an edge cuts a quarter and from where the view tells something."""
        settled = min(self._view.frontier, self._end) - MINUTE
        tail = settled - settled % QUARTER if self._known == FAR_FUTURE else self._start
        cut = {edge - edge % QUARTER for edge in edges if edge % QUARTER and edge < tail}
        found = {path: Counted.of(()) for path in paths}
        if self._start < tail:
            quarters = self._results.quarters(paths, self._start - self._start % QUARTER, tail)
            found = {path: counted.without(cut) for path, counted in quarters.items()}
        minutes: dict[str, list[Window]] = {path: [] for path in paths}
        for start, end in [*_joined(cut), (min(tail, self._end), self._end)]:
            for path, windows in self._minutes(paths, start, end).items():
                minutes[path] += windows
        return {path: counted.with_windows(minutes[path]) for path, counted in found.items()}

    def _minutes(self, paths: Sequence[str], start: int, end: int) -> dict[str, list[Window]]:
        """Every minute once. What is stored is read after the view was made, so it knows a closed minute better."""
        minutes: dict[tuple[str, int], Mapping[str, int]] = {}
        wanted = set(paths)
        for path, (minute, pieces) in self._view.open_minutes.items():
            minutes[path, minute] = {"pieces": pieces}
        for record in self._view.records:
            if record.kind == COUNT:
                minutes[record.key, record.start] = dict(record.data)
        stored = self._results.columns(COUNT, paths, start, end, self._known)
        for key, minute, data in zip(stored.key.tolist(), stored.start.tolist(), stored.data.tolist(), strict=True):
            minutes[paths[int(key)], minute] = stored.distinct[data]
        found: dict[str, list[Window]] = {path: [] for path in paths}
        for (path, minute), sums in minutes.items():
            if path in wanted and start <= minute < end:
                pieces, wraps, resets, jumps = (sums.get(name, 0) for name in _QUANTITIES)
                found[path].append(Window(minute, pieces, wraps, resets, jumps))
        return found


def _joined(quarters: Iterable[int]) -> list[tuple[int, int]]:
    """Quarters that touch as one stretch."""
    found: list[tuple[int, int]] = []
    for start in sorted(quarters):
        if found and found[-1][1] == start:
            found[-1] = found[-1][0], start + QUARTER
        else:
            found.append((start, start + QUARTER))
    return found
