"""Tags by pattern over a living link: the address space is looked through, and what is new in it is followed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds

from connectors.opcua.failure import DRIVER_ERRORS
from connectors.opcua.link.channel import RawSession
from connectors.opcua.link.publisher import NODE_GONE
from connectors.opcua.link.services import Limits, namespaces_of, read, variant_types_of
from connectors.opcua.link.upkeep import Upkeep
from connectors.opcua.space.browse import Found, address_text, held, hidden_from, levels
from connectors.opcua.space.facts import Describer
from connectors.opcua.space.pattern import Choices, Chosen, Offered, choose, fits_place, patterns_of
from twin.core.plugin import ConnectionSpec, Surroundings, TagAddress

AGAIN_S, SOON_S = 600.0, 60.0
"""How soon it is looked again; sooner where it could not be."""
MOST_SEEN = 200_000
"""Nodes after which a look ends: what lies deeper is not found, and that is told."""
MOST_TOLD = 20
"""Variables without a tag that are told one by one."""
NOT_FOLLOWED = "not followed: the server was not looked through for this tag yet"


class PatternTags:
    """The tags that a connection's patterns made. It outlives links; a tag keeps its node as long as the twin runs."""

    def __init__(self, spec: ConnectionSpec, lent: Surroundings) -> None:
        self._name = spec.id
        self._patterns = patterns_of(spec.settings.get("subscribe") or ())
        self._prefix = f"{spec.prefix}/" if spec.prefix else ""
        self._lent = lent
        self._made: dict[str, Chosen] = {}
        self._told: frozenset[str] = frozenset()

    async def run(self, session: RawSession, limits: Limits, upkeep: Upkeep) -> None:
        """Look for ever, once what the plant file lists is subscribed. A look that fails is told and tried again."""
        if not self._patterns:
            return
        await upkeep.ready.wait()
        while True:
            pause = AGAIN_S
            try:
                await Look(session, limits, upkeep, self).go()
            except DRIVER_ERRORS as error:
                pause = SOON_S
                if not isinstance(error, ConnectionError):  # that the link is lost is told by others
                    self._lent.reporter.notice("subscribe", f"the server cannot be looked through: {name_of(error)}")
            await asyncio.sleep(pause)

    def could_mean(self, one: Offered) -> bool:
        """Whether a pattern means it, if its type is right."""
        return any(fits_place(pattern, one) for pattern in self._patterns)

    @property
    def wants_types(self) -> bool:
        """Whether a pattern asks for a type."""
        return any(pattern.type for pattern in self._patterns)

    def hidden(self) -> Sequence[ua.NodeId]:
        """What need not be looked through: the server's own, where no pattern asks for it."""
        each = [hidden_from(pattern.match) for pattern in self._patterns]
        return [node for node in hidden_from("") if all(node in one for one in each)]

    def choose(self, offered: Sequence[Offered], known: frozenset[str]) -> Choices:
        """What is new; its names are ours from now on."""
        ours = len(self._prefix)
        taken = {tag[ours:]: "" for tag in self._lent.owners if tag.startswith(self._prefix)}
        taken |= {tag: one.node for tag, one in self._made.items()}
        choices = choose(self._patterns, offered, taken, known)
        for one in choices.chosen:
            self._made[one.tag] = one
            self._lent.owners[self._prefix + one.tag] = self._name
        return choices

    def address(self, one: Chosen) -> TagAddress:
        """Where the tag is found."""
        settings = {"node": one.node, "group": one.pattern.group}
        return TagAddress(self._prefix + one.tag, settings, place=one.pattern.place)

    def known_before(self, addresses: Sequence[TagAddress]) -> list[int]:
        """Ids of tags that the data folder has: they were followed in an earlier run."""
        return [found for one in addresses if (found := self._lent.tags.get(one.tag)) is not None]

    def missed(self, tags: Sequence[int], upkeep: Upkeep) -> None:
        """Between the run before and now nobody listened to these tags."""
        if tags and self._lent.ran_until is not None:
            upkeep.cover.missing(tags, self._lent.ran_until, NOT_FOLLOWED)

    def gone_from(self, offered: Sequence[Offered]) -> list[str]:
        """Nodes of tags that the look did not meet."""
        met = {one.nodes[0] for one in offered}
        return [one.node for one in self._made.values() if one.node not in met]

    def tell(self, choices: Choices, arrays: int, cut: bool) -> None:
        """What gave no tag, and why. It is known by its path: it has no name."""
        told = dict(islice(choices.refused.items(), MOST_TOLD))
        for path in self._told - told.keys():
            self._lent.reporter.problem(path, "")
        for path, why in told.items():
            self._lent.reporter.problem(path, why)
        self._told = frozenset(told)
        self._lent.reporter.notice("subscribe", "; ".join(self._notices(choices, arrays, cut)))

    def _notices(self, choices: Choices, arrays: int, cut: bool) -> Iterator[str]:
        for pattern, found in choices.meant.items():
            if found > pattern.limit:
                yield f"{pattern.place}: {found} variables are meant, {pattern.limit} are followed: `limit`"
            if not found:
                yield f"{pattern.place}: no variable is meant that is not listed already"
        if len(choices.refused) > MOST_TOLD:
            yield f"{len(choices.refused)} variables give no tag, {MOST_TOLD} of them are told as problems"
        if arrays:
            yield f"{arrays} arrays are left out: a tag is one value (list them with `pick`)"
        if cut:
            yield f"more than {MOST_SEEN} nodes; deeper ones were not looked at"


class Look:
    """One look through the address space."""

    def __init__(self, session: RawSession, limits: Limits, upkeep: Upkeep, patterns: PatternTags) -> None:
        self._session = session
        self._limits = limits
        self._upkeep = upkeep
        self._patterns = patterns
        self._namespaces: list[str] = []
        self._arrays = 0
        self._cut = False

    async def go(self) -> None:
        """Find what patterns mean, follow what is new, and tell what is gone."""
        self._namespaces = await namespaces_of(self._session)
        items = self._upkeep.items
        offered = await self._typed(await self._candidates())
        known = frozenset(self._texts(item.node)[0] for item in items.all if item.node is not None)
        choices = self._patterns.choose(offered, known)
        self._patterns.tell(choices, self._arrays, self._cut)
        addresses = [self._patterns.address(one) for one in choices.chosen]
        before = self._patterns.known_before(addresses)
        if addresses:
            await self._upkeep.add(addresses)
            self._patterns.missed(before, self._upkeep)
            await Describer(self._session, self._limits, items, self._upkeep.publisher.reporter).describe()
        await self._tell_gone(offered)

    async def _candidates(self) -> list[tuple[Found, Offered]]:
        """Variables that lie where a pattern looks."""
        found: list[tuple[Found, Offered]] = []
        seen = 0
        async for level in levels(self._session, self._limits, self._patterns.hidden()):
            variables = [one for one in level if one.is_variable and not one.is_attribute]
            offered = [(one, Offered(one.path, self._texts(one.node))) for one in variables]
            found += [pair for pair in offered if self._patterns.could_mean(pair[1])]
            seen += len(level)
            if seen >= MOST_SEEN:
                self._cut = True
                break
        return found

    async def _typed(self, found: Sequence[tuple[Found, Offered]]) -> list[Offered]:
        """The same with their types; arrays, and references that lead nowhere, left out."""
        ranks = await read(self._session, [one.node for one, _ in found], AttributeIds.ValueRank, self._limits)
        there = [(pair, held(rank)) for pair, rank in zip(found, ranks, strict=True) if not is_gone(rank)]
        whole = [pair for pair, rank in there if not is_array(rank)]
        self._arrays = len(there) - len(whole)
        if not self._patterns.wants_types:
            return [offered for _, offered in whole]
        nodes = [one.node for one, _ in whole]
        kinds = await variant_types_of(self._session, nodes, self._limits)
        names = await self._names_of_types(nodes)
        each = zip(whole, kinds, names, strict=True)
        return [
            Offered(one.path, one.nodes, frozenset({name, "" if kind is None else kind.name}) - {""})
            for (_, one), kind, name in each
        ]

    async def _names_of_types(self, nodes: Sequence[ua.NodeId]) -> list[str]:
        """What the server calls the data type of each variable."""
        types = [held(answer) for answer in await read(self._session, nodes, AttributeIds.DataType, self._limits)]
        asked = list({one for one in types if isinstance(one, ua.NodeId)})
        answers = await read(self._session, asked, AttributeIds.BrowseName, self._limits)
        named = {node: held(answer) for node, answer in zip(asked, answers, strict=True)}
        return [getattr(named.get(one), "Name", None) or "" for one in types]

    async def _tell_gone(self, offered: Sequence[Offered]) -> None:
        """Nodes that were not met are asked for: one that only moved goes on."""
        gone = set(self._patterns.gone_from(offered))
        items = [one for one in self._upkeep.items.all if str(one.place) in gone and one.node is not None]
        nodes = [one.node for one in items if one.node is not None]
        answers = await read(self._session, nodes, AttributeIds.NodeClass, self._limits)
        for item, answer in zip(items, answers, strict=True):
            if is_gone(answer):
                self._upkeep.gone([target.tag for target in item.targets])

    def _texts(self, node: ua.NodeId) -> tuple[str, str]:
        """A node id as it stays right, and as the server numbers it today."""
        index = node.NamespaceIndex
        today = address_text(node, ()) if index else f"ns=0;{address_text(node, ())}"
        uri = self._namespaces[index] if 0 < index < len(self._namespaces) else ""
        return (today if not uri or ";" in uri else address_text(node, self._namespaces)), today


def is_gone(answer: ua.DataValue) -> bool:
    """Whether the server says that it has no such node."""
    return answer.StatusCode is not None and answer.StatusCode.value in NODE_GONE


def is_array(rank: object) -> bool:
    """Whether a ValueRank means an array in any case (OPC 10000-3, 5.6.2)."""
    return isinstance(rank, int) and rank >= 0


def name_of(error: BaseException) -> str:
    """The name of a status, else what went wrong."""
    if isinstance(error, ua.UaStatusCodeError):
        return type(error).__name__
    return "no answer in time" if isinstance(error, TimeoutError) else str(error)
