"""A right plant file, and one edit of it for every kind of mistake: (old text, new text, what is said)."""

from __future__ import annotations

from tests.unit.model.alarm_mistakes import ALARM_MISTAKES
from tests.unit.model.dated_mistakes import DATED_MISTAKES
from tests.unit.model.inheritance_mistakes import INHERITANCE_MISTAKES
from tests.unit.model.write_mistakes import WRITE_MISTAKES
from tests.unit.model.yaml_mistakes import YAML_MISTAKES

PLANT = """\
linetwin: 1
connections:
  s7: {opcua: "opc.tcp://10.0.1.10:4840", ns: "urn:x"}
  gw: {mqtt: "mqtt://10.0.1.5"}
types:
  filler:
    tags:
      total: {node: .n, counter: {}}
      temp: {node: .t}
      status: {node: .s}
    counts: {total: total}
    state:
      - {when: "status == 3", is: running}
      - {is: idle}
lines:
  hall/line1:
    flow: [filler]
    machines:
      filler: {type: filler, from: s7, node: DB}
"""

MISTAKES = {**ALARM_MISTAKES, **DATED_MISTAKES, **INHERITANCE_MISTAKES, **WRITE_MISTAKES, **YAML_MISTAKES} | {
    "unknown key": (
        "mqtt://10.0.1.5",
        'mqtt://10.0.1.5", usr: "me',
        "4: connections.gw: unknown key 'usr' (did you mean 'user'?)",
    ),
    "unknown key at the top": ("types:", "typs:", "5: unknown key 'typs' (did you mean 'types'?)"),
    "an interpolation that is none": (
        "{node: .t}",
        "{node: .t, interpolation: linear}",
        "9: types.filler.tags.temp.interpolation: 'linear' is not one of stepped, sloped",
    ),
    "a line between two texts": (
        "{node: .t}",
        "{node: .t, type: text, interpolation: sloped}",
        "9: types.filler.tags.temp.interpolation: nothing lies between two values of type text; take stepped",
    ),
    "rows that may be folded again are not thinned": (
        "{node: .t}",
        "{node: .t, thin: {after: 1d, exception: 0.5}}",
        "9: types.filler.tags.temp.thin: after must be at least 7d: what is younger may be folded again",
    ),
    "thinning below 0": (
        "{node: .t}",
        "{node: .t, thin: {after: 7d, deviation: -1}}",
        "9: types.filler.tags.temp.thin: deviation -1 is below 0",
    ),
    "thinned pieces": (
        "{node: .t}",
        "{node: .t, counter: {}, thin: {after: 7d}}",
        "9: types.filler.tags.temp.thin: every step of a counter is pieces; remove `thin`",
    ),
    "thinned texts": (
        "{node: .t}",
        "{node: .t, type: text, thin: {after: 7d}}",
        "9: types.filler.tags.temp.thin: nothing lies between two values of type text; only numbers can be thinned",
    ),
    "thinned without an age": (
        "{node: .t}",
        "{node: .t, thin: {exception: 1}}",
        "9: types.filler.tags.temp.thin: key 'after' is missing (age from which on rows go, at least 7d)",
    ),
    "unknown key of a tag": (
        "{node: .t}",
        "{node: .t, uint: degC}",
        "9: types.filler.tags.temp: unknown key 'uint' (did you mean 'unit'?)",
    ),
    "key of another protocol": (
        "{node: .t}",
        "{node: .t, topic: a/b}",
        "9: types.filler.tags.temp.topic: is no key of a tag here: connection 's7' is opcua"
        " (there are: browse_path, node, ns, pick)",
    ),
    "wrong type": (
        "{node: .t}",
        "{node: 5}",
        "9: types.filler.tags.temp.node: is a number, not text (put it in quotes)",
    ),
    "list for a mapping": (
        'gw: {mqtt: "mqtt://10.0.1.5"}',
        "gw: []",
        "4: connections.gw: is a list, not a mapping (write `key: value`)",
    ),
    "number in quotes": (
        "counter: {}",
        'counter: {wraps: "65536"}',
        "8: types.filler.tags.total.counter.wraps: is text, not a whole number (remove the quotes)",
    ),
    "missing required key": (
        "    machines:\n      filler: {type: filler, from: s7, node: DB}\n",
        "    display: Line 1\n",
        "16: lines.hall/line1: key 'machines' is missing"
        " (machine name -> machine; packer[1..2] makes packer1 and packer2)",
    ),
    "missing topic": (
        "{node: .t}",
        "{from: gw}",
        "9: types.filler.tags.temp: key 'topic' is missing (topic of its messages; connection 'gw' is mqtt)",
    ),
    "duplicate key": (
        "temp: {node: .t}",
        "total: {node: .t}",
        "9: types.filler.tags: key 'total' stands twice (first in line 8)",
    ),
    "duplicate tag after expansion": (
        "temp: {node: .t}",
        "z2: {node: .z}\n      z[1..3]: {node: .t}",
        "10: types.filler.tags.z[1..3]: tag 'z2' stands twice (first in line 9)",
    ),
    "duplicate machine after expansion": (
        "filler: {type: filler, from: s7, node: DB}",
        "filler: {type: filler, from: s7}\n      m2: {type: filler, from: s7}\n      m[1..2]: {type: filler, from: s7}",
        "21: lines.hall/line1.machines.m[1..2]: machine 'm2' stands twice in this line",
    ),
    "a flat tag that a machine has": (
        "types:",
        "tags: {hall/line1/filler/temp: {from: s7, node: x}}\ntypes:",
        "5: tags.hall/line1/filler/temp: tag 'hall/line1/filler/temp' stands twice (first in line 10)",
    ),
    "bad path segment": (
        "hall/line1:",
        "Hall/line1:",
        "16: lines.Hall/line1: 'Hall' is not a name of a-z, 0-9, _ and -"
        " (write 'hall' and `display` may keep the other)",
    ),
    "empty path segment": (
        "hall/line1:",
        "hall//line1:",
        "16: lines.hall//line1: '' is not a name of a-z, 0-9, _ and -",
    ),
    "loop that goes down": (
        "temp: {node: .t}",
        "z[3..1]: {node: .t}",
        "9: types.filler.tags.z[3..1]: [3..1] must go up, by at most 10000 numbers",
    ),
    "reserved line": (
        "hall/line1:",
        "tags/line1:",
        "16: lines.tags/line1: a line may not begin with 'tags/': tags without a line are listed there",
    ),
    "unknown connection": (
        "from: s7",
        "from: s9",
        "19: lines.hall/line1.machines.filler.from: no connection 's9' (there are: gw, s7)",
    ),
    "no connection": (
        "from: s7, ",
        "",
        "19: lines.hall/line1.machines.filler: no connection for tag 'total'; write `from` (there are: gw, s7)",
    ),
    "unknown type": (
        "{type: filler,",
        "{type: fillr,",
        "19: lines.hall/line1.machines.filler.type: no type 'fillr' (did you mean 'filler'?)",
    ),
    "machine of nothing": (
        "{type: filler, from: s7, node: DB}",
        "{}",
        "19: lines.hall/line1.machines.filler: has neither `type` nor `tags`",
    ),
    "rule on a tag that is not there": (
        "status == 3",
        "statuss == 3",
        "13: types.filler.state[0]: no tag 'statuss' in type 'filler' (did you mean 'status'?)",
    ),
    "rule on a machine that is not there": (
        "status == 3",
        "fillr/status == 3",
        "13: types.filler.state[0]: no machine 'fillr' in line 'hall/line1' (did you mean 'filler'?)",
    ),
    "rule on a tag that another machine has not": (
        "status == 3",
        "filler/statuss == 3",
        "13: types.filler.state[0]: no tag 'statuss' in machine 'filler' (did you mean 'status'?)",
    ),
    "operator without spaces": (
        "status == 3",
        "status-3 == 3",
        "13: types.filler.state[0]: no tag 'status-3' in type 'filler' (did you mean 'status'?)"
        " (for the operator write spaces: status - 3)",
    ),
    "rule that is none": (
        "status == 3",
        "status == ",
        "13: types.filler.state[0]: column 11: expected a tag, a number or '(', found the end",
    ),
    "rate of no counter": (
        "status == 3",
        "rate(temp, 30s) > 0",
        "13: types.filler.state[0]: rate() needs a counter and tag 'temp' is none"
        " (add `counter: {}` to the tag if it counts pieces)",
    ),
    "rule that hides the next": (
        "{is: idle}",
        "{is: idle}\n      - {is: down}",
        "14: types.filler.state[1]: has no `when`, so it always holds and nothing after it counts:"
        " give it one, or put it last",
    ),
    "no such state": (
        "is: running",
        "is: runing",
        "13: types.filler.state[0].is: no state 'runing' (did you mean 'running'?)",
    ),
    "unknown as a state": (
        "is: running",
        "is: unknown",
        "13: types.filler.state[0].is: 'unknown' cannot be given:"
        " bad quality and missing numbers give it by themselves",
    ),
    "counts of no tag": (
        "{total: total}",
        "{total: totl}",
        "11: types.filler.counts.total: no tag 'totl' in type 'filler' (did you mean 'total'?)",
    ),
    "counts of no counter": (
        "{total: total}",
        "{total: temp}",
        "11: types.filler.counts.total: counts need a counter and tag 'temp' is none"
        " (add `counter: {}` to the tag if it counts pieces)",
    ),
    "flow of no machine": (
        "flow: [filler]",
        "flow: [fillr]",
        "17: lines.hall/line1.flow[0]: no machine 'fillr' in this line (did you mean 'filler'?)",
    ),
    "flow of one machine twice": (
        "flow: [filler]",
        "flow: [filler, [filler]]",
        "17: lines.hall/line1.flow[1]: machine 'filler' stands twice in the flow",
    ),
    "buffer without a number": (
        "flow: [filler]",
        "flow: [filler, {buffer: big}]",
        "17: lines.hall/line1.flow[1].buffer: 'big' is not an amount like `12 bottle`",
    ),
    "output of no machine": (
        "flow: [filler]",
        "output: [packer]",
        "17: lines.hall/line1.output[0]: no machine 'packer' in this line (there are: filler)",
    ),
    "product tag": (
        "flow: [filler]",
        "product: {tag: filler/recipe}",
        "17: lines.hall/line1.product.tag: no tag 'recipe' in machine 'filler' (there are: status, temp, total)",
    ),
    "rule with a text tag": (
        "status: {node: .s}",
        "status: {node: .s, type: text}",
        "13: types.filler.state[0]: tag 'status' is a text tag and a number is needed here"
        " (name a tag that shows a number)",
    ),
    "ideal rate of no machine": (
        "types:",
        "products: {cola: {ideal: {fillr: 5/s}}}\ntypes:",
        "5: products.cola.ideal.fillr: no machine or type 'fillr' (did you mean 'filler'?)",
    ),
    "ideal rate that is none": (
        "types:",
        "products: {cola: {ideal: {filler: 120}}}\ntypes:",
        "5: products.cola.ideal.filler: '120' is not a rate like 120/min, 2/s or 300/h",
    ),
    "product code twice": (
        "types:",
        "products: {cola: {code: 1}, pepper: {code: 1}}\ntypes:",
        "5: products.pepper.code: code 1 is product 'cola' already",
    ),
    "duration that is none": (
        'ns: "urn:x"',
        "every: 1x",
        "3: connections.s7.every: '1x' is not a duration like 250ms, 30s, 5m, 1h30m",
    ),
    "wait too long": (
        'ns: "urn:x"',
        "wait: 20min",
        "3: connections.s7.wait: 20 min is longer than 10 min; nothing would be final for so long",
    ),
    "choice": (
        'ns: "urn:x"',
        "time: sorce",
        "3: connections.s7.time: 'sorce' is not one of source, server, arrival (did you mean 'source'?)",
    ),
    "time zone": (
        "types:",
        "timezone: Europe/Pragu\ntypes:",
        "5: timezone: no time zone 'Europe/Pragu' (did you mean 'Europe/Prague'?)",
    ),
    "shift": (
        "types:",
        "shifts: {early: Mon-Fri 6-14}\ntypes:",
        "5: shifts.early: 'Mon-Fri 6-14' is not a time like `Mon-Fri 06:00-14:00`",
    ),
    "day": (
        "types:",
        'shifts: {breaks: ["Mo-Fri 10:00-10:15"]}\ntypes:',
        "5: shifts.breaks[0]: 'Mo' is not a day of Mon, Tue, Wed, Thu, Fri, Sat, Sun",
    ),
    "variable that is not set": (
        "mqtt://10.0.1.5",
        'mqtt://10.0.1.5", password: "${GW_PW}',
        "4: connections.gw.password: ${GW_PW} is not set (set the environment variable GW_PW)",
    ),
    "no protocol": (
        'mqtt: "mqtt://10.0.1.5"',
        "user: me",
        "4: connections.gw: names no protocol (write one of mqtt, opcua with the address)",
    ),
    "misspelt protocol": (
        'mqtt: "mqtt://10.0.1.5"',
        'mqqt: "mqtt://10.0.1.5"',
        "4: connections.gw: no protocol 'mqqt' (did you mean 'mqtt'?)",
    ),
    "two protocols": (
        'mqtt: "mqtt://10.0.1.5"',
        'mqtt: "mqtt://10.0.1.5", opcua: "opc.tcp://10.0.1.5"',
        "4: connections.gw: names 2 protocols (mqtt, opcua); a connection has one",
    ),
    "scheme of another protocol": (
        'mqtt: "mqtt://10.0.1.5"',
        'mqtt: "http://me:secret@10.0.1.5"',
        "4: connections.gw.mqtt: 'http://' is no address of mqtt (write mqtt://... or mqtts://...)",
    ),
    "address without a scheme": (
        'mqtt: "mqtt://10.0.1.5"',
        'mqtt: "10.0.1.5"',
        "4: connections.gw.mqtt: has no address of mqtt (write mqtt://... or mqtts://...)",
    ),
    "another version": (
        "linetwin: 1",
        "linetwin: 2",
        "1: linetwin: version 2 is not known to this release (write linetwin: 1)",
    ),
    "state table without a tag": (
        '- {when: "status == 3", is: running}\n      - {is: idle}',
        "{table: packml}",
        "12: types.filler.state: key 'value' is missing (tag with the state number)",
    ),
    "state table of no table": (
        '- {when: "status == 3", is: running}\n      - {is: idle}',
        "{table: packmel, value: status}",
        "13: types.filler.state.table: is neither `packml` nor a table like {3: running, 9: down}",
    ),
    "raw without range": (
        "{node: .t}",
        "{node: .t, raw: [0, 100]}",
        "9: types.filler.tags.temp: has only one of `raw` and `range`; write both: raw: [0, 27648], range: [0, 150]",
    ),
    "raw of one number": (
        "{node: .t}",
        "{node: .t, raw: [0], range: [0, 1]}",
        "9: types.filler.tags.temp: `raw` and `range` must be two numbers each, those of `raw` not equal",
    ),
    "health of no tag": (
        "counts: {total: total}",
        "health: [{model: normal_behaviour, tags: [vibration]}]",
        "11: types.filler.health[0].tags[0]: no tag 'vibration' in type 'filler' (there are: status, temp, total)",
    ),
    "template without a number": (
        "node: DB}",
        'node: "DB{i}"}',
        "19: lines.hall/line1.machines.filler: {i} has no value here (it numbers what a name with [1..4] makes)",
    ),
    "misspelt template": (
        "{node: .t}",
        '{node: ".t{machin}"}',
        "9: types.filler.tags.temp: unknown template {machin} (did you mean 'machine'?)",
    ),
    "former name of a tag that is there": (
        "{node: .t}",
        "{node: .t, was: total}",
        "9: types.filler.tags.temp: was 'hall/line1/filler/total', but that is tag 'hall/line1/filler/total'",
    ),
}

FOLLOWED = {  # mistakes that make others, which are told too
    "unknown key at the top",  # the types are gone, so the machine's type is unknown too
    "duplicate key",  # the tag whose key was replaced is gone
    "loop that goes down",
    "missing required key",  # the flow names machines
    "tab",
}
