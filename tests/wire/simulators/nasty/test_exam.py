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

SEATS = 20
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sittings(tmp_path_factory):
    """Many papers at a time, those first that take long: most of an exam is waiting."""
    seats = asyncio.Semaphore(SEATS)

    async def seated(paper):
        async with seats:
            return paper, await sit(paper, tmp_path_factory.mktemp(paper.name))

    by_length = sorted(PAPERS, key=lambda paper: (not paper.anew, -paper.seconds))
    return dict(await asyncio.gather(*map(seated, by_length)))


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
async def test_our_connector_shows_what_the_table_says(sittings, paper):
    assert tuple(paper.judge(sittings[paper])) == OURS[paper.name], str(sittings[paper])


async def test_nothing_makes_it_fall(sittings):
    assert {paper.name: sat.fell for paper, sat in sittings.items() if sat.fell} == {}


async def test_there_is_a_paper_for_every_switch():
    assert sorted(paper.name for paper in PAPERS) == sorted(s.name for s in SWITCHES.values() if s.wire == "opcua")
