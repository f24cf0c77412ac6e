"""A rule tried on what was seen: of several nodes, as the Connect page ticks them."""

from __future__ import annotations

import pytest

from twin.core.errors import Misconfigured
from twin.core.instant import SECOND
from twin.core.ports import Seen
from twin.runtime.preview import preview

NOW = 1_700_000_000 * SECOND
RULES = [{"is": "running", "when": "state > 1"}, {"is": "idle"}]


def seen(name: str, *values: tuple[int, float]) -> list[Seen]:
    return [Seen(name, NOW - ago * SECOND, value, f"{value:g}", 0) for ago, value in values]


def test_rules_over_two_nodes_of_which_one_counts() -> None:
    values = {
        "state": seen("s", (60, 3.0), (30, 1.0), (10, 2.0)),
        "total": seen("t", *((ago, 100.0 - ago) for ago in range(60, 0, -5))),
    }
    found = preview(RULES, values, ["total"], NOW)
    told = [(state, (NOW - start) // SECOND, (NOW - end) // SECOND) for state, start, end in found]
    assert told == [("running", 60, 30), ("idle", 30, 10), ("running", 10, 0)]


def test_a_rule_that_names_no_node_is_told() -> None:
    with pytest.raises(Misconfigured, match="stat"):
        preview([{"is": "running", "when": "stat > 1"}], {"state": seen("s", (60, 3.0))}, [], NOW)
