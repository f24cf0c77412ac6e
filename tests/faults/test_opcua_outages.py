"""Outages of an OPC UA link, cut and half-open, on two stacks' servers: nothing lost, nothing twice, no gap told.

`python -m tests.faults.opcua_outages` prints what these tests count.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.opcua_outages import FAULTS, SERVERS, outage, restart
from tests.wire.opcua.test_node_opcua import pytestmark as needs_node

pytestmark = needs_node


async def all_at_once(seconds: float, folder) -> None:
    """Most of an outage is waiting, so they wait together."""
    which = [(server, fault) for server in SERVERS for fault in FAULTS]
    counted = await asyncio.gather(*(outage(s, f, seconds, folder / f"{s}-{f}") for s, f in which))
    for one in counted:
        assert (one.lost, one.duplicates, one.gaps) == (0, 0, 0), str(one)


async def test_outage_of_5_s_loses_nothing(tmp_path) -> None:
    await all_at_once(5, tmp_path)


@pytest.mark.slow
async def test_outage_of_30_s_loses_nothing(tmp_path) -> None:
    await all_at_once(30, tmp_path)


async def test_a_killed_server_is_back_by_itself(tmp_path) -> None:
    """How soon is printed by the command; that it comes is tested."""
    assert await restart(tmp_path) > 0
