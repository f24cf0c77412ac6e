"""Telegraf's `inputs.opcua` and `inputs.opcua_listener` to drafts."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from twin.core.errors import Misconfigured
from twin.core.instant import duration
from twin.core.plugin import ConnectorPlugin
from twin.model.drafting.conversion import Names, Notebook, Table, drafted, tables, texts
from twin.model.drafting.drafts import Drafts, exact_duration, with_common_namespace
from twin.model.drafting.groups import grouped
from twin.model.plant_text import ConnectionDraft, TagDraft
from twin.model.yaml_writing import Setting

INPUTS = ("opcua", "opcua_listener")
POLICIES = ("Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss")
TIMES = {"gather": "arrival", "server": "server", "source": "source"}
OWN_CERTIFICATE = "ours is made by itself; `twin trust` prints the file that the server has to trust"
REASONS = {
    "certificate": OWN_CERTIFICATE,
    "private_key": OWN_CERTIFICATE,
    "remote_certificate": "`twin trust` lists the server's certificate after the first attempt, and trusts it",
    "connect_timeout": "`timeout` holds for both, and is that of requests",
    "session_timeout": "10 min here, so that a short outage resumes the session",
    "connect_fail_behavior": "a connection is tried again for ever, with back-off",
    "read_retry_timeout": "nothing is read again: the server keeps samples in its queue",
    "read_retry_count": "nothing is read again: the server keeps samples in its queue",
    "reconnect_error_threshold": "the link is judged by the server's signs of life",
    "events": "events of a server are not read; alarms are made of values",
    "optional_fields": "the type of a variable is in `twin browse`",
    "client_trace": "`twin check --connect` says what is wrong",
    "workarounds": "a status code is kept as the server told it, whatever it is",
    "request_workarounds": "nodes are not registered",
    "timestamp_format": "times are RFC 3339 everywhere",
    "default_tags": "an extra tag of a measurement; here the path says what a value belongs to",
    "tags": "an extra tag of a measurement; here the path says what a value belongs to",
    "locales": "texts come in the server's first language",
}
CARRIED = {
    "endpoint", "security_policy", "security_mode", "auth_method", "username", "password", "timestamp", "name",
    "request_timeout", "subscription_interval", "interval", "nodes", "group",
}  # fmt: skip
DEFAULTS = frozenset(("namespace", "namespace_uri", "identifier_type", "sampling_interval"))
NODE = {"name", "id", "namespace", "namespace_uri", "identifier_type", "identifier", "monitoring_params"}


def from_telegraf(text: str, file: str, _plugins: Mapping[str, ConnectorPlugin]) -> Drafts:
    """Drafts of a telegraf.toml. Raises Misconfigured for what is no TOML or holds no OPC UA input."""
    try:
        whole = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise Misconfigured(f"{file}:{line[1] if line else text.count(chr(10)) + 1}: not TOML: {error}") from None
    inputs = whole.get("inputs", {})
    book, names = Notebook(), Names()
    connections: list[ConnectionDraft] = []
    tags: list[TagDraft] = []
    for kind in INPUTS:
        for i, table in enumerate(tables(inputs.get(kind))):
            place = f"inputs.{kind}[{i}]"
            connection, of_it = _Input(kind, table, place, whole.get("agent", {}), book, names).drafts()
            connections.append(connection)
            tags += of_it
    if not connections:
        raise Misconfigured(f"{file}: holds no [[inputs.opcua]] and no [[inputs.opcua_listener]]")
    _tell_others(whole, inputs, book)
    return Drafts(tuple(connections), tuple(tags), tuple(book.lines))


def _tell_others(whole: Table, inputs: Table, book: Notebook) -> None:
    for kind in inputs:
        if kind not in INPUTS:
            book.tell(f"inputs.{kind}", "is no OPC UA input")
    for section in whole:
        if section not in {"inputs", "agent"}:
            book.tell(section, "not carried over: only OPC UA inputs are")
    for key in whole.get("agent", {}):
        if key != "interval":
            book.tell(f"agent.{key}", "has no equal here")


class _Input:
    """One input: a connection and its tags."""

    def __init__(self, kind: str, table: Table, place: str, agent: Table, book: Notebook, names: Names) -> None:
        self._kind, self._table, self._place = kind, table, place
        self._agent, self._book, self._names = agent, book, names
        self.name = names.connection(texts(table.get("name")) or "c")
        self._secret = f"{self.name.upper().replace('-', '_')}_PASSWORD"

    def drafts(self) -> tuple[ConnectionDraft, list[TagDraft]]:
        """The connection and its tags."""
        self._book.tell_keys(self._place, self._table, REASONS, CARRIED)
        url = texts(self._table.get("endpoint")) or "opc.tcp://localhost:4840"
        settings = {**self._security(), **self._login(), **self._intervals()}
        draft = ConnectionDraft(self.name, "opcua", url, settings, (f"[[inputs.{self._kind}]]",))
        found = [pair for pair in self._nodes(draft) if pair is not None]
        return with_common_namespace(*grouped(draft, found))

    def _security(self) -> dict[str, Setting]:
        policy, mode = texts(self._table.get("security_policy")), texts(self._table.get("security_mode"))
        plain = "None" in {policy, mode}
        found: dict[str, Setting] = {}
        if plain and self._table.get("auth_method") == "UserName":
            text = "the password would cross the network in clear text; `security` stays auto (docs/how-to/opcua.md)"
            self._book.tell(f"{self._place}.security_policy", text)
        elif plain:
            found["security"] = "none"
        elif policy in POLICIES:
            found["security"] = policy
        elif policy not in {"", "auto"}:
            self._book.tell(f"{self._place}.security_policy", f"{policy} is not safe any more and not offered here")
        if mode in {"Sign", "SignAndEncrypt"} and not plain:
            found["mode"] = mode
        return found

    def _login(self) -> dict[str, Setting]:
        method = texts(self._table.get("auth_method"))
        if method == "Certificate":
            self._book.tell(f"{self._place}.auth_method", "Certificate: see `security` in the reference of opcua")
        if method != "UserName":
            return {}
        user = texts(self._table.get("username"))
        if user.startswith("@{"):
            self._book.tell(f"{self._place}.username", "is in a secret store; write the name into `user`")
            user = "user"
        text = f"is not written into a file; set the environment variable {self._secret}"
        self._book.tell(f"{self._place}.password", text)
        return {"user": user, "password": f"${{{self._secret}}}"}

    def _intervals(self) -> dict[str, Setting]:
        found: dict[str, Setting] = {}
        time = TIMES.get(texts(self._table.get("timestamp")) or "gather", "arrival")
        if time != "source":
            found["time"] = time
        timeout = self._duration(self._table, "request_timeout", self._place)
        if timeout:
            found["timeout"] = timeout
        if self._kind == "opcua_listener":
            publishing = self._duration(self._table, "subscription_interval", self._place)
            return found | {"publishing": publishing or "100ms"}
        every = self._duration(self._table, "interval", self._place) or self._duration(self._agent, "interval", "agent")
        text = "is read once in an interval there; here the server samples so often and tells what changed"
        self._book.tell(self._place, text)
        return found | {"every": every or "10s"}

    def _duration(self, table: Table, key: str, place: str) -> str:
        """A length as we write it, '' where there is none or it is 0."""
        value = texts(table.get(key))
        try:
            length = duration(re.sub(r"µs|μs", "us", value)) if value and value not in {"0", "0s"} else 0
        except ValueError as error:
            self._book.tell(f"{place}.{key}", str(error))
            return ""
        return exact_duration(length) if length else ""

    def _nodes(self, draft: ConnectionDraft) -> Iterator[tuple[TagDraft, Mapping[str, Setting]] | None]:
        for i, node in enumerate(tables(self._table.get("nodes"))):
            yield self._node(draft, node, {}, "", f"{self._place}.nodes[{i}]")
        for g, group in enumerate(tables(self._table.get("group"))):
            place = f"{self._place}.group[{g}]"
            self._book.tell_keys(place, group, REASONS, {*DEFAULTS, "name", "nodes"})
            for i, node in enumerate(tables(group.get("nodes"))):
                yield self._node(draft, node, group, texts(group.get("name")), f"{place}.nodes[{i}]")

    def _node(
        self, draft: ConnectionDraft, node: Table, group: Table, folder: str, place: str
    ) -> tuple[TagDraft, Mapping[str, Setting]] | None:
        self._book.tell_keys(place, node, REASONS, NODE)
        own = {key: group[key] for key in DEFAULTS if key in group} | {k: v for k, v in node.items() if v != ""}
        address = self._address(own, place)
        name = texts(node.get("name"))
        if not address:
            return None
        keys: dict[str, Setting] = {"node": address}
        parameters = node.get("monitoring_params", {})
        sampling = self._sampling(parameters, own, keys, f"{place}.monitoring_params")
        tag = drafted(self._names.path([folder, name or address]), name, draft, keys, place, self._book)
        return None if tag is None else (tag, sampling)

    def _address(self, own: Table, place: str) -> str:
        if own.get("id"):
            node = texts(own["id"])
        else:
            kind, identifier = texts(own.get("identifier_type")) or "s", texts(own.get("identifier"))
            uri, index = texts(own.get("namespace_uri")), texts(own.get("namespace"))
            if not identifier or not (uri or index):
                self._book.tell(place, "left out: a node needs `id`, or `namespace` and `identifier`")
                return ""
            node = f"nsu={uri};{kind}={identifier}" if uri else f"ns={index};{kind}={identifier}"
        if re.match(r"ns=[1-9]", node):
            text = (
                f"{node} names its namespace by an index, which may change when the server restarts; give `ns` its URI"
            )
            self._book.tell(place, text)
        return node.removeprefix("ns=0;") if node.startswith("ns=0;i=") else node

    def _sampling(self, given: Table, own: Table, keys: dict[str, Setting], place: str) -> dict[str, Setting]:
        """Sampling settings of a node; an absolute deadband is a key of the tag."""
        self._book.tell_keys(
            place, given, {}, {"sampling_interval", "queue_size", "discard_oldest", "data_change_filter"}
        )
        found: dict[str, Setting] = {}
        sampling = self._duration(given if "sampling_interval" in given else own, "sampling_interval", place)
        if sampling:
            found["sampling"] = sampling
        if given.get("queue_size"):
            found["queue"] = min(1000, int(given["queue_size"]))
        if given.get("discard_oldest") is False:
            self._book.tell(f"{place}.discard_oldest", "false: here the oldest sample goes first, and it is told")
        self._filter(given.get("data_change_filter") or {}, found, keys, f"{place}.data_change_filter")
        return found

    def _filter(self, given: Table, found: dict[str, Setting], keys: dict[str, Setting], place: str) -> None:
        self._book.tell_keys(place, given, {}, {"trigger", "deadband_type", "deadband_value"})
        triggers = {"Status": "status", "StatusValueTimestamp": "status_value_timestamp"}
        trigger = triggers.get(texts(given.get("trigger")), "")
        if trigger:
            found["trigger"] = trigger
        kind, value = given.get("deadband_type"), _number(given.get("deadband_value"))
        if kind == "Absolute" and value > 0:
            keys["deadband"] = value
        elif kind == "Percent" and value > 0:
            found["deadband_percent"] = value


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
