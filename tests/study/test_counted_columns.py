"""`trials.csv` has a column of `memory` where it is an objective, and such a table can be read again."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import sqsem_dsl as sqs
from sqsem_dsl.study.journal.load_trials import read_trials
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.journal.table import write_csv

SPEC = "space s { input x: [8]  output y = x -> dense(%s) -> dense(2) -> softmax }"


def trial(architecture: sqs.Architecture, path: str, **metrics: float) -> Trial:
    return Trial(
        number=1, choices={path: architecture.choices[path]}, architecture=architecture.id, training="{}",
        params=architecture.params, macs=architecture.macs, status="completed", scores=(0.5,), metrics=metrics,
    )  # fmt: skip


def written(trial: Trial, path: str) -> str:
    file = StringIO()
    write_csv(file, [trial], [path])
    return file.getvalue()


def test_the_column_is_there_if_it_is_an_objective(tmp_path: Path) -> None:
    space = sqs.loads(SPEC % "any [4, 6]")
    network, path = space.at(1), "dense.units"
    assert "memory" not in written(trial(network, path), path)
    text = written(trial(network, path, memory=float(network.memory)), path)
    (row,) = csv.DictReader(StringIO(text))
    assert (row["memory"], row[path]) == (str(4 * (8 + 6)), "6")
    (tmp_path / "trials.csv").write_text(text)
    (loaded,) = read_trials(tmp_path / "trials.csv", space)
    assert loaded.architecture == network


def test_a_choice_of_that_name_comes_first(tmp_path: Path) -> None:
    space = sqs.loads("space s { param memory in [4, 6]  input x: [8]  output y = x -> dense(memory) -> dense(2) }")
    network = space.at(1)
    text = written(trial(network, "memory", memory=float(network.memory)), "memory")
    (tmp_path / "trials.csv").write_text(text)
    (loaded,) = read_trials(tmp_path / "trials.csv", space)
    assert dict(loaded.architecture.choices) == {"memory": 6}
