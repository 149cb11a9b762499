"""The facts about a space as text: the card, the costs, the choices, and the results that are not available.

The sections of the page are computed one by one; the slowest is last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqsem_dsl.report.text.choices import choice_lines
from sqsem_dsl.report.text.costs import cost_lines, lower_bound_lines
from sqsem_dsl.report.text.style import Style
from sqsem_dsl.report.text.summary import card, row
from sqsem_dsl.utils.numbers import whole

if TYPE_CHECKING:
    from sqsem_dsl.analysis.architectures import Architectures
    from sqsem_dsl.space.space import Space


def space_page(path: str, space: Space, style: Style, every: bool = False) -> Iterator[str]:
    """The sections of the page of one space; with `every`, all choices and options are included."""
    yield "\n".join(card(path, space, style))
    if costs := cost_lines(space.analysis, space.budgets, style):
        yield "\n".join(costs)
    if choices := choice_lines(space, style, every):
        yield "\n".join(choices)
    bounds = [line for what, why in lower_bound_lines(space.analysis) for line in row(what, why, style)]
    if bounds:
        yield "\n".join([style.bold("lower bounds"), *bounds])
    unknown = [line for what, why in space.analysis.limits.items() for line in row(what, why, style)]
    if unknown:
        yield "\n".join([style.bold("not known"), *unknown])
    yield "\n".join(row("architectures", known_architectures(space.analysis.architectures), style))


def known_architectures(found: Architectures) -> str:
    """The number or its bounds, and the method."""
    low, high = found.interval
    if found.count is not None and found.count <= 1:
        return whole(found.count)
    if found.count is not None and found.exact:
        return f"{whole(found.count)}, {found.how}"
    between = f"at least {whole(low)}" if high is None else f"{whole(low)} to {whole(high)}"
    return f"{between}, {found.how}" if found.count is None else f"about {whole(found.count)} ({between}), {found.how}"
