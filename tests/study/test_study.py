"""A study as shown by `load_study`: its trials, their architectures, frames, and its disk usage."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.study.journal.journal import Journal
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.spec_snapshot import Sources
from tests.fakes.journals import SPEC, TWO, make_study, trials


@pytest.fixture
def study(tmp_path: Path) -> sqs.Study:
    return sqs.load_study(make_study(tmp_path / "run", TWO))


def test_its_trials_best_first(study: sqs.Study) -> None:
    assert study.trials == tuple(trials(TWO))
    assert [trial.number for trial in study.ranking] == [2, 3, 1, 5]
    assert study.best == study.trial(2)
    with pytest.raises(KeyError):
        study.trial(8)


def test_the_front_is_of_the_trials_that_count(study: sqs.Study) -> None:
    """Trial 7 has the best score, but is of an earlier version of the spec; trial 1 beats trial 5."""
    assert [goal.metric for goal in study.goals] == ["val_accuracy", "params"]
    assert [trial.number for trial in study.front] == [2, 3, 1]


def test_a_later_state_reads_only_trials_that_can_have_changed(
    study: sqs.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranking, space, running = study.ranking, study.space, study.trial(6)
    with closing(Journal.open(study.folder, write=True)) as journal:
        journal.update(replace(running, status="completed", scores=(0.99, 5.0), ended=1.8e9), ends=True)
        journal.begin(replace(running, number=8))
        journal.note(elapsed=77.0)
    asked: list[int] = []
    read = Journal.trials

    def trials_above(self: Journal, on_fault: Any = None, above: int = 0) -> list[Trial]:
        asked.append(above)
        return read(self, on_fault, above)

    monkeypatch.setattr(Journal, "trials", trials_above)
    later = study.later()
    assert asked == [7]
    assert later.trials == sqs.load_study(study.folder).trials
    assert [trial.number for trial in later.ranking] == [6, 2, 3, 1, 5]
    assert later.front[0].number == 6
    assert later.notes["elapsed"] == 77.0
    assert later.space is space
    assert (study.ranking, study.trial(6)) == (ranking, running)


def test_a_later_state_of_a_resumed_search_is_read_as_a_whole(study: sqs.Study) -> None:
    with closing(Journal.open(study.folder, write=True)) as journal:
        journal.update(replace(study.trial(2), valid=False), ends=False)
    assert study.later().trial(2).valid
    with closing(Journal.open(study.folder, write=True)) as journal:
        journal.note(owner="another")
    assert not study.later().trial(2).valid


def test_what_a_study_without_results_has(tmp_path: Path) -> None:
    study = sqs.load_study(make_study(tmp_path, made=[]))
    assert (study.best, study.front, study.ranking) == (None, (), ())


def test_the_architecture_of_a_trial_is_exactly_the_one_that_was_trained(study: sqs.Study) -> None:
    assert study.spec == SPEC
    for trial in study.trials:
        architecture = study.architecture(trial.number)
        assert (architecture.id, architecture.params, architecture.macs) == (
            trial.architecture,
            trial.params,
            trial.macs,
        )
    assert study.architecture(1).choices["dropout.rate"] == Fraction(1, 3)


def test_epochs(study: sqs.Study) -> None:
    assert [(e.trial, e.epoch, e.metrics) for e in study.epochs(2)] == [(2, 1, {"loss": 1.0}), (2, 2, {"loss": 0.5})]
    assert len(study.epochs()) == 2 * len(study.trials)


def test_choices_where_the_space_cannot_be_loaded(tmp_path: Path) -> None:
    study = sqs.load_study(make_study(tmp_path, sources=None))
    with pytest.raises(sqs.SqsError):
        _ = study.space
    assert study.paths == ("first", "more", "dropout.rate", "train.learning_rate", "more.dense.units")


def test_layers_of_the_specs_own_code_are_loaded_when_that_is_allowed(tmp_path: Path) -> None:
    spec = 'sqs 1 space perceptron { input x: [4] output y = x -> extern("os:path") -> dense(2) }'
    make_study(tmp_path, sources=Sources({"s.sqs": spec}, "perceptron", allow_extern=True).to_plain())
    with pytest.raises(sqs.SqsError) as refused:
        _ = sqs.load_study(tmp_path).space
    assert "allow" in str(refused.value)


# ---- frames


def test_frame(study: sqs.Study) -> None:
    pytest.importorskip("pandas")
    frame = study.to_pandas()
    assert list(frame["number"]) == [1, 2, 3, 4, 5, 6, 7]
    assert frame.sort_values("score", ascending=False)["number"].iloc[0] == 7
    assert list(frame["choices.first"]) == [8, 32, 16, 16, 8, 16, 32]
    assert frame["choices.more.dense.units"].isna().tolist() == [True, True, False, False, False, True, False]
    assert frame["metrics.val_accuracy"].max() == 0.99
    assert frame.loc[frame["status"] == "failed", "error"].tolist() == ["diverged"]
    assert (frame["ended"] - frame["started"]).dt.total_seconds().max() == 1.5
    epochs = study.epochs_frame()
    assert epochs.groupby("trial")["metrics.loss"].min()[2] == 0.5


def test_frames_need_pandas(study: sqs.Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(sqs.SqsError) as caught:
        study.to_pandas()
    assert "sqsem-dsl[pandas]" in str(caught.value)


# ---- disk


def test_a_file_under_two_names_counts_once(tmp_path: Path) -> None:
    folder = make_study(tmp_path / "run")
    (folder / "best").mkdir()
    (folder / "running").mkdir()
    (folder / "best" / "trial-0002.keras").write_bytes(b"m" * 1000)
    os.link(folder / "best" / "trial-0002.keras", folder / "best.keras")
    (folder / "running" / "trial-0006.state").write_bytes(b"s" * 300)
    (folder / "trials.csv").write_bytes(b"t" * 20)
    size = sqs.load_study(folder).size
    assert {kind: size[kind] for kind in ("models", "checkpoints", "other")} == {
        "models": 1000,
        "checkpoints": 300,
        "other": 20,
    }
    assert size["journal"] == sum(path.stat().st_size for path in folder.glob("study.sqlite*"))


def test_of_equal_scores_the_earliest_is_on_the_front():
    """As in the running study, whose models are in `best/`."""
    from dataclasses import replace

    from sqsem_dsl.study.journal.ranking import pareto_front
    from sqsem_dsl.study.objective import Goal
    from sqsem_dsl.study.view import View
    from tests.fakes.journals import TWO, trials

    goals = tuple(Goal(metric, direction) for metric, direction in TWO)
    one = next(trial for trial in trials(TWO) if trial.status == "completed")
    made = [replace(one, number=number, scores=scores) for number, scores in enumerate([(0.5, 9.0), (0.7, 9.0)] * 2, 1)]
    view = View(goals)
    for trial in made:
        view.ended(trial)
    assert [trial.number for trial in pareto_front(made, goals)] == [2]
    assert [trial.number for trial in view.front] == [2]
