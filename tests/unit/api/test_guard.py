"""The outermost layer: hosts, origins, bodies, headers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.api.running import FILLER, running
from twin.api.guard import HEADERS, MOST_BODY


@pytest.mark.parametrize("path", ["/", "/api/v1/plant", "/ui/style.css", "/nothing", "/api/v1/state?asset=nothing"])
async def test_every_answer_carries_the_security_headers(tmp_path: Path, path: str) -> None:
    async with running(tmp_path) as api:
        answer = await api.client.get(path)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert "unsafe" not in answer.headers["content-security-policy"]


async def test_a_foreign_host_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        answer = await api.client.get("/api/v1/plant", headers={"Host": "evil.example"})
        assert (answer.status_code, answer.headers["content-type"]) == (421, "application/problem+json")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost"])
async def test_a_foreign_origin_may_not_write(tmp_path: Path, origin: str) -> None:
    async with running(tmp_path) as api:
        answer = await api.client.post("/api/v1/samples", headers={"Origin": origin}, json={"samples": []})
        assert answer.status_code == 403
        assert "another site" in answer.json()["detail"]


async def test_the_own_origin_may_write(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        sent = {"samples": [{"tag": f"{FILLER}/temp", "time": "now", "value": 1}]}
        answer = await api.client.post("/api/v1/samples", headers={"Origin": "http://127.0.0.1"}, json=sent)
        assert answer.status_code == 200


async def test_a_form_of_another_site_is_not_taken_for_json(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        body = '{"samples": [{"tag": "x", "time": "now", "value": 1}]}'
        answer = await api.client.post("/api/v1/samples", content=body, headers={"Content-Type": "text/plain"})
        assert answer.status_code == 422


async def test_a_long_body_is_refused_by_its_length(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        answer = await api.client.post("/api/v1/samples", content=b" " * (MOST_BODY + 1))
        assert answer.status_code == 413


async def test_a_long_body_without_a_length_is_refused_when_it_has_come_so_far(tmp_path: Path) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield b" " * 65536

    async with running(tmp_path) as api:
        answer = await api.client.post(
            "/api/v1/samples", content=endless(), headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 413
        assert sent * 65536 <= MOST_BODY + 2 * 65536


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("PUT", "/api/v1/plant", 405),
        ("GET", "/ui/../api/app.py", 404),
        ("GET", "/ui/%2e%2e/app.py", 404),
    ],
)
async def test_what_is_not_there_is_a_problem(tmp_path: Path, method: str, path: str, status: int) -> None:
    async with running(tmp_path) as api:
        answer = await api.client.request(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["status"] == status
