"""Which products a line makes after each other, and how many pieces of one at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.forecast.history import Curve, Made
from twin.forecast.model import ProductModel


def sequence(
    products: Sequence[Made], at: int, curves: Sequence[tuple[Curve, int]], begins: int
) -> ProductModel | None:
    """None where one product is made only. curves: of the station's machines, with the line pieces of a count."""
    told = [one for one in products if one.end > one.start]
    names = sorted({name_of(one) for one in told})
    if len(names) < 2:
        return None
    edges = np.array([[one.start, one.end] for one in told], np.int64)
    made = sum((content * np.diff(curve.at(edges.ravel()).reshape(-1, 2))[:, 0] for curve, content in curves), 0.0)
    pieces = np.asarray(made, np.float64)
    amounts: list[list[float]] = [[] for _ in names]
    after: list[list[int]] = [[] for _ in names]
    place = [names.index(name_of(one)) for one in told]
    for row in range(len(told) - 1):
        after[place[row]].append(place[row + 1])
        if told[row].start > begins:
            amounts[place[row]].append(float(pieces[row]))
    whole = told[-1].start > begins
    return ProductModel(
        at, names, [np.array(one, np.float64) for one in amounts], after,
        place[-2] if len(place) > 1 else place[-1], place[-1], float(pieces[-1]), whole,
    )  # fmt: skip


def name_of(made: Made) -> str:
    """Of the product, '' where nobody knows."""
    return "" if made.product is None else made.product.name
