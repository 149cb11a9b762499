"""A study in MLflow: a run for the study and, below it, one for each trial. MLflow is an extra, and loaded only here.

Choices become parameters, the values of an epoch become metrics by step, the best epoch's metrics `best/NAME`. A
separate thread talks to MLflow: a slow or unreachable server never delays a search, and is reported once.
"""

from __future__ import annotations

import logging
import os
import pathlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from importlib.util import find_spec
from queue import SimpleQueue
from threading import Thread
from time import time
from typing import Any

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.ir.choices import exact, show
from sqsem_dsl.ir.path import Path
from sqsem_dsl.study.errors import MissingPackage
from sqsem_dsl.study.journal.journal import Journal
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.journal.table import column
from sqsem_dsl.study.progress.progress import NullProgress
from sqsem_dsl.study.view import View

NOTE = "mlflow"
"""The note in the journal with the place where the study is logged."""
LAST = 60.0
"""Seconds that MLflow has at the end to accept the rest."""
MOST = 100
"""The maximum number of parameters in one call of MLflow."""
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
"""How long MLflow tries to reach a server, unless the environment says otherwise."""


class MlflowLog(NullProgress):
    """Follows a study like a progress. `uri` is MLflow's tracking URI; None: that of the environment.

    Raises SqsError if MLflow is not installed. `say` is called once if logging stops because of an error.
    """

    def __init__(self, uri: str | None, folder: pathlib.Path, say: Callable[[str], None]) -> None:
        if not _installed():
            raise SqsError([MissingPackage(NOWHERE, "mlflow", "logging to MLflow", "mlflow")])
        self._uri, self._folder, self._say = uri, folder, say
        self._work: SimpleQueue[Callable[[_Runs], None] | None] = SimpleQueue()
        self._title = ""
        self._thread = Thread(target=self._log, daemon=True)

    def begin(self, title: str, view: View) -> None:
        self._title = title
        self._thread.start()
        finished = [trial for trial in view.trials.values() if trial.status != "running"]
        self._put(lambda runs: runs.catch_up(finished))

    def started(self, trial: Trial, view: View) -> None:
        self._put(lambda runs: runs.open(trial))

    def epoch(self, trial: Trial, epoch: Epoch, view: View) -> None:
        now = time()
        self._put(lambda runs: runs.epoch(trial, epoch, now))

    def ended(self, trial: Trial, view: View) -> None:
        self._put(lambda runs: runs.end(trial))

    def close(self) -> None:
        self._put(_Runs.close)
        self._put(None)
        if self._thread.is_alive():
            self._thread.join(LAST)
            if self._thread.is_alive():
                self._say(f"MLflow did not accept everything within {LAST:g} seconds: the rest is not logged")

    def _put(self, work: Callable[[_Runs], None] | None) -> None:
        if self._thread.is_alive():
            self._work.put(work)

    def _log(self) -> None:
        try:
            runs = _Runs(self._uri, self._folder, self._title)
            while (work := self._work.get()) is not None:
                work(runs)
        except Exception as problem:
            reason = str(problem).partition("\n")[0]
            self._say(f"logging to MLflow stopped: {type(problem).__name__}: {reason}")


class _Runs:
    """The runs of a study at an MLflow server."""

    def __init__(self, uri: str | None, folder: pathlib.Path, title: str) -> None:
        for name, value in PATIENCE.items():
            os.environ.setdefault(name, value)
        import mlflow

        for name in ("mlflow", "alembic"):  # they log every table that they create
            logging.getLogger(name).setLevel(logging.WARNING)
        self._folder = folder
        self._uri = uri or mlflow.get_tracking_uri()
        self._client = mlflow.MlflowClient(self._uri)
        with closing(Journal.open(folder)) as journal:
            notes = journal.notes()
        self._experiment = self._find_experiment(str(notes.get("space") or folder.name))
        self._open: dict[int, str] = {}
        self._finished: set[int] = set()
        self._macs = column("macs", notes.get("lower_bounds") or ())
        self._study = self._find_study(notes.get(NOTE)) or self._new_study(title, notes)

    def catch_up(self, trials: list[Trial]) -> None:
        """Logs finished trials that were not logged: from before MLflow was enabled, or before a process was killed."""
        for trial in trials:
            if trial.number in self._finished:
                continue
            if trial.number not in self._open:
                self.open(trial)
                with closing(Journal.open(self._folder)) as journal:
                    for epoch in journal.epochs(trial.number):
                        self.epoch(trial, epoch, trial.started)
            self.end(trial)

    def open(self, trial: Trial) -> None:
        """Starts the run of a trial, or resumes it."""
        run = self._open.get(trial.number)
        if run is not None:
            self._client.update_run(run, status="RUNNING")
            return
        tags = {
            "mlflow.parentRunId": self._study,
            "sqsem.trial": str(trial.number),
            "sqsem.architecture": trial.architecture,
            "sqsem.status": "running",
            "sqsem.origin": trial.origin,
        }
        name = f"trial {trial.number}"
        made = self._client.create_run(self._experiment, int(trial.started * 1000), tags, name)
        self._open[trial.number] = made.info.run_id
        values = {Path.parse(path).dotted: show(exact(value)) for path, value in trial.choices.items()}
        self._parameters(made.info.run_id, values)

    def epoch(self, trial: Trial, epoch: Epoch, at: float) -> None:
        """The values of an epoch; executions after the first have separate names."""
        prefix = f"execution{epoch.execution}/" if epoch.execution else ""
        reported = {f"{prefix}{name}": value for name, value in epoch.metrics.items()}
        self._metrics(self._open[trial.number], reported, at, epoch.epoch)

    def end(self, trial: Trial) -> None:
        """The end of a trial, with its metrics at the best epoch."""
        if trial.number not in self._open:
            self.open(trial)
        run, at = self._open.pop(trial.number), trial.ended or time()
        best = {f"best/{name}": value for name, value in trial.metrics.items()}
        spread = {f"spread/{name}": value for name, value in trial.spread.items()}
        sizes = {"params": float(trial.params), self._macs: float(trial.macs), "seconds": trial.seconds}
        self._metrics(run, {**best, **spread, **sizes}, at, trial.epochs)
        if trial.remark:
            self._client.set_tag(run, "sqsem.reason", trial.remark)
        self._client.set_terminated(run, "FINISHED" if trial.status == "completed" else "FAILED", int(at * 1000))
        self._client.set_tag(run, "sqsem.status", trial.status)  # last: a run without it is logged again
        self._finished.add(trial.number)

    def close(self) -> None:
        """The study has stopped for now; interrupted trials may resume later."""
        for run in self._open.values():
            self._client.set_terminated(run, "KILLED")
        self._client.set_terminated(self._study, "FINISHED")

    # ---- the study's own run

    def _find_experiment(self, name: str) -> str:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or name
        found = self._client.get_experiment_by_name(name)
        return str(found.experiment_id if found is not None else self._client.create_experiment(name))

    def _find_study(self, noted: Mapping[str, str] | None) -> str | None:
        """The run that an earlier process created, with those of its trials; None if this server has none."""
        if noted is None or noted["uri"] != self._uri:
            return None
        from mlflow.exceptions import MlflowException

        try:
            found = self._client.get_run(noted["run"])
        except MlflowException as problem:
            if problem.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None
        if found.info.lifecycle_stage != "active":
            return None
        self._experiment = found.info.experiment_id
        for run in self._children(noted["run"]):
            number = int(run.data.tags["sqsem.trial"])
            if run.data.tags["sqsem.status"] == "running":
                self._open[number] = run.info.run_id
            else:
                self._finished.add(number)
        self._client.update_run(noted["run"], status="RUNNING")
        return noted["run"]

    def _new_study(self, title: str, notes: Mapping[str, Any]) -> str:
        tags = {"mlflow.note.content": title, "sqsem.folder": str(self._folder.absolute())}
        made = self._client.create_run(self._experiment, tags=tags, run_name=self._folder.absolute().name)
        run = str(made.info.run_id)
        self._parameters(run, {name: str(notes[name]) for name in ("space", "data", "seed") if name in notes})
        with closing(Journal.open(self._folder, write=True)) as journal:
            journal.note(**{NOTE: {"uri": self._uri, "run": run}})
        return run

    def _children(self, study: str) -> Iterator[Any]:
        token = None
        while True:
            wanted = f"tags.mlflow.parentRunId = '{study}'"
            page = self._client.search_runs([self._experiment], wanted, page_token=token)
            yield from page
            token = page.token
            if not token:
                return

    # ---- restricted names

    def _parameters(self, run: str, values: Mapping[str, str]) -> None:
        from mlflow.entities import Param

        params = [Param(_name(name), value) for name, value in values.items()]
        for first in range(0, len(params), MOST):
            self._client.log_batch(run, params=params[first : first + MOST])

    def _metrics(self, run: str, values: Mapping[str, float], at: float, step: int) -> None:
        from mlflow.entities import Metric

        when = int(at * 1000)
        self._client.log_batch(run, [Metric(_name(name), value, when, step) for name, value in values.items()])


def _name(name: str) -> str:
    """A name that MLflow accepts.

    >>> _name("val_accuracy"), _name("a+b")
    ('val_accuracy', 'a_b')
    """
    return re.sub(r"[^\w\-. :/]", "_", name)


def _installed() -> bool:
    try:
        return find_spec("mlflow") is not None
    except ValueError:  # it was marked as absent
        return False
