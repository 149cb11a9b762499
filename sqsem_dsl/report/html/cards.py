"""A space and an architecture as small pieces of HTML, for notebooks."""

from __future__ import annotations

from html import escape

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagram.combine import show_shape
from sqsem_dsl.ir.choices import show
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.report.diagram import space_picture
from sqsem_dsl.report.text.summary import least
from sqsem_dsl.space.space import Space
from sqsem_dsl.utils.html_table import html_table
from sqsem_dsl.utils.numbers import plural, whole

WIDTH = 460
"""The largest width of a picture, in pixels."""


def space_card(space: Space) -> str:
    """The name and the sizes of a space, and its picture. Only facts that need no analysis of costs are computed."""
    count = "an unknown number of assignments" if space.count is None else f"{whole(space.count)} assignments"
    lines = [f"<b>{escape(space.name)}</b>: {plural(len(space.choices), 'choice')}, {count}"]
    if space.doc:
        lines.append(escape(space.doc))
    try:
        default = space.default()
        lines.append(
            f"default architecture: {len(default.layers)} layers, {default.params:,} parameters, "
            f"{least(default, 'macs')}{default.macs:,} MACs"
        )
    except SqsError:  # a rule excludes the first values, and nothing is proved
        pass
    if space.budgets:
        lines.append(escape("required: " + ", ".join(budget.text for budget in space.budgets)))
    picture = space_picture(space, prefix=f"space-{space.name}")
    return f'<div>{"<br>".join(lines)}</div><div style="max-width:{WIDTH}px">{picture}</div>'


def architecture_card(architecture: Architecture) -> str:
    """The choices of an architecture, and a table of its layers."""
    choices = "  ".join(f"{path}={show(value)}" for path, value in architecture.choices.items())
    title = (
        f"{architecture.space}: {architecture.params:,} parameters, "
        f"{least(architecture, 'macs')}{architecture.macs:,} MACs"
    )
    layers = [
        [layer.name, layer.operator, show_shape(layer.shape), layer.params, layer.macs] for layer in architecture.layers
    ]
    table = html_table(title, ["layer", "operator", "shape", "parameters", "MACs"], layers)
    return f"<div>{escape(choices)}</div>{table}"
