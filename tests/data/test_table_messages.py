"""Messages about the columns of tables, word for word. Their detection is tested in the neighboring files."""

from __future__ import annotations

import pytest

from sqsem_dsl.data import errors_tables as tables
from sqsem_dsl.diagnostics.diagnostic import REGISTRY, Diagnostic
from sqsem_dsl.diagnostics.render import render_text
from sqsem_dsl.diagnostics.source import NOWHERE

MESSAGES: list[tuple[Diagnostic, str]] = [
    (
        tables.RefusedColumns(NOWHERE, "t.csv", (("name", "no value occurs twice, such as `Ann`"),)),
        """error[SQS901]: `t.csv` has a column that an input cannot take: `name`
  = help: leave it out: `--drop name`
  = note: `name`: no value occurs twice, such as `Ann`""",
    ),
    (
        tables.RefusedColumns(NOWHERE, "t.csv", (("name", "no value occurs twice"), ("day", "it holds dates"))),
        """error[SQS901]: `t.csv` has columns that an input cannot take: `name`, `day`
  = help: leave them out with `--drop name,day`
  = note: `name`: no value occurs twice; `day`: it holds dates""",
    ),
    (
        tables.InputWidth(NOWHERE, "t.csv", "x", (3,), 4, ("age", "fare"), (("sex", 2, "female, male"),), "name"),
        """error[SQS902]: the columns of `t.csv` give the input `x` 4 values, but it is declared as [3]
  = help: declare `input x: [4]`, or choose columns with `--columns` or `--drop`
  = note: `age`, `fare` give 1 each; `sex` gives 2 (female, male); the text column `name` is used as ids""",
    ),
    (
        tables.UnknownColumn(NOWHERE, "nam", ("name", "age")),
        """error[SQS903]: no table has a column `nam`
  = help: a column with a similar name exists: `name`
  = note: the columns are `name`, `age`""",
    ),
    (
        tables.OtherColumns(NOWHERE, "t.csv", ("age",), ("id",), ("fare",), ("size",)),
        """error[SQS904]: the columns of `t.csv` are not those of the training data
  = help: a table for the model has the columns of the training data, with numbers where these had numbers
  = note: it has no column `age`; the model does not take `id`; `fare` must hold finite numbers; values of `size` are \
missing, and none were in training""",
    ),
    (
        tables.BadWeights(NOWHERE, "t.csv", "w", "that of sample 3 is -1"),
        """error[SQS905]: the weights `w` of `t.csv` cannot be used: that of sample 3 is -1
  = help: a weight is a finite number, 0 or more, for each sample; at least one is above 0""",
    ),
    (
        tables.UnknownOutput(NOWHERE, "prise", ("price",)),
        """error[SQS906]: `--labels` names columns for `prise`, but the space has no output of that name
  = help: an output with a similar name exists: `price`
  = note: its outputs are `price`""",
    ),
]


@pytest.mark.parametrize(("diagnostic", "text"), MESSAGES, ids=[f"{d.code}-{i}" for i, (d, _) in enumerate(MESSAGES)])
def test_message(diagnostic: Diagnostic, text: str) -> None:
    assert render_text(diagnostic) == text


def test_every_code_is_here() -> None:
    here = {code for code, cls in REGISTRY.items() if cls.__module__ == tables.__name__}
    assert here == {diagnostic.code for diagnostic, _ in MESSAGES}
