"""The analysis of a space as plain data, for `--emit analysis`. docs/analysis.md describes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqsem_dsl.backends.export.architecture_json import choice_json
from sqsem_dsl.ir.choices import Categorical, Choice, plain
from sqsem_dsl.network.identity import RULES_VERSION
from sqsem_dsl.space.assignments import Assignments

if TYPE_CHECKING:
    from sqsem_dsl.analysis.costs.distribution import Distribution
    from sqsem_dsl.analysis.costs.ranges import Extreme, Range
    from sqsem_dsl.analysis.memory import Memory
    from sqsem_dsl.analysis.space_analysis import Analysis
    from sqsem_dsl.space.space import Space

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
BARS = 40
"""The maximum number of bars of a histogram."""


def analysis_json(space: Space) -> dict[str, Any]:
    """All facts about a space. Whole numbers are exact; unknown values are null, and `limits` gives the reason."""
    facts = space.analysis
    added = _added(space)
    joint = facts.joint
    found = facts.architectures
    data: dict[str, Any] = {
        "space": space.name,
        "rules_version": RULES_VERSION,
        "choices": [_choice(choice, added.get(choice.path, {})) for choice in space.choices],
        "continuous": [choice.path for choice in facts.continuous],
        "assignments": facts.assignments,
        "configurations": facts.configurations,
        "budgets": [budget.text for budget in space.budgets],
        "feasible": _feasible(facts),
        "architectures": {
            "count": found.count, "exact": found.exact, "how": found.how, "interval": list(found.interval)
        },
    }  # fmt: skip
    for quantity in ("params", "trainable_params", "macs", "latency"):
        data[quantity] = _distributed(space, facts.ranges.get(quantity), facts.distributions.get(quantity))
    for quantity in ("activations", "weighted_layers"):
        data[quantity] = _range(space, facts.ranges.get(quantity))
    data["memory"] = _memory(facts.memory)
    data["lower_bounds"] = {quantity: bound.reason for quantity, bound in sorted(facts.lower_bounds.items())}
    data["joint"] = None if joint is None else len(joint)
    data["limits"] = dict(facts.limits)
    return data


def _choice(choice: Choice, options: Mapping[int, Mapping[str, object]]) -> dict[str, Any]:
    """As in `--emit choices`, and for each value of a discrete choice of the network its effects."""
    data = choice_json(choice)
    if choice.section == "architecture" and isinstance(choice.domain, Categorical) and options:
        never = {"count": 0, "params": None, "trainable_params": None, "macs": None, "latency": None}
        data["options"] = [
            {"value": plain(value), **options.get(option, never)} for option, value in enumerate(choice.domain.values)
        ]
    return data


def _added(space: Space) -> dict[str, dict[int, Mapping[str, object]]]:
    """For each path and option, the number of assignments with it, and the differences between their means and those of
    all assignments in which the choice is active; these are null if costs are not known."""
    costs = bool(space.analysis.effects)
    added: dict[str, dict[int, Mapping[str, object]]] = {}
    for effect in space.analysis.option_counts:
        added.setdefault(space.graph.choices[effect.choice].path, {})[effect.option] = {
            "count": effect.count,
            "params": float(effect.params) if costs else None,
            "trainable_params": float(effect.trainable_params) if costs else None,
            "macs": float(effect.macs) if costs else None,
            "latency": float(effect.latency) if costs and space.graph.times is not None else None,
        }
    return added


def _feasible(facts: Analysis) -> dict[str, Any] | None:
    found = facts.feasible
    if found is None:
        return None
    return {"count": found.count, "low": found.low, "high": found.high, "how": found.how}


def _memory(found: Memory | None) -> dict[str, Any] | None:
    """The bytes of all assignments, or of a sample; null if no budget and no objective reads them."""
    if found is None:
        return None
    return {
        "min": found.values[0],
        "median": found.median,
        "max": found.values[-1],
        "networks": len(found.values),
        "exact": found.exact,
    }


def _distributed(space: Space, found: Range | None, distribution: Distribution | None) -> dict[str, Any] | None:
    """A range and, if it is known, the distribution."""
    data = _range(space, found)
    if data is not None:
        data["mean"] = data["values"] = data["quantiles"] = data["histogram"] = None
        if distribution is not None:
            data["mean"] = float(distribution.mean)
            data["values"] = len(distribution)
            data["quantiles"] = {str(q): distribution.quantile(q) for q in QUANTILES}
            data["histogram"] = [
                {"low": bar.low, "high": bar.high, "count": bar.count} for bar in distribution.histogram(BARS)
            ]
    return data


def _range(space: Space, found: Range | None) -> dict[str, Any] | None:
    """The minimum and maximum, each with an assignment that has it."""
    if found is None:
        return None
    return {
        "min": found.low.value,
        "max": found.high.value,
        "at_min": _witness(space, found.low),
        "at_max": _witness(space, found.high),
    }


def _witness(space: Space, extreme: Extreme) -> dict[str, object]:
    named = Assignments(space.graph).named(extreme.draws)
    ordered: Iterable[str] = (choice.path for choice in space.choices if choice.path in named)
    return {path: plain(named[path]) for path in ordered}
