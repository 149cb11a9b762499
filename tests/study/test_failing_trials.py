"""Trials that fail, each in its own way: the search continues, and reports the failure."""

from __future__ import annotations

import json
import os
import signal

import pytest

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.study.journal.journal import Journal
from sqsem_dsl.study.progress.progress import NullProgress
from tests.fakes.searching import search

pytestmark = pytest.mark.search
pytest.importorskip("keras_tuner")
pytest.importorskip("filelock")


@pytest.fixture
def faults(monkeypatch):
    def set_faults(**faults):
        monkeypatch.setenv("FAULTS", json.dumps({number.strip("_"): fault for number, fault in faults.items()}))

    return set_faults


def outcome(result):
    return {trial.number: (trial.status, trial.error) for trial in result.trials}


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        ("raise", "error", "RuntimeError: the layer is not what it was"),
        ("memory", "memory", "there is no room for a tensor of shape (32, 112, 112, 96)"),
        ("diverge", "diverged", "in none of 3 epochs were the loss and `val_accuracy` finite numbers"),
        (
            "die",
            "died",
            "its process was killed (SIGKILL), probably out of memory, for the second time",
        ),
        ("crash", "died", "its process was killed (SIGABRT), for the second time"),
    ],
)
def test_a_failure_is_recorded_and_the_search_continues(tmp_path, faults, fault, kind, reason):
    faults(_2=fault)
    result = search(tmp_path / "out", trials=4)
    assert outcome(result) == {
        1: ("completed", None),
        2: ("failed", kind),
        3: ("completed", None),
        4: ("completed", None),
    }
    assert result.trials[1].reason == reason
    assert (fault != "raise") or "go_wrong" in result.trials[1].trace
    undisturbed = search(tmp_path / "undisturbed", trials=4)
    assert [t.choices for t in result.trials] == [t.choices for t in undisturbed.trials]


def test_a_process_that_dies_once_costs_nothing(tmp_path, faults):
    faults(_2="die once")
    result = search(tmp_path / "out", trials=3)
    assert [trial.status for trial in result.trials] == ["completed"] * 3
    assert result.trials[1].attempts == 2


class KillsOneWorker(NullProgress):
    """Kills the training process once, in the middle of the fourth trial."""

    def __init__(self):
        self.killed = None

    def epoch(self, trial, epoch, view):
        if trial.number == 4 and self.killed is None:
            self.killed = int(view.trials[4].worker.rpartition(":")[2])
            os.kill(self.killed, signal.SIGKILL)


def test_one_of_two_workers_is_killed_on_the_way(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCH_SECONDS", "0.1")
    killer = KillsOneWorker()
    result = search(tmp_path / "out", trials=10, workers=2, progress=killer)
    assert [trial.status for trial in result.trials] == ["completed"] * 10
    fourth = result.trials[3]
    assert (fourth.attempts, fourth.worker.endswith(f":{killer.killed}")) == (2, False)
    alone = search(tmp_path / "alone", trials=10)
    assert [(t.choices, t.scores) for t in result.trials] == [(t.choices, t.scores) for t in alone.trials]


def test_a_trial_that_hangs_is_ended(tmp_path, faults):
    faults(_1="hang")
    result = search(tmp_path / "out", trials=2, trial_minutes=0.02)
    assert outcome(result) == {1: ("failed", "timeout"), 2: ("completed", None)}
    assert result.trials[0].reason == "it took longer than 0.02 minutes"


def test_no_memory_beside_others_is_tried_alone(tmp_path, faults, monkeypatch):
    faults(_2="memory")
    monkeypatch.setenv("EPOCH_SECONDS", "0.5")  # Both workers have started while the first trial is running.
    result = search(tmp_path / "out", trials=4, workers=2)
    assert outcome(result)[2] == ("failed", "memory")
    with_attempts = {trial.number: trial.attempts for trial in result.trials}
    assert with_attempts == {1: 1, 2: 2, 3: 1, 4: 1}


def test_the_same_failure_again_and_again_ends_the_search(tmp_path, faults):
    faults(**{f"_{number}": "raise" for number in range(2, 20)})
    with pytest.raises(SqsError) as caught:
        search(tmp_path / "out", trials=20)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "SQS757"
    assert diagnostic.title == (
        "the search was stopped: 5 trials in a row failed with the same error: "
        "RuntimeError: the layer is not what it was"
    )
    journal = Journal.open(tmp_path / "out")
    assert [trial.status for trial in journal.trials()] == ["completed"] + ["failed"] * 5
    journal.close()
    faults()
    assert len(search(tmp_path / "out", trials=20).ranking) == 15, "the same command goes on"


def test_all_failing_is_said_with_the_reasons(tmp_path, faults):
    faults(_1="raise", _2="diverge")
    with pytest.raises(SqsError) as caught:
        search(tmp_path / "out", trials=2)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.title) == ("SQS754", "all 2 trials failed")
    assert "trial 1: RuntimeError: the layer is not what it was" in diagnostic.note


def test_processes_that_cannot_start_are_said(tmp_path):
    with pytest.raises(SqsError) as caught:
        search(tmp_path / "out", trials=2, train="no_such_function")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "SQS759"
    assert "no_such_function" in diagnostic.title
