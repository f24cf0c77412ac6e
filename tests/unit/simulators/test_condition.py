"""What a machine shows in a condition that its encoding does not know."""

import pytest

from simulators.condition import Condition, shown_as


@pytest.mark.parametrize("condition", Condition)
def test_a_machine_shows_what_it_knows(condition):
    assert shown_as(condition, set(Condition)) is condition
    assert shown_as(condition, {Condition.RUNNING}) in {Condition.RUNNING, Condition.STARVED}


def test_an_old_machine_knows_down_and_running_only():
    contacts = {Condition.RUNNING, Condition.ABORTED}
    shown = {condition: shown_as(condition, contacts) for condition in Condition}
    assert shown[Condition.REPAIRED] is shown[Condition.HELD] is Condition.ABORTED
    assert shown[Condition.CHANGEOVER] is shown[Condition.OFF] is shown[Condition.BLOCKED] is Condition.STARVED
