"""The results of a comparison in words, one line each."""

from __future__ import annotations

from sqsem_dsl.compare.changes import LayerChange
from sqsem_dsl.compare.translate import (
    AnotherNetwork,
    BudgetExcludes,
    ChoiceGone,
    Misfits,
    Reason,
    RuleExcludes,
    ValueGone,
)
from sqsem_dsl.compare.validity import NotThere, SettingsChanged, Valid, Validity
from sqsem_dsl.ir.choices import show
from sqsem_dsl.network.layers import Layer


def layer_line(change: LayerChange) -> tuple[str, str, str]:
    """A sign, the layer's name, and its change."""
    match change.old, change.new:
        case Layer() as layer, None:
            return "-", layer.name, layer.operator
        case None, Layer() as layer:
            return "+", layer.name, layer.operator
        case _, layer:
            assert layer is not None
            altered = ", ".join(f"{name} {show(old)} -> {show(new)}" for name, old, new in change.attributes)
            return "~", layer.name, f"{layer.operator}: {altered or 'another shape'}"


def reason_of(verdict: Validity) -> str:
    """The reason why a trial is not valid, in one line; empty if it is."""
    match verdict:
        case Valid():
            return ""
        case SettingsChanged(changes=changes):
            return ", ".join(f"{name} {old} -> {new}" for name, old, new in changes)
        case NotThere(reasons=reasons):
            return "; ".join(map(_reason, reasons))


def _reason(reason: Reason) -> str:
    match reason:
        case ValueGone(path=path, value=value, domain=domain):
            return f"`{path}` is {show(value)}, but its domain is now {domain}"
        case ChoiceGone(path=path, value=value):
            return f"`{path}` is {show(value)}, but that choice was removed"
        case RuleExcludes(text=text):
            return f"the rule `{text}` excludes it"
        case BudgetExcludes(text=text, quantities=quantities):
            has = ", ".join(f"{value:,} {name}" for name, value in quantities)
            return f"the budget `{text}` excludes it: it has {has}"
        case Misfits(title=title):
            return title
        case AnotherNetwork(changes=()):
            return "the same layers are connected differently"
        case AnotherNetwork(changes=changes):
            named = [f"{sign} {name} {text}" for sign, name, text in map(layer_line, changes[:3])]
            more = f", … ({len(changes) - 3} more)" if len(changes) > 3 else ""
            return f"the choices give another network: {', '.join(named)}{more}"
