"""A study in MLflow, at a local store: a run per trial, the same runs after resuming, and an unavailable server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.study.progress.mlflow_log import MlflowLog
from sqsem_dsl.study.view import View
from tests.fakes.journals import make_study, trials

GOALS = (Goal("val_accuracy", "max"),)
FIRST, SECOND, _, FAILED, REUSED, LAST, _ = trials()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_study(tmp_path / "run", made=[])


def follow(uri: str | None, folder: Path, before: list[Trial], finished: list[Trial], cut: list[Trial]) -> list[str]:
    """A process of a study: trials that ended before, that end now, and that are interrupted. Returns its messages."""
    said: list[str] = []
    log, view = MlflowLog(uri, folder, said.append), View(GOALS)
    view.trials.update({trial.number: trial for trial in before})
    log.begin("perceptron on blobs", view)
    for trial in [*finished, *cut]:
        running = replace(trial, status="running", scores=(), metrics={}, ended=None)
        if trial.origin != "reused":
            log.started(running, view)
            log.epoch(running, Epoch(trial.number, 0, 1, {"loss": 1.0, "val_accuracy": 0.5}, 0.1), view)
        if trial in finished:
            log.ended(trial, view)
    log.close()
    return said


@pytest.mark.slow
def test_a_run_for_each_trial_and_the_same_ones_afterwards(folder: Path, tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow")
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    assert follow(uri, folder, [], [FIRST, FAILED, REUSED], [LAST]) == []
    done = replace(LAST, status="completed", scores=(0.6,), metrics={"val_accuracy": 0.6}, ended=LAST.started + 1)
    # Trial 2 ended unknown to MLflow, as when its process is killed.
    assert follow(uri, folder, [FIRST, SECOND, FAILED, REUSED], [done], []) == []

    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("perceptron").experiment_id
    runs = client.search_runs([experiment])
    (study,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert (study.info.status, study.data.params["seed"]) == ("FINISHED", "7")
    assert sqs.load_study(folder).notes["mlflow"] == {"uri": uri, "run": study.info.run_id}
    below = {int(run.data.tags["sqsem.trial"]): run for run in runs if run is not study}
    assert len(below) == len(runs) - 1
    assert all(run.data.tags["mlflow.parentRunId"] == study.info.run_id for run in below.values())
    assert {number: (run.info.status, run.data.tags["sqsem.status"]) for number, run in below.items()} == {
        1: ("FINISHED", "completed"),
        2: ("FINISHED", "completed"),
        4: ("FAILED", "failed"),
        5: ("FINISHED", "completed"),
        6: ("FINISHED", "completed"),
    }
    first = below[1].data
    assert first.params == {
        "first": "8",
        "more": "false",
        "dropout.rate": "0.3333333333333333",
        "train.learning_rate": "0.001",
    }
    assert (first.metrics["loss"], first.metrics["best/val_accuracy"], first.metrics["params"]) == (1.0, 0.81, 195)
    assert [point.step for point in client.get_metric_history(below[6].info.run_id, "loss")] == [1, 1]
    assert first.tags["sqsem.architecture"] == FIRST.architecture
    assert below[4].data.tags["sqsem.reason"] == FAILED.reason


def test_a_server_that_is_not_available_is_reported_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    (said,) = follow("http://127.0.0.1:9", folder, [], [FIRST, SECOND], [])
    assert said.startswith("logging to MLflow stopped: MlflowException: ")


def test_mlflow_is_an_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "mlflow", None)
    with pytest.raises(sqs.SqsError) as caught:
        MlflowLog(None, folder, print)
    assert "sqsem-dsl[mlflow]" in str(caught.value)
