"""The published nodes of OPC Publisher (pn.json) to drafts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from twin.core.errors import Misconfigured
from twin.core.instant import MILLISECOND, SECOND
from twin.core.plugin import ConnectorPlugin
from twin.model.drafting.conversion import Names, Notebook, Table, drafted, tables, texts
from twin.model.drafting.drafts import Drafts, exact_duration, with_common_namespace
from twin.model.drafting.groups import grouped
from twin.model.plant_text import ConnectionDraft, TagDraft
from twin.model.yaml_writing import Setting

POLICIES = ("Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss")
TRIGGERS = {"status": "status", "statusvalue": "", "statusvaluetimestamp": "status_value_timestamp"}
OF_MESSAGES = "is about its messages to the cloud; what is kept here is every sample"
ENTRY_REASONS = {
    **dict.fromkeys(
        ("DataSetClassId", "DataSetDescription", "DataSetKeyFrameCount", "DataSetExtensionFields", "MetaDataUpdateTime",
         "MetaDataUpdateTimeTimespan", "SendKeepAliveDataSetMessages", "MessageEncoding", "MessagingMode",
         "WriterGroupTransport", "WriterGroupQualityOfService", "BatchSize", "BatchTriggerInterval",
         "BatchTriggerIntervalTimespan"),
        OF_MESSAGES,
    ),
    "UseReverseConnect": "servers do not call us; open the way to the server's port",
    "EncryptedAuthUsername": "can only be read by that publisher; write `user` and set the password's variable",
    "EncryptedAuthPassword": "can only be read by that publisher; write `user` and set the password's variable",
}  # fmt: skip
ENTRY = {
    "EndpointUrl", "UseSecurity", "EndpointSecurityMode", "EndpointSecurityPolicy", "OpcAuthenticationMode",
    "OpcAuthenticationUsername", "OpcAuthenticationPassword", "DataSetWriterId", "DataSetName", "DataSetWriterGroup",
    "DataSetPublishingInterval", "DataSetPublishingIntervalTimespan", "OpcNodes", "NodeId", "Version",
    "LastChangeTimespan", "LastChangeDateTime",
}  # fmt: skip
NODE_REASONS = {
    "HeartbeatInterval": "a tag that is silent is told by `stale`; no value is repeated",
    "HeartbeatIntervalTimespan": "a tag that is silent is told by `stale`; no value is repeated",
    "HeartbeatBehavior": "a tag that is silent is told by `stale`; no value is repeated",
    "SkipFirst": "the first value is kept, it is what was known when we came",
    "RegisterNode": "nodes are not registered",
    "EventFilter": "events of a server are not read; alarms are made of values",
    "ConditionHandling": "events of a server are not read; alarms are made of values",
    "FetchDisplayName": "`twin init URL` takes names from the server",
    "DataSetClassFieldId": OF_MESSAGES,
}
NODE = {
    "Id", "ExpandedNodeId", "DisplayName", "DataSetFieldId", "OpcSamplingInterval", "OpcSamplingIntervalTimespan",
    "OpcPublishingInterval", "OpcPublishingIntervalTimespan", "QueueSize", "DiscardNew", "DataChangeTrigger",
    "DeadbandType", "DeadbandValue", "IndexRange", "AttributeId", "UseCyclicRead",
}  # fmt: skip
_TIMESPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?")
_WITH_URI = re.compile(r"(?!nsu?=)(?P<uri>[a-z][a-z0-9+.-]*:[^#]*)#(?P<id>[isgb]=.+)", re.DOTALL | re.IGNORECASE)
_INDICES = re.compile(r"\d+(?:,\d+)*")

Pair = tuple[TagDraft, Mapping[str, Setting]]


def from_publisher(text: str, file: str, _plugins: Mapping[str, ConnectorPlugin]) -> Drafts:
    """Drafts of a pn.json. Raises Misconfigured for what is no such file."""
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        raise Misconfigured(f"{file}:{error.lineno}: not JSON: {error.msg} (column {error.colno})") from None
    entries = tables(whole)
    if not isinstance(whole, list) or not any("EndpointUrl" in entry for entry in entries):
        raise Misconfigured(f'{file}:1: is no list of published nodes: [{{"EndpointUrl": .., "OpcNodes": [..]}}]')
    return _Publisher().drafts(entries)


class _Publisher:
    """Entries with the same server and login are one connection: one session is enough for all their nodes."""

    def __init__(self) -> None:
        self._book, self._names = Notebook(), Names()
        self._connections: dict[str, tuple[ConnectionDraft, list[Pair]]] = {}

    def drafts(self, entries: list[dict[str, Any]]) -> Drafts:
        """All of the file."""
        for i, entry in enumerate(entries):
            self._entry(entry, f"[{i}]")
        done = [with_common_namespace(*grouped(connection, pairs)) for connection, pairs in self._connections.values()]
        tags = tuple(tag for _, of_it in done for tag in of_it)
        return Drafts(tuple(connection for connection, _ in done), tags, tuple(self._book.lines))

    def _entry(self, entry: Table, place: str) -> None:
        url = texts(entry.get("EndpointUrl"))
        if not url:
            self._book.tell(place, "left out: it has no EndpointUrl")
            return
        self._book.tell_keys(place, entry, ENTRY_REASONS, ENTRY)
        settings = {**self._security(entry, place), **self._login(entry)}
        key = json.dumps([url, settings])
        if key not in self._connections:
            draft = ConnectionDraft(f"c{len(self._connections) + 1}", "opcua", url, settings)
            if "user" in settings:
                secret = f"{draft.name.upper()}_PASSWORD"
                draft = ConnectionDraft(draft.name, "opcua", url, {**settings, "password": f"${{{secret}}}"})
                self._book.tell(f"{place}.OpcAuthenticationPassword", f"is not written; set the variable {secret}")
            self._connections[key] = draft, []
        draft, pairs = self._connections[key]
        folder = [
            texts(entry.get("DataSetWriterGroup")),
            texts(entry.get("DataSetName") or entry.get("DataSetWriterId")),
        ]
        old = [{"Id": entry["NodeId"].get("Identifier")}] if isinstance(entry.get("NodeId"), dict) else []
        for i, node in enumerate([*old, *tables(entry.get("OpcNodes"))]):
            pair = self._node(node, entry, draft, folder, f"{place}.OpcNodes[{i}]")
            pairs += [pair] if pair is not None else []

    def _security(self, entry: Table, place: str) -> dict[str, Setting]:
        mode = texts(entry.get("EndpointSecurityMode")) or ("SignAndEncrypt" if entry.get("UseSecurity") else "None")
        policy = texts(entry.get("EndpointSecurityPolicy")).rpartition("#")[2]
        if mode == "None" and policy in {"", "None"}:
            if entry.get("OpcAuthenticationMode") != "UsernamePassword":
                return {"security": "none"}
            text = "the password would cross the network in clear text; `security` stays auto (docs/how-to/opcua.md)"
            self._book.tell(f"{place}.UseSecurity", text)
            return {}
        found: dict[str, Setting] = {"security": policy} if policy in POLICIES else {}
        if policy and policy not in {*POLICIES, "None"}:
            self._book.tell(f"{place}.EndpointSecurityPolicy", f"{policy} is not safe any more and not offered here")
        return found | ({"mode": mode} if mode in {"Sign", "SignAndEncrypt"} else {})

    def _login(self, entry: Table) -> dict[str, Setting]:
        if entry.get("OpcAuthenticationMode") == "UsernamePassword":
            return {"user": texts(entry.get("OpcAuthenticationUsername")) or "user"}
        return {}

    def _node(self, node: Table, entry: Table, draft: ConnectionDraft, folder: list[str], place: str) -> Pair | None:
        self._book.tell_keys(place, node, NODE_REASONS, NODE)
        if "EventFilter" in node or texts(node.get("AttributeId")) not in {"", "Value", "13"}:
            self._book.tell(place, "left out: it is not about a value")
            return None
        address = self._address(texts(node.get("ExpandedNodeId") or node.get("Id")), place)
        if not address:
            return None
        keys: dict[str, Setting] = {"node": address}
        if node.get("IndexRange") and not self._pick(texts(node["IndexRange"]), keys, place):
            return None
        sampling = self._sampling(node, entry, keys, place)
        display = texts(node.get("DisplayName") or node.get("DataSetFieldId"))
        path = self._names.path([*folder, display or address.rpartition("=")[2]])
        tag = drafted(path, display, draft, keys, place, self._book)
        return None if tag is None else (tag, sampling)

    def _address(self, text: str, place: str) -> str:
        """The node id as we write it: by its namespace's URI where the file has it."""
        if not text:
            self._book.tell(place, "left out: it has neither Id nor ExpandedNodeId")
            return ""
        text = re.sub(r"^svr=\d+;", "", text)
        match = _WITH_URI.fullmatch(text)
        if match is not None:
            return f"nsu={match['uri']};{match['id']}"
        if re.match(r"ns=[1-9]", text):
            self._book.tell(place, f"{text} names its namespace by an index, which may change; give `ns` its URI")
        return text.removeprefix("ns=0;") if text.startswith("ns=0;i=") else text

    def _pick(self, range_: str, keys: dict[str, Setting], place: str) -> bool:
        """`2` and `1,2` are elements; a range is more than one value."""
        if not _INDICES.fullmatch(range_):
            self._book.tell(
                f"{place}.IndexRange", f"left out: {range_} is a range; write a tag for each element, `pick: [0]`"
            )
            return False
        keys["pick"] = "".join(f"[{index}]" for index in range_.split(","))
        return True

    def _sampling(self, node: Table, entry: Table, keys: dict[str, Setting], place: str) -> dict[str, Setting]:
        found: dict[str, Setting] = {}
        publishing = _length(node, "OpcPublishingInterval") or _length(entry, "DataSetPublishingInterval")
        for name, length in (("publishing", publishing), ("sampling", _length(node, "OpcSamplingInterval"))):
            if length:
                found[name] = exact_duration(length)
        if node.get("QueueSize"):
            found["queue"] = min(1000, int(node["QueueSize"]))
        if node.get("DiscardNew"):
            self._book.tell(f"{place}.DiscardNew", "true: here the oldest sample goes first, and it is told")
        if node.get("UseCyclicRead"):
            found["mode"] = "poll"
        trigger = TRIGGERS.get(texts(node.get("DataChangeTrigger")).lower(), "")
        if trigger:
            found["trigger"] = trigger
        value = node.get("DeadbandValue")
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            if texts(node.get("DeadbandType")) == "Percent":
                found["deadband_percent"] = float(value)
            elif texts(node.get("DeadbandType")) == "Absolute":
                keys["deadband"] = float(value)
        return found


def _length(table: Table, key: str) -> int:
    """An interval in ns: of `KeyTimespan` ([d.]hh:mm:ss[.fff]), else of `Key` in ms; 0 where there is none."""
    match = _TIMESPAN.fullmatch(texts(table.get(f"{key}Timespan")))
    if match is not None:
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[:4])
        whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        return whole * SECOND + int((match[5] or "").ljust(9, "0"))
    value = table.get(key)
    return (
        round(value * MILLISECOND)
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0
        else 0
    )
