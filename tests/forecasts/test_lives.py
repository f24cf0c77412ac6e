"""The short form of `python -m tests.forecasts`: what the simulator was given comes out of the fit; the slow one a life
of each plant.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.forecasts.lives import WHO, life
from twin.core.instant import HOUR
from twin.forecast.scores import total
from twin.runtime.forecasts import Asked, made_between, made_event, whatif
from twin.testing import twin_line


def test_the_model_of_a_simulated_cell_is_the_one_that_it_was_given() -> None:
    line = twin_line("cnc", seed=3, behind="1m")
    line.run("12h")
    cell = line.plant.lines[0]
    found = whatif(line.twin, line.twin.view(), Asked(cell, HOUR, 60, 1), line.twin.start)
    by_name = {one.name: one for one in found.model.machines}
    for mill in ("mill1", "mill2"):
        rate = {product: 3600 * one for product, one in by_name[mill].rate.items()}
        assert rate["housing"] == pytest.approx(40.0, rel=0.03)
        assert rate["flange"] == pytest.approx(3600 / 65, rel=0.03)
        assert 360 <= by_name[mill].changeover.mean() <= 720
        assert by_name[mill].rejects <= 5
    assert by_name["measure"].any_rate == pytest.approx(1 / 36, rel=0.02)
    products = found.model.products
    assert products is not None
    amounts = {name: np.median(one) for name, one in zip(products.names, products.amounts, strict=True) if len(one)}
    assert amounts["flange"] == pytest.approx(140, rel=0.04)
    assert amounts["bracket"] == pytest.approx(60, rel=0.04)
    event = made_event(found, "somebody")
    assert (event.time, event.subject, event.body["model"]) == (found.forecast.start, cell.path, found.model.digest)
    line.run("65m")
    actual = made_between(line.twin, cell, found.forecast.start, found.forecast.end)
    assert found.forecast.good[0] - 5 <= actual <= found.forecast.good[-1] + 5


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_life_of_each_plant_beats_the_past_and_the_mean_rate() -> None:
    rows = [row for plant in ("packaging", "bottling", "cnc", "pumps") for row in life(plant, 1001, (1, 4), 100)]
    ours, *rivals = (total([row.by[who] for row in rows]) for who in WHO)
    assert ours.coverage is not None
    assert ours.coverage >= 0.5
    assert all((ours.loss or 0.0) < (rival.loss or 0.0) for rival in rivals)
