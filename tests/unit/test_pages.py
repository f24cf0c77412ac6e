"""The pages hang together: each is found from the index, and no link leads nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
INDEX = DOCS / "README.md"
FOLDERS = ("docs", "deploy", "connectors", "simulators", "benchmarks")
PAGES = [*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in sorted((ROOT / folder).rglob("*.md")))]
CODE = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
KINDS = ("Tutorial", "How-to", "Reference", "Explanation")
TRIALS = "Followed and timed"


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def links(page: Path) -> Iterator[str]:
    """Targets within the project."""
    for target in re.findall(r"\]\(([^)\s]+)[^)]*\)", CODE.sub("", page.read_text(encoding="utf-8"))):
        if "://" not in target:
            yield target


def anchors(page: Path) -> set[str]:
    """The anchors of the headings, as GitHub and most others make them."""
    headings = re.findall(r"^#+ +(.*?) *$", CODE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        where = (page.parent / path).resolve() if path else page
        assert where.exists(), f"{name(page)}: no {path}"
        assert not anchor or anchor in anchors(where), f"{name(page)}: no heading #{anchor} in {path or name(page)}"


def test_every_page_is_found_from_the_index() -> None:
    found, waiting = {INDEX}, [INDEX]
    while waiting:
        page = waiting.pop()
        linked = {(page.parent / target.partition("#")[0]).resolve() for target in links(page)}
        if page in {INDEX, DOCS / "decisions" / "README.md"}:  # other pages link as they like; an index must be whole
            new = {one for one in linked if one.suffix == ".md"} - found
            found |= new
            waiting += sorted(new)
    wanted = {page for page in DOCS.rglob("*") if page.suffix in {".md", ".json"} and page.name != "COPYME.md"}
    assert {name(page) for page in wanted - found if page.suffix == ".md"} == set()


def test_the_index_has_the_four_kinds_in_order() -> None:
    headings = re.findall(r"^## (.*)$", INDEX.read_text(encoding="utf-8"), re.MULTILINE)
    assert tuple(headings) == (*KINDS, TRIALS)


def test_trials_stand_under_their_heading() -> None:
    _, _, section = INDEX.read_text(encoding="utf-8").partition(f"## {TRIALS}\n")
    assert set(re.findall(r"\((trials/[^)]+)\)", section)) == {f"trials/{p.name}" for p in (DOCS / "trials").iterdir()}
