"""The caller's callbacks in trials that are interrupted, continued, and trained one after another."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")
from sqsem_dsl.study.task import EpochEnded, Stopped, Trained  # noqa: E402
from sqsem_dsl.study.user_callbacks import UserCallbacks  # noqa: E402
from tests.fakes.trials import STEPS, after, run, task  # noqa: E402


def epochs(one):
    return {message.epoch: message.metrics for message in one.of(EpochEnded)}


class Frozen(keras.callbacks.Callback):
    """Trains nothing: it sets the learning rate of every epoch to 0."""

    def on_train_begin(self, logs=None):
        for layer in self.model.layers:
            layer.trainable = False
        self.model.make_train_function(force=True)


def test_a_continued_trial_continues_from_its_last_epoch_not_from_its_best(tmp_path):
    """`EarlyStopping` restores the best weights at the end of a training, also of one that it does not stop."""
    patient = UserCallbacks.of(
        keras.callbacks.EarlyStopping("loss", mode="max", patience=100, restore_best_weights=True)
    )  # the first epoch is the best
    given = {"epochs": 6, "schedule_epochs": 6, "callbacks": patient}
    whole = run(task(**given))
    run(task(**{**given, "epochs": 3}, final=str(tmp_path / "final")))
    rest = run(task(number=2, start=str(tmp_path / "final"), **given))
    assert epochs(rest) == {epoch: metrics for epoch, metrics in epochs(whole).items() if epoch > 3}


def test_a_callback_that_is_set_up_at_the_beginning_sees_the_rest_of_an_epoch(tmp_path):
    logger = UserCallbacks.of(keras.callbacks.CSVLogger(str(tmp_path / "log.csv"), append=True))
    given = task(checkpoint=str(tmp_path / "checkpoint"), callbacks=logger)
    first = run(given, after(STEPS))  # in the validation of the first epoch
    second = run(given)
    assert isinstance(first.end, Stopped)
    assert isinstance(second.end, Trained)
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert [line.partition(",")[0] for line in lines] == ["epoch", "0", "1", "2", "3"]


def test_what_a_callback_does_to_a_model_does_not_reach_the_next_trial():
    plain = run(task())
    run(task(callbacks=UserCallbacks.of(Frozen())))
    assert epochs(run(task())) == epochs(plain)
