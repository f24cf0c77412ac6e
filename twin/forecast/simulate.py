"""Many futures of a line at once: all runs go through the same short steps of time, each with its own chances.

Pieces flow as a fluid, in line pieces: in a step a station takes at most what lay before it at the step's begin, and
puts out at most what there was room for. What a machine overran its own stop within a step is taken from that stop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.instant import SECOND
from twin.forecast.draws import (
    Changes,
    draw_changes,
    draw_kept,
    draw_levels,
    draw_rates,
    draw_stops,
    starts_waiting,
    stop_left,
)
from twin.forecast.model import Floats, LineModel, LineState, Pace
from twin.forecast.spells import BLOCKED, STARVED

STEPS_S = ((10, 20.0), (5, 5.0), (2, 0.0))
"""Seconds of a step, and how long the quickest filling or draining of a buffer must take for it."""
MINUTE_S = 60
PACE_EVERY_S = 300
ENDLESS = 1e18


@dataclass(frozen=True, slots=True, eq=False)
class Futures:
    """minute: good line pieces out of the line before each full minute from the beginning on, minute x run.

    produced: line pieces that its output machines counted, bad ones too. running, stopped, starved, blocked: seconds,
    machine x run. stops: how often, machine x run. earned: seconds that the good pieces need at the ideal rate, by
    run, or None. open_s: seconds in which the line works by plan.
    """

    minute: Floats
    produced: Floats
    running: Floats
    stopped: Floats
    starved: Floats
    blocked: Floats
    stops: Floats
    earned: Floats | None
    open_s: float


def simulate(model: LineModel, state: LineState, horizon_s: int, runs: int, seed: int) -> Futures:
    """Runs of a line from a state on. The same seed gives the same futures."""
    return _Line(model, state, horizon_s, runs, np.random.Generator(np.random.PCG64(seed))).live()


class _Line:
    """Arrays are machine x run, station x run, buffer x run; all change in place."""

    def __init__(
        self, model: LineModel, state: LineState, horizon_s: int, runs: int, random: np.random.Generator
    ) -> None:
        self._model, self._state, self._random = model, state, random
        self._horizon, self._runs = horizon_s, runs
        machines = model.machines
        self._station = np.array([one.station for one in machines], np.intp)
        self._first = np.array([rows[0] for rows in model.stations], np.intp)
        self._names = list(model.products.names) if model.products else [""]
        self._table, self._factor = draw_rates(model, self._names, runs, random)
        self._kept = draw_kept(model, runs, random)
        self._stops = draw_stops(model, runs, random)
        self._level = draw_levels(model, runs, random)
        self._step = self._step_s()
        self._capacity = self._capacities()
        self._stop = np.stack([stop_left(*pair, runs, random) for pair in zip(machines, state.machines, strict=True)])
        self._starved = starts_waiting(state, STARVED, runs)
        self._blocked = starts_waiting(state, BLOCKED, runs)
        self._first_machines = np.flatnonzero(self._station == 0)
        fed, feeds = self._station > 0, self._station < len(model.stations) - 1
        self._fed, self._feeding = np.flatnonzero(fed), np.flatnonzero(feeds)
        self._into, self._out_of = self._station[fed] - 1, self._station[feeds]
        self._after_material = np.array([[one.after_material] for one in machines])
        wanted = np.array([[one.restart_level] for one in machines])[fed]
        self._restart_level = np.minimum(wanted, 0.95 * self._capacity[self._into])
        wanted = np.array([[one.restart_room] for one in machines])[feeds]
        self._restart_room = np.minimum(wanted, 0.95 * self._capacity[self._out_of])
        self._product = np.zeros((len(machines), runs), np.intp)
        self._change = np.zeros((len(machines), runs), np.intp)
        self._next = np.full((len(machines), runs), ENDLESS)
        self._consumed = np.zeros((len(model.stations), runs))
        self._due_change = np.zeros((len(machines), runs), np.bool_)
        self._changes = self._begin_products()
        self._rate = np.zeros((len(machines), runs))
        self._ideal = self._ideals()
        self._spent = {name: np.zeros((len(machines), runs)) for name in ("running", "stopped", "starved", "blocked")}
        self._stopped_often = np.zeros((len(machines), runs))
        self._outputs = np.array(model.outputs, np.intp)

    def _step_s(self) -> int:
        """As long as nothing that the plant file names is filled or drained within a few steps."""
        fastest = self._table.max(axis=1)
        machines = self._model.machines
        flow = [sum(fastest[row] for row in rows) for rows in self._model.stations]
        filled = [one.capacity / flow[one.before] / 3.0 for one in self._model.buffers if one.named]
        again = [one.restart_level / flow[one.station - 1] for one in machines if one.station]
        shortest = min([*filled, *again], default=ENDLESS)
        return next(step for step, least in STEPS_S if shortest >= least)

    def _capacities(self) -> Floats:
        """Of the buffers; those that are a thought of ours hold at least what two steps bring."""
        fastest = self._table.max(axis=1)
        found = [
            one.capacity
            if one.named
            else max(one.capacity, 2 * self._step * sum(fastest[row] for row in self._model.stations[one.before]))
            for one in self._model.buffers
        ]
        return np.array(found, np.float64).reshape(-1, 1)

    # --- products ----------------------------------------------------------------------------------------------

    def _begin_products(self) -> Changes | None:
        """Where the material of each product begins, for every station: what is in the buffers lies between."""
        products = self._model.products
        if products is None:
            return None
        fastest = max(float(self._table[list(rows)].max(axis=1).sum()) for rows in self._model.stations)
        changes = draw_changes(products, 2.0 * fastest * self._horizon, self._runs, self._random)
        self._offset, self._scale = self._distances(products.at)
        for row, station in enumerate(self._station.tolist()):
            at = self._places(station, changes)
            ahead = (at > 0.0).argmax(axis=0)
            ahead[(at <= 0.0).all(axis=0)] = len(at) - 1
            now = self._state.machines[row]
            here = at[ahead, np.arange(self._runs)]
            beside = np.abs(here) < 0.1 * np.maximum(np.diff(changes.at[:2], axis=0)[0], 1.0)
            ahead = np.where(beside & (now.cause == "changeover"), ahead + 1, ahead)  # it is at this change already
            self._set_product(np.full(self._runs, row), np.arange(self._runs), np.minimum(ahead, len(at) - 1), changes)
        return changes

    def _distances(self, tag: int) -> tuple[Floats, Floats]:
        """(station x run: pieces between the tag's station and it, and the good share on the way)."""
        stations = len(self._model.stations)
        offset, scale = np.zeros((stations, self._runs)), np.ones((stations, self._runs))
        kept = [self._kept[list(rows)].mean(axis=0) for rows in self._model.stations]
        for station in range(tag + 1, stations):
            offset[station] = offset[station - 1] + self._level[station - 1]
            scale[station] = scale[station - 1] * kept[station - 1]
        for station in range(tag - 1, -1, -1):
            offset[station] = offset[station + 1] - self._level[station]
            scale[station] = scale[station + 1] / kept[station]
        return offset, scale

    def _places(self, station: int, changes: Changes) -> Floats:
        return changes.at * self._scale[station] + self._offset[station]

    def _set_product(self, rows: np.ndarray, runs: np.ndarray, change: np.ndarray, changes: Changes) -> None:
        """change: of the next one; until then the product of the one before is made."""
        station = self._station[rows]
        self._change[rows, runs] = change
        self._next[rows, runs] = changes.at[change, runs] * self._scale[station, runs] + self._offset[station, runs]
        before = np.maximum(change - 1, 0)
        first = np.full(len(runs), self._model.products.previous if self._model.products else 0)
        self._product[rows, runs] = np.where(change > 0, changes.made[before, runs], first)

    def _change_over(self) -> None:
        """Machines at which the material of the next product has arrived."""
        changes = self._changes
        rows, runs = np.nonzero(self._consumed[self._station] >= self._next)
        if changes is None or not len(rows):
            return
        change = self._change[rows, runs] + 1
        inside = change < len(changes.at)
        self._next[rows[~inside], runs[~inside]] = ENDLESS
        rows, runs, change = rows[inside], runs[inside], change[inside]
        self._set_product(rows, runs, change, changes)
        self._due_change[rows, runs] = True
        self._set_rates(rows, runs)
        waits = (self._level[self._into] < self._restart_level) & self._after_material[self._fed]
        self._starved[self._fed] |= self._due_change[self._fed] & waits & (self._level[self._into] <= 0.0)

    def _begin_changeovers(self) -> None:
        """Of machines that have the material, or do not wait for it."""
        rows, runs = np.nonzero(self._due_change & ~(self._starved & self._after_material))
        self._due_change[rows, runs] = False
        for row in np.unique(rows).tolist():
            lengths = self._model.machines[row].changeover
            if len(lengths):
                mine = runs[rows == row]
                self._stop[row, mine] += self._random.choice(lengths, len(mine))
                self._stopped_often[row, mine] += 1

    def _set_rates(self, rows: np.ndarray, runs: np.ndarray) -> None:
        self._rate[rows, runs] = (
            self._table[rows, self._product[rows, runs]] * self._factor[rows, runs] * self._paces[rows]
        )

    def _ideals(self) -> Floats | None:
        """By product: seconds of a piece at the slowest station; None where one has none."""
        ideal = self._model.ideal
        if not ideal:
            return None
        told = np.array([ideal.get(name, np.nan) for name in self._names])
        if self._names == [""]:
            told = np.array([next(iter(ideal.values()))]) if len(ideal) == 1 else told
        return None if np.isnan(told).any() else told

    # --- time --------------------------------------------------------------------------------------------------

    def live(self) -> Futures:
        """Step to the horizon."""
        machines, step = len(self._model.machines), self._step
        minutes = np.zeros((self._horizon // MINUTE_S + 1, self._runs))
        out, produced = np.zeros(self._runs), np.zeros(self._runs)
        chance = np.array([[one.content**2 * one.clustered] for one in self._model.machines]) * self._kept
        chance *= (1.0 - self._kept) / np.array([[one.content] for one in self._model.machines])
        variance = np.zeros(self._runs)
        earned = None if self._ideal is None else np.zeros(self._runs)
        every = np.indices((machines, self._runs)).reshape(2, -1)
        open_s = 0
        for second in range(0, self._horizon, step):
            if second % PACE_EVERY_S < step:
                self._paces = np.array([_pace(one.pace, self._state.at, second) for one in self._model.machines])
                self._set_rates(*every)
            may = self._may_work(second)
            open_s += step if may is None or may.any() else 0
            done = self._advance(may)
            fresh = (done * self._kept)[self._outputs]
            out += fresh.sum(axis=0)
            variance += (done * chance).sum(axis=0)
            produced += done[self._outputs].sum(axis=0)
            if earned is not None and self._ideal is not None:
                earned += (fresh * self._ideal[self._product[self._outputs]]).sum(axis=0)
            if (second + step) % MINUTE_S < step:
                minute = (second + step) // MINUTE_S
                out += np.sqrt(variance) * self._random.normal(0.0, 1.0, self._runs)
                minutes[minute] = np.maximum(out, minutes[minute - 1])
                variance[:] = 0.0
        spent = self._spent
        return Futures(
            minutes, produced, spent["running"], spent["stopped"], spent["starved"], spent["blocked"],
            self._stopped_often, earned, float(open_s),
        )  # fmt: skip

    def _may_work(self, second: int) -> NDArray[np.bool_] | None:
        """Machines that do not stand by plan; None for all."""
        at = self._state.at + second * SECOND
        if any(start <= at < end for start, end in self._state.closed):
            return np.zeros(len(self._model.machines), np.bool_)
        off = [row for row, start, end in self._state.off if start <= at < end]
        if not off:
            return None
        may = np.ones(len(self._model.machines), np.bool_)
        may[off] = False
        return may

    def _advance(self, may: NDArray[np.bool_] | None) -> Floats:
        """One step; line pieces that each machine made in it."""
        standing = np.minimum(self._stop, self._step)
        self._stop -= standing
        able = self._step - standing
        if may is not None:
            able[~may] = 0.0
        wanted = self._rate * able
        wanted[self._starved | self._blocked] = 0.0
        share, short, tight = self._shares(wanted)
        done = wanted * share[self._station]
        ran = np.divide(done, self._rate, out=np.zeros_like(done), where=self._rate > 0.0)
        taken = np.add.reduceat(done, self._first, axis=0)
        given = np.add.reduceat(done * self._kept, self._first, axis=0)
        self._level += given[:-1] - taken[1:]
        np.clip(self._level, 0.0, self._capacity, out=self._level)
        self._account(standing, able, ran, short)
        self._wait(short, tight, able)
        self._stop_by_itself(ran)
        if self._changes is not None:
            self._consumed += taken
            self._change_over()
            self._begin_changeovers()
        return done

    def _shares(self, wanted: Floats) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
        """(station x run: share of what is wanted that can be, buffer x run: too little before, too little room)."""
        total = np.add.reduceat(wanted, self._first, axis=0)
        share = np.ones_like(total)
        short = total[1:] > self._level
        np.divide(self._level, total[1:], out=share[1:], where=short)
        good = np.add.reduceat(wanted * self._kept, self._first, axis=0)[:-1]
        room = self._capacity - self._level
        tight = good > room
        fits = np.ones_like(good)
        np.divide(room, good, out=fits, where=tight)
        np.minimum(share[:-1], fits, out=share[:-1])
        return share, short, tight

    def _account(self, standing: Floats, able: Floats, ran: Floats, short: NDArray[np.bool_]) -> None:
        """What is left of the time: waits for pieces, and the rest for room."""
        self._spent["running"] += ran
        self._spent["stopped"] += standing
        idle = able - ran
        self._spent["blocked"] += idle
        idle[self._fed] *= self._starved[self._fed] | short[self._into]
        idle[self._first_machines] = 0.0
        self._spent["starved"] += idle
        self._spent["blocked"] -= idle

    def _wait(self, short: NDArray[np.bool_], tight: NDArray[np.bool_], able: Floats) -> None:
        """Machines that ran out of pieces or room wait until there is enough of it again."""
        fed, feeding = self._fed, self._feeding
        free = (able > 0.0) & ~(self._starved | self._blocked)
        self._starved[fed] |= self._one_of_a_station(short[self._into] & free[fed])
        self._blocked[feeding] |= tight[self._out_of] & free[feeding]
        self._starved[fed] &= self._level[self._into] < self._restart_level
        self._blocked[feeding] &= (self._capacity - self._level)[self._out_of] < self._restart_room

    def _one_of_a_station(self, starving: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Of machines side by side one starves, which leaves more for the others; by chance. fed machine x run."""
        for rows in self._model.stations[1:]:
            if len(rows) > 1:
                mine = slice(rows[0] - len(self._model.stations[0]), rows[-1] + 1 - len(self._model.stations[0]))
                several = starving[mine].sum(axis=0) > 1
                if several.any():
                    weight = self._random.random((len(rows), int(several.sum()))) * starving[mine][:, several]
                    starving[mine][:, several] = weight == weight.max(axis=0)
        return starving

    def _stop_by_itself(self, ran: Floats) -> None:
        stops = self._stops
        due = stops.due
        due -= ran[stops.machine]
        rows, runs = np.nonzero(due <= 0.0)
        if not len(rows):
            return
        over = -due[rows, runs]
        lengths = np.maximum(stops.lengths(rows, runs, self._random) - over, 0.0)
        np.add.at(self._stop, (stops.machine[rows], runs), lengths)
        np.add.at(self._stopped_often, (stops.machine[rows], runs), 1.0)
        stops.renew(rows, runs, self._random)


def _pace(pace: Pace, at: int, second: int) -> float:
    """Share of its rate at which a machine works, so long after the beginning."""
    if not pace.by_hour:
        return 1.0 + (pace.now - 1.0) * float(np.exp(-second / pace.returns))
    hour = (at / (3600 * SECOND) + second / 3600.0 + pace.shift - 0.5) % 24.0
    before = int(hour)
    share = hour - before
    return (1.0 - share) * pace.by_hour[before] + share * pace.by_hour[(before + 1) % 24]
