"""The trials that a search left in its folder (`results`), read back. Knows no Keras."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from sqsem_dsl.diagnostics import SqsError
from sqsem_dsl.source import NOWHERE
from sqsem_dsl.space.architecture import Architecture
from sqsem_dsl.space.choices import Choice, Discrete, exact, show
from sqsem_dsl.space.operators.row import Value
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.errors import OtherTrials, UnreadableTrials
from sqsem_dsl.study.results import FACTS


@dataclass(frozen=True, slots=True)
class Recorded:
    """A finished trial. `score` is None where it failed."""

    number: int
    score: float | None
    architecture: Architecture


def read_trials(folder: Path, space: Space) -> tuple[Recorded, ...]:
    """The trials of a search on a space, in the order in which they ended.

    Raises SqsError where there are none to read, and where they are trials of another space: the choices, or the
    parameters and multiply-accumulates that were written down, are not those of this one.
    """
    table = folder / "trials.csv" if folder.is_dir() else folder
    try:
        with table.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
            columns = tuple(rows[0]) if rows else ()
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise SqsError([UnreadableTrials(NOWHERE, str(table), reason.lower())]) from None
    if missing := [name for name in FACTS if rows and name not in columns]:
        raise SqsError([UnreadableTrials(NOWHERE, str(table), f"it has no column `{missing[0]}`")])
    choices = {choice.path: choice for choice in space.choices}
    paths = [name for name in columns if name not in (*FACTS, "reason")]
    if unknown := [path for path in paths if path not in choices]:
        raise SqsError([OtherTrials(NOWHERE, str(table), f"the space has no choice `{unknown[0]}`")])
    return tuple(_trials(rows, paths, choices, space, table))


def _trials(
    rows: list[dict[str, str]], paths: list[str], choices: Mapping[str, Choice], space: Space, table: Path
) -> Iterator[Recorded]:
    for row in rows:
        trial = f"trial {row['trial']}"
        values: dict[str, Value] = {}
        for path in paths:
            if not row[path]:
                continue
            value = _value(choices[path], row[path])
            if value is None:
                detail = f"`{path}` is {row[path]} in {trial}, and its domain is {choices[path].domain}"
                raise SqsError([OtherTrials(NOWHERE, str(table), detail)])
            values[path] = value
        try:
            architecture = space.at(values)
            sizes = architecture.params, architecture.macs
            recorded = int(row["params"]), int(row["macs"])
            number, score = int(row["trial"]), float(row["score"]) if row["score"] else None
        except SqsError as problem:
            raise SqsError([OtherTrials(NOWHERE, str(table), f"{trial}: {problem.diagnostics[0].title}")]) from None
        except ValueError as problem:
            raise SqsError([UnreadableTrials(NOWHERE, str(table), f"{trial}: {problem}")]) from None
        if recorded != sizes:
            detail = (
                f"{trial} had {recorded[0]:,} parameters and {recorded[1]:,} MACs, where its choices give "
                f"{sizes[0]:,} and {sizes[1]:,}"
            )
            raise SqsError([OtherTrials(NOWHERE, str(table), detail)])
        yield Recorded(number, score, architecture)


def _value(choice: Choice, text: str) -> Value | None:
    """The value that `show` has written; None where the choice has no such value."""
    match choice.domain:
        case Discrete(values=values):
            return next((value for value in values if show(value) == text), None)
        case _:
            try:
                value = exact(Fraction(text))
            except ValueError:
                return None
            return value if choice.admits(value) else None
