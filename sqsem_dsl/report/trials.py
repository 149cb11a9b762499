"""The best trials of a search as a table for a terminal."""

from __future__ import annotations

from fractions import Fraction
from textwrap import wrap

from sqsem_dsl.space.choices import show
from sqsem_dsl.space.operators.row import Value
from sqsem_dsl.study.results import Result


def trials_table(result: Result, limit: int = 5, width: int = 100) -> str:
    """A row for each of the best trials: score, parameters, MACs and time, and below it its choices."""
    rows = result.ranking[:limit]
    head = ("trial", result.goal.metric, "parameters", "MACs", "seconds")
    cells = [
        (str(o.number), f"{o.score:.4f}", f"{o.params:,}", f"{o.macs:,}", f"{o.seconds:.1f}")
        for o in rows
        if o.score is not None
    ]
    widths = [max(len(row[i]) for row in (head, *cells)) for i in range(len(head))]

    def written(row: tuple[str, ...]) -> str:
        return "  ".join(cell.rjust(size) for cell, size in zip(row, widths, strict=True))

    indent = " " * (widths[0] + 2)
    lines = [written(head), "  ".join("-" * size for size in widths)]
    for outcome, row in zip(rows, cells, strict=True):
        lines.append(written(row))
        # A choice is not broken over two lines.
        choices = "  ".join(f"{path}={_short(value)}".replace(" ", "\0") for path, value in outcome.choices.items())
        lines += [
            indent + text.replace("\0", " ")
            for text in wrap(choices, max(20, width - len(indent)), break_long_words=False, break_on_hyphens=False)
        ]
    return "\n".join(lines)


def _short(value: Value) -> str:
    """A value, of a continuous choice with four digits; `trials.csv` has them all."""
    text = show(value)
    return f"{float(value):.4g}" if isinstance(value, Fraction) and len(text) > 7 else text


def summary(result: Result) -> str:
    """What came of a search, in a few lines."""
    failed = sum(outcome.score is None for outcome in result.outcomes)
    count = len(result.outcomes)
    trials = f"{count} trial{'' if count == 1 else 's'}" + (f" ({failed} failed)" if failed else "")
    test = ", ".join(f"{name} {value:.4f}" for name, value in result.test.items())
    return "\n".join(
        [
            f"{trials} in {result.seconds:.0f} s: {result.ended}",
            f"trial {result.best.number} on the test part: {test}",
            f"its model, choices and all trials are in {result.directory}",
        ]
    )
