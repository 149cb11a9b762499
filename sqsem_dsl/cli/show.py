"""What `sqsem-compile SPEC` says of spaces: the page, how many assignments meet a condition, samples."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from sqsem_dsl.compiler import Compilation
from sqsem_dsl.ir.choices import plain
from sqsem_dsl.space.space import Space

SAMPLED = 10
"""Architectures that `--emit sample` writes unless told how many."""


def say_known(path: str, compilation: Compilation, every: bool) -> None:
    """Print the page of each space of a file, section by section, or what blocks a library has."""
    from sqsem_dsl.report.text.space_page import space_page
    from sqsem_dsl.report.text.style import style_for
    from sqsem_dsl.report.text.summary import library_summary

    if not compilation.spaces:
        print(library_summary(path, compilation))
        return
    style = style_for(sys.stdout)
    parts = (part for space in _spaces(compilation) for part in space_page(path, space, style, every))
    for number, section in enumerate(parts):
        print(f"\n{section}" if number else section, flush=True)


def say_within(compilation: Compilation, where: str) -> None:
    """Print how many assignments of each space meet a condition, and how many of these are within its budgets.

    Raises SqsError where it is no condition.
    """
    from sqsem_dsl.analysis.costs.feasibility import feasible
    from sqsem_dsl.elaborate.condition import read_where
    from sqsem_dsl.report.numbers import whole
    from sqsem_dsl.report.text.summary import share

    for space in _spaces(compilation):
        facts, asked = space.analysis, read_where(where)
        counts = [(where, share(facts.share(where)))]
        if space.budgets and facts.diagram is not None:
            both = feasible(facts.diagram, (*space.budgets, *asked), facts.depths)
            counts.append((f"and {', '.join(budget.text for budget in space.budgets)}", share(both)))
        names = max(len(name) for name, _ in counts)
        many = facts.assignments
        total = "" if many is None else f"  {whole(many)} assignment{'' if many == 1 else 's'}"
        lines = [f"{space.name}{total}", *(f"  {name:<{names}}  {count}" for name, count in counts)]
        print("\n".join([*lines, *(f"  {what}: {why}" for what, why in facts.limits.items())]))


def samples(space: Space, count: int, seed: int, where: str | None) -> Iterator[str]:
    """Different random architectures as lines of JSON. Raises SqsError where nothing is within the budgets and the
    condition, and where the space has no numbers."""
    bounds = {"lower_bounds": sorted(found)} if (found := space.analysis.lower_bounds) else {}
    for architecture in space.sample(count, seed, where=where):
        costs = space.costs(architecture.choices)
        yield json.dumps(
            {
                "index": space.index(architecture.choices),
                "choices": {path: plain(value) for path, value in architecture.choices.items()},
                "params": costs.params,
                "macs": costs.macs,
                **bounds,
            },
            ensure_ascii=False,
        )


def _spaces(compilation: Compilation) -> list[Space]:
    """The chosen space, or all of the file."""
    chosen = compilation.chosen
    return [compilation.built[chosen.name]] if chosen is not None else list(compilation.built.values())
