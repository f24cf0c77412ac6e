"""OPC UA: subscribes to variables of a server and hands them over as columns. Keys and limits: README.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from twin.core.instant import SECOND
from twin.core.plugin import ConnectionSpec, ConnectorPlugin, Key, Surroundings, TagAddress
from twin.core.ports import Connector, TrustStore

SECURITY = (
    "auto",
    "none",
    "Basic256Sha256",
    "Aes128Sha256RsaOaep",
    "Aes256Sha256RsaPss",
    "Aes128_Sha256_RsaOaep",
    "Aes256_Sha256_RsaPss",
)

BROKEN: dict[str, str] = dict.fromkeys(("Basic128Rsa15", "Basic256"), "it rests on SHA-1, which is broken")

GROUP_KEYS = (
    Key("publishing", "duration", "publishing interval asked; one subscription for each that is asked for", None),
    Key("sampling", "duration", "sampling interval asked; 0: every change; default: half of publishing", None),
    Key("queue", "int", "samples the server keeps per item, 1 to 1000; default: 30 s of samples", None),
    Key("deadband", "number", "changes that are not larger are not sent, in the wire's number", None),
    Key("deadband_percent", "number", "the same in percent of the node's EURange, 0 to 100", None),
    Key("trigger", "choice", "what makes a sample: a change of status, also of value, also of the source's time",
        "status_value", ("status", "status_value", "status_value_timestamp")),
    Key("mode", "choice", "whether the server notifies of changes or is read every `sampling`", None,
        ("subscribe", "poll")),
)  # fmt: skip

PATTERN_KEYS = (
    Key("match", "text", "browse path, or its end after a `/`; `*` stands for any part: `/Objects/Line/*/Temp`", ""),
    Key("type", "text", "data type: `Double`, or a type of the server by its name", ""),
    Key("node", "text", "node id; `*` stands for any part: `ns=3;s=*`, `nsu=urn:plc;s=Line.*`", ""),
    Key("name", "text", "tag below the plant's path; of `{name}`, `{parent}`, `{grandparent}`, `{path}`", "{path}"),
    Key("group", "text", "one of the connection's `groups`", ""),
    Key("limit", "int", "tags at most, the first by browse path", 1000),
)  # fmt: skip

CONNECTION_KEYS = (
    Key("ns", "text", "namespace URI of the node texts; `*` stands for any part, looked up at each connect", ""),
    Key("user", "text", "user name; without it the session is anonymous", ""),
    Key("password", "secret", "password of the user", ""),
    Key("user_certificate", "text", "file (DER or PEM) of a certificate to log in with instead of a user name", ""),
    Key("user_key", "text", "file of the key of `user_certificate`", ""),
    Key("security", "choice", "security policy; auto: the best offered if server is remote or a user is given", "auto",
        SECURITY, refused=BROKEN),
    Key("mode", "choice", "whether messages are signed, or signed and encrypted; auto: encrypted where offered", "auto",
        ("auto", "Sign", "SignAndEncrypt")),
    Key("certificate_host", "text", "host name expected in a certificate of an authority; `any`: do not look", ""),
    Key("allow_plaintext_password", "bool", "send the password although the channel does not encrypt it", False),
    Key("publishing", "duration", "publishing interval asked; default: `every`, at most 250 ms; without it 1 s", None),
    Key("sampling", "duration", "sampling interval asked; default: `every`, else half of publishing", None),
    Key("queue", "int", "samples the server keeps per item, 1 to 1000; default: 30 s of samples", None),
    Key("items_per_subscription", "int", "items that one subscription holds, 1 to 10000", 1000),
    Key("poll", "bool", "read all tags every `sampling`; a server without subscriptions is read by itself", False),
    Key("groups", "named", "tags that are followed alike: a tag with `group: fast` is followed as `fast` says", None,
        fields=GROUP_KEYS),
    Key("subscribe", "entries", "variables that become tags by themselves; looked for at connect, then each 10 min",
        None, fields=PATTERN_KEYS),
    Key("timeout", "duration", "how long to wait for an answer of the server", 5_000_000_000),
)  # fmt: skip

TAG_KEYS = (
    Key("node", "text", "node id after the machine's `node`, verbatim; or whole: `ns=3;s=..`, `nsu=URI;s=..`", "",
        locates=True),
    Key("browse_path", "text", "path of browse names from Objects instead of a node id: /Objects/Line/Filler/Temp", "",
        locates=True),
    Key("ns", "text", "namespace URI of this node, when it is not the connection's", "", locates=True),
    Key("group", "text", "one of the connection's `groups`", ""),
    Key("sampling", "duration", "sampling interval asked for this tag alone", None),
    Key("deadband", "number", "deadband of this tag alone, in the wire's number", None),
    Key("pick", "text", "part of a value: element (from 0, as on the wire) or field: `[3]`, `[0][2]`, `[3].rAct`", "",
        locates=True),
)  # fmt: skip


def build(spec: ConnectionSpec, tags: Sequence[TagAddress], surroundings: Surroundings) -> Connector:
    """A connector for one server. Imports the driver."""
    from connectors.opcua.connector import OpcuaConnector  # noqa: PLC0415 - the driver costs 0.3 s

    return OpcuaConnector(spec, tags, surroundings)


def check(spec: ConnectionSpec, tags: Sequence[TagAddress]) -> Sequence[tuple[str, str]]:
    """Problems of settings and node texts that can be seen without a server, as (place, message)."""
    from connectors.opcua.address import problems  # noqa: PLC0415 - only when a plant file is checked
    from connectors.opcua.space.pattern import problems_of  # noqa: PLC0415

    return [*problems(spec, tags), *problems_of(spec)]


def trust(folder: Path) -> TrustStore:
    """The certificates below a data folder."""
    from connectors.opcua.security.trust import CertificateFolder  # noqa: PLC0415 - cryptography costs 50 ms

    return CertificateFolder(folder)


def wait(settings: Mapping[str, Any]) -> int:
    """A sample is late by up to its sampling and its publishing interval; a second is for the way and the clocks."""
    from connectors.opcua.settings import slowest  # noqa: PLC0415 - only when a plant file is read

    return slowest(settings) + SECOND


PLUGIN = ConnectorPlugin("opcua", ("opc.tcp",), CONNECTION_KEYS, TAG_KEYS, build, check, trust, wait=wait)
