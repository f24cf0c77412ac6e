"""Our OPC UA connector sits the exam: what it shows today is what docs/reference/nasty-servers.md says.

A better answer fails a test as a worse one does: the table in docs/exam.py is to be changed with the connector.
"""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio

from docs.exam import OURS
from simulators.wire.nasty import SWITCHES
from tests.wire.simulators.nasty.exam import sit
from tests.wire.simulators.nasty.papers import PAPERS

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sittings(tmp_path_factory):
    """All papers at a time: most of an exam is waiting."""
    folders = [tmp_path_factory.mktemp(paper.name) for paper in PAPERS]
    sat = await asyncio.gather(*map(sit, PAPERS, folders))
    return dict(zip(PAPERS, sat, strict=True))


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
async def test_our_connector_shows_what_the_table_says(sittings, paper):
    assert tuple(paper.judge(sittings[paper])) == OURS[paper.name]


async def test_nothing_makes_it_fall(sittings):
    assert {paper.name: sat.fell for paper, sat in sittings.items() if sat.fell} == {}


async def test_there_is_a_paper_for_every_switch():
    assert sorted(paper.name for paper in PAPERS) == sorted(s.name for s in SWITCHES.values() if s.wire == "opcua")
