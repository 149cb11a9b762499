"""The card of a space: inputs, outputs, choices by kind, the number of assignments, the default architecture."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from textwrap import wrap
from typing import TYPE_CHECKING

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagram.combine import show_shape
from sqsem_dsl.ir.choices import Choice, Continuous
from sqsem_dsl.ir.input_shapes import shown_input
from sqsem_dsl.report.text.style import Style
from sqsem_dsl.report.text.table import labeled
from sqsem_dsl.space.space import Space
from sqsem_dsl.utils.numbers import percent, plural, whole

if TYPE_CHECKING:
    from sqsem_dsl.analysis.costs.feasibility import Feasible
    from sqsem_dsl.analysis.space_analysis import Analysis
    from sqsem_dsl.compiler import Compilation
    from sqsem_dsl.network.architecture import Architecture

TEXTS = 17
"""The column where the texts of rows begin."""
KINDS = {
    "param": ("parameter", "parameters"),
    "any": ("inline `any`", "inline `any`"),
    "slot": ("slot", "slots"),
    "optional": ("optional input", "optional inputs"),
    "choose": ("set of alternatives", "sets of alternatives"),
    "pick": ("pick", "picks"),
    "repeat": ("repeat", "repeats"),
    "bypass": ("bypass", "bypasses"),
}
"""The displayed names of the kinds of choices: singular and plural."""


def card(path: str, space: Space, style: Style) -> list[str]:
    """The lines of the card of one space."""
    facts, default = space.analysis, _first(space)
    rows = [
        ("inputs", ", ".join(f"{node.name} {shown_input(space.graph, node)}" for node in space.graph.inputs)),
        ("outputs", _outputs(space) if default is not None else ""),
        ("choices", _choices([c for c in space.choices if c.section == "architecture"])),
        ("training", _choices([c for c in space.choices if c.section == "train"])),
        ("assignments", _count(space, facts)),
        ("configurations", _configurations(facts) if space.num_train_settings > 1 else ""),
        ("budgets", ", ".join(budget.text for budget in space.budgets)),
        ("feasible", share(facts.feasible) if space.budgets else ""),
        ("default", "not known: the first values break a rule" if default is None else _said(space, default)),
    ]
    lines = [f"{style.bold(space.name)}  ({path})"]
    if space.doc:
        lines += [f"  {line}" for line in wrap(space.doc, style.width - 2)]
    return lines + [line for name, text in rows if text for line in row(name, text, style)]


def _first(space: Space) -> Architecture | None:
    """The default architecture; None if nothing is proved and a rule cuts the first values."""
    try:
        return space.default()
    except SqsError:
        return None


def _outputs(space: Space) -> str:
    return ", ".join(f"{name} {show_shape(f.shape)}{_ends(f.ending)}" for name, f in space.outputs.items())


def _said(space: Space, default: Architecture) -> str:
    trainable = default.trainable_params
    return (
        f"{len(default.layers)} layers, {default.params:,} parameters"
        + (f" ({trainable:,} trainable)" if trainable != default.params else "")
        + f", {least(default, 'macs')}{default.macs:,} MACs"
        + ("" if space.is_feasible(default) else "; outside the budgets")
    )


def least(network: Architecture, quantity: str) -> str:
    """The prefix of a quantity of a network: "at least " if it is a lower bound."""
    return "at least " if quantity in network.lower_bounds else ""


def row(name: str, text: str, style: Style) -> list[str]:
    """A row of a card: a name and a text, which may take several lines."""
    return labeled(f"  {name}", text, TEXTS, style.width)


def share(found: Feasible | None) -> str:
    """The number of assignments within budgets, and their fraction of all."""
    if found is None:
        return "not known"
    if found.count == 0:
        return "none"
    if found.count is not None:
        return f"{whole(found.count)} ({percent(Fraction(found.count, found.total))})"
    low, high = map(percent, found.share)
    return f"from {whole(found.low)} to {whole(found.high)} ({low} to {high}), by {found.how}"


def library_summary(path: str, compilation: Compilation) -> str:
    """The card of a file that contains only blocks."""
    blocks = compilation.library.blocks(compilation.read.spec) if compilation.read.spec is not None else {}
    own = [block.name for block, home in blocks.values() if home is compilation.read.spec]
    return f"{path}\n  a library of {plural(len(own), 'block')}: {', '.join(own)}"


def _choices(choices: list[Choice]) -> str:
    if not choices:
        return ""
    kinds = Counter(choice.kind for choice in choices)
    named = ", ".join(f"{count} {KINDS[kind][count > 1]}" for kind, count in kinds.items())
    real = sum(isinstance(choice.domain, Continuous) for choice in choices)
    return f"{len(choices)} ({named}{f'; {real} continuous' if real else ''})"


def _count(space: Space, facts: Analysis) -> str:
    wide = space.shape_analysis.wide
    if wide is None:
        return whole(space.count or 0)
    if facts.counted is None:
        return f"not counted: {wide.reason}"
    return f"{whole(facts.counted)}, with shapes that are not proved: {wide.reason}"


def _configurations(facts: Analysis) -> str:
    return "not counted" if facts.configurations is None else whole(facts.configurations)


def _ends(ending: str | None) -> str:
    return f" {ending}" if ending else ""
