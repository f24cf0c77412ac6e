"""What stations make, hold and take is told in units that fit together along the flow."""

from __future__ import annotations

import pytest

from tests.unit.model.stand_ins import problems


def line(first: str, buffer: str, second: str) -> list[str]:
    a = f"a: {{from: s7, tags: {{x: {{node: x}}}}{first}}}"
    b = f"b: {{from: s7, tags: {{x: {{node: y}}}}{second}}}"
    text = f"""\
connections: {{s7: {{opcua: "opc.tcp://a"}}}}
lines:
  l:
    flow: [a, {{buffer: 200 {buffer}}}, b]
    machines: {{{a}, {b}}}
"""
    return [one.removeprefix("plant.yaml:4: lines.l.flow") for one in problems(text)]


@pytest.mark.parametrize(
    ("first", "buffer", "second"),
    [
        (", makes: bottle", "bottle", ", makes: {case: 12 bottle}"),
        (", makes: {pack: 6 bottle}", "bottle", ", makes: {case: 24 bottle}"),
        (", makes: {pack: 6 bottle}", "pack", ", makes: {case: 4 pack}"),
        (", makes: bottle", "bottle", ""),
        ("", "bottle", ", makes: {case: 12 bottle}"),
        ("", "bottle", ""),
        (", makes: blank", "blank", ", makes: bottle"),
    ],
)
def test_what_fits(first: str, buffer: str, second: str):
    assert line(first, buffer, second) == []


def test_a_buffer_of_what_nobody_beside_it_counts():
    assert line(", makes: bottle", "can", ", makes: {case: 12 bottle}") == [
        "[1]: holds can, and the stations beside it count bottle or case"
    ]


def test_a_machine_that_takes_what_nobody_makes():
    assert line(", makes: can", "can", ", makes: {case: 12 bottle}") == [
        "[2]: machine 'b' takes bottle, and the station before it makes can"
    ]
