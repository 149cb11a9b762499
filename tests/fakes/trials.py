"""Trials of small networks, and their messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import sqsem_dsl as sqs
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.task import Task
from tests.fakes.standin import dataset

SPEC = """
sqs 1
space small {{
  param width in [8, 12]
  input x: [8]
  output y = x -> dense(width) -> batchnorm -> relu -> dropout(0.3) -> dense(3) -> softmax
  train {{
    {train}
  }}
}}
"""
TRAIN = """
    optimizer      = adam
    learning_rate  = 0.03
    schedule       = cosine
    batch_size     = 16
    early_stopping = patience(2, val_accuracy)
"""
BLOBS = dataset()
STEPS = 6
"""Of an epoch: 96 samples."""
ACCURACY, LOSS = Goal("val_accuracy", "max"), Goal("val_loss", "min")


@cache
def space(train: str = TRAIN):
    return sqs.loads(SPEC.format(train=train))


def task(*, train=TRAIN, choices=None, **given):
    architecture = space(train).at(choices) if choices else space(train).default()
    return Task(
        **{"number": 1, "architecture": architecture, "goals": (ACCURACY,), "epochs": 4, "seeds": (5,), **given}
    )


@dataclass
class Run:
    """A run of a trial: its messages and its end."""

    messages: list = field(default_factory=list)
    end: object = None

    def of(self, kind):
        return [message for message in self.messages if isinstance(message, kind)]


def run(a_task, stop=lambda: False, data=BLOBS, tell=None):
    from sqsem_dsl.study.trial.trial import run_trial

    made = Run()
    made.end = run_trial(a_task, data, tell or made.messages.append, stop)
    return made


def after(batches):
    """A `stop` that returns true after so many batches."""
    asked = iter(range(batches))
    return lambda: next(asked, None) is None
