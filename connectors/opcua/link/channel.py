"""The driver, tamed: one object per connection attempt, no reconnect, no publish loop and no tasks of its own.

asyncua's publish loop acknowledges before anything is durable and never notices a lost message, and its reconnect
loses samples (measured: 2450 in a 5 s outage), so both are ours: publisher.py, connector.py. We use of it the secure
channel, the session and the services. The underscore names stand in this file alone; pyproject pins the release.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from asyncua import ua
from asyncua.client.client import Client
from asyncua.client.ua_client import UaClient, UASocketProtocol
from asyncua.client.ua_session import UaSession
from asyncua.common.shortcuts import Shortcuts
from asyncua.common.utils import Buffer
from asyncua.crypto.uacrypto import CertProperties
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.ua_binary import struct_from_binary

from connectors.opcua.group import LIFETIME
from connectors.opcua.security.certificate import first_of_chain
from connectors.opcua.security.choice import PLAIN, Choice, chosen, needs_endpoints, refuse_hidden, refuse_plaintext
from connectors.opcua.security.identity import kind_of, token_policy, user_pair
from connectors.opcua.security.own import application_uri, own_pair, own_uri
from connectors.opcua.security.trust import CertificateFolder
from connectors.opcua.settings import Settings
from twin.core.instant import MILLISECOND

logging.getLogger("asyncua.client").setLevel(logging.CRITICAL)  # its failures reach us as exceptions, and are told once

RENEW_AFTER = 0.75
"""Part of its lifetime after which a channel's keys are renewed (OPC 10000-4, 5.5.2.1)."""
GOODBYE_S = 1.0
"""How long leaving may take: the contract of a connector is 2 s."""


class Socket(UASocketProtocol):
    """The driver's socket, for which a fault in answer to OpenSecureChannel is an answer, and its reason is lost."""

    def _call_callback(self, request_id: int, body: Buffer | ua.Acknowledge) -> None:
        """Raise the fault before anybody is answered: the request fails with it. At an issue nothing else waits."""
        asked = self._open_secure_channel_exchange
        if (
            isinstance(asked, ua.OpenSecureChannelParameters)
            and asked.RequestType == ua.SecurityTokenRequestType.Issue
            and not isinstance(body, ua.Acknowledge)
        ):
            self.check_answer(body, " in response to OpenSecureChannel")
        super()._call_callback(request_id, body)


class Transport(UaClient):
    """The driver's transport over our socket."""

    def _make_protocol(self) -> UASocketProtocol:
        self.protocol = Socket(self._timeout, security_policy=self.security_policy)
        self.protocol.pre_request_hook = self._pre_request_hook
        self.protocol.on_connection_lost = self._on_transport_lost
        self.protocol.is_session_closing = self._is_session_closing
        return self.protocol


class RawSession(UaSession):
    """A session whose publish responses stay bytes; they are sent for by our own publisher."""

    def ensure_publish_loop(self) -> None:
        """No loop of the driver's."""

    async def publish_raw(self, acknowledgements: list[ua.SubscriptionAcknowledgement]) -> bytes:
        """One PublishRequest and the bytes of its answer, however long that takes."""
        request = ua.PublishRequest()
        request.Parameters.SubscriptionAcknowledgements = acknowledgements
        answer = await self._send_request(request, timeout=0)
        return answer.read(len(answer))

    async def republish_raw(self, subscription: int, sequence: int) -> bytes:
        """The bytes of the answer to one RepublishRequest. Raises UaStatusCodeError: the server no longer has it."""
        request = ua.RepublishRequest()
        request.Parameters.SubscriptionId = subscription
        request.Parameters.RetransmitSequenceNumber = sequence
        answer = await self._send_request(request)
        return answer.read(len(answer))

    async def create_items(
        self, wanted: ua.CreateMonitoredItemsParameters, timeout_s: float
    ) -> list[ua.MonitoredItemCreateResult]:
        """Monitored items, with a patience of their own. Raises TimeoutError: they may be there or not."""
        request = ua.CreateMonitoredItemsRequest()
        request.Parameters = wanted
        response = struct_from_binary(ua.CreateMonitoredItemsResponse, await self._send_request(request, timeout_s))
        response.ResponseHeader.ServiceResult.check()
        return response.Results

    async def read_raw(self, nodes: Sequence[ua.NodeId]) -> bytes:
        """The bytes of the answer to one Read of values."""
        wanted = [ua.ReadValueId(NodeId=node, AttributeId=AttributeIds.Value) for node in nodes]
        request = ua.ReadRequest()
        request.Parameters = ua.ReadParameters(0.0, ua.TimestampsToReturn.Both, wanted)
        answer = await self._send_request(request)
        return answer.read(len(answer))

    async def history_raw(self, parameters: ua.HistoryReadParameters) -> bytes:
        """The bytes of the answer to one HistoryReadRequest."""
        request = ua.HistoryReadRequest()
        request.Parameters = parameters
        answer = await self._send_request(request)
        return answer.read(len(answer))


@dataclass(frozen=True, slots=True)
class Ticket:
    """What it takes to come back to a session on another channel (OPC 10000-4, 6.7)."""

    token: ua.NodeId
    choice: Choice
    nonce: bytes | None = field(repr=False)
    policies: list[ua.UserTokenPolicy]


class Channel(Client):
    """One attempt to connect: `create`, or `open_channel` and `resume`; then `leave` or `drop`. Never used twice."""

    def __init__(self, settings: Settings, choice: Choice) -> None:
        super().__init__(settings.url, timeout=settings.timeout_s)
        self.settings = settings
        self.choice = choice
        self.name = self.description = "Linetwin"
        self.application_uri = application_uri()
        self.session_timeout = LIFETIME // MILLISECOND
        self.uaclient = Transport(settings.timeout_s)
        self.uaclient.pre_request_hook = self._wait_until_ready
        self.session = RawSession(self.uaclient)
        self.uaclient.session = self.session
        self.nodes = Shortcuts(self.session)
        if settings.user:
            self.set_user(settings.user)
            self.set_password(settings.password)
        if settings.user_certificate:
            self.user_certificate, self.user_private_key = user_pair(settings)

    async def create(self) -> None:
        """Open the channel and make a new session."""
        await self.open_channel()
        answer = await self.create_session()
        refuse_hidden(answer.ServerEndpoints, self.choice, self.settings)
        refuse_plaintext(self.server_policy(kind_of(self.settings)), self.choice, self.settings)
        await self._activate_with_credentials()

    async def resume(self, ticket: Ticket) -> None:
        """Come back to a session on the open channel. Raises UaError when the server does not know it any more."""
        self.session.restore_authentication_token(ticket.token)
        self._server_nonce = ticket.nonce
        self._policy_ids = ticket.policies
        refuse_plaintext(self.server_policy(kind_of(self.settings)), self.choice, self.settings)
        await self._activate_with_credentials()

    def server_policy(self, token_type: ua.UserTokenType) -> ua.UserTokenPolicy:
        """The best way to log in, where the driver would take the first."""
        return token_policy(self._policy_ids, token_type, self.security_policy.URI)

    def ticket(self) -> Ticket:
        """What `resume` needs, once the session is active."""
        return Ticket(self.session.authentication_token, self.choice, self._server_nonce, self._policy_ids)

    async def open_channel(self) -> None:
        """Socket, hello, secure channel."""
        await self.connect_socket()
        await self.send_hello()
        await self.open_secure_channel()

    async def renew_for_ever(self) -> None:
        """Renew the channel's keys in time; raises when the server does not."""
        while True:
            await asyncio.sleep(RENEW_AFTER * self.secure_channel_timeout / 1000)
            await self.open_secure_channel(renew=True)
            self.uaclient.revolve_security_token()

    async def leave(self) -> None:
        """End session and subscriptions on the server, then the socket, whatever the server does."""
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self.session.close_session(True)
                await self.close_secure_channel()
        except (TimeoutError, OSError, ua.UaError):
            pass  # the server ends an abandoned session by itself
        finally:
            self.drop()

    def drop(self) -> None:
        """Close the socket alone: the server keeps session and subscriptions for their lifetime."""
        self.disconnect_socket()


async def choice_for(settings: Settings, trust: CertificateFolder) -> Choice:
    """The endpoint to use, its certificate checked. Raises Misconfigured or Unreachable.

    The endpoint list comes over an open channel, so nothing in it is believed: the certificate must be trusted, and
    the secure channel is then bound to that very certificate.
    """
    if not needs_endpoints(settings):
        return PLAIN
    client = Client(settings.url, timeout=settings.timeout_s)
    choice = chosen(await client.connect_and_get_server_endpoints(), settings)
    if choice.policy is None:
        return choice
    host = settings.certificate_host or settings.host
    trust.check(choice.certificate, choice.application_uri, "" if host == "any" else host, settings.url)
    return replace(choice, certificate=first_of_chain(choice.certificate))


async def secured(channel: Channel, trust: CertificateFolder) -> Channel:
    """The channel, told to use its endpoint's policy with our certificate and the server's."""
    choice = channel.choice
    if choice.policy is not None:
        certificate, key = await asyncio.to_thread(own_pair, trust.pki)  # making a key takes a moment
        channel.application_uri = own_uri(certificate)
        server = CertProperties(choice.certificate, extension=".der")
        await channel.set_security(choice.policy, certificate, key, None, server, choice.mode)
    return channel
