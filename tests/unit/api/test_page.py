"""The page needs nothing but itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.api.running import running
from twin.api.page import FOLDER, assets

FILES = sorted(assets())


def test_every_file_of_the_page_is_served() -> None:
    assert {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_no_file_names_another_host_or_writes_html(name: str) -> None:
    text = assets()[name].body.decode()
    addresses = [one for one in re.findall(r"(?:https?|wss?)://[\w.]+", text) if one != "http://www.w3.org"]
    assert addresses == []
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=\"", text), "the policy forbids inline code"


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith((".js", ".html"))])
def test_everything_named_is_there(name: str) -> None:
    text = assets()[name].body.decode()
    modules = re.findall(r'from "\./([\w./-]+)"', text)
    linked = re.findall(r'(?:src|href)="/ui/([\w./-]+)"', text)
    assert {*modules, *linked} <= set(FILES)


async def test_the_frame_escapes_the_plant_and_is_not_kept(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        for path in ("/", "/docs"):
            answer = await api.client.get(path)
            assert answer.status_code == 200
            assert "<h1>acme/brno</h1>" in answer.text
            assert answer.headers["cache-control"] == "no-store"


async def test_files_are_asked_for_again_only_when_they_changed(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        first = await api.client.get("/ui/style.css")
        again = await api.client.get("/ui/style.css", headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        assert first.headers["content-type"].startswith("text/css")
