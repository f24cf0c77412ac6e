"""Mass balance of a line from its truth alone: what came in is where it should be."""

from collections import defaultdict


def by_machine(truth):
    """kind -> machine -> record; counters as numbers of pieces."""
    found = defaultdict(dict)
    for record in truth:
        if record["kind"] == "count":
            found[record["counter"]][record["machine"]] = len(record["times"])
        elif record["kind"] == "process":
            found["process"][record["machine"]] = record
        elif record["kind"] == "end":
            found[record["side"]][record["machine"]] = record["pieces"]
    return found


def assert_balanced(truth, takes):
    """takes: machine -> pieces that it takes for one of its own. Holds at any instant, at every buffer and end."""
    facts = by_machine(truth)

    def out_of(machine):
        return facts["total"][machine] - facts["reject"][machine] - facts["process"][machine]["holding"]

    def into(machine):
        return takes[machine] * (facts["total"][machine] + facts["process"][machine]["busy"])

    for buffer in (record for record in truth if record["kind"] == "buffer"):
        came, went = sum(map(out_of, buffer["givers"])), sum(map(into, buffer["takers"]))
        assert buffer["level"] == buffer["first"] + came - went - buffer["cleared"], buffer["buffer"]
        assert 0 <= buffer["level"] <= buffer["capacity"]
        assert buffer["cleared"] >= 0
    for machine, pieces in facts["in"].items():
        assert pieces == into(machine)
    for machine, pieces in facts["out"].items():
        assert pieces == out_of(machine)


def takes_of(spec):
    """For `assert_balanced`, of a LineSpec."""
    return {f"{spec.path}/{machine.name}": machine.station.takes for machine in spec.machines}
