"""Whatever stands in a request: an answer or a problem that says what is wrong, never a mistake of the twin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2

from tests.unit.api.running import FILLER, PACKER, Api, row, running
from twin.api.problem import MEDIA_TYPE

TEMP = f"{FILLER}/temp"
ODD = (
    "", "-1", "1e400", "nan", "now-99999999999d", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "9" * 25,
    "a" * 401, "../%00", "\0", "[!", "'; DROP TABLE entry; --", "\u0663.\u0663",
    f"{FILLER}@9999-12-31T23:59:59.999999999Z", f"{TEMP}~high@0001-01-01T00:00:00Z",
)  # fmt: skip
"""Texts that a parameter might hold."""
GIVEN = {
    "/api/v1/samples": {"tag": TEMP, "aggregate": "mean,twa", "interval": "1m"},
    "/api/v1/oee": {"by": "hour", "known_at": "now"},
    "/api/v1/alarms": {"state": "all"},
}
"""What else stands in a request, so that the parameter is read."""
POSTS = {
    "/api/v1/alarms/{id}/ack": {},
    "/api/v1/alerts/{id}/feedback": {"verdict": "confirmed"},
}


async def test_no_parameter_of_a_get_makes_the_twin_fail(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await _filled(api)
        description = (await api.client.get("/openapi.json")).json()
        wrong = [
            f"{path} {query}: {answer.status_code} {answer.text[:200]}"
            for path, query in _requests(description)
            if _is_wrong(answer := await api.client.get(path, params=query))
        ]
        assert not wrong, "\n".join(wrong)


async def test_no_id_in_a_post_makes_the_twin_fail(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await _filled(api)
        for path, body in POSTS.items():
            for text in ODD:
                answer = await api.client.post(path.replace("{id}", quote(text, safe="")), json=body)
                assert answer.status_code in {404, 422}, (path, text, answer.text)
                assert not _is_wrong(answer), (path, text, answer.text)


def _is_wrong(answer: httpx2.Response) -> bool:
    is_problem = answer.headers["content-type"] == MEDIA_TYPE
    return answer.status_code >= 500 or is_problem != (answer.status_code >= 400)


async def _filled(api: Api) -> None:
    """Samples, counts and an alarm, so that there is something to answer with."""
    api.clock.at(120)
    rows = [row(TEMP, s, 60 + s) for s in range(60)] + [row(f"{FILLER}/total", s, s) for s in range(100)]
    await api.post([*rows, *(row(f"{FILLER}/st", s, 1 + s // 20 % 2) for s in range(100)), row(f"{PACKER}/st", 0, 1)])


def _requests(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each parameter of each GET with each odd text, the others as they should be."""
    for path, operations in description["paths"].items():
        for one in operations.get("get", {}).get("parameters", []):
            for text in ODD:
                if one["in"] == "query":
                    yield path, GIVEN.get(path, {}) | {one["name"]: text}
                else:
                    yield path.replace(f"{{{one['name']}}}", quote(text, safe="")), {}
