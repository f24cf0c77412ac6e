"""Which way of logging in is taken, and which key goes with a user's certificate."""

from __future__ import annotations

from pathlib import Path

import pytest
from asyncua import ua

from connectors.opcua.security.choice import NONE_URI, POLICIES
from connectors.opcua.security.identity import token_policy, user_pair
from tests.unit.connectors.opcua.certificates import issued, write
from tests.unit.connectors.opcua.security.test_choice import settings
from twin.core.errors import Misconfigured

USER, NOBODY = ua.UserTokenType.UserName, ua.UserTokenType.Anonymous
BEST, GOOD = POLICIES["Aes256Sha256RsaPss"].URI, POLICIES["Basic256Sha256"].URI
OLD = "http://opcfoundation.org/UA/SecurityPolicy#Basic128Rsa15"


def offer(*uris: str | None) -> list[ua.UserTokenPolicy]:
    return [ua.UserTokenPolicy(PolicyId=str(n), TokenType=USER, SecurityPolicyUri=uri) for n, uri in enumerate(uris)]


@pytest.mark.parametrize(
    ("uris", "taken", "uri"),
    [
        ((NONE_URI, GOOD), "1", GOOD),
        ((OLD, GOOD, BEST), "2", BEST),
        ((None, NONE_URI), "0", GOOD),
        ((OLD, NONE_URI), "1", NONE_URI),
        ((OLD,), "0", OLD),
    ],
)
def test_the_best_way_is_taken(uris: tuple[str | None, ...], taken: str, uri: str) -> None:
    policy = token_policy(offer(*uris), USER, GOOD)
    assert (policy.PolicyId, policy.SecurityPolicyUri) == (taken, uri)


def test_a_way_that_is_not_offered_names_what_is() -> None:
    with pytest.raises(Misconfigured, match="does not take an anonymous session; it takes a user name"):
        token_policy(offer(GOOD), NOBODY, GOOD)
    assert token_policy([], NOBODY, GOOD).TokenType == NOBODY


def test_the_files_of_a_users_certificate(tmp_path: Path) -> None:
    made = issued("urn:user", key_number=5)
    der, pem = write(made, tmp_path)
    certificate, key = user_pair(settings(user_certificate=str(der), user_key=str(pem)))
    assert certificate == made.certificate
    assert key.public_key() == made.key.public_key()
    _, other = write(issued("urn:other", key_number=6), tmp_path / "other")
    for given, words in (
        ({"user_certificate": "none.der", "user_key": str(pem)}, "`user_certificate` none.der cannot be read"),
        ({"user_certificate": str(pem), "user_key": str(pem)}, "cannot be read"),
        ({"user_certificate": str(der), "user_key": "none.pem"}, "`user_key` none.pem cannot be read"),
        ({"user_certificate": str(der), "user_key": str(der)}, "`user_key` .* cannot be read"),
        ({"user_certificate": str(der), "user_key": str(other)}, "is not the RSA key of `user_certificate`"),
    ):
        with pytest.raises(Misconfigured, match=words):
            user_pair(settings(**given))
