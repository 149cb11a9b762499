"""What a search leaves behind, without what depends on the clock: equal for a search that was killed and for one that
was not."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import fields
from pathlib import Path

from sqsem_dsl.study.journal.journal import Journal

CLOCK = {"seconds", "started", "ended", "worker", "attempts"}
"""The fields of a trial that depend on the clock and the process."""


def outcome(folder):
    """The trials, the notes, and the files of a study with `fake_training`."""
    folder = Path(folder)
    with closing(Journal.open(folder)) as journal:
        notes = journal.notes()
        trials = [
            {field.name: getattr(trial, field.name) for field in fields(trial) if field.name not in CLOCK}
            for trial in journal.trials()
        ]
        epochs = [(epoch.trial, epoch.execution, epoch.epoch, epoch.metrics) for epoch in journal.epochs()]
    best = folder / "best.json"
    return {
        "trials": {trial["number"]: trial for trial in trials},
        "epochs": epochs,
        "notes": {name: notes.get(name) for name in ("skipped", "ended", "limit", "test", "goals", "seed")},
        "files": sorted(str(path.relative_to(folder)) for path in folder.rglob("*")),
        "models": {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.keras")},
        "best": {name: value for name, value in json.loads(best.read_text()).items() if name != "seconds"}
        if best.exists()
        else None,
    }
