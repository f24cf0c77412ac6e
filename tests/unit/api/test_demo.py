"""Breaking on purpose: only in a demo, only what there is."""

from __future__ import annotations

from pathlib import Path

import httpx2

from tests.unit.api.running import running
from twin.api.access import Access
from twin.api.app import create_app


class Written:
    """A playground that writes down what was broken."""

    def __init__(self) -> None:
        self.broken: list[tuple[str, float]] = []

    def choices(self) -> dict[str, str]:
        return {"filler.jam": "The filler stops.", "cable:s7": "The cable is out."}

    def break_(self, what: str, seconds: float) -> None:
        self.broken.append((what, seconds))


async def test_a_plant_that_is_no_demo_has_nothing_to_break(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        assert "twin demo" in (await api.get("/demo", 404))["detail"]
        answer = await api.client.post("/api/v1/demo/break", json={"what": "filler.jam"})
        assert answer.status_code == 404


async def test_a_demo_tells_what_can_be_broken_and_breaks_it(tmp_path: Path) -> None:
    written = Written()
    async with running(tmp_path) as api:
        transport = httpx2.ASGITransport(
            app=create_app(api.twin, Access(), playground=written), client=("127.0.0.1", 1)
        )
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1/api/v1") as client:
            what = (await client.get("/demo")).json()["what"]
            assert [one["id"] for one in what] == ["filler.jam", "cable:s7"]
            answer = await client.post("/demo/break", json={"what": "cable:s7", "seconds": 5})
            assert (answer.status_code, answer.json()["text"]) == (200, "The cable is out.")
            wrong = await client.post("/demo/break", json={"what": "filler.fire"})
            assert (wrong.status_code, "filler.jam" in wrong.json()["detail"]) == (404, True)
            assert (await client.post("/demo/break", json={"what": "cable:s7", "seconds": 1e9})).status_code == 422
    assert written.broken == [("cable:s7", 5.0)]
