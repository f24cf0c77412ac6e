"""The JSON of the Connect page."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from twin.api.find import LONGEST
from twin.api.shapes import Answer, Shape, Time
from twin.runtime.visits import MOST_NODES

Address = Annotated[str, Field(max_length=4096)]
Name = Annotated[str, Field(max_length=LONGEST)]


class VisitShape(Shape):
    """Where to look round: an address with how to get in, or a connection of the plant."""

    url: str = Field("", max_length=LONGEST)
    connection: str = Field("", max_length=LONGEST)
    user: str = Field("", max_length=LONGEST)
    password: str = Field("", max_length=LONGEST)
    security: str = Field("", max_length=60)


class NodeShape(Shape):
    """A node. node: its address, as a plant file writes it. folder: there may be more below it."""

    node: str
    path: str
    name: str
    type: str
    value: str
    unit: str
    folder: bool


class VisitAnswer(Answer):
    """A visit and what stands at its root."""

    visit: str
    url: str
    nodes: list[NodeShape]


class NodesAnswer(Answer):
    """Nodes, in the order of the server."""

    nodes: list[NodeShape]


class TicksShape(Shape):
    """Nodes to look at."""

    nodes: list[Address] = Field(max_length=MOST_NODES)


class SeenShape(Shape):
    """What a node holds. quality: good, uncertain, bad."""

    node: str
    text: str
    status: str
    quality: str
    time: Time | None


class ValuesAnswer(Answer):
    """What nodes hold, in the order asked for."""

    values: list[SeenShape]


class RuleShape(Shape):
    """A state rule, as in a plant file."""

    when: str | None = Field(None, max_length=1000)
    is_: str = Field(alias="is", max_length=40)


class PreviewShape(Shape):
    """Ticked tags and rules. tags: path of a tag -> its node. kinds: path -> type of its values, as the server says.

    counters: those of them that count pieces. plant: path of the plant to be.
    """

    tags: dict[Name, Address] = Field(max_length=MOST_NODES)
    kinds: dict[Name, Name] = Field(default_factory=dict, max_length=MOST_NODES)
    units: dict[Name, Name] = Field(default_factory=dict, max_length=MOST_NODES)
    counters: list[Name] = Field(default_factory=list, max_length=MOST_NODES)
    state: list[RuleShape] = Field(default_factory=list, max_length=50)
    plant: str = Field("my/plant", max_length=LONGEST)
    machine: str = Field("", max_length=LONGEST, description="path of its machine: line1/filler; '' for flat tags")


class IntervalShape(Shape):
    """A state over a stretch of time."""

    state: str
    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]


class PreviewAnswer(Answer):
    """samples: so many values were seen. states: in the order of time."""

    samples: int
    states: list[IntervalShape]


class TextAnswer(Answer):
    """A plant file, and what is wrong in it."""

    text: str
    problems: list[str]


class CertificateShape(Shape):
    """A certificate for people to judge. fingerprint: SHA-256."""

    fingerprint: str
    subject: str
    not_before: str
    not_after: str
    file: str


class CertificatesAnswer(Answer):
    """Certificates that wait for somebody to trust them."""

    waiting: list[CertificateShape]


class TrustShape(Shape):
    """fingerprint: whole, as it was shown."""

    fingerprint: str = Field(min_length=20, max_length=200)
