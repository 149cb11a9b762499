"""The logs of a trial for TensorBoard, after its process was killed."""

from __future__ import annotations

import pytest

from sqsem_dsl.study.layout import Plan
from sqsem_dsl.study.trial.event_log import event_log

pytestmark = pytest.mark.search


def scalars(folder, name="epoch_loss"):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    return accumulator.EventAccumulator(str(folder)).Reload().Scalars(name)


def refuse(text):
    raise AssertionError(text)


def test_a_resumed_trial_writes_its_logs_anew(tmp_path):
    """Also the epochs that a killed process had not written, and none of them twice."""
    pytest.importorskip("tensorboard")
    with event_log(str(tmp_path), [], refuse) as log:
        log.add(0, 1, {"loss": 0.5, "val_loss": 0.6})
        log.add(1, 1, {"loss": 9.0})  # an execution that the checkpoint does not know
    for file in tmp_path.glob("execution0/*/*"):
        file.write_bytes(file.read_bytes()[:-5])
    (tmp_path / "own.start").touch()
    before = [(0, 1, {"loss": 0.5, "val_loss": 0.6}, 10.0), (0, 2, {"loss": 0.25, "val_loss": 0.5}, 20.0)]
    with event_log(str(tmp_path), before, refuse) as log:
        log.add(0, 3, {"loss": 0.125, "val_loss": 0.25})
    assert [(one.step, one.value) for one in scalars(tmp_path / "execution0/train")] == [
        (1, 0.5), (2, 0.25), (3, 0.125),
    ]  # fmt: skip
    found = scalars(tmp_path / "execution0/validation")
    assert [one.step for one in found] == [1, 2, 3]
    assert found[1].wall_time - found[0].wall_time == pytest.approx(20.0)
    assert not (tmp_path / "execution1").exists()
    assert (tmp_path / "own.start").exists()


@pytest.mark.keras
def test_an_interrupted_training_logs_each_epoch_once(tmp_path):
    pytest.importorskip("tensorboard")
    pytest.importorskip("keras")
    from sqsem_dsl.study.task import Stopped
    from tests.fakes.trials import STEPS, after, run, task

    given = {"epochs": 3, "tensorboard": str(tmp_path / "logs"), "checkpoint": str(tmp_path / "checkpoint")}
    assert isinstance(run(task(**given), after(2 * (STEPS + 2) + 2)).end, Stopped)
    for file in (tmp_path / "logs").rglob("*tfevents*"):
        file.unlink()  # as if they had not been written when the process was killed
    run(task(**given))
    assert [one.step for one in scalars(tmp_path / "logs/execution0/train")] == [1, 2, 3]


def test_states_that_another_worker_is_writing_stay(tmp_path):
    plan = Plan(tmp_path, seed=1)
    plan.prepare()
    files = [tmp_path / "running" / name for name in ("trial-0001.final", "trial-0002.final", ".trial-0003.77.final")]
    for file in files:
        file.touch()
    plan.tidy(1, {2})
    assert [file.exists() for file in files] == [False, True, True]
