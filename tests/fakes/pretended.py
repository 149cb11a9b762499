"""A fake training: it sleeps through its epochs, and leaves checkpoints, a last state and a model as texts."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

from sqsem_dsl.study.task import EpochEnded, Started, Stopped, Trained

EPOCH = 0.2
"""Seconds."""


def train(task, dataset, tell, stop):
    """An epoch adds one to the value in the checkpoint, or else in the start. The seed selects failures."""
    checkpoint = Path(task.checkpoint)
    state = next((Path(p) for p in (task.checkpoint, task.start) if p and Path(p).exists()), None)
    done = int(state.read_text()) if state else 0
    tell(Started(task.number, os.getpid(), socket.gethostname(), (0, done) if done else None))
    if task.seeds == (666,):
        raise ValueError("the seed of the beast\nand more")
    while done < task.epochs:
        if stop():
            return Stopped(task.number)
        time.sleep(EPOCH)
        done += 1
        tell(EpochEnded(task.number, 0, done, {"loss": 1 / done}, EPOCH))
        part = checkpoint.with_suffix(".part")
        part.write_text(str(done))
        os.replace(part, checkpoint)
    if task.final is not None:
        Path(task.final).write_text(str(done))
    if task.tensorboard is not None:
        Path(task.tensorboard, "train").mkdir(parents=True)
        Path(task.tensorboard, "train", "events").write_text("losses")
    Path(task.model).write_text(f"{dataset.name} of {task.number}")
    return Trained(task.number, (1 / done,), {"loss": 1 / done}, {}, done, saved=True)


def evaluate(work, dataset):
    """The length of the model's text."""
    return {"length": float(len(Path(work.model).read_text()))}
