"""Inputs, outputs, rules, budgets and settings of two spaces, compared as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import assert_never

from sqsem_dsl.compare.changes import Altered, What
from sqsem_dsl.diagram.combine import show_shape
from sqsem_dsl.ir.choices import show
from sqsem_dsl.ir.context import draws, value_of
from sqsem_dsl.ir.draws import show_domain, show_prior
from sqsem_dsl.ir.graph import (
    Apply,
    CallValue,
    ChoiceValue,
    Const,
    Dim,
    Draw,
    Graph,
    Guard,
    If,
    ItemId,
    ListValue,
    MapValue,
    ScalarOf,
    SettingValue,
    Tally,
)
from sqsem_dsl.ir.input_shapes import shown_input
from sqsem_dsl.ir.path import Path
from sqsem_dsl.space.space import Space

_NUMBER = re.compile(r"\d+(\.\d+)?(e-?\d+)?([KMG]|[um]s)?")


def alterations(old: Space, new: Space, names: Mapping[str, str]) -> Iterator[Altered]:
    """The differences in inputs, outputs, rules, budgets, settings of `train` and `search`, in this order. `names` maps
    the paths of old choices to those of the new."""
    yield from _by_name("input", _inputs(old), _inputs(new))
    yield from _by_name("output", _outputs(old), _outputs(new))
    was, now = ({choice.path: choice.at.family for choice in space.choices} for space in (old, new))
    yield from _rules(old.graph, new.graph, {was[before]: now[after] for before, after in names.items()})
    yield from _paired("budget", [b.text for b in old.budgets], [b.text for b in new.budgets])
    yield from _by_name("train", _settings(old.graph, old.graph.train), _settings(new.graph, new.graph.train))
    yield from _by_name("search", _settings(old.graph, old.graph.search), _settings(new.graph, new.graph.search))


def _by_name(what: What, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Altered]:
    for name in (*old, *(name for name in new if name not in old)):
        if old.get(name) != new.get(name):
            yield Altered(what, name, old.get(name), new.get(name))


def _inputs(space: Space) -> dict[str, str]:
    return {node.name: shown_input(space.graph, node) for node in space.graph.inputs}


def _outputs(space: Space) -> dict[str, str]:
    """The outputs in the default architecture."""
    return {
        name: show_shape(fact.shape) + (f" {fact.ending}" if fact.ending else "")
        for name, fact in space.outputs.items()
    }


# ---- rules and budgets


def _rules(old: Graph, new: Graph, families: Mapping[Path, Path]) -> Iterator[Altered]:
    """Rules that were added, removed, or changed in meaning with the same text, through another constant."""
    before, after = _meanings(old, families), _meanings(new, {})
    for text in before.keys() & after.keys():
        was, now = sorted(before[text] - after[text]), sorted(after[text] - before[text])
        if was and now:
            yield Altered("rule", "", "; ".join(was), "; ".join(now))
    gone = [text for text in before if text not in after]
    come = [text for text in after if text not in before]
    # The same rule in other words, or over a renamed choice, is not a change.
    same = {text for text in gone for other in come if before[text] == after[other]}
    same |= {other for other in come for text in gone if before[text] == after[other]}
    yield from _paired("rule", [t for t in gone if t not in same], [t for t in come if t not in same])


def _paired(what: What, old: Sequence[str], new: Sequence[str]) -> Iterator[Altered]:
    """Items in only one list; two texts that differ only in their numbers are one change."""
    waiting = [text for text in new if text not in old]
    for text in (text for text in old if text not in new):
        other = next((t for t in waiting if _NUMBER.sub("#", t) == _NUMBER.sub("#", text)), None)
        if other is not None:
            waiting.remove(other)
        yield Altered(what, "", text, other)
    yield from (Altered(what, "", None, text) for text in waiting)


def _meanings(graph: Graph, families: Mapping[Path, Path]) -> dict[str, set[str]]:
    """The rules by their text, each with its meaning: constants by their values, choices by their paths without
    indices."""
    found: dict[str, set[str]] = {}
    rules = [*graph.rules, *(rule for item in graph.items if isinstance(item, Guard) for rule in item.rules)]
    for rule in rules:
        found.setdefault(rule_text(graph, rule), set()).add(_bare(_spelled(graph, rule, families)))
    return found


def rule_text(graph: Graph, rule: ItemId) -> str:
    """A rule as written, on one line."""
    item = graph.items[rule]
    text = item.span.text if isinstance(item, Apply | If | Dim) else ""
    return " ".join(text.split()) or _bare(_spelled(graph, rule, {}))


def _bare(text: str) -> str:
    """The text without parentheses around the whole."""
    return text[1:-1] if text.startswith("(") else text


def _spelled(graph: Graph, item: ItemId, families: Mapping[Path, Path]) -> str:
    """A scalar with constants by their values and choices by their paths without indices."""
    node = graph.items[item]
    match node:
        case Const(value=value):
            return show(value)
        case Draw(choice=choice):
            path = graph.choices[choice].at.family
            return str(families.get(path, path))
        case Apply(function=function, arguments=(one, other)) if not function.isalpha() or function == "in":
            return f"({_spelled(graph, one, families)} {function} {_spelled(graph, other, families)})"
        case Apply(function="picks", arguments=(picked, name)):
            return f"{_spelled(graph, picked, families)}.{_spelled(graph, name, families)}"
        case Tally(terms=terms):
            return f"sum({', '.join(dict.fromkeys(_spelled(graph, term, families) for term in terms))})"
        case Apply(function="not", arguments=(one,)):
            return f"not {_spelled(graph, one, families)}"
        case Apply(function=function, arguments=arguments):
            return f"{function}({', '.join(_spelled(graph, a, families) for a in arguments)})"
        case If(test=test, then=then, other=other):
            decides, yes, no = (_spelled(graph, each, families) for each in (test, then, other))
            if yes == "true":
                return f"({decides} or {no})"
            return f"({decides} and {yes})" if no == "false" else f"where({decides}, {yes}, {no})"
        case Dim(span=span):
            return " ".join(span.text.split())
        case _:
            return "…"


# ---- settings


def _settings(graph: Graph, entries: Iterable[tuple[str, SettingValue]]) -> dict[str, str]:
    return {key: setting_text(graph, value) for key, value in entries}


def _argument_text(graph: Graph, key: str, value: SettingValue) -> str:
    """An argument of a call: `rate = 0.1`, or by position."""
    text = setting_text(graph, value)
    return text if isinstance(value, MapValue) or key.isdigit() else f"{key} = {text}"


def _extern_argument(graph: Graph, key: str, value: SettingValue) -> str:
    """An argument of an `extern`, whose texts are in quotes; its target has no name."""
    match value:
        case MapValue(entries=entries):
            return ", ".join(f"{name} = {_quoted(graph, each)}" for name, each in entries)
        case _:
            return _quoted(graph, value)


def _quoted(graph: Graph, value: SettingValue) -> str:
    if isinstance(value, ScalarOf) and isinstance(item := graph.items[value.item], Const):
        return f'"{item.value}"' if isinstance(item.value, str) else show(item.value)
    return setting_text(graph, value)


def setting_text(graph: Graph, value: SettingValue) -> str:
    """A setting as written, constants by their values."""
    match value:
        case ScalarOf(item=item):
            match graph.items[item]:
                case Draw(choice=choice):
                    declared = graph.choices[choice]
                    return f"any {show_domain(declared.domain, declared.prior)}"
                case Const(value=constant):
                    return show(constant)
                case _:
                    read: set[int] = set()
                    draws(graph.items, item, read)
                    return value.span.text if read else show(value_of(graph.items, item, {}))
        case CallValue(name="extern", arguments=arguments):
            parts = [_extern_argument(graph, key, each) for key, each in arguments]
            return f"extern({', '.join(parts)})"
        case CallValue(name=name, arguments=arguments):
            given = ", ".join(_argument_text(graph, key, each) for key, each in arguments)
            return f"{name}({given})" if given else name
        case MapValue(entries=entries):
            return ", ".join(_argument_text(graph, key, each) for key, each in entries)
        case ListValue(items=items):
            return f"[{', '.join(setting_text(graph, each) for each in items)}]"
        case ChoiceValue(test=test, options=options):
            draw = graph.items[test]
            chosen = graph.choices[draw.choice] if isinstance(draw, Draw) else None
            prior = show_prior(chosen.domain, chosen.prior) if chosen is not None else ""
            return f"any [{', '.join(setting_text(graph, each) for _, each in options)}] {prior}".rstrip()
        case _:
            assert_never(value)
