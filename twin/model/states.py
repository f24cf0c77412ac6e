"""How a type tells its machines' state: rules, or a table of state numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from twin.model.entry import Entry
from twin.model.keys import GENERIC_STATES, STATE_RULE_KEYS, STATE_TABLE_KEYS
from twin.model.measure.fitting import fitted
from twin.model.packml import PACKML, SUSPENDED
from twin.model.plant import StateModel
from twin.model.references import Reference, read_reference, references_in, with_paths
from twin.model.report import suggestion
from twin.model.rule import Binary, Number, Rule, TagValue
from twin.model.rule_parser import RuleError, parse, refuse_memory


@dataclass(frozen=True, slots=True, eq=False)
class StateDraft:
    """A state model with the names as written. value: name of the tag with the state number, '' for rules alone.

    places: where each rule is written; none for those that a table brings.
    """

    rules: Sequence[tuple[Rule | None, str]]
    table: Mapping[int, str]
    value: str
    references: Sequence[Reference]
    places: Sequence[Entry] = ()

    def model(self, paths: Mapping[str, str], unit_of: Callable[[str], str]) -> StateModel:
        """The model of one machine; paths: name as written -> full path; unit_of: of a path. Problems are reported."""
        rules = [(None if rule is None else with_paths(rule, paths), state) for rule, state in self.rules]
        for number, place in enumerate(self.places):
            rule, state = rules[number]
            if rule is not None:
                rules[number] = _fitted(rule, unit_of, place), state
        return StateModel(tuple(rules), self.table, paths.get(self.value, self.value))


def _fitted(rule: Rule, unit_of: Callable[[str], str], place: Entry) -> Rule:
    """The rule with what it compares in one unit; as it is after reporting that this cannot be."""
    try:
        return fitted(rule, unit_of)
    except ValueError as error:
        place.problem(str(error))
        return rule


def read_state(entry: Entry) -> StateDraft:
    """The state model of a type. Problems are reported."""
    return _read_rules(entry) if entry.is_list else _read_table(entry)


def _read_rules(entry: Entry) -> StateDraft:
    rules: list[tuple[Rule | None, str]] = []
    references: list[Reference] = []
    items = entry.items()
    for item in items:
        rule, state = _read_rule(item, is_last=item is items[-1])
        rules.append((rule, state))
        references.extend(references_in(rule, item) if rule is not None else ())
    return StateDraft(tuple(rules), {}, "", tuple(references), items)


def _read_rule(entry: Entry, is_last: bool) -> tuple[Rule | None, str]:
    fields = entry.fields(STATE_RULE_KEYS)
    state = _read_generic(fields["is"]) if "is" in fields else ""
    if "when" in fields:
        return _read_condition(entry, fields["when"]), state
    if not is_last and entry.is_mapping:
        entry.problem("has no `when`, so it always holds and nothing after it counts: give it one, or put it last")
    return None, state


def _read_condition(item: Entry, when: Entry) -> Rule | None:
    try:
        rule = parse(when.written())
        refuse_memory(rule)
        return rule
    except RuleError as error:
        item.problem(str(error))
    except ValueError as error:
        when.problem(str(error))
    return None


def _read_generic(entry: Entry) -> str:
    """A generic state; '' after reporting what is none."""
    try:
        state = entry.written()
    except ValueError as error:
        entry.problem(str(error))
        return ""
    if state == "unknown":
        entry.problem("'unknown' cannot be given: bad quality and missing numbers give it by themselves")
    elif state not in GENERIC_STATES:
        entry.problem(f"no state '{state}'{suggestion(state, GENERIC_STATES)}")
    return state


def _read_table(entry: Entry) -> StateDraft:
    fields = entry.fields(STATE_TABLE_KEYS)
    named = {
        name: reference
        for name in ("value", "blocked", "starved")
        if name in fields and (reference := read_reference(fields[name])) is not None
    }
    is_packml = "table" in fields and _is_packml(fields["table"])
    for name in ("blocked", "starved"):
        if name in fields and not is_packml:
            fields[name].problem(
                "only the table `packml` has it; here give blocked and starved a number, or write rules"
            )
    table = PACKML if is_packml else _read_numbers(fields["table"]) if "table" in fields else {}
    value = named["value"].name if "value" in named else ""
    return StateDraft(tuple(_flag_rules(value, named)), table, value, tuple(named.values()))


def _is_packml(entry: Entry) -> bool:
    return not entry.is_mapping and not entry.is_list and entry.scalar() == "packml"


def _read_numbers(entry: Entry) -> dict[int, str]:
    """An own table of state numbers."""
    if not entry.is_mapping:
        entry.problem("is neither `packml` nor a table like {3: running, 9: down}")
        return {}
    table: dict[int, str] = {}
    for number, child in entry.children().items():
        try:
            table[int(number)] = _read_generic(child)
        except ValueError:
            child.problem(f"'{number}' is not a state number")
    return table


def _flag_rules(value: str, named: Mapping[str, Reference]) -> Iterator[tuple[Rule, str]]:
    """What Suspended means, by the flags that the machine has."""
    suspended = Binary("==", TagValue(value), Number(float(SUSPENDED)))
    for state in ("blocked", "starved"):
        if state in named:
            yield Binary("and", suspended, TagValue(named[state].name)), state
