"""What was put into a history comes out of its fit, and what is not known makes intervals wide."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.forecast.lines import BEGIN, history, two_machines
from twin.core.errors import Misconfigured
from twin.core.instant import HOUR, MINUTE
from twin.forecast.calibrate import calibrate
from twin.forecast.forecast import forecast
from twin.forecast.hindcast import checked, recorded
from twin.forecast.lifetime import distance, fit_lifetime
from twin.forecast.standing import standing


def test_rate_failures_and_repairs_of_a_machine_are_found() -> None:
    model = calibrate(history(200, 1, rate=1.5, mean_s=900.0, lasts_s=100.0, bad=0.02))
    one = model.machines[0]
    assert one.any_rate == pytest.approx(1.5, rel=0.01)
    assert [mode.cause for mode in one.modes] == ["down"]
    assert one.modes[0].life.mean == pytest.approx(900.0, rel=0.1)
    assert one.modes[0].life.shape == 1.0
    assert one.modes[0].lengths.mean() == pytest.approx(100.0, rel=0.15)
    assert one.rejects / one.counted == pytest.approx(0.02, rel=0.1)
    errors = {(fit.quantity, fit.kind): fit.error for fit in model.fits}
    assert errors["running until down", "ks"] < 0.06
    assert errors["length of down", "drift"] < 0.15


@pytest.mark.parametrize(("shape", "aged"), [(1.0, False), (4.0, True), (0.5, True)])
def test_age_is_believed_only_where_the_lives_say_so(shape: float, aged: bool) -> None:
    lives = 1000.0 * np.random.default_rng(3).weibull(shape, 60)
    law = fit_lifetime(lives, 100.0)
    assert (law.shape != 1.0) is aged
    assert law.shape == pytest.approx(shape, rel=0.3)
    assert law.ks is not None
    assert law.ks < 0.2
    drawn, scale = law.draw(4000, np.random.default_rng(1))
    assert np.median(drawn) == pytest.approx(law.shape, rel=0.05)
    assert np.median(scale) == pytest.approx(1000.0, rel=0.4)


def test_with_few_lives_the_scale_is_open() -> None:
    few, many = (fit_lifetime(np.full(n, 1000.0), 0.0) for n in (3, 300))
    spread = [np.subtract(*np.quantile(law.draw(2000, np.random.default_rng(1))[1], (0.9, 0.1))) for law in (few, many)]
    assert spread[0] > 5 * spread[1]


def test_distance_of_a_law_from_its_own_quantiles_is_small() -> None:
    at = -1000.0 * np.log1p(-(np.arange(200) + 0.5) / 200)
    assert distance(at, 1.0, 1000.0) == pytest.approx(0.0025, abs=1e-6)
    assert distance(at, 1.0, 300.0) > 0.3


def test_the_longer_the_history_the_narrower_the_interval() -> None:
    widths = []
    for hours in (4, 100):
        past = history(hours, 7, mean_s=1800.0, lasts_s=600.0)
        model = calibrate(past)
        found = forecast(model, standing(model, past, 8 * HOUR), 8 * HOUR, 300, 1)
        widths.append(found.pieces.p90 - found.pieces.p10)
    assert widths[0] > 1.3 * widths[1]


def test_too_little_history_is_refused_with_what_is_there_and_what_is_needed() -> None:
    with pytest.raises(Misconfigured, match="1 h of it are recorded; a forecast needs 2 h"):
        calibrate(history(1, 1))
    assert "only 3 h are recorded" in calibrate(history(3, 1)).notes[0]


def test_a_machine_without_pieces_is_refused() -> None:
    past = history(8, 1)
    silent = replace(past.machines[0], total=past.machines[0].total * 0, good=past.machines[0].good * 0)
    with pytest.raises(Misconfigured, match="no piece of it was counted"):
        calibrate(replace(past, machines=[silent]))


def test_a_model_knows_nothing_of_what_came_after_its_instant() -> None:
    past = history(40, 5)
    at = BEGIN + 20 * HOUR
    assert past.before(at).before(at).until == at
    cut, short = calibrate(past.before(at)), calibrate(replace(past, until=at).before(at))
    assert cut.digest == short.digest
    assert cut.digest != calibrate(past).digest
    assert recorded(past, cut, at, at + HOUR) == past.machines[0].good[20 * 60 : 21 * 60].sum()


def test_a_buffer_that_was_never_empty_nor_full_has_a_range() -> None:
    model = calibrate(two_machines(history(8, 1), 100))
    buffer = model.buffers[0]
    assert (buffer.lowest, buffer.highest) == (0.0, 100.0)
    assert next(fit for fit in model.fits if fit.quantity == "level now").error == 1.0


def test_hindcasts_of_a_line_that_the_model_describes_leave_it_as_it_is() -> None:
    past = history(60, 11)
    model = checked(calibrate(past), past, 2 * HOUR, 1)
    assert model.check.hindcasts == 10
    assert abs(model.check.bias) < 0.5
    assert 0.8 < model.check.spread < 1.6
    throughput = model.fits[-1]
    assert throughput.kind == "throughput"
    assert abs(throughput.value - 1.0) < 0.05
    assert past.until % MINUTE == 0
