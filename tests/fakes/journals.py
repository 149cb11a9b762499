"""Studies for tests of reading: their journals are as a search writes them, without any training."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqsem_dsl as sqs
from sqsem_dsl.ir.choices import decode_choices
from sqsem_dsl.study.journal.journal import Journal
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.spec_snapshot import Sources

SPEC = """sqs 1
space perceptron {
  input x: [20]
  const classes = 2
  param first in [8, 16, 32]
  output y = x -> dense(first) -> relu
    -> slot more { dense(any [8, 16]) -> relu }
    -> dropout(any [1/3, 1/2]) -> dense(classes) -> softmax
  train { learning_rate = any 0.001..0.01 log  epochs = 10 }
  search { algorithm = random  trials = 6 }
}
"""
DEFINES = {"classes": 3}
ONE = (("val_accuracy", "max"),)
TWO = (("val_accuracy", "max"), ("params", "min"))

_CHOICES: tuple[dict[str, Any], ...] = (
    {"first": 8, "more": False, "dropout.rate": 1 / 3, "train.learning_rate": 0.001},
    {"first": 32, "more": False, "dropout.rate": 0.5, "train.learning_rate": 0.004217},
    {"first": 16, "more": True, "more.dense.units": 8, "dropout.rate": 1 / 3, "train.learning_rate": 0.00123456},
    {"first": 16, "more": True, "more.dense.units": 16, "dropout.rate": 0.5, "train.learning_rate": 0.01},
    {"first": 8, "more": True, "more.dense.units": 8, "dropout.rate": 0.5, "train.learning_rate": 0.002},
    {"first": 16, "more": False, "dropout.rate": 0.5, "train.learning_rate": 0.002},
    {"first": 32, "more": True, "more.dense.units": 16, "dropout.rate": 0.5, "train.learning_rate": 0.002},
)


def trials(goals: Sequence[tuple[str, str]] = ONE) -> list[Trial]:
    """Seven trials: three completed, one failed, one from another study, one running, one from before an edit."""
    space = sqs.loads(SPEC, define=DEFINES)
    made = []
    for number, choices in enumerate(_CHOICES, 1):
        architecture = space.at(decode_choices(space.choices, choices))
        trial = Trial(
            number,
            choices=choices,
            architecture=architecture.id,
            training='{"epochs": 10}',
            params=architecture.params,
            macs=architecture.macs,
            planned=10,
            started=1_700_000_000.0 + number,
            attempts=1,
            worker="local:1",
        )
        made.append(trial)

    def completed(at: int, score: float, **more: Any) -> None:
        trial = made[at - 1]
        metrics = {"loss": 0.5, "val_accuracy": score, "params": float(trial.params), "macs": float(trial.macs)}
        scores = tuple(metrics[metric] for metric, _ in goals)
        ended = trial.started + 1.5
        facts: dict[str, Any] = {"seconds": 1.5, "epochs": 10, "metrics": metrics, "scores": scores, "ended": ended}
        made[at - 1] = replace(trial, status="completed", **{**facts, **more})

    completed(1, 0.81, spread={"val_accuracy": 0.0123, "loss": 0.2})
    completed(2, 0.9, seconds=12.25)
    completed(3, 0.88)
    completed(5, 0.7, origin="reused", reason="trial 4 of runs/before", seconds=0.0)
    completed(7, 0.99, valid=False, error="outdated")
    reason = "the loss was not a finite number in any epoch"
    made[3] = replace(
        made[3], status="failed", error="diverged", reason=reason, seconds=0.5, ended=made[3].started + 0.5
    )
    return made


def make_study(
    folder: Path, goals: Sequence[tuple[str, str]] = ONE, made: Sequence[Trial] | None = None, **notes: Any
) -> Path:
    """A study in a folder, as during a search: with the trials of `trials`, unless others are given."""
    facts = {
        "space": "perceptron",
        "spec": SPEC,
        "sources": Sources({"perceptron.sqs": SPEC}, "perceptron", DEFINES).to_plain(),
        "data": "blobs: 96 training, 48 validation, 48 test samples",
        "fingerprint": "0123",
        "seed": 7,
        "goals": [list(goal) for goal in goals],
        "created": 1_700_000_000.0,
        "elapsed": 17.5,
        "ended": None,
        "executions": 1,
        "limit": 6,
        "skipped": 2,
        **notes,
    }
    with closing(Journal.create(folder, facts)) as journal:
        for trial in trials(goals) if made is None else made:
            journal.begin(replace(trial, status="running", scores=(), metrics={}, ended=None))
            for epoch in range(1, 3):
                metrics = {"loss": float("nan") if trial.status == "failed" else 1.0 / epoch}
                journal.epoch(Epoch(trial.number, 0, epoch, metrics, 0.1))
            journal.update(trial, ends=trial.status != "running")
    return folder
