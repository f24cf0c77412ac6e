"""The pages need nothing but themselves."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import httpx2
import pytest

from tests.unit.api.running import FILLER, running
from twin.api.access import Access
from twin.api.app import create_app
from twin.api.assets import FOLDER, TEMPLATES, Assets

ASSETS = Assets.read()
FILES = sorted(ASSETS.files)
OWN = [name for name in FILES if not name.startswith("vendor/")]
FRAMES = sorted(path.name for path in TEMPLATES.iterdir())
VENDOR = FOLDER / "vendor"
MOST_KB = 150
"""Scripts and styles of all pages together, gzipped."""


def test_every_file_of_the_pages_is_served() -> None:
    files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert {name for name in files if not name.startswith("templates/")} == set(FILES)


@pytest.mark.parametrize("name", OWN)
def test_no_file_names_another_host_or_writes_html(name: str) -> None:
    text = ASSETS.files[name].body.decode()
    addresses = [one for one in re.findall(r"(?:https?|wss?)://[\w.]+", text) if one != "http://www.w3.org"]
    assert addresses == []
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text)
    assert not re.search(r"unsafeHTML|\sstyle=|\son[a-z]+=\"", text), "the policy forbids inline code"


@pytest.mark.parametrize("name", FRAMES)
def test_no_template_has_inline_code_or_text_that_is_not_escaped(name: str) -> None:
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    assert not re.search(r"(?:https?|wss?)://|\|\s*safe\b|autoescape|\sstyle=|\son[a-z]+=\"", text)
    scripts = re.findall(r"<script([^>]*)>", text)
    assert all("src=" in one or 'type="application/json"' in one for one in scripts)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js")])
def test_every_module_that_is_named_is_there(name: str) -> None:
    modules = re.findall(r'(?:from|import) "\./([\w./-]+)"', ASSETS.files[name].body.decode())
    assert set(modules) <= set(FILES)


def test_a_page_names_all_its_modules_so_that_none_waits_for_another() -> None:
    named = set(ASSETS.modules("main.js")) | set(ASSETS.modules("docs.js")) | {"theme.js"}
    assert named == {name for name in FILES if name.endswith(".js")}


@pytest.mark.parametrize("name", OWN)
def test_every_page_of_the_documents_that_is_named_is_there(name: str) -> None:
    named = re.findall(r"\bdocs/[\w/-]+\.md", ASSETS.files[name].body.decode())
    assert [one for one in named if not (FOLDER.parents[1] / one).is_file()] == []


def test_scripts_and_styles_are_small() -> None:
    sent = {name: len(one.small) for name, one in ASSETS.files.items() if name.endswith((".js", ".css"))}
    assert sum(sent.values()) <= MOST_KB * 1000, sent


def test_what_others_wrote_is_as_it_came() -> None:
    lines = (VENDOR / "SHA256.txt").read_text(encoding="utf-8").splitlines()
    recorded = dict(reversed(line.split()) for line in lines if line and not line.startswith("#"))
    found = {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in VENDOR.iterdir()}
    assert found.pop("SHA256.txt") is not None
    assert found == recorded
    assert {"lit.LICENSE.txt", "uplot.LICENSE.txt"} <= set(found)


PAGES = ["/", f"/line/{FILLER.rpartition('/')[0]}", f"/machine/{FILLER}", "/machine/packaging/line1/packer"]
PAGES += ["/trends", "/alarms", "/connections", "/docs"]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_says_where_it_is_and_is_not_kept(tmp_path: Path, path: str) -> None:
    async with running(tmp_path) as api:
        answer = await api.client.get(path, params={"at": "2026-11-22T11:00:00Z"})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert 'href="/trends?at=2026-11-22T11%3A00%3A00Z"' in answer.text, "links carry the time on"
        assert answer.text.count('aria-current="page"') == 1


async def test_a_page_escapes_the_plant_and_holds_its_model(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        text = (await api.client.get(f"/machine/{FILLER}")).text
        assert "<h1>Füller &lt;1&gt;</h1>" in text
        known = json.loads(re.findall(r'<script type="application/json" id="known">(.*?)</script>', text)[0])
        assert known["plant"]["lines"][0]["machines"][0]["display"] == "Füller <1>"
        assert known["can"]["demo"] is False


async def test_a_page_of_nothing_says_so(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        for path in ("/line/nowhere", "/machine/<b>"):
            answer = await api.client.get(path)
            assert answer.status_code == 404
            assert "<b>Not" not in answer.text
            assert "This plant has no" in answer.text


async def test_who_is_not_known_gets_a_frame_without_the_plant_in_it(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        transport = httpx2.ASGITransport(app=create_app(api.twin, Access()), client=("10.0.0.7", 50000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://10.0.0.5") as client:
            answer = await client.get("/")
            assert answer.status_code == 200
            assert "packer" not in answer.text


async def test_files_are_asked_for_again_only_when_they_changed(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        first = await api.client.get("/ui/style.css")
        again = await api.client.get("/ui/style.css", headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        assert first.headers["content-type"].startswith("text/css")
        fixed = await api.client.get(f"/ui/{ASSETS.version}/style.css")
        assert "immutable" in fixed.headers["cache-control"]
        assert fixed.content == first.content
        plain = await api.client.get("/ui/style.css", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.content == first.content
