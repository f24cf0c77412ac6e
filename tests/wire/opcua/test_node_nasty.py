"""Nasty servers of another stack: what our connector makes of node-opcua's ids, stamps, statuses and limits."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

from tests.wire.opcua.plant import setup, until
from tests.wire.opcua.test_node_opcua import node_server
from tests.wire.opcua.test_node_opcua import pytestmark as needs_node

pytestmark = needs_node

TAGS = {
    "plain": "Line.plain",
    "long": "x" * 3950,
    "special": '"DB"."a b";ns=9;s=x/%20[0].äß',
    "guid": "nsu=urn:test:plc;g=72962b91-fa75-4ae6-8d28-b404dc7daf63",
    "opaque": "nsu=urn:test:plc;b=00ff010203",
    "numeric": "nsu=urn:test:plc;i=100001",
    "never": "Line.never",
    "ever": "Line.ever",
    "behind": "Line.behind",
    "statuses": "Line.statuses",
    "numbers": "Line.numbers",
}
CALLS = ("maxNodesPerRead", "maxNodesPerBrowse", "maxMonitoredItemsPerCall")
CODES = [0, 0x40900000, 0x40930000, 0x80000000, 0x808C0000, 0x80310000]


async def taken(folder: Path, capabilities: dict[str, Any], many: int = 8):
    """(tag -> rows of time, value, status), and what was told of tags, when every tag that works has so many."""
    async with node_server(folder / "pki", trusts=json.dumps(capabilities), script="nasty.mjs") as server:
        test = setup(server.url, folder, TAGS, sampling=20_000_000)
        rows: dict[str, list[tuple[int, float, int]]] = {}

        def enough(batches) -> bool:
            rows.clear()
            for batch in batches:
                columns = batch.tag, batch.time, batch.value, batch.status
                for tag, at, value, status in zip(*(c.tolist() for c in columns), strict=True):
                    rows.setdefault(test.tags[tag].name, []).append((at, value, status))
            told = {tag for tag, text in test.record.problems.items() if text}
            return all(len(rows.get(tag, [])) >= many for tag in TAGS.keys() - told)

        async with test.connector.open() as batches:
            await until(batches, enough, 60)
    return rows, test.record


def learnt(rows: list[tuple[int, float, int]]) -> set[int]:
    """The instant at which an old first value was learnt: it stands there as long as its source is behind it."""
    return {at for at, _, _ in rows if time.time_ns() - at < 600 * 10**9}


async def test_ids_stamps_statuses_and_no_numbers_three_a_call(tmp_path: Path) -> None:
    rows, record = await taken(tmp_path, {"operationLimits": dict.fromkeys(CALLS, 3)}, many=14)
    assert record.problems == {}
    for tag in ("plain", "long", "special", "guid", "opaque", "numeric", "never", "ever", "behind"):
        values = [value for at, value, _ in rows[tag] if tag != "behind" or at not in learnt(rows[tag])]
        assert values == [values[0] + n for n in range(len(values))], tag
    now = time.time_ns()
    rows["behind"] = [row for row in rows["behind"] if row[0] not in learnt(rows["behind"])]
    for tag, late in (("plain", 0), ("never", 0), ("ever", 0), ("behind", 2400)):
        assert all(abs(now - at - late * 10**9) < 120 * 10**9 for at, _, _ in rows[tag]), tag
    statuses = [status for _, _, status in rows["statuses"]]
    at = CODES.index(statuses[0])
    assert statuses == [CODES[(at + n) % len(CODES)] for n in range(len(statuses))]
    assert all(math.isnan(value) == (status >= 0x80000000) for _, value, status in rows["statuses"])
    assert {str(v) for _, v, _ in rows["numbers"] if not math.isfinite(v)} == {"nan", "inf", "-inf"}


async def test_one_node_a_call_and_few_items_a_subscription(tmp_path: Path) -> None:
    """What has no place in a subscription has one in the next."""
    limits = dict.fromkeys(CALLS, 1)
    rows, record = await taken(tmp_path, {"operationLimits": limits, "maxMonitoredItemsPerSubscription": 6}, many=2)
    assert rows.keys() == TAGS.keys()
    assert not any(record.problems.values())
    assert (record.gauges["items"], record.gauges["subscriptions"]) == (11, 2)
