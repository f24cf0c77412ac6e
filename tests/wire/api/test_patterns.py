"""Tags that no plant file lists are shown, covered and found again by the next run like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
from asyncua import ua

from tests.wire.opcua.plant import Plc, eventually
from twin.api.access import Access
from twin.api.app import create_app
from twin.core.event import GAP, TAGS_COVERED, Event
from twin.core.instant import FAR_FUTURE
from twin.model.load import load
from twin.runtime.clock import WallClock
from twin.runtime.plugins import connectors
from twin.runtime.twin import open_twin

PLANT = """
linetwin: 1
plant: acme
connections:
  s7: {{opcua: "{url}", ns: "urn:test:plc", every: 50ms, wait: 0s, subscribe: [{{match: "/Objects/Line/temp"}}]}}
tags:
  n: {{from: s7, node: Line.n}}
"""
TAG = "acme/line/temp"


async def run(folder: Path, plc: Plc, gaps: int) -> tuple[list[Any], list[Any]]:
    """One run: what is said of the tag and of coverage, once so many gaps in the log name it."""
    plant = load(PLANT.format(url=plc.url), "plant.yaml", connectors(), {})
    since = WallClock().now()
    async with open_twin(plant, folder, WallClock()) as twin:
        transport = httpx2.ASGITransport(app=create_app(twin, Access()))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            await eventually(lambda: TAG in twin.owners and twin.tags.get(TAG) is not None)
            id_ = twin.tags.get(TAG) or 0
            await eventually(lambda: bool(twin.tags.facts(id_).unit))

            def naming(kind: str, begin: int) -> list[Event]:
                events = [one for _, one in twin.reader.events(begin, FAR_FUTURE, (kind,))]
                return [one for one in events if id_ in (one.body.get("tags") or ())]

            await eventually(lambda: bool(naming(TAGS_COVERED, since)))
            await eventually(lambda: len(naming(GAP, 0)) == gaps)
            tags = (await client.get("/api/v1/tags", params={"match": TAG})).json()
            cover = (await client.get("/api/v1/coverage", params={"connection": "s7"})).json()
    return tags["tags"], cover["tags"]


async def test_a_tag_by_pattern_in_two_runs(tmp_path: Path) -> None:
    async with Plc().running() as plc:
        await plc.nodes["temp"].add_property(
            0, "EngineeringUnits", ua.EUInformation(DisplayName=ua.LocalizedText("°C"))
        )
        for gaps in (0, 1):
            tags, cover = await run(tmp_path, plc, gaps)
            [one] = [tag for tag in tags if tag["tag"] == TAG]
            assert (one["unit"], one["connection"]) == ("degC", "s7")
            assert {tag["tag"]: tag["connection"] for tag in cover} == {TAG: "s7", "acme/n": "s7"}
