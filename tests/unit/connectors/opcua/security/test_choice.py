"""Which endpoint is chosen, and when a password stays at home."""

from __future__ import annotations

import pytest
from asyncua import ua

from connectors.opcua import CONNECTION_KEYS
from connectors.opcua.security.choice import NONE_URI, PLAIN, POLICIES, Choice, chosen, refuse_hidden, refuse_plaintext
from connectors.opcua.settings import Settings, settings_of
from twin.core.errors import Misconfigured, Unreachable
from twin.core.plugin import ConnectionSpec

NONE, SIGN, BOTH = ua.MessageSecurityMode.None_, ua.MessageSecurityMode.Sign, ua.MessageSecurityMode.SignAndEncrypt


def endpoint(policy: str, mode: ua.MessageSecurityMode, certificate: bytes = b"der") -> ua.EndpointDescription:
    uri = NONE_URI if policy == "none" else POLICIES[policy].URI
    server = ua.ApplicationDescription(ApplicationUri="urn:server")
    return ua.EndpointDescription("opc.tcp://x", server, certificate, mode, uri)


def settings(host: str = "plc", **given: object) -> Settings:
    defaults = {key.name: key.default for key in CONNECTION_KEYS}
    return settings_of(ConnectionSpec("s7", "opcua", f"opc.tcp://{host}:4840", defaults | given))


OPEN = endpoint("none", NONE)
OLD = endpoint("Basic256Sha256", BOTH)
BEST = endpoint("Aes256Sha256RsaPss", BOTH)
SIGNED = endpoint("Aes256Sha256RsaPss", SIGN)


@pytest.mark.parametrize(
    ("offer", "made", "policy", "mode"),
    [
        ([OPEN, OLD, BEST], settings(), "Aes256Sha256RsaPss", BOTH),
        ([OPEN, OLD, SIGNED], settings(), "Aes256Sha256RsaPss", SIGN),
        ([OPEN, OLD], settings(), "Basic256Sha256", BOTH),
        ([OPEN], settings(), None, NONE),
        ([OPEN, BEST], settings("127.0.0.1"), None, NONE),
        ([OPEN, BEST], settings("localhost", user="u"), "Aes256Sha256RsaPss", BOTH),
        ([BEST], settings("localhost"), "Aes256Sha256RsaPss", BOTH),
        ([OPEN, OLD, BEST], settings(security="Basic256Sha256"), "Basic256Sha256", BOTH),
        ([OPEN, SIGNED, BEST], settings(mode="Sign"), "Aes256Sha256RsaPss", SIGN),
        ([OPEN, BEST], settings("127.0.0.1", mode="SignAndEncrypt"), "Aes256Sha256RsaPss", BOTH),
    ],
)
def test_choice(
    offer: list[ua.EndpointDescription], made: Settings, policy: str | None, mode: ua.MessageSecurityMode
) -> None:
    choice = chosen(offer, made)
    assert (choice.policy, choice.mode) == (POLICIES[policy] if policy else None, mode)
    assert choice.application_uri == ("urn:server" if policy else "")


@pytest.mark.parametrize(
    ("offer", "made"),
    [
        ([OPEN], settings(security="Basic256Sha256")),
        ([OPEN, BEST], settings(security="Aes256Sha256RsaPss", mode="Sign")),
        ([OPEN], settings(mode="SignAndEncrypt")),
        ([], settings()),
    ],
)
def test_never_less_than_what_was_asked_for(offer: list[ua.EndpointDescription], made: Settings) -> None:
    with pytest.raises(Misconfigured, match="it offers"):
        chosen(offer, made)


def test_a_secret_is_not_given_to_a_server_that_seems_to_have_nothing_secure() -> None:
    for given in ({"user": "u", "password": "p"}, {"user_certificate": "c", "user_key": "k"}):
        with pytest.raises(Misconfigured, match=r"shows no secure endpoint .or somebody in between hides them"):
            chosen([OPEN], settings(**given))
    assert chosen([OPEN], settings(user="u", password="p", allow_plaintext_password=True)) == PLAIN
    assert chosen([OPEN], settings(user="u")) == PLAIN


def test_what_is_broken_is_not_taken_and_told() -> None:
    broken = endpoint("none", BOTH)
    broken.SecurityPolicyUri = "http://opcfoundation.org/UA/SecurityPolicy#Basic256"
    with pytest.raises(
        Misconfigured, match=r"it offers Basic256/SignAndEncrypt; Basic256 rest on SHA-1, which is broken"
    ):
        chosen([broken], settings())


def test_what_the_server_signs_must_not_be_better_than_what_was_shown() -> None:
    weak = chosen([OPEN, OLD], settings())
    refuse_hidden([OPEN, OLD], weak, settings())
    refuse_hidden([OPEN, OLD, BEST], weak, settings(security="Basic256Sha256"))
    refuse_hidden([OPEN, BEST], PLAIN, settings())
    refuse_hidden([], weak, settings())
    refuse_hidden([endpoint("Basic256Sha256", BOTH, b"")], weak, settings())
    with pytest.raises(
        Unreachable, match="hides endpoints of the server: it signs that it offers Aes256Sha256RsaPss/S"
    ):
        refuse_hidden([OPEN, OLD, BEST], weak, settings())


def test_a_secure_endpoint_must_show_a_certificate() -> None:
    with pytest.raises(Unreachable, match="without a certificate"):
        chosen([endpoint("Basic256Sha256", BOTH, b"")], settings())


@pytest.mark.parametrize(
    ("choice", "token_uri", "passes"),
    [
        (PLAIN, NONE_URI, False),
        (PLAIN, POLICIES["Basic256Sha256"].URI, False),
        (Choice(POLICIES["Basic256Sha256"], BOTH), NONE_URI, True),
        (Choice(POLICIES["Basic256Sha256"], SIGN), NONE_URI, False),
        (Choice(POLICIES["Basic256Sha256"], SIGN), POLICIES["Basic256Sha256"].URI, True),
    ],
)
def test_a_password_never_goes_bare(choice: Choice, token_uri: str, passes: bool) -> None:
    token = ua.UserTokenPolicy(SecurityPolicyUri=token_uri)
    given = {"user": "u", "password": "p"}
    refuse_plaintext(token, choice, settings(**given, allow_plaintext_password=True))
    refuse_plaintext(token, choice, settings(user="u"))
    if passes:
        refuse_plaintext(token, choice, settings(**given))
    else:
        with pytest.raises(Misconfigured, match="clear text"):
            refuse_plaintext(token, choice, settings(**given))
