"""asyncua checks no certificate unless it is told to: there is one way to a channel, and it goes through the check."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import connectors.opcua

FOLDER = Path(connectors.opcua.__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))
ONLY_IN = {
    "Client": {"link/channel.py": ["choice_for"]},
    "Channel": {"connector.py": ["_channel"]},
    "set_security": {"link/channel.py": ["secured"]},
    "connect_and_get_server_endpoints": {"link/channel.py": ["choice_for"]},
    "set_security_string": {},
    "connect": {},
    "connect_sessionless": {},
    "open_secure_channel": {"link/channel.py": ["open_channel", "renew_for_ever"]},
}
"""What leads to a server, and the functions in which it may be called."""


def calls(name: str) -> dict[str, list[str]]:
    """Where something is called: file -> functions."""
    found: dict[str, list[str]] = {}
    for file in FILES:
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and called(node) == name:
                        found.setdefault(file.relative_to(FOLDER).as_posix(), []).append(function.name)
    return found


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


@pytest.mark.parametrize("name", ONLY_IN)
def test_what_leads_to_a_server_is_called_in_few_places(name: str) -> None:
    assert calls(name) == ONLY_IN[name]


def test_a_channel_is_never_made_secure_without_the_certificate_that_was_checked() -> None:
    """Without one asyncua asks the server for it, and trusts what it gets."""
    tree = ast.parse((FOLDER / "link" / "channel.py").read_text(encoding="utf-8"))
    [call] = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and called(n) == "set_security"]
    assert [ast.unparse(argument) for argument in call.args][4] == "server"
    function = next(n for n in ast.walk(tree) if isinstance(n, ast.AsyncFunctionDef) and n.name == "choice_for")
    assert "trust.check(choice.certificate" in ast.unparse(function)
