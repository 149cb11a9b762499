"""The choices of a space as text: the options, the share of assignments with each, and its effect on size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from textwrap import wrap
from typing import TYPE_CHECKING

from sqsem_dsl.ir.choices import Categorical, Choice, show
from sqsem_dsl.ir.draws import show_domain
from sqsem_dsl.ir.priors import Shares
from sqsem_dsl.report.text.style import Style
from sqsem_dsl.report.text.table import GAP, cut, table_line, table_width, widths_of
from sqsem_dsl.report.text.tree import Merge, Node, tree
from sqsem_dsl.utils.numbers import percent, signed

if TYPE_CHECKING:
    from sqsem_dsl.analysis.costs.effects import Effect
    from sqsem_dsl.space.space import Space

MAX_LINES = 60
DETAILS: tuple[tuple[Merge, int], ...] = (("indexed", 12), ("named", 12), ("named", 5), ("named", 1))
"""The rules for merging siblings, and the number of options with a line: less and less detail."""
EVERYTHING: tuple[Merge, None] = ("nothing", None)
HEADS = ("choices", "", "", "prior", "used in", "params", "MACs")
BELIEVED = "prior: how often samplers draw it; "
"""Precedes the legend if a choice has a prior."""
LEGEND = "used in: share of all assignments; params, MACs: vs. the first option, on average"
COUNTED = "; MACs: those that are counted"
"""Follows the legend if MACs are a lower bound in some network."""
NAME, KIND, OPTION, PRIOR = range(4)
MOST = {NAME: 44, OPTION: 18}
"""The maximum number of columns of names and options."""


@dataclass(frozen=True)
class Row:
    """A name and a kind, and then a cell for each of the other heads, or a text across them."""

    name: str
    kind: str = ""
    cells: tuple[str, ...] = ()
    text: str = ""
    share: str = ""
    """Ends a text that was cut because it did not fit."""


class Known:
    """The facts about the options of each choice."""

    def __init__(self, space: Space) -> None:
        self.assignments = space.count
        self._effects: dict[str, dict[int, Effect]] = {}
        for effect in space.analysis.option_counts:
            self._effects.setdefault(space.graph.choices[effect.choice].path, {})[effect.option] = effect

    def share(self, choice: Choice, option: int) -> Fraction:
        """The fraction of the assignments with an option; there are some."""
        effect = self._effects.get(choice.path, {}).get(option)
        return Fraction(effect.count if effect else 0, self.assignments or 1)

    def added(self, choice: Choice, option: int) -> tuple[Fraction, Fraction] | None:
        """Parameters and multiply-accumulates of assignments with it minus those with the first option, on average;
        None if no assignment has it, or if costs are not known."""
        options = self._effects.get(choice.path, {})
        if option not in options:
            return None
        first, this = next(iter(options.values())), options[option]
        return this.params - first.params, this.macs - first.macs


def choice_lines(space: Space, style: Style, every: bool = False) -> list[str]:
    """The table of the choices: at most 60 lines, or with `every` a line for each option of each choice."""
    known = Known(space)
    rows: list[Row] = []
    for merge, most in [EVERYTHING] if every else DETAILS:
        rows = [row for node in tree(space.choices, merge) for row in _node(node, 1, known, most)]
        if len(rows) <= MAX_LINES or every:
            break
    shown = rows if every else rows[:MAX_LINES]
    lines = _set(shown, style)
    if any(row.cells for row in shown):
        believed = BELIEVED if any(len(row.cells) > 1 and row.cells[1] for row in shown) else ""
        legend = believed + LEGEND + (COUNTED if "macs" in space.analysis.lower_bounds else "")
        lines += [style.dim(f"  {line}") for line in wrap(legend, style.width - 2)]
    if len(shown) < len(rows):
        lines.append(f"  … and {len(rows) - len(shown):,} lines more: all of them with `--all`")
    return lines


# ---- rows


def _node(node: Node, depth: int, known: Known, most: int | None) -> Iterator[Row]:
    name = "  " * depth + node.label
    if node.choices:
        yield from _choice(name, node.choices, known, most)
    else:
        yield Row(name)
    for child in node.children:
        yield from _node(child, depth + 1, known, most)


def _choice(name: str, choices: Sequence[Choice], known: Known, most: int | None) -> Iterator[Row]:
    """A row for each option if their costs differ, otherwise one for the choice; `choices` are alike. At most `most`
    options are shown, or all in separate rows."""
    kind, domain = choices[0].kind, choices[0].domain
    text = show_domain(domain, choices[0].prior) + ("" if isinstance(domain, Categorical) else ", continuous")
    if choices[0].section == "train" or not known.assignments:
        yield Row(name, kind, text=text)
        return
    if not isinstance(domain, Categorical):
        shares = [known.share(choice, 0) for choice in choices]
        yield Row(name, kind, text=text, share="" if min(shares) == 1 else f"  {_range(shares, percent)}")
        return
    rows = [(show(value), *_cells(option, choices, known)) for option, value in enumerate(domain.values)]
    if most == 1 or (most is not None and not any(params or macs for *_, params, macs in rows)):
        shares = [known.share(choice, option) for choice in choices for option in range(len(rows))]
        each = f"  {_range(shares, percent)}{' each' if len(rows) > 1 else ''}"
        yield Row(name, kind, text=text, share=each)
        return
    hidden = range(most // 2 + 1, len(rows) - most // 2 + 1) if most is not None and len(rows) > most else range(0)
    for at, row in enumerate(rows):
        if at == hidden.start and hidden:
            yield Row("", cells=(f"… {len(hidden)} more",))
        if at not in hidden:
            yield Row("" if at else name, "" if at else kind, row)


def _cells(option: int, choices: Sequence[Choice], known: Known) -> tuple[str, str, str, str]:
    """The prior of an option, its share, and its effects; ranges if these differ between alike choices."""
    prior = choices[0].prior
    believed = percent(prior.of[option]) if isinstance(prior, Shares) else ""
    shares = [known.share(choice, option) for choice in choices]
    added = [pair for choice in choices if (pair := known.added(choice, option)) is not None]
    params, macs = ([pair[i] for pair in added] for i in (0, 1))
    return believed, _range(shares, percent), _range(params, signed), _range(macs, signed)


def _range(values: Sequence[Fraction], written: Callable[[Fraction], str]) -> str:
    if not values:
        return ""
    low, high = written(min(values)), written(max(values))
    return low if low == high else f"{(low or '0').removesuffix(' %')} … {high or '0'}"


# ---- layout


def _set(rows: Sequence[Row], style: Style) -> list[str]:
    """Cells below each other, numbers aligned to the right; on a narrow page, kinds are dropped first, then costs."""
    if not rows:
        return []
    full = [(row.name, row.kind, *row.cells, *[""] * (5 - len(row.cells))) for row in rows]
    used = [i for i in range(len(HEADS)) if i == NAME or any(line[i] for line in full)]
    widths = [min(MOST.get(i, style.width), width) for i, width in enumerate(widths_of([HEADS, *full]))]
    for least in (KIND, len(HEADS) - 1, len(HEADS) - 2, PRIOR):
        if least in used and table_width([widths[i] for i in used]) > style.width:
            used.remove(least)
    lines = [style.bold(_line(HEADS, widths, used))]
    for row, cells in zip(rows, full, strict=True):
        if len(row.name) > widths[NAME]:
            lines.append(row.name)
            cells = ("", *cells[1:])
        if row.text:
            start = [i for i in used if i < OPTION]
            room = style.width - table_width([widths[i] for i in start]) - len(GAP) - len(row.share)
            text = f"{cut(row.text, max(1, room))}{row.share}"
            lines.append(_line([*cells[:OPTION], text], [*widths[:OPTION], len(text)], [*start, OPTION]))
        else:
            lines.append(_line(cells, widths, used))
    return lines


def _line(cells: Sequence[str], widths: Sequence[int], used: Sequence[int]) -> str:
    align = "".join(">" if i >= PRIOR else "<" for i in used)
    return table_line([cut(cells[i], widths[i]) for i in used], [widths[i] for i in used], align)
