"""What differs from run to run before anything happens: parameters that the history leaves open, levels, products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.forecast.lifetime import residual
from twin.forecast.model import Floats, LineModel, LineState, MachineModel, MachineNow, ProductModel, StopMode
from twin.forecast.spells import STOPPED

UNSEEN_SCATTER = 1.0
"""Coefficient of variation of lengths of which fewer than three were seen."""
FEW = 3
AMOUNT_SCATTER = 0.2
"""Of the pieces made at a time, where it was seen once only."""
MOST_CHANGES = 200


@dataclass(frozen=True, slots=True, eq=False)
class Stops:
    """All modes of all machines, one row each; columns are runs. due: running time until the next one. seen: lengths
    of all modes, of each `many` from `first` on.
    """

    machine: NDArray[np.intp]
    seen: Floats
    first: NDArray[np.intp]
    many: NDArray[np.intp]
    shape: Floats
    scale: Floats
    longer: Floats
    due: Floats

    def lengths(self, rows: NDArray[np.intp], runs: NDArray[np.intp], random: np.random.Generator) -> Floats:
        """How long stops last that begin now."""
        place = self.first[rows] + (random.random(len(rows)) * self.many[rows]).astype(np.intp)
        return self.seen[place] * self.longer[rows, runs]

    def renew(self, rows: NDArray[np.intp], runs: NDArray[np.intp], random: np.random.Generator) -> None:
        """A new life after a stop."""
        self.due[rows, runs] = residual(self.shape[rows, runs], self.scale[rows, runs], 0.0, random)


def draw_stops(model: LineModel, runs: int, random: np.random.Generator) -> Stops:
    """Of every mode the law of each run, and how much longer than seen its stops are on average."""
    pairs = [(row, mode) for row, one in enumerate(model.machines) for mode in one.modes]
    size = (len(pairs), runs)
    shape, scale, longer, due = (np.ones(size) for _ in range(4))
    for row, (_, mode) in enumerate(pairs):
        shape[row], scale[row] = mode.life.draw(runs, random)
        due[row] = residual(shape[row], scale[row], mode.age, random)
        longer[row] = np.exp(random.normal(0.0, _open_mean(mode.lengths), runs))
    seen = [_lengths(mode) for _, mode in pairs]
    many = np.array([len(one) for one in seen], np.intp)
    machine = np.array([row for row, _ in pairs], np.intp)
    lengths = np.concatenate(seen) if seen else np.empty(0)
    return Stops(machine, lengths, np.cumsum(many) - many, many, shape, scale, longer, due)


def _lengths(mode: StopMode) -> Floats:
    return mode.lengths if len(mode.lengths) else np.array([60.0])


def _open_mean(lengths: Floats) -> float:
    """Standard error of the mean as a share of it."""
    n = max(len(lengths), 1)
    scatter = float(lengths.std(ddof=1) / lengths.mean()) if n >= FEW else UNSEEN_SCATTER
    return scatter / float(np.sqrt(n))


def stop_left(one: MachineModel, now: MachineNow, runs: int, random: np.random.Generator) -> Floats:
    """How long a machine that stands still stands, given how long it has."""
    if now.spell != STOPPED:
        return np.zeros(runs)
    mine = [mode.lengths for mode in one.modes if mode.cause == now.cause]
    seen = np.concatenate([*mine, one.changeover] if now.cause == "changeover" or not mine else mine)
    longer = seen[seen > now.elapsed]
    # one more that lasts longer than all seen: as long again as it has lasted, by chance
    beyond = now.elapsed + random.exponential(max(now.elapsed, 10.0), runs)
    if not len(longer):
        return beyond - now.elapsed
    chosen = random.choice(longer, runs)
    return np.where(random.random(runs) < 1.0 / (len(longer) + 1), beyond, chosen) - now.elapsed


def draw_rates(model: LineModel, names: list[str], runs: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    """(machine x product: pieces a second of running, machine x run: factor)."""
    table = np.array([[one.rate.get(name, one.any_rate) for name in names] for one in model.machines])
    scatter = np.array([max(one.pace.scatter, 0.0) for one in model.machines])
    return table, np.exp(random.normal(0.0, 1.0, (len(model.machines), runs)) * scatter[:, None])


def draw_kept(model: LineModel, runs: int, random: np.random.Generator) -> Floats:
    """Machine x run: share of good pieces (Jeffreys); all, where no bad one was ever counted of a machine."""
    kept = np.ones((len(model.machines), runs))
    for row, one in enumerate(model.machines):
        if one.rejects > 0:
            kept[row] = 1.0 - random.beta(one.rejects + 0.5, max(one.counted - one.rejects, 0) + 0.5, runs)
    return kept


def draw_levels(model: LineModel, runs: int, random: np.random.Generator) -> Floats:
    """Buffer x run: what is in it at the beginning."""
    found = np.empty((len(model.buffers), runs))
    for row, one in enumerate(model.buffers):
        found[row] = random.uniform(min(one.lowest, one.capacity), min(one.highest, one.capacity), runs)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """at: change x run: line pieces at the tag's station until it; made: product from there on. Row 0 has been."""

    at: Floats
    made: NDArray[np.intp]


def draw_changes(products: ProductModel, most: float, runs: int, random: np.random.Generator) -> Changes:
    """Enough changes for `most` pieces."""
    every = np.concatenate(products.amounts)
    made = [np.full(runs, products.previous, np.intp), np.full(runs, products.current, np.intp)]
    if not len(every):
        return Changes(np.stack([np.full(runs, -products.done), np.full(runs, np.inf)]), np.stack(made))
    first = _amount(products, made[1], random, products.done)
    left = first - products.done
    at = [np.full(runs, -products.done), left if products.whole else left * random.random(runs)]
    while float(at[-1].min()) < most and len(at) < MOST_CHANGES:
        made.append(_next(products, made[-1], random))
        at.append(at[-1] + _amount(products, made[-1], random, 0.0))
    return Changes(np.stack(at), np.stack([*made, _next(products, made[-1], random)])[1:])


def _next(products: ProductModel, current: NDArray[np.intp], random: np.random.Generator) -> NDArray[np.intp]:
    """As often as it followed; any other where nothing ever did."""
    found = current.copy()
    for product in np.unique(current).tolist():
        mine = current == product
        others = [place for place in range(len(products.names)) if place != product]
        found[mine] = random.choice(list(products.after[product]) or others, int(mine.sum()))
    return found


def _amount(products: ProductModel, current: NDArray[np.intp], random: np.random.Generator, beyond: float) -> Floats:
    """Pieces made at a time, more than `beyond`."""
    found = np.empty(len(current))
    every = np.concatenate(products.amounts)
    for product in np.unique(current).tolist():
        mine = current == product
        known = products.amounts[product] if len(products.amounts[product]) else every
        blur = AMOUNT_SCATTER / len(known) if len(known) < FEW else 0.0
        n = int(mine.sum())
        longer = known[known > beyond]
        if len(longer):
            found[mine] = random.choice(longer, n) * np.exp(random.normal(0.0, blur, n))
        else:  # more than ever before: it may end at any time
            found[mine] = beyond + random.exponential(AMOUNT_SCATTER * float(known.mean()), n)
    return np.maximum(found, beyond)


def starts_waiting(state: LineState, kind: int, runs: int) -> NDArray[np.bool_]:
    """Machine x run: whether a machine waits so at the beginning."""
    return np.repeat(np.array([[now.spell == kind] for now in state.machines], np.bool_), runs, axis=1)
