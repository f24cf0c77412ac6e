"""The page says of every refusal what to do, in the words that are really used."""

from __future__ import annotations

import re
from pathlib import Path

import connectors.opcua

ROOT = Path(connectors.opcua.__file__).parents[2]


def test_the_words_on_the_page_are_those_of_the_code() -> None:
    page = (ROOT / "docs" / "how-to" / "opcua.md").read_text(encoding="utf-8").split("## What each refusal means")[1]
    said = [words for row in re.findall(r"^\| (`.*?) \|", page, re.M) for words in re.findall(r"`(.*?)`", row)]
    code = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "connectors" / "opcua").rglob("*.py"))
    assert len(said) > 20
    assert [words for words in said if words not in code] == []
