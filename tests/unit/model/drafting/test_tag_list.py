"""Tag lists as spreadsheets write them, and round trips through them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.mqtt import PLUGIN as MQTT
from connectors.opcua import PLUGIN as OPCUA
from twin.cli.main import main
from twin.core.errors import LinetwinError, Problems
from twin.model.drafting.drafts import Drafts
from twin.model.drafting.tag_list import escaped, from_tag_list, text_of, unescaped
from twin.model.drafting.tag_list_text import drafts_of, tag_list_text
from twin.model.load import load
from twin.model.plant import Plant
from twin.model.plant_text import ConnectionDraft, TagDraft, plant_text, unsayable

PLUGINS = {"opcua": OPCUA, "mqtt": MQTT}
BRNO = Path(__file__).parents[4] / "examples" / "brno.yaml"


def read(text: str) -> Drafts:
    return from_tag_list(text, "tags.csv", PLUGINS)


def plant_of(drafts: Drafts) -> Plant:
    return load(plant_text("acme/brno", drafts.connections, drafts.tags), "plant.yaml", PLUGINS, {})


def problems(text: str) -> list[str]:
    try:
        read(text)
    except Problems as found:
        return [str(problem) for problem in found.problems]
    except LinetwinError as error:
        return [str(error)]
    return []


def test_the_list_of_a_spreadsheet_is_read() -> None:
    text = (
        "\ufeffName;Node;Unit;Type\r\n"
        'Füller/Motor Temp;"ns=3;s=""DB_Filler"".""iTemp""";°C;\r\n'
        "Füller/Motor-Temp ;ns=3;s=x;;\r\n".replace("ns=3;s=x", '"ns=3;s=x"')
        + ";;;\r\n'=odd;'@node;'-;text\r\n"
    )
    drafts = read(text_of(text.encode("utf-8"), "tags.csv"))
    assert [(t.path, t.keys["node"], t.unit, t.type, t.display) for t in drafts.tags] == [
        ("fuller/motor_temp", 'ns=3;s="DB_Filler"."iTemp"', "°C", "number", "Motor Temp"),
        ("fuller/motor-temp", "ns=3;s=x", "", "number", "Motor-Temp"),
        ("odd", "@node", "-", "text", "=odd"),
    ]


def test_connections_endpoints_and_namespaces() -> None:
    drafts = read(
        "name,connection,endpoint,ns,node,raw,range\n"
        'a,s7,opc.tcp://10.0.1.10:4840,urn:a,x,"[0, 27648]","[0, 150]"\n'
        "b,s7,,urn:a,y,,\nc,bk,opc.tcp://10.0.1.20:4840,urn:b,x,,\nd,bk,,urn:c,y,,\n"
    )
    assert [(c.name, c.url, dict(c.settings)) for c in drafts.connections] == [
        ("s7", "opc.tcp://10.0.1.10:4840", {"ns": "urn:a"}),
        ("bk", "opc.tcp://10.0.1.20:4840", {}),
    ]
    assert dict(drafts.tags[0].keys) == {"node": "x", "raw": [0, 27648], "range": [0, 150]}
    assert dict(drafts.tags[3].keys) == {"node": "y", "ns": "urn:c"}


def test_a_list_without_an_address_says_where_to_put_it() -> None:
    drafts = read("name\tnode\na\tns=3;s=x\n")
    assert drafts.connections[0].notes == ("The list does not say where its server is: put the address here.",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "tags.csv:1: is empty"),
        ("name,node\n", "tags.csv:1: there is no row"),
        ("node,unit\na,b\n", "tags.csv:1: no column name"),
        ("name,node,untis\na,b,c\n", "tags.csv:1: no column 'untis' is known (did you mean 'unit'?)"),
        ("name,node,node\na,b,c\n", "tags.csv:1: column 'node' stands twice"),
        ("sep=;\nname;node\na;\n", "tags.csv:3: node is empty"),
        ('name,node\n"a\nb",x\nc,\n', "tags.csv:4: node is empty"),
        ("name,node\n,x\n", "tags.csv:2: name is empty"),
        ("name,node\na,x\na,y\n", "tags.csv:3: tag 'a' stands twice (first in line 2)"),
        ("name,node\na,b,c\n", "tags.csv:2: 3 cells in 2 columns"),
        ('name,node\na,"b\n', "tags.csv:2: not CSV"),
        ("name,node,type\na,b,float\n", "tags.csv:2: type: 'float' is not one of number, text, bytes"),
        ("name,node,raw\na,b,0 to 1\n", "tags.csv:2: raw: '0 to 1' is not written like [0, 27648]"),
        ("name,node\na,{line}\n", "tags.csv:2: tag 'a': {line} has no value here"),
        ("name,node,endpoint\na,b,http://x\n", "tags.csv:2: endpoint 'http://x' is no address"),
        ("name,node,endpoint\na,b,opc.tcp://x\nc,d,opc.tcp://y\n", "tags.csv:3: connection 'c1' has two endpoints"),
        ("name,node,topic\na,b,c\n", "tags.csv:2: topic: is no key of opcua"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, message: str) -> None:
    [problem] = problems(text)
    assert message in problem


def test_another_encoding_is_told_with_its_line() -> None:
    with pytest.raises(LinetwinError, match=r"tags\.csv:2: is not UTF-8"):
        text_of("name,node\nFüller,x\n".encode("cp1252"), "tags.csv")
    assert text_of("name\tnode\n".encode("utf-16"), "tags.csv") == "name\tnode\n"


CELLS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=8) | st.sampled_from(
    ["=1+1", "'=x", "'", "''", "+", "-1", "@a", "\t", 'a"b";c', "a,b", "a\r\nb", "1,5", "on", "14:00", '"DB"."x"']
)


@given(CELLS)
def test_a_cell_comes_back(cell: str) -> None:
    assert unescaped(escaped(cell)) == cell
    assert not escaped(cell).startswith(("=", "+", "-", "@"))


TAGS = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"),
        st.sampled_from(["s7", "bk"]),
        CELLS.filter(lambda c: c.strip() and not unsayable(c)),
        st.sampled_from(["number", "text", "bytes"]),
        CELLS.filter(lambda c: c.strip() == c and not unsayable(c)),
        CELLS.filter(lambda c: c.strip() == c and not unsayable(c)),
        st.none() | st.sampled_from(["urn:a", "urn:b"]),
    ),
    min_size=1,
    unique_by=lambda t: t[0],
)


@given(TAGS, st.booleans())
@settings(deadline=None)
def test_drafts_come_back_from_their_list_and_so_does_the_list(
    tags: list[tuple[str, str, str, str, str, str, str | None]], excel: bool
) -> None:
    connections = (ConnectionDraft("s7", "opcua", "opc.tcp://a:1"), ConnectionDraft("bk", "opcua", "opc.tcp://b:1"))
    drafts = Drafts(
        connections,
        tuple(
            TagDraft(path, connection, {"node": f"N.{node}"} | ({"ns": ns} if ns else {}), type, unit, display)
            for path, connection, node, type, unit, display, ns in tags
        ),
    )
    text = tag_list_text(drafts, excel)
    back = read(text_of(text.encode(), "tags.csv"))
    assert tag_list_text(back, excel) == text
    assert [(t.path, t.type, t.display) for t in back.tags] == sorted((t.path, t.type, t.display) for t in drafts.tags)


@pytest.mark.parametrize("excel", [False, True])
def test_a_plant_goes_through_a_list_and_comes_back(excel: bool) -> None:
    plant = load(BRNO.read_text(encoding="utf-8"), "brno.yaml", PLUGINS, {"S7_PW": "secret"})
    text = tag_list_text(drafts_of(plant, PLUGINS), excel)
    assert "secret" not in text
    back = plant_of(read(text_of(text.encode(), "tags.csv")))
    assert tag_list_text(drafts_of(back, PLUGINS), excel) == text
    assert set(back.tags) == set(plant.tags)
    for path, tag in plant.tags.items():
        other = back.tags[path]
        meaning = (tag.type, tag.unit, tag.factor, tag.offset, tag.bad, tag.counter, tag.alarms, tag.was, tag.write)
        assert meaning == (
            other.type, other.unit, other.factor, other.offset, other.bad, other.counter, other.alarms, other.was,
            other.write,
        )  # fmt: skip
        node = tag.address.machine_node + (tag.address.settings.get("node") or "")
        assert node == other.address.machine_node + (other.address.settings.get("node") or "")
        assert tag.address.settings.get("pick") == other.address.settings.get("pick")


def test_the_command_goes_both_ways(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = tmp_path / "tags.csv"
    first.write_text('name;node;unit;pick\nline/temp;"ns=3;s=""DB"".""t""";degC;\nline/z;ns=3;\n', "utf-8")
    assert main(["init", str(first)]) == 2
    assert "tags.csv:3: node 'ns=3' ends where its semicolon was; put the cell in quotes" in capsys.readouterr().err
    first.write_text('name;node;unit;pick\nline/temp;"ns=3;s=""DB"".""t""";degC;\nline/z;"ns=3;s=z";;[0]\n', "utf-8")
    assert main(["init", str(first)]) == 0
    plant = tmp_path / "plant.yaml"
    plant.write_text(capsys.readouterr().out, "utf-8")
    assert main(["check", str(plant)]) == 0
    capsys.readouterr()
    lists: list[str] = []
    for _ in range(2):
        assert main(["init", str(plant), "--csv"]) == 0
        lists.append(capsys.readouterr().out)
        first.write_bytes(lists[-1].encode())
        assert main(["init", str(first)]) == 0
        plant.write_text(capsys.readouterr().out, "utf-8")
    assert lists[0] == lists[1]
    assert main(["init", str(plant)]) == 2
    assert "is a plant file already; --csv writes its tag list" in capsys.readouterr().err
