"""Every route declares a role, and keeps to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.dependencies.models import Dependant

from tests.unit.api.running import FILLER, PLANT, instant, running
from tests.unit.api.test_demo import Written
from twin.api.access import Access, Role
from twin.api.app import ROUTERS, create_app
from twin.api.caller import Needs

SECRETS = {"view": "v", "operate": "o", "engineer": "e"}
ACCESS = Access.parse("".join(f"{n} {n} {hashlib.sha256(s.encode()).hexdigest()}\n" for n, s in SECRETS.items()))

ROLES: dict[tuple[str, str], Role | None] = {
    ("GET", "/healthz"): None,
    ("GET", "/readyz"): None,
    ("GET", "/metrics"): Role.VIEW,
    ("GET", "/api/v1/plant"): Role.VIEW,
    ("GET", "/api/v1/connections"): Role.VIEW,
    ("GET", "/api/v1/coverage"): Role.VIEW,
    ("GET", "/api/v1/connections/{id}/dead-letters"): Role.VIEW,
    ("GET", "/api/v1/tags"): Role.VIEW,
    ("GET", "/api/v1/events"): Role.VIEW,
    ("GET", "/api/v1/samples"): Role.VIEW,
    ("POST", "/api/v1/samples"): Role.OPERATE,
    ("GET", "/api/v1/state"): Role.VIEW,
    ("GET", "/api/v1/states"): Role.VIEW,
    ("GET", "/api/v1/counts"): Role.VIEW,
    ("GET", "/api/v1/corrections"): Role.VIEW,
    ("GET", "/api/v1/oee"): Role.VIEW,
    ("GET", "/api/v1/stops"): Role.VIEW,
    ("POST", "/api/v1/stops/{id:path}/label"): Role.OPERATE,
    ("GET", "/api/v1/notes"): Role.VIEW,
    ("POST", "/api/v1/whatif"): Role.OPERATE,
    ("GET", "/api/v1/forecasts"): Role.VIEW,
    ("GET", "/api/v1/condition"): Role.VIEW,
    ("GET", "/api/v1/alerts"): Role.VIEW,
    ("POST", "/api/v1/alerts/{id:path}/feedback"): Role.OPERATE,
    ("GET", "/api/v1/alarms"): Role.VIEW,
    ("POST", "/api/v1/alarms/{id:path}/ack"): Role.OPERATE,
    ("GET", "/api/v1/alarms/performance"): Role.VIEW,
    ("POST", "/api/v1/plant"): Role.ENGINEER,
    ("POST", "/api/v1/write"): Role.OPERATE,
    ("POST", "/api/v1/connect/visits"): Role.ENGINEER,
    ("DELETE", "/api/v1/connect/visits/{id}"): Role.ENGINEER,
    ("GET", "/api/v1/connect/visits/{id}/children"): Role.ENGINEER,
    ("GET", "/api/v1/connect/visits/{id}/find"): Role.ENGINEER,
    ("POST", "/api/v1/connect/visits/{id}/values"): Role.ENGINEER,
    ("POST", "/api/v1/connect/visits/{id}/preview"): Role.ENGINEER,
    ("POST", "/api/v1/connect/visits/{id}/plant"): Role.ENGINEER,
    ("GET", "/api/v1/connect/certificates"): Role.ENGINEER,
    ("POST", "/api/v1/connect/trust"): Role.ENGINEER,
    ("POST", "/api/v1/store/compact"): Role.ENGINEER,
    ("GET", "/api/v1/outlets"): Role.VIEW,
    ("GET", "/api/v1/outlets/{id}/quarantine"): Role.VIEW,
    ("POST", "/api/v1/outlets/{id}/retry"): Role.ENGINEER,
    ("POST", "/api/v1/outlets/{id}/drop"): Role.ENGINEER,
    ("WS", "/api/v1/live"): Role.VIEW,
    ("GET", "/api/v1/demo"): Role.VIEW,
    ("POST", "/api/v1/demo/break"): Role.ENGINEER,
    ("GET", "/"): None,
    ("GET", "/line/{path:path}"): None,
    ("GET", "/machine/{path:path}"): None,
    ("GET", "/trends"): None,
    ("GET", "/alarms"): None,
    ("GET", "/connections"): None,
    ("GET", "/connect"): None,
    ("GET", "/docs"): None,
    ("GET", "/ui/{name:path}"): None,
    ("GET", "/openapi.json"): Role.VIEW,
}
"""What each route needs; a route that is not here fails the test, so that nobody adds one without thinking of it."""


def needs_of(dependant: Dependant) -> Iterator[Needs]:
    for inner in dependant.dependencies:
        if isinstance(inner.call, Needs):
            yield inner.call
        yield from needs_of(inner)


def declared() -> Iterator[tuple[tuple[str, str], set[Role | None]]]:
    for prefix, router in ROUTERS:
        for route in router.routes:
            known: Any = route
            for method in getattr(known, "methods", None) or {"WS"}:
                yield (method, prefix + known.path), {needs.role for needs in needs_of(known.dependant)}


def test_every_route_declares_the_role_of_the_table() -> None:
    assert dict(declared()) == {key: {role} for key, role in ROLES.items()}


async def test_there_are_no_routes_beside_the_groups(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        paths = (await api.client.get("/openapi.json")).json()["paths"]
        described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
        assert described <= {(method, path.replace(":path}", "}")) for method, path in ROLES}


@pytest.mark.parametrize("caller", [None, "wrong", *SECRETS])
async def test_each_route_keeps_to_its_role_from_another_machine(tmp_path: Path, caller: str | None) -> None:
    async with running(tmp_path) as api:
        transport = httpx2.ASGITransport(
            app=create_app(api.twin, ACCESS, playground=Written()), client=("10.0.0.7", 50000)
        )
        headers = {} if caller is None else {"Authorization": f"Bearer {SECRETS.get(caller, caller)}"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://10.0.0.5", headers=headers) as client:
            for (method, path), role in ROLES.items():
                if method == "WS":
                    continue
                address = path.replace("{id}", "s7").replace("{id:path}", NOTHING).replace("{name:path}", "style.css")
                address = address.replace("{path:path}", FILLER if "machine" in path else FILLER.rpartition("/")[0])
                answer = await client.request(method, address, **request(path, method))
                has = Role[caller.upper()] if caller in SECRETS else None
                allowed = role is None or (has is not None and has >= role)
                there = 404 if "{id:path}" in path else 200
                there = 404 if "/connect/" in path and (method, path) not in ALWAYS else there  # no such visit
                there = 404 if "/outlets/" in path else there  # no such outlet
                there = 202 if path.endswith("/compact") else there
                there = 422 if path.endswith("/whatif") else there  # nothing was recorded that says anything
                there = 403 if path.endswith("/write") else there  # the plant file lets nobody write this tag
                expected = {there} if allowed else {401} if has is None else {403}
                assert {answer.status_code} == expected, (method, path, answer.text)


ALWAYS = {("GET", "/api/v1/connect/certificates"), ("DELETE", "/api/v1/connect/visits/{id}")}
"""Of the Connect page: what is there whether or not a visit goes on."""
NOTHING = f"{FILLER}@2026-11-22T12:00:00Z"
"""The id of something that did not begin then."""


def request(path: str, method: str) -> dict[str, Any]:
    if path.endswith("/demo/break"):
        return {"json": {"what": "filler.jam"}}
    if method == "POST" and path == "/api/v1/plant":
        return {"json": {"text": PLANT}}  # the one that runs
    if path.endswith("/write"):
        return {"json": {"tag": f"{FILLER}/temp", "value": 1, "reason": "none"}}
    if "/connect/" in path:
        visit = {"connection": "none", "nodes": [], "tags": {}, "fingerprint": "0" * 40}
        return {"json": visit} if method == "POST" else {"params": {"match": "x"}}
    if "/outlets/" in path:
        return {"json": {"numbers": [1]}}
    if path.endswith("/label"):
        return {"json": {"reason": "jam"}}
    if path.endswith("/feedback"):
        return {"json": {"verdict": "confirmed"}}
    if method == "POST":
        return {"json": {"samples": [{"tag": f"{FILLER}/temp", "time": instant(0), "value": 1}]}}
    return {"params": {"tag": f"{FILLER}/temp"}} if path.endswith("/samples") else {}


async def test_a_page_with_a_token_gets_a_cookie_and_loses_the_token_from_its_address(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        transport = httpx2.ASGITransport(app=create_app(api.twin, ACCESS), client=("10.0.0.7", 50000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://10.0.0.5") as client:
            assert (await client.get("/api/v1/plant")).status_code == 401
            answer = await client.get("/?token=v")
            assert (answer.status_code, answer.headers["location"]) == (303, "/")
            assert {"HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].split("; "))
            assert (await client.get("/api/v1/plant")).status_code == 200
            assert (await client.get("/?token=wrong")).status_code == 401


async def test_a_query_token_is_no_key_to_the_api(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        transport = httpx2.ASGITransport(app=create_app(api.twin, ACCESS), client=("10.0.0.7", 50000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://10.0.0.5") as client:
            assert (await client.get("/api/v1/plant?token=e")).status_code == 401


async def test_what_a_caller_sends_carries_their_name(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        transport = httpx2.ASGITransport(app=create_app(api.twin, ACCESS), client=("10.0.0.7", 50000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://10.0.0.5") as client:
            sent = await client.post(
                "/api/v1/samples", headers={"Authorization": "Bearer o"}, **request("/samples", "POST")
            )
            recorded = sent.json()["recorded"]
        sources = api.twin.reader.connection().execute("SELECT source FROM entry WHERE recorded = ?", (recorded,))
        assert sources.fetchone() == ("api:operate",)


async def test_only_an_engineer_adds_tags(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        transport = httpx2.ASGITransport(app=create_app(api.twin, ACCESS), client=("10.0.0.7", 50000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://10.0.0.5") as client:
            sent = {"samples": [{"tag": "acme/brno/extra", "time": instant(0), "value": 1}]}
            for secret, status in (("o", 403), ("e", 200)):
                headers = {"Authorization": f"Bearer {secret}"}
                answer = await client.post("/api/v1/samples?new=number", headers=headers, json=sent)
                assert (answer.status_code, api.twin.tags.get("acme/brno/extra") is None) == (status, status == 403)
