"""The journal's record of a trial matches the run, field by field, for all requests and failures."""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import pytest

from sqsem_dsl.api.space import Compilation
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.ir.choices import plain
from sqsem_dsl.study.journal.journal import Journal
from sqsem_dsl.study.options import SearchOptions
from sqsem_dsl.study.search import run_search
from sqsem_dsl.study.spec_snapshot import Sources
from sqsem_dsl.study.task import EpochEnded, Evaluation, Failed, Lost, Started, Trained
from sqsem_dsl.study.view import View
from tests.fakes.searching import SPEC, search
from tests.fakes.standin import dataset

pytestmark = pytest.mark.search
pytest.importorskip("keras_tuner")
pytest.importorskip("filelock")


class Killed(BaseException):
    """Simulates the end of the process in the middle of a search."""


class Clock:
    def __init__(self, monkeypatch):
        self.now = 1000.0
        for module in ("ending", "running", "best_model"):
            monkeypatch.setattr(f"sqsem_dsl.study.{module}.monotonic", lambda: self.now)
        monkeypatch.setattr("sqsem_dsl.study.driver.time", lambda: self.now)
        monkeypatch.setattr("sqsem_dsl.study.view.time", lambda: self.now)
        started_now = lambda *given, **more: View(*given, began=self.now, **more)  # noqa: E731
        monkeypatch.setattr("sqsem_dsl.study.search.View", started_now)


class Pretended:
    """An executor of one trial at a time; it makes up the results and records the requests."""

    capacity = 1

    def __init__(self, clock, random, killed_after=None):
        self.clock, self.random, self.killed_after = clock, random, killed_after
        self.tasks, self.messages_of, self.seconds = {}, defaultdict(list), defaultdict(float)
        self._messages = []

    def submit(self, work):
        if isinstance(work, Evaluation):
            self._messages = [(0.0, work)]
            return
        self.tasks[work.number] = work
        random, number = self.random, work.number
        many = random.randint(1, work.epochs)
        messages = [(2.0, Started(number, 7, "here"))]
        for epoch in range(1, many + 1):
            logs = {"loss": random.random(), "val_loss": random.random(), "val_accuracy": random.random()}
            messages.append((random.uniform(1, 9), EpochEnded(number, 0, epoch, logs, 1.0)))
        lost = any(isinstance(message, Lost) for message in self.messages_of[number])
        end = random.choice(["trained", "trained", "failed", "lost"])
        if end == "failed":
            messages.append((1.0, Failed(number, "error", f"reason {random.random()}", "trace")))
        elif end == "lost" and not lost:
            messages.append((1.0, Lost(number, "its process ended unexpectedly")))
        else:
            metrics = dict(messages[-1][1].metrics)
            Path(work.model).parent.mkdir(parents=True, exist_ok=True)
            Path(work.model).touch()
            messages.append((1.0, Trained(number, (metrics["val_accuracy"],), metrics, {}, many, saved=True)))
        self._messages = messages

    def receive(self, seconds):
        taken, message = self._messages.pop(0)
        if self.killed_after == 0:
            raise Killed
        self.killed_after = None if self.killed_after is None else self.killed_after - 1
        self.clock.now += taken
        if not isinstance(message, Evaluation):
            self.messages_of[message.number].append(message)
            self.seconds[message.number] += 0.0 if isinstance(message, Started) else taken
        return [message]

    def kill(self, number):
        raise AssertionError("nothing takes too long")

    def stop(self): ...

    def close(self): ...


def ran(folder, executor, settings, **options):
    file = folder.with_suffix(".sqs")
    file.write_text(SPEC.format(search=f"algorithm = {settings}"))
    compilation = Compilation.from_file(file)
    return run_search(
        compilation.space, dataset(), folder, executor, SearchOptions(**options), sources=Sources.of(compilation)
    )


@pytest.mark.parametrize("seed", range(8))
def test_every_field_of_a_trial_is_what_ran(seed, tmp_path, monkeypatch):
    random = Random(seed)
    algorithm = random.choice(["random", "grid", "evolution(population = 3, sample = 2)", "hyperband(factor = 3)"])
    epochs = random.choice([None, 1, 2, 5])
    clock = Clock(monkeypatch)
    executor = Pretended(clock, random)
    with suppress(SqsError):  # if all trials fail
        ran(tmp_path / "out", executor, algorithm, trials=9, epochs=epochs, seed=seed)
    with closing(Journal.open(tmp_path / "out")) as journal:
        trials, notes = journal.trials(), journal.notes()
        epochs_of = {trial.number: list(journal.epochs(trial.number)) for trial in trials}
    assert set(executor.tasks) == {trial.number for trial in trials}
    for trial in trials:
        task, messages = executor.tasks[trial.number], executor.messages_of[trial.number]
        trained = task.architecture.train.model_copy(update={"epochs": task.epochs})
        assert trial.planned == task.epochs
        assert json.loads(trial.training) == json.loads(trained.model_dump_json())
        assert trial.architecture == task.architecture.id
        assert (trial.params, trial.macs) == (task.architecture.params, task.architecture.macs)
        assert trial.choices == {path: plain(value) for path, value in task.architecture.choices.items()}
        assert trial.schedule_epochs == task.schedule_epochs
        starts = [message for message in messages if isinstance(message, Started)]
        assert trial.attempts == len(starts)
        assert trial.worker == "here:7"
        assert trial.seconds == pytest.approx(executor.seconds[trial.number])
        assert trial.started <= trial.ended
        rows = {message.epoch: message.metrics for message in messages if isinstance(message, EpochEnded)}
        assert {row.epoch: row.metrics for row in epochs_of[trial.number]} == rows
        end = messages[-1]
        assert trial.status == ("completed" if isinstance(end, Trained) else "failed")
        if isinstance(end, Trained):
            assert (trial.epochs, trial.scores, trial.metrics) == (end.epochs, end.scores, end.metrics)
            assert (trial.error, trial.reason) == (None, None)
        else:
            assert (trial.error, trial.reason, trial.trace) == (end.kind, end.reason, end.trace)
            assert trial.epochs == max(rows)
    assert notes["seed"] == seed
    assert notes["elapsed"] == pytest.approx(clock.now - 1000.0)


@pytest.mark.parametrize("after", [2, 3, 5, 8, 11])
def test_the_time_of_a_killed_search_is_kept_to_its_last_epoch(after, tmp_path, monkeypatch):
    clock = Clock(monkeypatch)
    first = Pretended(clock, Random(1), killed_after=after)
    with pytest.raises(Killed):
        ran(tmp_path / "out", first, "random", trials=4)
    with closing(Journal.open(tmp_path / "out")) as journal:
        assert journal.notes()["elapsed"] == pytest.approx(clock.now - 1000.0)
    worked = clock.now - 1000.0
    clock.now += 5000.0  # No worker has it.
    again = clock.now
    second = Pretended(clock, Random(4))
    ran(tmp_path / "out", second, "random", trials=4)
    with closing(Journal.open(tmp_path / "out")) as journal:
        assert journal.notes()["elapsed"] == pytest.approx(worked + clock.now - again)


def test_another_seed_is_called_that_although_it_splits_the_data_otherwise(tmp_path, monkeypatch):
    search(tmp_path / "out", trials=1, workers=0, seed=1)
    monkeypatch.setattr(type(dataset()), "fingerprint", property(lambda self: "another"))
    with pytest.raises(SqsError, match="a study with another seed"):
        search(tmp_path / "out", trials=1, workers=0, seed=2)
    with pytest.raises(SqsError, match="a study with other data"):
        search(tmp_path / "out", trials=1, workers=0, seed=1)


def test_the_length_of_a_training_is_recorded_as_it_was_asked_for(tmp_path):
    result = search(tmp_path / "out", trials=2, workers=0, epochs=2)
    assert [json.loads(trial.training)["epochs"] for trial in result.trials] == [2, 2]
    reused = search(tmp_path / "again", trials=2, workers=0, epochs=2, reuse=(tmp_path / "out",))
    assert [trial.origin for trial in reused.trials] == ["reused", "reused"]
