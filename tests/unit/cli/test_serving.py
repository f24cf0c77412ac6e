"""What holds while a twin is served."""

from __future__ import annotations

import sys

import pytest

from twin.cli.serving import TURN_S, short_turns


def test_threads_give_way_sooner_while_it_serves() -> None:
    before = sys.getswitchinterval()
    with short_turns():
        assert sys.getswitchinterval() == pytest.approx(TURN_S)
    assert sys.getswitchinterval() == before
