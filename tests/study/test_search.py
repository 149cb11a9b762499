"""A whole search on a small space: what it leaves in its folder, and how it ends."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys

import pytest

from sqsem_dsl.diagnostics import SqsError
from tests.study.standin import Drawn, StandIn, chain, choice, data, dataset

pytestmark = [pytest.mark.keras, pytest.mark.search]
pytest.importorskip("keras_tuner")

from sqsem_dsl.report.outcomes import summary, trials_table  # noqa: E402
from sqsem_dsl.study.outcome_progress import Lines, Silent  # noqa: E402
from sqsem_dsl.study.search import run_search  # noqa: E402

SPACE = StandIn(*chain(1), choice("flag", True, False), train={"epochs": 2}, algorithm={"name": "grid"}, seed=7)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    return run_search(SPACE, dataset(), folder / "out", trials=4, spec="sqs 1\n", facts={"note": 1})


def test_the_folder_holds_the_trials_the_spec_and_the_best(found):
    assert sorted(p.name for p in found.directory.iterdir()) == ["best.json", "best.keras", "spec.sqs", "trials.csv"]
    assert (found.directory / "spec.sqs").read_text() == "sqs 1\n"
    rows = list(csv.DictReader((found.directory / "trials.csv").open()))
    assert [row["trial"] for row in rows] == ["1", "2", "3", "4"]
    assert [row["flag"] for row in rows] == ["true", "false", "true", "false"]
    assert [float(row["score"]) for row in rows] == [o.score for o in found.outcomes]
    best = json.loads((found.directory / "best.json").read_text())
    assert best["trial"] == found.best.number
    assert best["choices"] == {"depth": 1, "w[0]": found.best.choices["w[0]"], "flag": found.best.choices["flag"]}
    assert best["test"] == dict(found.test)
    assert (best["seed"], best["note"], best["params"]) == (7, 1, found.best.params)
    assert found.ended == "all 4 trials are done"


def test_the_best_model_reloads_in_a_new_process_and_scores_the_same(found):
    code = (
        "import sys, keras; from tests.study.standin import dataset\n"
        "model = keras.models.load_model(sys.argv[1]); part = dataset().test\n"
        "print(model.evaluate(part.inputs, part.labels['y'], verbose=0, return_dict=True)['accuracy'])"
    )
    command = [sys.executable, "-c", code, str(found.directory / "best.keras")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    assert float(done.stdout.split()[-1]) == pytest.approx(found.test["accuracy"], abs=1e-6)


def test_the_table_names_the_best_first(found):
    table = trials_table(found, limit=2)
    head, _, first, choices, *_ = table.splitlines()
    assert head.split() == ["trial", "val_accuracy", "parameters", "MACs", "seconds"]
    assert first.split()[:3] == [str(found.best.number), f"{found.best.score:.4f}", f"{found.best.params:,}"]
    assert choices.split()[0] == "depth=1"
    assert "4 trials in" in summary(found)
    assert "accuracy" in summary(found)


def test_a_line_a_trial_where_there_is_no_terminal(tmp_path, capsys):
    run_search(SPACE, dataset(), tmp_path, trials=2, epochs=1, progress=Lines(sys.stdout))
    title, first, second = capsys.readouterr().out.splitlines()
    assert title == "standin on blobs: 96 training, 48 validation, 48 test samples: maximize val_accuracy"
    assert first.startswith("trial 1/2: val_accuracy ")
    assert "best" in second


def test_all_failing_is_said_with_the_reasons(tmp_path, monkeypatch):
    def broken(self):
        raise RuntimeError("no memory")

    monkeypatch.setattr(Drawn, "build", broken)
    with pytest.raises(SqsError) as caught:
        run_search(SPACE, dataset(), tmp_path, trials=2)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.title) == ("SQS754", "all 2 trials failed")
    assert diagnostic.note == "trial 1, 2: RuntimeError: no memory"
    rows = list(csv.DictReader((tmp_path / "trials.csv").open()))
    assert [(row["status"], row["reason"]) for row in rows] == [("failed", "RuntimeError: no memory")] * 2


def test_a_space_without_an_allowed_configuration_is_said(tmp_path):
    space = StandIn(*chain(1), rule=lambda choices: False)
    space.default = lambda: Drawn({"depth": 1, "w[0]": 8}, {})
    with pytest.raises(SqsError) as caught:
        run_search(space, dataset(), tmp_path, trials=2)
    assert [d.code for d in caught.value.diagnostics] == ["SQS755"]


class Interrupting(Silent):
    def __init__(self, after):
        self.after = after

    def started(self, number, architecture, epochs):
        if number > self.after:
            raise KeyboardInterrupt


def test_ctrl_c_ends_with_what_was_found(tmp_path):
    result = run_search(SPACE, dataset(), tmp_path, progress=Interrupting(2))
    assert result.interrupted
    assert (len(result.outcomes), result.ended) == (2, "interrupted")
    assert json.loads((tmp_path / "best.json").read_text())["ended"] == "interrupted"


def test_ctrl_c_before_the_first_result_leaves_none(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run_search(SPACE, dataset(), tmp_path, progress=Interrupting(0))
    assert not (tmp_path / "best.json").exists()


@pytest.mark.parametrize("where", ["folder", "model"])
def test_what_cannot_be_written_is_said(where, tmp_path, monkeypatch):
    if where == "folder":
        (tmp_path / "out").write_text("a file")
    else:

        def full(self, model):
            raise OSError(28, "No space left on device", "best.keras")

        monkeypatch.setattr("sqsem_dsl.study.results.Folder.save_model", full)
    with pytest.raises(SqsError) as caught:
        run_search(SPACE, dataset(), tmp_path / "out", trials=1)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "SQS756"
    if where == "model":
        assert diagnostic.title == "cannot write `best.keras`: no space left on device"


def test_small_spaces_end_before_their_trials_do(tmp_path):
    result = run_search(StandIn(*chain(1)), dataset(), tmp_path, trials=50)
    assert len(result.outcomes) == 3
    assert result.ended == "all 3 architectures of the space were tried"
    assert data()[0].shape == (96, 8)
