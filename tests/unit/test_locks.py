"""The lock files have what pyproject.toml asks for, in versions that it takes, and agree with each other."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def locked(name: str) -> dict[str, Requirement]:
    """What a lock file pins, by name; every pin has a hash."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    found: dict[str, Requirement] = {}
    for line in text.replace("\\\n", " ").splitlines():
        if line[:1].isalnum():
            assert "--hash=sha256:" in line, line
            one = Requirement(line.partition(" --hash")[0].strip())
            found[canonicalize_name(one.name)] = one
    return found


def group(name: str) -> Iterator[str]:
    """A dependency group with those in it."""
    for one in PROJECT["dependency-groups"][name]:
        if isinstance(one, dict):
            yield from group(one["include-group"])  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
        else:
            yield one


ASKED = {
    "run": lambda: PROJECT["project"]["dependencies"],
    "dev": lambda: [*group("dev"), *extras()],
    "build": lambda: group("build"),
}


def extras() -> Iterable[str]:
    """Of every extra: tests use all of them."""
    return (one for extra in PROJECT["project"]["optional-dependencies"].values() for one in extra)


@pytest.mark.parametrize("name", ASKED)
def test_each_lock_has_what_is_asked_for(name: str) -> None:
    pins = locked(name)
    for text in ASKED[name]():
        asked = Requirement(text)
        (pin,) = pins[canonicalize_name(asked.name)].specifier
        assert pin.operator == "=="
        assert asked.specifier.contains(pin.version, prereleases=True), f"{name}.txt: {pin} is not {text}"


@pytest.mark.parametrize("name", ["run", "build"])
def test_locks_agree_so_that_tests_run_with_what_is_shipped(name: str) -> None:
    """dev.txt is installed over the other two."""
    tested = locked("dev")
    for package, pin in locked(name).items():
        assert tested.get(package, pin).specifier == pin.specifier, package
