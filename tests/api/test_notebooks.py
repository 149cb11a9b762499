"""What a notebook shows of a space, an architecture, a study and a result: well-formed HTML with its texts escaped."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.api.study import Page
from sqsem_dsl.study.inference.evaluate import ClassScore, Evaluation, Score, Worst
from sqsem_dsl.study.results import Result
from tests.fakes.journals import make_study

VOID = {"br"}
SPEC = """
space s {
  input x: [8]
  output y = x -> dense(any [4, 16]) -> relu -> dense(2) -> softmax
  require params <= 999
}
"""


class Reader(HTMLParser):
    """Collects the texts; fails on tags that are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def texts(value: object) -> list[str]:
    reader = Reader()
    reader.feed(value._repr_html_())  # type: ignore[attr-defined]
    assert reader.open == []
    return reader.texts


def test_a_space_shows_its_sizes_and_its_picture() -> None:
    shown = texts(sqs.loads(SPEC))
    assert shown[:2] == ["s", ": 1 choice, 2 assignments"]
    assert "default architecture: 5 layers, 46 parameters, 40 MACs" in shown
    assert "required: params <= 999" in shown
    assert "softmax" in shown
    assert "any" not in shown


def test_an_error_shows_its_diagnostics_and_no_traceback() -> None:
    with pytest.raises(sqs.SqsError) as caught:
        sqs.loads("space s { input x: [8]  output y = x -> dens(2) }")
    shown = caught.value._render_traceback_()
    assert shown[0].startswith("error[SQS")
    assert shown == str(caught.value).strip().splitlines()


def test_an_architecture_shows_its_choices_and_layers() -> None:
    space = sqs.loads("space s { input x: [8]  output y = x -> dense(any [4, 16]) -> softmax }")
    shown = texts(space.at({"dense.units": 16}))
    assert shown[:2] == ["dense.units=16", "s: 144 parameters, 128 MACs"]
    assert shown[-5:] == ["softmax", "softmax", "[16]", "0", "0"]


def test_an_analysis_shows_the_costs_of_its_space() -> None:
    shown = texts(sqs.loads(SPEC).analysis)
    assert shown[:5] == ["s: 2 assignments, 2 feasible", "least", "median", "most", "params"]
    assert shown[5:8] == ["46", "46", "178"]
    assert shown[-3:] == ["weighted layers", "2", "2"]  # without a median
    unlimited = texts(sqs.loads(SPEC.replace("require params <= 999", "")).analysis)
    assert unlimited[0] == "s: 2 assignments"


def test_an_analysis_says_what_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    analysis = sqs.loads(SPEC).analysis
    analysis.limits["macs"] = "it takes < 1 step"
    reader = texts(analysis)
    assert reader[-1] == "macs: it takes < 1 step"


def test_an_evaluation_shows_scores_classes_and_the_worst_samples() -> None:
    classes = (ClassScore("<cat>", 3, 0.75, 1.0), ClassScore("dog", 1, None, 0.0))
    evaluation = Evaluation(
        4,
        (Score("accuracy", 0.75, (0.25, 1.0)), Score("loss", 0.51234)),
        {"y": classes},
        {"y": np.array([[3, 0], [1, 0]])},
        (Worst("<4>.png", "y", "dog", "<cat>", 2.5),),
    )
    shown = texts(evaluation)
    assert shown[:4] == ["4 samples, intervals of 95 %", "score", "from", "to"]
    assert shown[4:10] == ["accuracy", "0.75", "0.25", "1", "loss", "0.5123"]
    assert shown[10:14] == ["classes of y", "samples", "precision", "recall"]
    assert shown[14:22] == ["<cat>", "3", "0.75", "1", "dog", "1", "-", "0"]
    assert shown[22:] == [
        "predicted worst",
        "sample",
        "output",
        "label",
        "predicted",
        "loss",
        "<4>.png",
        "y",
        "dog",
        "<cat>",
        "2.5",
    ]


def test_a_study_and_a_result_show_the_best_trials_first(tmp_path: Path) -> None:
    make_study(tmp_path / "<b>")
    study = sqs.load_study(tmp_path / "<b>")
    result = Result(study.name, study.goals, study.trials, study.folder, "the end", 1.0)
    shown = texts(study)
    assert shown == texts(result)
    assert shown[0].endswith("<b>: 5 completed, 1 not finished, 1 failed")
    assert shown[1:8] == ["trial", "val_accuracy", "parameters", "MACs", "epochs", "seconds", "choices"]
    assert not [text for text in shown if "None" in text or "…" in text]
    assert shown[8] == str(study.best.number if study.best else 0)


def test_a_report_is_a_page_in_a_frame_that_runs_nothing(tmp_path: Path) -> None:
    page = Page('<p title="a">1 < 2</p>')
    assert 'srcdoc="&lt;p title=&quot;a&quot;&gt;' in page._repr_html_()
    assert 'sandbox="allow-popups"' in page._repr_html_()
    page.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page.html
    assert repr(page) == "<Page of 0.0 MB: save(path) writes it>"


def test_the_report_of_a_study(tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    make_study(tmp_path)
    assert "<!doctype html>" in sqs.load_study(tmp_path).report().html[:100].lower()
