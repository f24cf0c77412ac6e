"""Learning: the same rows give the same constants, JSON keeps them to the bit, what is not normal is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from twin.core.event import Event
from twin.health.learn import Unfit, learn
from twin.health.model import NormalModel

MARGINS = np.array([0.0, 0.0, 10.0])
NAMES = ["current", "vibration", "temp"]


def good_hour(seed: int = 1) -> np.ndarray:
    """Current that falls as the oil warms, vibration, temperature that comes to rest."""
    rng = np.random.default_rng(seed)
    n = 360
    temp = 60 - 8 * np.exp(-np.arange(n) / 90) + 0.03 * rng.standard_normal(n)
    current = 14 - 0.05 * (temp - 60) + 0.05 * rng.standard_normal(n)
    return np.column_stack([current, 1.4 + 0.02 * rng.standard_normal(n), temp])


def learnt(rows: np.ndarray) -> NormalModel:
    return learn(rows, np.zeros(3, bool), MARGINS, NAMES)


def test_the_same_rows_give_the_same_model():
    assert learnt(good_hour()) == learnt(good_hour().copy())
    assert learnt(good_hour()).digest != learnt(good_hour(2)).digest


def test_constants_come_back_from_the_log_to_the_bit():
    model = learnt(good_hour())
    event = Event(1, "model.learnt", "a", {"constants": model.body()})
    again = NormalModel.of_body(Event.from_bytes(event.to_bytes()).body["constants"])
    assert again == model
    assert again.digest == model.digest
    json.dumps(model.body(), allow_nan=False)


def test_a_tag_that_follows_a_temperature_is_corrected_for_it():
    model = learnt(good_hour())
    assert model.slope[0][2] == pytest.approx(-0.05, abs=0.005)
    assert model.slope[1] == (0.0, 0.0, 0.0)
    assert model.slow == (0, 0, 1)
    assert model.scale[0] == pytest.approx(0.05, rel=0.2)


def test_one_wild_window_widens_the_model_little():
    rows = good_hour()
    rows[100, 1] = 40.0
    assert learnt(rows).scale[1] < 1.3 * learnt(good_hour()).scale[1]


def test_a_sensor_is_not_believed_to_be_perfect():
    rows = good_hour()
    rows[:, 1] = 1.4
    assert learnt(rows).scale[1] == pytest.approx(0.002 * 1.4)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda rows: rows[:59], "59 windows of running with a value of every tag, and 60 are needed"),
        (lambda rows: np.where(rows == rows[7, 1], np.nan, rows), "are needed"),
        (lambda rows: rows + np.outer(np.arange(360) / 60, [0, 0, 1]), "temp still rose by"),
        (lambda rows: rows + np.outer(np.arange(360) > 250, [0, 0.2, 0]), "vibration was .* its scatter away"),
    ],
)
def test_what_is_no_normal_running_is_refused_with_the_reason(spoil, reason: str):
    with pytest.raises(Unfit, match=reason):
        learnt(spoil(good_hour()))


def test_a_pause_in_the_last_third_after_which_it_warms_again_is_normal():
    rows = good_hour()
    rows[300:, 2] -= 10 * np.exp(-np.arange(60) / 30)
    rows[300:, 0] += 0.5 * np.exp(-np.arange(60) / 30)
    assert learnt(rows).high[2] < 61


def test_one_tag_alone_and_only_temperatures_can_be_learnt():
    rows = good_hour()
    alone = learn(rows[:, 1:2], np.zeros(1, bool), MARGINS[:1], ["vibration"])
    assert alone.limit_smooth < alone.limit_raw
    warm = learn(rows[:, 2:], np.zeros(1, bool), MARGINS[2:], ["temp"])
    assert warm.phi == ((0.0,),)
