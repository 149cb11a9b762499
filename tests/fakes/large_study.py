"""Large studies for the dashboard: as many finished and running trials as wanted, in a journal as a search leaves it.
Nothing is trained.

    python -m tests.fakes.large_study FOLDER --finished 20000 --running 200
    python -m tests.fakes.large_study FOLDER --advance 30     # then the running trials end, one after the other
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from math import exp
from pathlib import Path
from time import sleep, time

import sqsem_dsl as sqs
from sqsem_dsl.ir.choices import encode_choices
from sqsem_dsl.study.journal.journal import FILE, Journal
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.journal.rows import COLUMNS
from sqsem_dsl.study.lock import owner
from sqsem_dsl.study.spec_snapshot import Sources

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "specs" / "digits.sqs"
EPOCHS = 12
TRAINING = json.dumps({"epochs": EPOCHS, "optimizer": {"name": "adam"}, "batch_size": 64})
BEGAN = 1_700_000_000.0
_JSON = ("choices", "scores", "metrics", "spread", "memo", "stops")


def large_study(folder: Path, finished: int, running: int = 0, seed: int = 0, epochs: int = 0) -> Path:
    """A study of random architectures of the digits space. Scores rise slowly over the trials, one of fifty fails, and
    the `running` trials are between their first and their last epoch. The last `epochs` finished trials have
    epochs, too."""
    space = sqs.load(SPEC)
    chance = random.Random(seed)
    text = SPEC.read_text(encoding="utf-8")
    notes = {
        "space": space.name, "spec": text, "sources": Sources({"digits.sqs": text}, space.name, {}).to_plain(),
        "data": "digits: 1257 training, 270 validation, 270 test samples", "fingerprint": "0123", "seed": seed,
        "goals": [["val_accuracy", "max"]], "created": BEGAN, "elapsed": 3.5 * finished, "ended": None, "skipped": 0,
        "executions": 1, "limit": finished + running, "owner": owner(),
    }  # fmt: skip
    several = [space.sample_one(number) for number in range(min(300, finished + running))]
    made = []
    for number in range(1, finished + running + 1):
        network = several[chance.randrange(len(several))]
        choices = dict(encode_choices(space.choices, network.choices))
        choices["train.learning_rate"] = 10 ** chance.uniform(-3, -2)
        choices["dropout.rate"] = chance.uniform(0, 0.5)
        trial = Trial(
            number, choices, network.id, TRAINING, network.params, network.macs, planned=EPOCHS,
            started=BEGAN + number, attempts=1, worker=f"host{number % 8}:{number}",
        )  # fmt: skip
        if number <= finished:
            trial = ended(trial, chance, at=number / finished)
        made.append(trial)
    Journal.create(folder, notes).close()
    with closing(sqlite3.connect(folder / FILE)) as database, database:
        marks = ", ".join("?" * (len(COLUMNS) + 2))
        database.executemany(
            f"INSERT INTO trial VALUES ({marks})",
            [(*_row(one), 2 * one.number - 1, None if one.status == "running" else 2 * one.number) for one in made],
        )
        shown = [one for one in made if one.number > finished - epochs]
        database.executemany(
            "INSERT INTO epoch VALUES (?, ?, ?, ?, ?)",
            [
                (one.number, 0, epoch, json.dumps(values(one, epoch)), 0.3)
                for one in shown
                for epoch in range(1, 1 + (EPOCHS if one.status != "running" else one.number % EPOCHS))
            ],
        )
    return folder


def ended(trial: Trial, chance: random.Random, at: float) -> Trial:
    """The finished trial, `at` a part of the search."""
    facts = {"seconds": chance.uniform(2, 40), "epochs": EPOCHS, "ended": trial.started + 30}
    if trial.number % 50 == 0:
        return replace(trial, status="failed", error="diverged", reason="the loss was not a finite number", **facts)
    score = min(0.995, 0.55 + 0.3 * at + chance.gauss(0, 0.07) + 0.02 * (trial.choices.get("fires") or 0))
    metrics = {"val_accuracy": score, "val_loss": 1.2 - score, "accuracy": min(1.0, score + 0.02), "loss": 1.1 - score}
    return replace(trial, status="completed", scores=(score,), metrics=metrics, **facts)


def values(trial: Trial, epoch: int) -> dict[str, float]:
    """What an epoch of a trial reports."""
    end = trial.score if trial.score is not None else 0.7 + 0.25 * (trial.number * 37 % 100) / 100
    score = end - 0.5 * exp(-epoch / 3) + 0.01 * ((trial.number + epoch) % 3)
    return {"accuracy": score + 0.02, "loss": 1.2 - score, "val_accuracy": score, "val_loss": 1.3 - score}


def advance(folder: Path, seconds: float, pause: float = 0.25) -> None:
    """Writes as a search does for some time: an epoch of each running trial in turn, ends, and new trials."""
    chance = random.Random(1)
    until = time() + seconds
    with closing(Journal.open(folder, write=True)) as journal:
        trials = {trial.number: trial for trial in journal.trials()}
        running = [number for number, trial in trials.items() if trial.status == "running"]
        seen = {number: sum(1 for _ in journal.epochs(number)) for number in running}
        while time() < until and running:
            number = running.pop(0)
            seen[number] += 1
            journal.epoch(Epoch(number, 0, seen[number], values(trials[number], seen[number]), 0.3))
            if seen[number] >= EPOCHS:
                journal.update(ended(trials[number], chance, 1.0), ends=True)
                new = replace(trials[number], number=max(trials) + 1)
                trials[new.number] = new
                journal.begin(new)
                seen[new.number] = 0
                running.append(new.number)
            else:
                running.append(number)
            sleep(pause)


def _row(trial: Trial) -> tuple[object, ...]:
    return tuple(json.dumps(getattr(trial, name)) if name in _JSON else getattr(trial, name) for name in COLUMNS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--finished", type=int, default=20_000)
    parser.add_argument("--running", type=int, default=200)
    parser.add_argument("--advance", type=float, metavar="SECONDS")
    arguments = parser.parse_args()
    if arguments.advance:
        advance(arguments.folder, arguments.advance)
    else:
        large_study(arguments.folder, arguments.finished, arguments.running, epochs=500)


if __name__ == "__main__":
    main()
