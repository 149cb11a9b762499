"""A whole search on a small space, with real training: the content of its folder, and its end."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from sqsem_dsl.diagnostics.errors import SqsError
from tests.fakes.standin import StandIn, StandInArchitecture, chain, choice, dataset

pytestmark = [pytest.mark.keras, pytest.mark.search]
pytest.importorskip("keras_tuner")
pytest.importorskip("filelock")

from sqsem_dsl.report.text.trials import summary, trials_table  # noqa: E402
from sqsem_dsl.study.executors.inline import Inline  # noqa: E402
from sqsem_dsl.study.journal.journal import Journal  # noqa: E402
from sqsem_dsl.study.options import SearchOptions  # noqa: E402
from sqsem_dsl.study.progress.progress import LineProgress  # noqa: E402
from sqsem_dsl.study.search import run_search  # noqa: E402
from sqsem_dsl.study.trial import compiled  # noqa: E402

SPACE = StandIn(*chain(1), choice("flag", True, False), train={"epochs": 2}, algorithm={"name": "grid"}, seed=7)


def search(space, folder, progress=None, **options):
    return run_search(space, dataset(), folder, Inline(dataset()), SearchOptions(**options), progress=progress)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return search(SPACE, tmp_path_factory.mktemp("search") / "out", trials=4, keep=2, facts={"note": 1})


def test_the_folder_holds_the_journal_the_trials_and_the_best(found):
    names = sorted(p.name for p in found.directory.iterdir() if not p.name.startswith("."))
    assert names == ["best", "best.json", "best.keras", "study.sqlite", "trials.csv"]
    kept = sorted(trial.number for trial in found.ranking[:2])
    assert sorted(p.name for p in (found.directory / "best").iterdir()) == [f"trial-{n:04}.keras" for n in kept]
    rows = list(csv.DictReader((found.directory / "trials.csv").open()))
    assert [row["trial"] for row in rows] == ["1", "2", "3", "4"]
    assert [row["flag"] for row in rows] == ["true", "false", "true", "false"]
    assert [float(row["score"]) for row in rows] == [trial.score for trial in found.trials]
    best = json.loads((found.directory / "best.json").read_text())
    assert best["trial"] == found.best.number
    assert best["choices"] == {"depth": 1, "w[0]": found.best.choices["w[0]"], "flag": found.best.choices["flag"]}
    assert best["test"] == dict(found.test)
    assert (best["seed"], best["note"], best["params"]) == (7, 1, found.best.params)
    assert found.ended == "all 4 trials are done"


def test_the_journal_has_every_epoch(found):
    journal = Journal.open(found.directory)
    rows = [(epoch.trial, epoch.epoch) for epoch in journal.epochs()]
    assert rows == [(trial, epoch) for trial in (1, 2, 3, 4) for epoch in (1, 2)]
    metrics = next(journal.epochs(1)).metrics
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(metrics)
    journal.close()


def test_the_best_model_reloads_in_a_new_process_and_scores_the_same(found):
    code = (
        "import sys, keras; from tests.fakes.standin import dataset\n"
        "model = keras.models.load_model(sys.argv[1]); part = dataset().test\n"
        "print(model.evaluate(part.inputs, part.labels['y'], verbose=0, return_dict=True)['accuracy'])"
    )
    command = [sys.executable, "-c", code, str(found.directory / "best.keras")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    assert float(done.stdout.split()[-1]) == pytest.approx(found.test["accuracy"], abs=1e-6)


def test_the_table_names_the_best_first(found):
    table = trials_table(found.trials, found.goals, limit=2)
    head, _, first, choices, *_ = table.splitlines()
    assert head.split() == ["trial", "val_accuracy", "parameters", "MACs", "seconds"]
    assert first.split()[:3] == [str(found.best.number), f"{found.best.score:.4f}", f"{found.best.params:,}"]
    assert choices.split()[0] == "depth=1"
    said = summary(found.trials, found.goals, found.seconds, found.ended, found.test, found.directory)
    assert "4 trials in" in said
    assert "accuracy" in said


def test_a_finished_search_only_says_what_it_found(found, capsys):
    again = search(SPACE, found.directory, LineProgress(sys.stdout), trials=4)
    assert [trial.scores for trial in again.trials] == [trial.scores for trial in found.trials]
    assert dict(again.test) == dict(found.test)
    assert "(4 trials, 4 completed)" in capsys.readouterr().out


def test_a_line_a_trial_where_there_is_no_terminal(tmp_path, capsys):
    search(SPACE, tmp_path / "out", LineProgress(sys.stdout), trials=2, epochs=1)
    title, algorithm, classes, first, second = capsys.readouterr().out.splitlines()
    assert title == "space standin, data blobs: 96 training, 48 validation, 48 test samples: maximize val_accuracy"
    assert algorithm.startswith("2 trials by `")
    assert classes == "classes of y: 0, 1, 2"
    assert first.startswith("trial 1/2: val_accuracy ")
    assert "best" in second


def test_all_failing_is_said_with_the_reasons(tmp_path, monkeypatch):
    def broken(architecture, **arguments):
        raise RuntimeError("no weights")

    monkeypatch.setattr(compiled, "build_model", broken)
    with pytest.raises(SqsError) as caught:
        search(SPACE, tmp_path / "out", trials=2)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.title) == ("SQS754", "all 2 trials failed")
    assert diagnostic.note == "trial 1, 2: RuntimeError: no weights"
    rows = list(csv.DictReader((tmp_path / "out" / "trials.csv").open()))
    assert [(row["status"], row["reason"]) for row in rows] == [("failed", "RuntimeError: no weights")] * 2


def test_a_space_without_an_allowed_configuration_is_said(tmp_path):
    space = StandIn(*chain(1), rule=lambda choices: False)
    space.default = lambda: StandInArchitecture({"depth": 1, "w[0]": 8}, {})
    with pytest.raises(SqsError) as caught:
        search(space, tmp_path / "out", trials=2)
    assert [d.code for d in caught.value.diagnostics] == ["SQS755"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(SqsError) as caught:
        search(SPACE, tmp_path / "out", trials=1)
    assert [d.code for d in caught.value.diagnostics] == ["SQS756"]


def test_a_model_that_cannot_be_saved_does_not_end_the_search(tmp_path, monkeypatch, capsys):
    import keras

    def unsaved(self, *args, **kwargs):
        raise ValueError("this layer has no get_config()")

    monkeypatch.setattr(keras.Model, "save", unsaved)
    result = search(SPACE, tmp_path / "out", LineProgress(sys.stdout), trials=2)
    assert [trial.status for trial in result.trials] == ["completed"] * 2
    assert result.test == {}
    assert "the model of trial 1 could not be saved: " in capsys.readouterr().out


def test_a_search_without_a_test_set_runs_to_its_end(tmp_path):
    untested = replace(dataset(), test=None)

    def searched(folder, progress=None, **options):
        return run_search(SPACE, untested, folder, Inline(untested), SearchOptions(**options), progress=progress)

    out = io.StringIO()
    first = searched(tmp_path / "first", LineProgress(out), trials=2)
    assert "no test set: the best score on the validation set is optimistic" in out.getvalue()
    assert "could not be scored" not in out.getvalue()
    again = searched(tmp_path / "second", trials=2, reuse=(tmp_path / "first",))
    assert {trial.origin for trial in again.trials} == {"reused"}
    for result in (first, again):
        best = json.loads((result.directory / "best.json").read_text())
        assert (dict(result.test), best["test"]) == ({}, {})
        assert best["data"] == "blobs: 96 training, 48 validation samples, no test set"
        assert (result.directory / "best.keras").exists()
        assert "test set" not in summary(result.trials, result.goals, 1.0, result.ended, result.test, result.directory)
    resumed = searched(tmp_path / "first", trials=3)
    assert [trial.score for trial in resumed.trials[:2]] == [trial.score for trial in first.trials]


def test_small_spaces_end_before_their_trials_do(tmp_path):
    result = search(StandIn(*chain(1)), tmp_path / "out", trials=50)
    assert len(result.trials) == 3
    assert "3" in result.ended


def test_executions_give_mean_and_spread(tmp_path):
    result = search(StandIn(*chain(1), train={"epochs": 1}, executions=3), tmp_path / "out", trials=1)
    (trial,) = result.trials
    journal = Journal.open(tmp_path / "out")
    scores = [epoch.metrics["val_accuracy"] for epoch in journal.epochs(1)]
    journal.close()
    assert len(scores) == 3
    assert trial.score == pytest.approx(sum(scores) / 3)
    variance = sum((score - trial.score) ** 2 for score in scores) / 2
    assert trial.spread["val_accuracy"] == pytest.approx(variance**0.5)


def test_models_that_are_being_saved_are_left_alone(tmp_path):
    """Two workers: when one trial ends, the other's model may be partly written, or complete but not yet reported."""
    from dataclasses import replace

    from sqsem_dsl.study.journal.record import Trial
    from sqsem_dsl.study.models import Models
    from sqsem_dsl.study.objective import Goal
    from sqsem_dsl.study.view import View

    def trial(number):
        return Trial(number, {}, "", "{}", 1, 1)

    goals = (Goal("val_accuracy", "max"),)
    models, view = Models(tmp_path, goals, keep=1), View(goals)
    for number, score in ((1, 0.5), (2, 0.75)):
        models.path(number).write_text(str(score))
        view.ended(replace(trial(number), status="completed", scores=(score,)))
    view.trials[3] = trial(3)
    view.at_epoch[3] = 0
    models.path(3).write_text("just saved")
    half = tmp_path / "best" / ".trial-0004.99.keras"
    half.write_text("half")
    models.tidy(view)
    assert {path.name for path in (tmp_path / "best").iterdir()} == {"trial-0002.keras", "trial-0003.keras", half.name}
    assert (tmp_path / "best.keras").read_text() == "0.75"
