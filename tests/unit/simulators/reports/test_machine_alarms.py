"""A machine's own alarms stand from its stop until somebody resets it."""

import pytest

from simulators.condition import Condition
from simulators.reports.machine_alarms import AlarmSpec, MachineAlarms
from simulators.stoppage import Stop

SPECS = {"jam": AlarmSpec(12, "jam at the infeed"), "no caps": AlarmSpec(3, "hopper empty")}


def test_an_alarm_stands_from_the_stop_to_its_reset():
    alarms, jam = MachineAlarms(SPECS), Stop("jam", [])
    alarms.follow(None, Condition.RUNNING, 0)
    for now, condition in enumerate((Condition.ABORTING, Condition.ABORTED, Condition.REPAIRED), start=10):
        alarms.follow(jam, condition, now)
        assert (alarms.code, alarms.word) == (12, 1 << 11)
    for now, condition in enumerate((Condition.CLEARING, Condition.STOPPED, Condition.IDLE), start=20):
        alarms.follow(jam, condition, now)
        assert (alarms.code, alarms.word) == (0, 0)
    alarms.follow(None, Condition.RUNNING, 30)
    assert [(a.code, a.text, a.on, a.off) for a in alarms.past] == [(12, "jam at the infeed", 10, 20)]


def test_each_stop_is_told_anew_and_others_are_not_told():
    alarms = MachineAlarms(SPECS)
    for now, cause in enumerate(("no caps", "roll change", "no caps", "jam")):
        alarms.follow(Stop(cause, []), Condition.STOPPED, now)
    assert [(a.code, a.on, a.off) for a in alarms.past] == [(3, 0, 1), (3, 2, 3), (12, 3, None)]


def test_numbers_begin_at_one():
    with pytest.raises(ValueError, match="alarm 'jam' has the number 0"):
        AlarmSpec(0, "jam")
