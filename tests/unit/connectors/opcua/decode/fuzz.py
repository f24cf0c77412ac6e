"""Broken messages by the thousand: `python -m tests.unit.connectors.opcua.decode.fuzz 300000 [SEED]`.

Each is decoded by ours, with the plans that all before it left behind, and by the driver. What the driver reads, ours
must read the same, as far as it goes; nothing may be raised.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from asyncua import ua

from connectors.opcua.decode.aim import Target
from connectors.opcua.decode.columns import Reading
from connectors.opcua.decode.repeats import Apart
from tests.unit.connectors.opcua.decode.oracle import Row, V, body_of, listed, ours, theirs
from tests.unit.connectors.opcua.wire import value
from twin.core.tags import TagType

NOW = datetime(2026, 11, 22, 11, 59, 58, 123456, tzinfo=UTC)
SAMPLES: dict[ua.VariantType, list[Any]] = {
    V.Boolean: [True, False],
    V.SByte: [-7],
    V.Byte: [200],
    V.Int16: [-300],
    V.UInt16: [60000],
    V.Int32: [-70000],
    V.UInt32: [4_000_000_000],
    V.Int64: [2**60, 5],
    V.UInt64: [2**63, 5],
    V.Float: [1.5],
    V.Double: [2.5, float("nan")],
    V.String: ["kolo č. 5", "", None],
    V.DateTime: [NOW],
    V.Guid: [UUID(int=5)],
    V.ByteString: [b"\x00\xfe", None],
    V.XmlElement: [ua.XmlElement("<a/>")],
    V.NodeId: [ua.NodeId("a", 3), ua.NodeId(5, 0), ua.NodeId(UUID(int=7), 2), ua.NodeId(b"x", 2)],
    V.ExpandedNodeId: [ua.ExpandedNodeId("a", 3)],
    V.StatusCode: [ua.StatusCode(0x80340000)],
    V.QualifiedName: [ua.QualifiedName("n", 2)],
    V.LocalizedText: [ua.LocalizedText("Läuft", "de"), ua.LocalizedText()],
    V.ExtensionObject: [ua.ExtensionObject(ua.NodeId("Strange", 4), b"\1\2\3")],
}
LENGTHS = [b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\0\0\0\x80", b"\0\xca\x9a\x3b", b"\0\0\0\0", b"\1\0\0\0"]


def corpus() -> list[ua.DataValue]:
    """A value of each type, alone and in arrays, with every mixture of status and times."""
    found: list[ua.DataValue] = [ua.DataValue(), value([ua.Variant(1.0), ua.Variant("x")], V.Variant)]
    for kind, samples in SAMPLES.items():
        for one in samples:
            found += [value(one, kind, source=NOW, server=NOW), value(one, kind, 0x480, NOW), value(one, kind)]
            found.append(ua.DataValue(ua.Variant(one, kind), None))
        found.append(value([samples[0]] * 3, kind, source=NOW))
        found.append(ua.DataValue(ua.Variant([[samples[0]] * 2] * 2, kind, [2, 2]), ua.StatusCode(0), NOW))
    return found


def broken(body: bytes, dice: random.Random) -> bytes:
    """The body with something wrong in it."""
    made = bytearray(body)
    for _ in range(dice.choice([1, 1, 1, 2, 4])):
        at = dice.randrange(len(made)) if made else 0
        match dice.randrange(7):
            case 0:
                del made[at:]
            case 1 | 2:
                if made:
                    made[at] ^= 1 << dice.randrange(8)
            case 3:
                made[at : at + 4] = dice.choice(LENGTHS)
            case 4:
                del made[at : at + dice.randrange(1, 9)]
            case 5:
                made[at:at] = made[at : at + dice.randrange(1, 40)]
            case _:
                made[at:at] = bytes([24]) * dice.randrange(1, 300)
    return bytes(made)


def reading() -> Reading:
    """Sixteen items: numbers, texts, bytes, elements."""
    picks = [(), (), (), (0,), (1, 1)]
    kinds = list(TagType)
    targets = [[Target(n, kinds[n % 3], picks[n % 5])] for n in range(16)]
    return Reading(targets, [f"node{n}" for n in range(16)])


def unlike(body: bytes, found: list[Any], read: list[Any], is_cut: bool) -> bool:
    """Whether ours read what the driver did not, or read it otherwise; is_cut: ours refused something."""
    if not is_cut and len(found) != len(read):
        return True
    rest = iter(read)
    return not all(any(alike(one, other) for other in rest) for one in found)


def alike(one: Row, other: Row) -> bool:
    """Whether two rows are the same. A DateTime is cut to the microsecond by the driver, to 100 ns by the wire."""
    if one == other:
        return True
    texts = one[4], other[4]
    is_moment = one[:2] == other[:2] and one[3] == other[3] and all(t and t.lstrip("-").isdigit() for t in texts)
    return is_moment and 0 <= int(texts[0] or 0) - int(texts[1] or 0) < 1000


def fuzz(cases: int, seed: int) -> Counter[str]:
    """Decode broken messages; raises AssertionError with the bytes of one that is read otherwise."""
    dice, values, told = random.Random(seed), corpus(), Counter[str]()
    one, before = reading(), Apart()
    slowest = 0.0
    for _ in range(cases):
        chosen = dice.choices(values, k=dice.randrange(1, 40) if dice.random() < 0.2 else dice.randrange(1, 8))
        if dice.random() < 0.3:
            chosen = chosen[:1] * dice.randrange(1, 60)
        whole = body_of([(n % 17 if dice.random() < 0.1 else n % 16, v) for n, v in enumerate(chosen)])
        body = broken(whole, dice) if dice.random() < 0.9 else whole
        begun = time.perf_counter()
        rows = ours(body, one)
        rows.batch("c", before)
        slowest = max(slowest, time.perf_counter() - begun)
        found = listed(rows)
        is_cut = any(u.cause.startswith(("notification", "array whose dimensions")) for u in rows.unheld)
        told["cut" if is_cut else "whole"] += 1
        try:
            read = theirs(body, one)
        except Exception as error:  # a broken message may raise anything in the driver
            told[f"driver raises {type(error).__name__}"] += 1
            continue
        told["read by both"] += 1
        assert not unlike(body, found, listed(read), is_cut), body.hex()
    told["slowest of ours, us"] = int(slowest * 1e6)
    told["memory, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return told


if __name__ == "__main__":
    for what, count in fuzz(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1).items():
        print(f"{count:>9,}  {what}")
