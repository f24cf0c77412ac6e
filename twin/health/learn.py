"""Learns what is normal from a machine's own good hours. Outside the folds: numpy's linear algebra is allowed here.

The first two thirds of the rows are fitted, the last third only sets the limits: what a model says of rows that it was
fitted to is too good.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.health.model import NormalModel
from twin.health.score import ALPHA

Matrix = NDArray[np.float64]

LEAST_ROWS = 60
"""Ten minutes of running: less is nothing to learn from."""
RAW_FACTOR = 2.5
"""The limit of one window, in largest distances of the last third."""
SMOOTH_FACTOR = 3.0
"""The same of smoothed distances: they are small, and a slow wander of a healthy machine must not pass."""
LEAST_SCALE = 0.002
"""A tag's scale is at least this share of its level: a quieter sensor is not believed to be so exact."""
LEAST_VARIANCE = 0.2
"""Directions in which the tags hardly vary together count with at least this variance: no more than sqrt(5) fold."""
STILL_WARMING = 0.2
"""A temperature that comes higher in the last third than before, by this share of its margin, is still warming up."""
UNSTEADY = 4.0
"""The last third may lie so many scales away from the rest on average."""


class Unfit(Exception):
    """These rows are no normal running: the text says why."""


def learn(rows: Matrix, stood: NDArray[np.bool_], margins: NDArray[np.float64], names: list[str]) -> NormalModel:
    """A model of rows (windows, tags), in the order of time. stood: whether a tag did not move in one.

    margins: of temperatures, 0 for other tags. names: for what is said. Raises Unfit.
    """
    if len(rows) < LEAST_ROWS or not np.isfinite(rows).all():
        raise Unfit(f"{len(rows)} windows of running with a value of every tag, and {LEAST_ROWS} are needed")
    cut = 2 * len(rows) // 3
    slow = margins > 0
    _check_warm(rows[:cut], rows[cut:], margins, names)
    centre, slope = _expected(_tamed(rows[:cut]), slow)
    low, high = rows.min(axis=0), rows.max(axis=0)
    residual = rows - centre - (rows - centre) @ slope.T
    residual[:, slow] = 0.0
    scale = np.maximum(_tamed(residual[:cut]).std(axis=0), LEAST_SCALE * np.abs(centre))
    scale = np.where((scale > 0) & ~slow, scale, 1.0)
    z = residual / scale
    _check_steady(z[cut:], names)
    phi = _weights(_tamed(z[:cut]), slow)
    raw, smooth = _distance(z, phi), _distance(_smoothed(z), phi)
    quick = int((~slow).sum())
    return NormalModel(
        centre=tuple(centre.tolist()),
        slope=tuple(tuple(row) for row in slope.tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
        scale=tuple(scale.tolist()),
        phi=tuple(tuple(row) for row in phi.tolist()),
        limit_raw=RAW_FACTOR * max(float(raw[cut:].max()), float(np.sqrt(quick))),
        limit_smooth=SMOOTH_FACTOR * max(float(smooth[cut:].max()), float(np.sqrt(quick * ALPHA))),
        slow=tuple(slow.astype(int).tolist()),
        moves=tuple((~stood).astype(int).tolist()),
    )


def _tamed(rows: Matrix) -> Matrix:
    """Rows with what stands far out brought in: one wild window must not widen the model."""
    middle = np.median(rows, axis=0)
    reach = 5 * 1.4826 * np.median(np.abs(rows - middle), axis=0)
    return np.where(reach > 0, np.clip(rows, middle - reach, middle + reach), rows)


def _expected(rows: Matrix, slow: NDArray[np.bool_]) -> tuple[Matrix, Matrix]:
    """(centre, slope): the quick tags over the temperatures, where these explain a fifth of what a tag does."""
    centre = rows.mean(axis=0)
    slope = np.zeros((rows.shape[1], rows.shape[1]))
    context = rows[:, slow] - centre[slow]
    if not slow.any() or not context.any():
        return centre, slope
    quick = rows - centre
    gram = context.T @ context
    found = np.linalg.solve(gram + 1e-3 * np.trace(gram) * np.eye(len(gram)), context.T @ quick).T
    left = ((quick - context @ found.T) ** 2).sum(axis=0)
    explains = ~slow & (left < 0.8 * (quick**2).sum(axis=0))
    slope[np.ix_(explains, slow)] = found[explains]
    return centre, slope


def _weights(z: Matrix, slow: NDArray[np.bool_]) -> Matrix:
    """Inverse of the correlation of the quick tags, no direction with less than LEAST_VARIANCE (T2 and SPE in one)."""
    phi = np.zeros((len(slow), len(slow)))
    if slow.all():
        return phi
    values, axes = np.linalg.eigh(np.atleast_2d(np.cov(z[:, ~slow], rowvar=False)))
    phi[np.ix_(~slow, ~slow)] = (axes / np.maximum(values, LEAST_VARIANCE)) @ axes.T
    return (phi + phi.T) / 2


def _distance(z: Matrix, phi: Matrix) -> Matrix:
    return np.sqrt(np.maximum(((z @ phi) * z).sum(axis=1), 0.0))


def _smoothed(z: Matrix) -> Matrix:
    """As the fold smooths it, from nothing on."""
    found = np.zeros_like(z)
    held = np.zeros(z.shape[1])
    for row, one in enumerate(z):
        held = held + ALPHA * (one - held)
        found[row] = held
    return found


def _check_warm(first: Matrix, last: Matrix, margins: Matrix, names: list[str]) -> None:
    rise = last.max(axis=0) - first.max(axis=0)
    for name, by, margin in zip(names, rise.tolist(), margins.tolist(), strict=True):
        if margin and by > STILL_WARMING * margin:
            raise Unfit(f"{name} still rose by {by:.1f} in the last third")


def _check_steady(last: Matrix, names: list[str]) -> None:
    away = np.abs(last.mean(axis=0))
    for name, by in zip(names, away.tolist(), strict=True):
        if by > UNSTEADY:
            raise Unfit(f"{name} was {by:.0f} times its scatter away from before in the last third")
