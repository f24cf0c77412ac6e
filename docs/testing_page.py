"""The page of twin.testing, from its docstrings."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from typing import Any

import twin.testing
from twin.testing import plugin

INTRODUCTION = """\
What a test may use, beside the fixtures that pytest finds by itself wherever Linetwin is installed. Names come from
`twin.testing`. `Length` is text like `"1h30m"`, seconds, or a timedelta; `Moment` is a length since the start of the
test, a datetime with a zone, or RFC 3339 text. [How to test a line](../how-to/test-a-line.md)."""


def parts() -> Iterator[str]:
    """The fixtures, then every public name, functions before classes."""
    yield INTRODUCTION
    yield "## Fixtures"
    for name, one in vars(plugin).items():
        if type(one).__name__ == "FixtureFunctionDefinition":
            yield f"### {name}"
            yield _text(one)
    public = {name: getattr(twin.testing, name) for name in twin.testing.__all__}
    yield "## Functions"
    for name, one in public.items():
        if inspect.isfunction(one):
            yield f"### {name}"
            yield f"```\n{_call(name, one)}\n```"
            yield _text(one)
    yield "## Classes"
    for name, one in public.items():
        if inspect.isclass(one):
            yield from _class(name, one)


def _class(name: str, one: type) -> Iterator[str]:
    yield f"### {name}"
    yield _text(one)
    if dataclasses.is_dataclass(one):
        yield "Fields: " + ", ".join(f"`{field.name}`" for field in dataclasses.fields(one)) + "."
    rows: list[str] = []
    for member, value in vars(one).items():
        if member.startswith("_"):
            continue
        if isinstance(value, property):
            rows.append(f"- `{member}`: {_line(value)}")
        elif inspect.isfunction(value) and value.__doc__:
            rows.append(f"- `{_call(member, value)}`: {_line(value)}")
        elif inspect.isfunction(value):
            rows.append(f"- `{_call(member, value)}`")
    if rows:
        yield "\n".join(rows)


def _call(name: str, one: Any) -> str:
    """With its arguments as they are written, without `self`."""
    signature = inspect.signature(one)
    kept = [each for each in signature.parameters.values() if each.name != "self"]
    return f"{name}{signature.replace(parameters=kept)}".replace("'", "")


def _text(one: Any) -> str:
    return inspect.getdoc(one) or ""


def _line(one: Any) -> str:
    return " ".join(_text(one).split())
