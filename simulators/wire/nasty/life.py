"""What happens to a server while clients are on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from asyncua import ua

from simulators.wire.nasty.quirk import Quirk
from simulators.wire.nasty.switch import MOMENT, Switch

if TYPE_CHECKING:
    from simulators.wire.opcua import OpcUaShell


class Restart(Quirk):
    """A server that is switched off and on; each time another part of it registers its namespace first."""

    def before(self, life: int) -> Sequence[str]:
        """One more namespace in each life."""
        return [f"urn:simulated:module{number}" for number in range(1, life + 1)]

    async def happen(self, shell: OpcUaShell) -> None:
        """Off and on."""
        await shell.restart()


class NodeRemoved(Quirk):
    """A program is loaded that has a variable less."""

    lasting = False

    async def happen(self, shell: OpcUaShell) -> None:
        """Take the first value's node away."""
        await shell.remove(next(iter(shell.values)))


class NodeBack(Quirk):
    """And one that has it again."""

    lasting = False

    async def happen(self, shell: OpcUaShell) -> None:
        """Put the first value's node back."""
        await shell.bring_back(next(iter(shell.values)))


class NodeRetyped(Quirk):
    """A programmer changes REAL to STRING."""

    lasting = False

    async def happen(self, shell: OpcUaShell) -> None:
        """Make the first value's node a String."""
        await shell.retype(next(iter(shell.values)), ua.VariantType.String)


class HalfOpen(Quirk):
    """A firewall forgets the connection: sockets stay open on both sides and carry nothing."""

    lasting = False

    async def happen(self, shell: OpcUaShell) -> None:
        """Hear and say nothing more on the connections of now. New ones work."""
        if shell.server is None:
            return
        for transport in shell.server.iserver.asyncio_transports:
            transport.pause_reading()
        for subscription in shell.server.iserver.subscription_service.subscriptions.values():
            if subscription.pub_request_callback is not None:
                subscription.pub_request_callback = lambda _: None


class SessionsClosed(Quirk):
    """A server that throws its clients out: their sessions are gone, their subscriptions with them."""

    lasting = False

    async def happen(self, shell: OpcUaShell) -> None:
        """Close every session."""
        if shell.server is None:
            return
        internal = shell.server.iserver
        for session in tuple(internal._external_sessions.values()):  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            await session.close_session(True)


class SubscriptionsClosed(Quirk):
    """A server that ends subscriptions while their sessions live."""

    lasting = False

    async def happen(self, shell: OpcUaShell) -> None:
        """Delete every subscription of a client."""
        if shell.server is None:
            return
        service = shell.server.iserver.subscription_service
        await service.delete_subscriptions([n for n, s in service.subscriptions.items() if s.pub_request_callback])


SWITCHES: Sequence[Switch] = (
    Switch(
        "restart",
        "opcua",
        "the server goes off and on, with the data's namespace at another index",
        "a gap named, then every value",
        Restart,
        MOMENT,
    ),
    Switch(
        "node-removed",
        "opcua",
        "the first value's node is gone: BadNodeIdUnknown, then nothing",
        "the loss told for its tag; every other value",
        NodeRemoved,
        MOMENT,
    ),
    Switch(
        "node-back",
        "opcua",
        "the node that was removed is there again; no item follows it",
        "its values again without a restart of the client",
        NodeBack,
        MOMENT,
    ),
    Switch(
        "node-retyped",
        "opcua",
        "the first value's node becomes a String while it is followed",
        "each text told and nothing made of it; every other value",
        NodeRetyped,
        MOMENT,
    ),
    Switch(
        "half-open",
        "opcua",
        "the connections of now carry nothing more, and stay open",
        "a new link after the keep-alive time, with every value",
        HalfOpen,
        MOMENT,
    ),
    Switch(
        "sessions-closed",
        "opcua",
        "the server closes all sessions and their subscriptions",
        "a new session, and the gap named",
        SessionsClosed,
        MOMENT,
    ),
    Switch(
        "subscriptions-closed",
        "opcua",
        "the server deletes all subscriptions",
        "a new subscription, and the gap named",
        SubscriptionsClosed,
        MOMENT,
    ),
)
