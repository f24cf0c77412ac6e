"""Scores and alerts of a watched machine: what counts and what does not, when an alert opens and ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.unit.health.a_plant import BEGIN, MODEL, SECOND, lived, make_folds, model_event
from twin.core.batch import Batch
from twin.core.event import MODEL_REFUSED, Event
from twin.core.fold import Record, Step, step_all
from twin.core.instant import DAY
from twin.core.rows import Rows, in_order, samples_of
from twin.health.alert import outlook_of
from twin.health.condition import Condition
from twin.health.forecast import LONGEST_S
from twin.health.reading import ConditionNow, alerts, conditions, to_learn
from twin.health.watch import WINDOW

MINUTE = 60 * SECOND


def folded(item: Batch, *events: Event, minutes: int = 40) -> tuple[Condition, list[Record]]:
    """Machine `a` after these samples and events, in one step."""
    folds = make_folds((0,))
    r = in_order(samples_of([(1, item)]))
    rows = Rows(r.tag, r.time, r.value, r.status, r.recorded)
    records = step_all(folds, Step(BEGIN - 1, BEGIN + minutes * MINUTE + 1, rows, events))
    fold = folds[-1]
    assert isinstance(fold, Condition)
    return fold, [record for record in records if record.kind == "alert"]


def now(fold: Condition, minutes: int = 40) -> ConditionNow:
    [found] = conditions(fold, BEGIN + minutes * MINUTE)
    return found


def changed(item: Batch, tag: int, since_s: int, value: float | None = None, status: int | None = None) -> Batch:
    """The samples with another value or status of one tag from an instant on."""
    hit = (item.tag == tag) & (item.time >= BEGIN + since_s * SECOND)
    values = item.value if value is None else np.where(hit, value, item.value)
    statuses = item.status if status is None else np.where(hit, np.uint32(status), item.status)
    return replace(item, value=values, status=statuses)


LEARNT = model_event(BEGIN)


def test_a_good_machine_stays_below_its_limit_and_has_a_trend():
    fold, told = folded(lived(1, 40), LEARNT)
    found = now(fold)
    assert (found.state, found.onset, told) == ("watching", None, [])
    assert len(found.trend) >= 20
    assert max(score for _, score in found.trend) < 1.0
    assert all(a < b for (a, _), (b, _) in zip(found.trend[:-1], found.trend[1:], strict=True))


def test_wear_is_told_with_tag_onset_and_time_left():
    fold, told = folded(lived(1, 40, 600, 0.05), LEARNT)
    found = now(fold)
    [alert] = alerts(fold)
    assert (found.state, told) == ("alert", [])
    assert found.tags[0][0] == "a/vibration"
    assert found.tags[0][1] > 0.9
    assert found.onset is not None
    assert BEGIN + 10 * MINUTE <= found.onset <= BEGIN + 15 * MINUTE
    assert alert.onset == found.onset < alert.start < BEGIN + 20 * MINUTE
    assert found.outlook is not None
    assert found.outlook.forecast is not None
    assert found.outlook.text == "vibration to 9 mm/s, its highest alarm limit"
    assert alert.forecast is not None
    assert alert.made_at >= alert.start


def test_bad_and_uncertain_samples_are_not_judged():
    for status in (0x80000000, 0x40000000):
        fold, told = folded(changed(changed(lived(1, 40), 2, 600, 30.0), 2, 600, status=status), LEARNT)
        assert (now(fold).state, told) == ("watching", [])


def test_values_that_mean_no_value_are_not_judged():
    for none in (99.0, np.nan):
        assert now(folded(changed(lived(1, 40), 1, 600, none), LEARNT)[0]).state == "watching"


def test_a_stuck_sensor_is_no_alert_where_it_used_to_move():
    stuck = changed(lived(1, 40), 2, 600, 2.5)
    assert now(folded(stuck, LEARNT)[0]).state == "watching"
    quiet = model_event(BEGIN, model=replace(MODEL, moves=(1, 0, 0)))
    assert now(folded(stuck, quiet)[0]).state == "alert"


def test_one_wild_value_is_no_alert_and_soon_forgotten():
    item = lived(1, 40)
    wild = (item.tag == 2) & (item.time == BEGIN + 20 * MINUTE)
    fold, told = folded(replace(item, value=np.where(wild, 1e9, item.value)), LEARNT)
    assert (now(fold).state, told) == ("watching", [])
    assert now(fold).score is not None
    assert (now(fold).score or 0) < 1.0


def test_a_cold_machine_is_normal_and_a_hot_one_is_not():
    assert now(folded(changed(lived(1, 40), 3, 600, 20.0), LEARNT)[0]).state == "watching"
    hot = now(folded(changed(lived(1, 40), 3, 600, 75.0), LEARNT)[0])
    assert (hot.state, hot.tags[0][0]) == ("alert", "a/temp")
    assert hot.score is not None
    assert round(hot.score, 2) == 1.5


def test_an_alert_ends_when_the_machine_is_normal_again():
    item = lived(1, 60, 600, 0.1)
    mended = (item.tag == 2) & (item.time >= BEGIN + 30 * MINUTE)
    fold, [told] = folded(replace(item, value=np.where(mended, lived(1, 60).value, item.value)), LEARNT, minutes=60)
    assert (now(fold, 60).state, now(fold, 60).onset) == ("watching", None)
    assert BEGIN + 33 * MINUTE < told.end < BEGIN + 50 * MINUTE
    data = dict(told.data)
    assert data["peak"] > data["score"] >= 1
    assert hash(told)


def test_what_happens_while_the_machine_stands_says_nothing():
    item = changed(changed(lived(1, 40), 0, 600, 2.0), 2, 600, 30.0)
    assert now(folded(item, LEARNT)[0]).judged <= BEGIN + 600 * SECOND


def test_the_first_good_windows_wait_for_a_model_and_stay_the_first():
    fold, _ = folded(lived(1, 40))
    [found] = to_learn(fold)
    assert (found.rows.shape, now(fold).learnt, now(fold).state) == ((60, 3), 1.0, "learning")
    assert found.start < BEGIN + MINUTE
    assert found.end < BEGIN + 20 * MINUTE
    model = model_event(found.end)
    assert not list(to_learn(folded(lived(1, 40), model)[0]))


def test_a_refusal_begins_the_learning_anew():
    refused = Event(BEGIN + 20 * MINUTE, MODEL_REFUSED, "a", {"signature": "sign-a", "reason": "it shook"})
    fold, _ = folded(lived(1, 40), refused)
    assert now(fold).refused == "it shook"
    [again] = to_learn(fold)
    assert again.start >= BEGIN + 20 * MINUTE


def test_a_model_of_another_signature_is_none():
    other = Event(BEGIN, LEARNT.kind, "a", {**LEARNT.body, "signature": "other"})
    assert now(folded(lived(1, 40), other)[0]).model is None


def test_a_machine_that_stood_for_weeks_has_no_forecast_of_years():
    fold = make_folds((0,))[-1]
    assert isinstance(fold, Condition)
    table, recent = fold.state["machine"], fold.state["recent"]
    end = BEGIN // WINDOW + np.arange(60) + np.where(np.arange(60) < 20, 0, 90 * DAY // WINDOW)
    recent.window[0, -60:] = end
    recent.mean[0, -60:, 1] = 2 + 0.05 * np.arange(60) + 0.01 * np.sin(np.arange(60))
    table.centre[0, 1], table.shares[0, 1], table.onset[0] = 1.4, 1.0, BEGIN - WINDOW
    found, text, _ = outlook_of(fold.watches[0], table, recent, 0)
    assert found is None or found.p90_s <= LONGEST_S
    assert "more than 7 days" in text
