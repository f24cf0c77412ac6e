"""Reads what a module says of its constants: the text that stands below each."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHIPPED = ("twin", "connectors", "simulators")


def described(file: str) -> dict[str, str]:
    """Value of each text constant of a file -> the text below it, '' where there is none."""
    body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    return {
        value: _text(body[at + 1]) if at + 1 < len(body) else ""
        for at, statement in enumerate(body)
        if (value := _constant(statement)) is not None
    }


def _constant(statement: ast.stmt) -> str | None:
    """The value of `NAME = "text"`."""
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
        return statement.value.value if isinstance(statement.value.value, str) else None
    return None


def _text(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return " ".join(str(statement.value.value).split())
    return ""


def shipped() -> Iterator[tuple[Path, ast.Module]]:
    """Every Python file that users install, parsed."""
    for folder in SHIPPED:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def texts(tree: ast.AST) -> Iterator[str]:
    """All text constants below a node."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def argument_texts(tree: ast.Module, called: str, place: int) -> Iterator[str]:
    """The texts at one place of the calls of a function, as they stand or by a constant of the same file.

    The kind in `Record(unit, "state", ...)`, and in `Record(unit, ALARM, ...)` below `ALARM = "alarm"`.
    """
    constants = {name: value for statement in tree.body for name, value in _named(statement)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == called:
            argument = node.args[place] if len(node.args) > place else None
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value
            elif isinstance(argument, ast.Name) and argument.id in constants:
                yield constants[argument.id]


def _named(statement: ast.stmt) -> Iterator[tuple[str, str]]:
    value = _constant(statement)
    if isinstance(statement, ast.Assign) and value is not None:
        yield from ((target.id, value) for target in statement.targets if isinstance(target, ast.Name))
