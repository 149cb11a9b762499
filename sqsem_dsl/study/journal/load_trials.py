"""The finished trials of a search with their architectures: from its journal, or from its table if there is no journal.
Does not use Keras."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.ir.choices import Categorical, Choice, decode_choices, exact, plain, show
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators.row import Value
from sqsem_dsl.settings.metrics import COUNTS
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.errors import OtherTrials, UnreadableTrials
from sqsem_dsl.study.journal import journal
from sqsem_dsl.study.journal.study import Study
from sqsem_dsl.study.journal.table import FACTS, column
from sqsem_dsl.utils.regular_files import not_regular


@dataclass(frozen=True, slots=True)
class Recorded:
    """A finished trial. `score` is None if it failed."""

    number: int
    score: float | None
    architecture: Architecture


def read_trials(folder: Path, space: Space) -> tuple[Recorded, ...]:
    """The trials of a search on a space, in recorded order.

    Raises SqsError if there are none to read, or if they are trials of another space: the choices, or the recorded
    parameters and multiply-accumulates, are not those of this one.
    """
    if (folder / journal.FILE).is_file():
        return tuple(_from_journal(folder, space))
    return tuple(_from_table(folder / "trials.csv" if folder.is_dir() else folder, space))


def _from_journal(folder: Path, space: Space) -> Iterator[Recorded]:
    """The trials of the spec as it was last searched, with exact values."""
    trials = [trial for trial in Study(Path(folder)).trials if trial.valid and trial.status != "running"]
    paths = {choice.path for choice in space.choices}
    for trial in trials:
        if unknown := [path for path in trial.choices if path not in paths]:
            raise SqsError([OtherTrials(NOWHERE, str(folder), f"the space has no choice `{unknown[0]}`")])
        try:
            values = decode_choices(space.choices, trial.choices)
        except ValueError as problem:
            raise SqsError([OtherTrials(NOWHERE, str(folder), f"trial {trial.number}: {problem}")]) from None
        yield _recorded(space, values, trial.number, trial.score, (trial.params, trial.macs), folder)


def _from_table(table: Path, space: Space) -> Iterator[Recorded]:
    other = not_regular(table)
    if other is not None:
        raise SqsError([UnreadableTrials(NOWHERE, str(table), other)])
    try:
        with table.open(newline="", encoding="utf-8") as file:
            names = {column(name, FACTS): name for name in FACTS}
            rows = [{names.get(name, name): row[name] for name in row} for row in csv.DictReader(file)]
            columns = tuple(rows[0]) if rows else ()
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise SqsError([UnreadableTrials(NOWHERE, str(table), reason.lower())]) from None
    if missing := [name for name in FACTS if rows and name not in columns]:
        raise SqsError([UnreadableTrials(NOWHERE, str(table), f"it has no column `{missing[0]}`")])
    choices = {choice.path: choice for choice in space.choices}
    facts = {*FACTS, *(name for name in COUNTS if name not in choices), "reason"}
    paths = [name for name in columns if name not in facts]
    if unknown := [path for path in paths if path not in choices]:
        raise SqsError([OtherTrials(NOWHERE, str(table), f"the space has no choice `{unknown[0]}`")])
    yield from _trials(rows, paths, choices, space, table)


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
            sizes = int(row["params"]), int(row["macs"])
            number, score = int(row["trial"]), float(row["score"]) if row["score"] else None
        except ValueError as problem:
            raise SqsError([UnreadableTrials(NOWHERE, str(table), f"{trial}: {problem}")]) from None
        yield _recorded(space, values, number, score, sizes, table)


def _recorded(
    space: Space, values: Mapping[str, Value], number: int, score: float | None, sizes: tuple[int, int], place: Path
) -> Recorded:
    """A trial with its architecture, which must have the recorded size."""
    try:
        architecture = space.at(values)
    except SqsError as problem:
        detail = f"trial {number}: {problem.diagnostics[0].title}"
        raise SqsError([OtherTrials(NOWHERE, str(place), detail)]) from None
    if sizes != (architecture.params, architecture.macs):
        detail = (
            f"trial {number} had {sizes[0]:,} parameters and {sizes[1]:,} MACs, but its choices give "
            f"{architecture.params:,} and {architecture.macs:,}"
        )
        raise SqsError([OtherTrials(NOWHERE, str(place), detail)])
    return Recorded(number, score, architecture)


def _value(choice: Choice, text: str) -> Value | None:
    """The value that `show` has written, for 1/3 the digits or the fraction; None if the choice has no such value."""
    match choice.domain:
        case Categorical(values=values):
            return next((value for value in values if text in (show(value), show(exact(plain(value))))), None)
        case _:
            try:
                value = exact(Fraction(text))
            except ValueError:
                return None
            return value if choice.admits(value) else None
