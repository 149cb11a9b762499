"""A fake training for tests of studies: scores that depend only on the choices, epochs of some milliseconds.

Environment variables set the faults: `FAULTS` is a JSON object from trial numbers to faults. `TRAINED` names a file
that gets a line for each trained epoch.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from hashlib import sha256
from pathlib import Path

from sqsem_dsl.study.stopping.bar import stopped_at
from sqsem_dsl.study.task import EpochEnded, Failed, Started, Stopped, Trained

EPOCH_SECONDS = float(os.environ.get("EPOCH_SECONDS", "0.005"))


def score(choices, epoch):
    """A number below 1 that rises with the epochs, the same in every process."""
    text = repr(sorted((path, str(value)) for path, value in choices.items() if path != "lr"))
    return int(sha256(text.encode()).hexdigest()[:8], 16) / 2**32 * (1 - 0.5**epoch)


def train(task, dataset, tell, stop):
    """Like `sqsem_dsl.study.trial.trial.run_trial`."""
    fault = json.loads(os.environ.get("FAULTS", "{}")).get(str(task.number))
    state = Path(task.checkpoint)
    first = json.loads(Path(task.start).read_text())["epochs"] if task.start and Path(task.start).exists() else 0
    done = json.loads(state.read_text())["epochs"] if state.exists() else first
    tell(Started(task.number, os.getpid(), socket.gethostname(), (0, done) if state.exists() else None))
    if fault:
        failed = go_wrong(task, fault)
        if failed:
            return failed
    choices = task.architecture.choices
    stopped = None
    if state.exists():  # the process may have ended before the last of these epochs was recorded
        for epoch in range(first + 1, done + 1):
            tell(EpochEnded(task.number, 0, epoch, reported(choices, epoch), EPOCH_SECONDS))
        stopped = compared(task, done)
    for epoch in range(done + 1, task.epochs + 1):
        if stopped is not None:
            break
        if stop():
            return Stopped(task.number)
        time.sleep(EPOCH_SECONDS)
        if os.environ.get("TRAINED"):
            with open(os.environ["TRAINED"], "a") as file:
                file.write(f"{task.number} {epoch}\n")
        write(state, {"epochs": epoch})
        tell(EpochEnded(task.number, 0, epoch, reported(choices, epoch), EPOCH_SECONDS))
        stopped, done = compared(task, epoch), epoch
    last = done if stopped is not None else task.epochs
    if task.final:
        write(Path(task.final), {"epochs": last})
    facts = {"params": float(task.architecture.params), "macs": float(task.architecture.macs)}
    metrics = {"loss": 1 - score(choices, last), "val_accuracy": score(choices, last), **facts}
    scores = tuple(metrics[goal.metric] for goal in task.goals)
    saved = task.worth is None or task.goals[0].sign * scores[0] < task.worth
    if saved:
        write(Path(task.model), metrics)
    return Trained(task.number, scores, metrics, {}, last, saved, stopped=stopped)


def reported(choices, epoch):
    return {"loss": 1 - score(choices, epoch), "val_accuracy": score(choices, epoch), "val_loss": 1.0 / epoch}


def compared(task, epoch):
    """Where and why a trial is stopped after an epoch, if it is."""
    bar = next((bar for bar in task.stops if bar.epoch == epoch), None)
    if bar is None or -score(task.architecture.choices, epoch) < bar.bar:
        return None
    return stopped_at(epoch, task.epochs, bar.reason)


def evaluate(work, dataset):
    """The content of the model's file."""
    return {"accuracy": json.loads(Path(work.model).read_text())["val_accuracy"]}


def write(path, content):
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(json.dumps(content))
    os.replace(part, path)


def go_wrong(task, fault):
    match fault:
        case "raise":
            raise RuntimeError("the layer is not what it was")
        case "memory":
            return Failed(task.number, "memory", "there is no room for a tensor of shape (32, 112, 112, 96)")
        case "diverge":
            return Failed(
                task.number, "diverged", "in none of 3 epochs were the loss and `val_accuracy` finite numbers"
            )
        case "hang":
            time.sleep(3600)
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "die once":
            mark = Path(task.checkpoint).with_suffix(".died")
            if not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        case "crash":
            os.abort()
    return None
