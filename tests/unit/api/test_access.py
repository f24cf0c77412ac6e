"""Callers, tokens, addresses."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from twin.api.access import Access, Caller, Role, check_bind, is_loopback
from twin.core.errors import Misconfigured, Refused


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


TOKENS = Access.parse(f"# who may in\nanna view {digest('a')}\n\nben operate {digest('b')}  # night shift\n")


def test_a_token_file_is_read_with_comments_and_empty_lines(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"anna engineer {digest('a').upper()}\n")
    assert Access.of_file(path).holder("a") == Caller("anna", Role.ENGINEER)


@pytest.mark.parametrize(
    ("line", "fact"),
    [
        ("anna view", "tokens:2: has 2 words"),
        (f"anna admin {digest('a')}", "tokens:2: no role 'admin'"),
        ("anna view secret", "tokens:2: not a SHA-256"),
        (f"anna view {digest('a')[:-1]}", "tokens:2: not a SHA-256"),
    ],
)
def test_a_wrong_line_is_named(line: str, fact: str) -> None:
    with pytest.raises(Misconfigured, match=fact):
        Access.parse(f"# first\n{line}")


def test_a_missing_token_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"tokens\.txt"):
        Access.of_file(tmp_path / "tokens.txt")


@pytest.mark.parametrize(
    ("peer", "headers", "cookies", "query", "who"),
    [
        ("127.0.0.1", {}, {}, "", Caller("local", Role.ENGINEER)),
        ("::1", {}, {}, "", Caller("local", Role.ENGINEER)),
        ("::ffff:127.0.0.1", {}, {}, "", Caller("local", Role.ENGINEER)),
        ("10.0.0.7", {}, {}, "", None),
        (None, {}, {}, "", None),
        ("127.0.0.1", {"x-forwarded-for": "10.0.0.7"}, {}, "", None),
        ("127.0.0.1", {"forwarded": "for=10.0.0.7"}, {}, "", None),
        ("10.0.0.7", {"authorization": "Bearer a"}, {}, "", Caller("anna", Role.VIEW)),
        ("10.0.0.7", {"authorization": "bearer b"}, {}, "", Caller("ben", Role.OPERATE)),
        ("10.0.0.7", {"authorization": "Basic a"}, {}, "", None),
        ("10.0.0.7", {}, {"linetwin": "a"}, "", Caller("anna", Role.VIEW)),
        ("10.0.0.7", {}, {}, "b", Caller("ben", Role.OPERATE)),
        ("127.0.0.1", {"authorization": "Bearer wrong"}, {}, "", None),
        ("10.0.0.7", {"authorization": f"Bearer {digest('a')}"}, {}, "", None),
    ],
)
def test_who_asks(
    peer: str | None, headers: dict[str, str], cookies: dict[str, str], query: str, who: Caller | None
) -> None:
    assert TOKENS.caller(peer, headers, cookies, query) == who


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback_may_be_bound_without_a_token(host: str) -> None:
    check_bind(host, Access.none())
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "plant-pc"])
def test_other_addresses_need_a_token(host: str) -> None:
    with pytest.raises(Refused, match=f"--host {host}: reachable from other machines, so it needs at least one token"):
        check_bind(host, Access.none())
    check_bind(host, TOKENS)


@pytest.mark.parametrize(
    ("host", "answers"),
    [
        ("localhost:8000", True),
        ("127.0.0.1:8000", True),
        ("[::1]:8000", True),
        ("192.168.1.5", True),
        ("plant-pc:8000", True),
        ("PLANT-PC", True),
        ("evil.example:8000", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_only_own_names_are_answered(host: str, answers: bool) -> None:
    assert Access(hosts=("plant-pc",)).answers_to(host) is answers
