"""Switches are chosen by name, and a wrong one is told before anything starts."""

import pytest

from simulators.wire.nasty import SWITCHES
from simulators.wire.nasty.switch import ANY, MOMENT, START, choose


def test_names_and_instants_are_read():
    chosen = choose(["long-ids", "restart@2m", "statuses", "silent@30s"], SWITCHES)
    assert [(one.switch.name, one.after_s) for one in chosen] == [
        ("long-ids", None),
        ("restart", 120.0),
        ("statuses", None),
        ("silent", 30.0),
    ]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["lon-ids"], "no nasty 'lon-ids'; there are: special-ids, long-ids, "),
        (["restart"], "write restart@2m"),
        (["long-ids@2m"], "takes no instant: write long-ids"),
        (["restart@soon"], "no nasty 'restart@soon'"),
        (["long-ids", "guid-ids"], "'long-ids' and 'guid-ids' both change the kind of identifiers"),
    ],
)
def test_a_wrong_choice_is_one_error(names, message):
    with pytest.raises(ValueError, match=message):
        choose(names, SWITCHES)


def test_those_that_change_different_things_join():
    assert len(choose(["guid-ids", "host-in-namespace", "array", "clock-behind", "restart@1m"], SWITCHES)) == 5


@pytest.mark.parametrize("switch", SWITCHES.values(), ids=SWITCHES.keys())
def test_every_switch_says_in_one_line_what_it_does_and_what_a_good_client_shows(switch):
    assert switch.name == switch.name.lower()
    assert switch.wire in {"opcua", "mqtt"}
    assert switch.begins in {START, ANY, MOMENT}
    for text in (switch.effect, switch.shows):
        assert 0 < len(text) < 100
        assert not text.endswith(".")
        assert "\n" not in text
