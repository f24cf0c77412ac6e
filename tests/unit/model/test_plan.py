"""What another plant file changes: every kind with its text and its effect on history."""

from __future__ import annotations

import pytest

from connectors import mqtt, opcua
from tests.unit.model.stand_ins import EXAMPLE, loaded
from twin.core.instant import from_text
from twin.core.scales import differ_from
from twin.model.plan.change import Change
from twin.model.plan.changes import changes
from twin.model.plan.pair import Pair
from twin.model.plan.scales import readings, unlike
from twin.model.plan.tags import PLACES

NOW = from_text("2026-12-01T00:00Z")
OLD = """\
timezone: Europe/Prague
connections: {s7: {opcua: "opc.tcp://a", user: u, password: one}, s8: {opcua: "opc.tcp://b"}}
products: {cola: {code: 1, ideal: {filler: 60/min}}}
shifts: {early: "06:00-14:00"}
types:
  filler:
    tags: {total: {node: t, counter: {}}, st: {node: s},
           temp: {node: x, raw: [0, 10], range: [0, 100], alarms: [{high: 85}]}}
    counts: {total: total}
    state: [{when: "st > 1", is: running}, {is: idle}]
lines:
  l1: {machines: {f1: {type: filler, from: s7, node: A}}}
  l2: {machines: {f2: {type: filler, from: s8, node: B}}}
"""


def told(*replaced: tuple[str, str], text: str = OLD) -> list[str]:
    new = text
    for before, after in replaced:
        assert before in new
        new = new.replace(before, after)
    return [str(one) for one in changes(loaded(text), loaded(new), now=NOW)]


@pytest.mark.parametrize("text", [OLD, EXAMPLE.read_text("utf-8")])
def test_a_plant_is_like_itself(text: str) -> None:
    assert changes(loaded(text), loaded(text)) == []
    assert changes(loaded(text), loaded(f"# a word\n\n{text}")) == []


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("high: 85", "high: 90", ["plant.yaml:8: changed alarm {}/temp~high: limit 85 -> 90; from now on"]),
        (
            "[{high: 85}]",
            "[{low: 5, delay: 15s}]",
            [
                "plant.yaml:8: added alarm {}/temp~low: low 5, delay 15s, priority 3; from now on",
                "plant.yaml:8: removed alarm {}/temp~high; from now on",
            ],
        ),
        ("[0, 100]", "[0, 200]", ["plant.yaml:8: changed scale {}/temp: factor 10 -> 20; from now on"]),
        (
            "range: [0, 100]",
            "range: [0, 100], scales: [{from: 2026-11-20T06:00, to: 2026-11-27T06:00, raw: [0, 10], range: [0, 50]}]",
            [
                "plant.yaml:8: added dated scale {}/temp: 2026-11-20T05:00:00Z to 2026-11-27T05:00:00Z factor 5, "
                "offset 0; mends the past since 2026-11-20T05:00:00Z"
            ],
        ),
        (
            "range: [0, 100]",
            "range: [0, 100], scales: [{from: 2030-01-01Z, bad: [3]}]",
            [
                "plant.yaml:8: added dated scale {}/temp: from 2030-01-01T00:00:00Z factor 10, offset 0, bad 3; "
                "from 2030-01-01T00:00:00Z on"
            ],
        ),
        (
            "range: [0, 100]",
            "range: [0, 100], scales: [{from: 2026-11-20Z, to: 2026-11-21Z, raw: [0, 1], range: [0, 10]}]",
            [
                "plant.yaml:8: added dated scale {}/temp: 2026-11-20T00:00:00Z to 2026-11-21T00:00:00Z factor 10, "
                "offset 0; no effect"
            ],
        ),
        ("range: [0, 100]", "range: [0, 100], unit: degC",
         ["plant.yaml:8: changed unit {}/temp: none -> degC; for the past too"]),
        ("counter: {}", "counter: {wraps: 256}",
         ["plant.yaml:7: changed counter {}/total: wraps 0 -> 256; from now on"]),
        ("st: {node: s}", "st: {node: s, display: State}",
         ["plant.yaml:7: changed display {}/st: none -> State; for the past too"]),
        ("st > 1", "st > 2", ["changed state rules {}: `running` when st > 1 -> `running` when st > 2; from now on"]),
        ("counts: {total: total}", "micro_stop: 30s",
         ["changed counts {}: total {}/total -> none; for the past too",
          "changed machine {}: micro_stop 1min -> 30s; for the past too"]),
    ],
)  # fmt: skip
def test_what_a_type_says_is_told_of_each_machine(before: str, after: str, lines: list[str]) -> None:
    assert sorted(told((before, after))) == sorted(
        line.replace("{}", machine) for machine in ("l1/f1", "l2/f2") for line in lines
    )


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("code: 1,", "code: 2,", ["changed product cola: code 1 -> 2; from now on"]),
        ("60/min", "30/min", ["changed product cola: ideal of filler 1 s -> 2 s; from now on"]),
        ("cola:", "cola05:", ["added product cola05; from now on", "removed product cola; from now on"]),
        ("06:00-14:00", "06:00-15:00", ["changed shift early; for the past too"]),
        ("Europe/Prague", "UTC", ["changed plant plant: timezone Europe/Prague -> UTC; for the past too"]),
        ("shifts:", "calendar: {2026-12-24: closed}\nshifts:", ["added day 2026-12-24; for the past too"]),
        ("lines:", "history: {keep: 30d}\nlines:",
         ["changed retention history: keep for ever -> 30d; forgets of the past"]),
        ("lines:", "history: {groups: {hot: {tags: '*', keep: 9d}}}\nlines:",
         ["added retention history.groups.hot: keep for ever -> 9d; forgets of the past"]),
        ("password: one", "password: two",
         ["plant.yaml:2: changed connection s7: password is another one, connects again; from now on"]),
        ('b"}', 'b", wait: 5s}', ["plant.yaml:2: changed connection s8: wait 1s -> 5s; from now on"]),
        ("connections: {", 'connections: {m: {mqtt: "mqtt://u:p@h"}, ',
         ["plant.yaml:2: added connection m: mqtt mqtt://h; from now on"]),
        ("lines:", 'outlets: {ts: {tsdb: "http://h", bucket: b}}\nlines:',
         ["plant.yaml:11: added outlet ts: gets all that the log has; from now on"]),
        ("f1: {", "f1: {display: Filler, ", ["changed machine l1/f1: display none -> Filler; for the past too"]),
        ("l1: {", "l1: {product: {tag: f1/st}, ", ["changed line l1: product none -> l1/f1/st; from now on"]),
        ("l1: {", "l1: {output: [f1], ", ["changed line l1: output none -> f1; for the past too"]),
        ("l1: {", "l1: {product: {tag: l2/f2/st}, ",
         ["changed line l1: product none -> l2/f2/st; from now on",
          "changed folding l1 + l2: together: what comes late for one of them folds all of them again; from now on"]),
    ],
)  # fmt: skip
def test_what_stands_once(before: str, after: str, lines: list[str]) -> None:
    assert told((before, after)) == lines


NAMES = ("total", "st", "temp")


def test_a_machine_that_goes_or_comes() -> None:
    fewer = OLD.replace("  l2: {machines: {f2: {type: filler, from: s8, node: B}}}\n", "")
    gone = [str(one) for one in changes(loaded(OLD), loaded(fewer))]
    assert gone == [
        *(f"removed tag l2/f2/{name}: what it has stays and can be read; series ends" for name in NAMES),
        "removed line l2: what it showed stays; from now on",
        "removed machine l2/f2: its state ends, what it showed stays; from now on",
        "plant.yaml:2: changed connection s8: its tags are others, connects again; from now on",
    ]  # fmt: skip
    assert [str(one) for one in changes(loaded(fewer), loaded(OLD))] == [
        *(f"plant.yaml:{7 + (name == 'temp')}: added tag l2/f2/{name}; from now on" for name in NAMES),
        "added line l2; from now on",
        "added machine l2/f2: a filler; from now on",
        "plant.yaml:2: changed connection s8: its tags are others, connects again; from now on",
    ]


TAGS = 'connections: {s7: {opcua: "opc.tcp://a"}, s8: {opcua: "opc.tcp://b"}}\ntags:\n  a: {from: s7, node: x}\n'


def test_a_tag_that_is_renamed_moved_or_of_another_type() -> None:
    wired = "plant.yaml:1: changed connection s7: its tags are others, connects again; from now on"
    renamed = told(("  a: {", "  b: {was: a, "), text=TAGS)
    assert renamed == ["plant.yaml:3: renamed tag b: was a; series goes on", wired]
    moved = told(("node: x", "node: y"), text=TAGS)
    assert moved == ["plant.yaml:3: moved tag a: node x -> y; from now on", wired]
    elsewhere = told(("from: s7", "from: s8"), text=TAGS)
    assert elsewhere == [
        "plant.yaml:3: moved tag a: connection s7 -> s8; from now on", wired, wired.replace("s7", "s8")
    ]  # fmt: skip
    text = "number -> text: a tag never changes its type: give it another name; refused"
    assert told(("node: x", "node: x, type: text"), text=TAGS)[0] == f"plant.yaml:3: changed tag a: {text}"


def test_a_series_that_a_folder_has_decides() -> None:
    old, new = loaded(TAGS), loaded(TAGS + "  b: {from: s7, node: y, was: c}\n")
    known = {"a": "number", "b": "number"}
    assert str(changes(old, new, known, {})[0]) == "plant.yaml:4: added tag b: it has samples already; series goes on"
    known = {"a": "number", "c": "number"}
    assert str(changes(old, new, known, {})[0]) == "plant.yaml:4: renamed tag b: was c; series goes on"
    known = {"a": "number", "c": "text"}
    fact = "was c: that was a text tag and a tag never changes its type"
    assert str(changes(old, new, known, {})[0]) == f"plant.yaml:4: added tag b: {fact}; from now on"
    known = {"a": "number", "b": "number", "c": "number"}
    fact = "was c: both have samples already, so the earlier ones stay under the former name"
    assert str(changes(old, new, known, {})[0]) == f"plant.yaml:4: added tag b: {fact}; series goes on"


def test_a_machine_keeps_its_rules_and_counts_when_its_tags_are_renamed() -> None:
    new = OLD.replace("total: {node: t,", "made: {node: t, was: total,").replace("total: total", "total: made")
    new = new.replace("st: {node: s}", "state: {node: s, was: st}").replace("st > 1", "state > 1")
    found = changes(loaded(OLD), loaded(new))
    assert [(one.kind, one.what, one.name) for one in found if one.what != "connection"] == [
        ("renamed", "tag", f"{machine}/{name}") for machine in ("l1/f1", "l2/f2") for name in ("made", "state")
    ]


def test_an_outlet_that_is_renamed_goes_on() -> None:
    old = TAGS + 'outlets: {one: {tsdb: "http://h", bucket: b, token: x}}\n'
    assert told(("{one: {", "{two: {was: one, "), text=old) == [
        "plant.yaml:4: renamed outlet two: was one; series goes on"
    ]
    assert told(("token: x", "token: y"), text=old) == [
        "plant.yaml:4: changed outlet one: token is another one; from now on"
    ]
    assert told(('outlets: {one: {tsdb: "http://h", bucket: b, token: x}}\n', ""), text=old) == [
        "removed outlet one: what waits for it is dropped; from now on"
    ]


def test_a_dated_scale_mends_where_numbers_read_otherwise() -> None:
    scaled = TAGS.replace("node: x", "node: x, scales: [{from: 2026-11-01Z, to: 2026-11-20Z, bad: [1]}]")
    longer = scaled.replace("11-20Z", "11-25Z")
    [one] = changes(loaded(scaled), loaded(longer), now=NOW)
    assert (one.kind, one.since, one.until) == (
        "changed",
        from_text("2026-11-20T00:00Z"),
        from_text("2026-11-25T00:00Z"),
    )
    [one] = changes(loaded(longer), loaded(TAGS), now=NOW)
    assert (one.kind, one.said) == ("removed", "mends the past since 2026-11-01T00:00:00Z")
    read = readings(Pair(loaded(scaled), loaded(longer), {}))["a"]
    assert unlike(*read)[0][0] == differ_from(*read)


def test_the_places_of_a_tag_are_those_that_connectors_name() -> None:
    keys = [key for plugin in (mqtt.PLUGIN, opcua.PLUGIN) for key in plugin.tag_keys]
    assert {key.name for key in keys if key.locates} | {"connection"} == PLACES


def test_a_change_without_words() -> None:
    assert str(Change("added", "shift", "late")) == "added shift late; from now on"
