"""What a switch may change in an OPC UA server. `Quirk` changes nothing; each switch overrides what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from asyncua import ua

from simulators.wire.nasty.switch import Switch

if TYPE_CHECKING:
    from asyncua.server.server import Server

    from simulators.wire.nodes import Variable
    from simulators.wire.opcua import OpcUaShell

Identifier = str | int | UUID | bytes
SCALARS, ARRAY, STRUCTURE = "scalars", "array", "structure"
"""How the values of a machine lie in the address space: a node each, or one node for all."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server grants at most; None: as much as it has.

    items: of a subscription. operations: of a call. declared: what its OperationLimits say, None the truth. publishes:
    requests that wait. queue: notifications of an item. interval_ms: shortest publishing interval.
    """

    items: int | None = None
    operations: int | None = None
    declared: int | None = None
    publishes: int | None = None
    queue: int | None = None
    sessions: int | None = None
    subscriptions: int | None = None
    interval_ms: float = 0.0


FREE = Limits()


class Quirk:
    """One nastiness of a server. `life` counts how often the server was started before: 0, 1, 2.

    name: of its switch. lasting: it does more than `happen` once.
    """

    name: str = ""
    lasting: bool = True
    limits: Limits = FREE
    layout: str = SCALARS

    def namespace(self, uri: str, life: int) -> str:
        """The URI of the data's namespace."""
        return uri

    def before(self, life: int) -> Sequence[str]:
        """Namespaces that come before that of the data."""
        return ()

    def identifier(self, identifier: Identifier, life: int) -> Identifier:
        """The identifier of a node."""
        return identifier

    async def prepare(self, server: Server) -> None:
        """Change a server that is about to start."""

    def data(self, variable: Variable, data: ua.DataValue, first: bool) -> ua.DataValue:
        """What a node gets instead of a value. first: the server is starting."""
        return data

    def notified(self, item: ua.MonitoredItemNotification) -> Sequence[ua.MonitoredItemNotification]:
        """What a subscription gets instead of a notification."""
        return (item,)

    async def asked(self, service: str, nodes: int) -> None:
        """A client asks for something about so many nodes: wait, or raise ServiceError."""

    async def happen(self, shell: OpcUaShell) -> None:
        """What happens at an instant."""


def quirk_of(switch: Switch) -> Quirk:
    """What a switch does to one server."""
    quirk: Quirk = switch.make()
    quirk.name = switch.name
    return quirk
