"""Networks of other specs, trained for comparison: outside the search, once, with the same settings."""

from __future__ import annotations

import numpy as np
import pytest

import sqsem_dsl as sqs
from sqsem_dsl.data.dataset import Loaded
from sqsem_dsl.data.split import Splitting, split
from sqsem_dsl.settings.metrics import OutputFact
from tests.study.test_folds import SPEC, whole

PLAIN = """sqs 1
space plain {
  const units = 3
  input x: [4]
  output answer = x -> dense(units) -> choose end { sharp: relu soft: sigmoid } -> dense(2) -> softmax
}"""


@pytest.fixture
def specs(tmp_path):
    (tmp_path / "blobs.sqs").write_text(SPEC)
    (tmp_path / "plain.sqs").write_text(PLAIN)
    return tmp_path


def data():
    return split(Loaded("blobs", whole()), {"label": OutputFact((2,), "softmax")}, Splitting(1))


def search(specs, *baselines, **more):
    spec, folder = specs / "blobs.sqs", specs / "study"
    return sqs.search(spec, data(), folder, workers=0, baselines=[f"{specs}/{one}" for one in baselines], **more)


@pytest.mark.keras
def test_a_baseline_is_trained_once_as_the_trials_are_and_is_none_of_them(specs):
    keras = pytest.importorskip("keras")
    result = search(specs, "plain.sqs,units=5")
    assert len(result.trials) == 2
    study = sqs.load_study(specs / "study")
    [baseline] = study.baselines
    assert (baseline.origin, dict(baseline.memo)) == ("baseline", {"baseline": "plain"})
    assert baseline.training == study.trials[0].training
    assert baseline.params == 4 * 5 + 5 + 5 * 2 + 2
    assert 0.5 < baseline.score <= 1
    assert baseline.number not in {trial.number for trial in study.trials}
    assert len(study.epochs(baseline.number)) == 3
    assert all(epoch.trial > 0 for epoch in study.epochs())
    model = keras.models.load_model(specs / "study" / "baselines" / "plain" / "best.keras")
    assert model.predict({"x": np.zeros((1, 4))}, verbose=0).shape == (1, 2)
    # The same command trains nothing again; another network of the same name is another baseline.
    before = baseline.started
    search(specs, "plain.sqs,units=5")
    search(specs, "plain.sqs")
    names = {b.memo["baseline"]: b for b in sqs.load_study(specs / "study").baselines}
    assert set(names) == {"plain", "plain-2"}
    assert names["plain"].started == before


@pytest.mark.keras
def test_a_baseline_that_fails_is_remarked_upon_and_the_search_continues(specs, monkeypatch):
    pytest.importorskip("keras")
    from sqsem_dsl.study.progress.progress import NullProgress
    from sqsem_dsl.study.trial import compiled

    build = compiled.build_model

    def broken(architecture, *rest, **more):
        if architecture.space == "plain":
            raise RuntimeError("no room")
        return build(architecture, *rest, **more)

    monkeypatch.setattr(compiled, "build_model", broken)
    said = []
    remarked = NullProgress()
    remarked.remark = said.append
    assert len(search(specs, "plain.sqs", progress=remarked).trials) == 2
    assert any("baseline plain could not be trained" in text and "no room" in text for text in said)
    assert sqs.load_study(specs / "study").baselines[0].status == "failed"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("x: [4]", "x: [5]"), "the input `x` of the baseline `.*plain.sqs` is .5., that of the searched space .4."),
        (
            ("x: [4]\n  output answer = x", "y: [4]\n  output answer = y"),
            "has the input `y`, which the searched space does not have",
        ),
        (("dense(2) ->", "dense(3) ->"), "the output `answer` of the baseline `.*` is .3., that of the searched space"),
        (("-> softmax", "-> sigmoid"), "ends differently from that of the searched space"),
        (("units = 3", "unit = 3"), "unknown name `units`"),
    ],
)
def test_a_network_that_the_data_do_not_serve_is_refused_before_anything_is_trained(specs, change, message):
    (specs / "plain.sqs").write_text(PLAIN.replace(*change))
    with pytest.raises(sqs.SqsError, match=message):
        search(specs, "plain.sqs")
    assert not (specs / "study").exists()


@pytest.mark.keras
def test_a_baseline_is_scored_by_the_objective_as_it_is_now_and_left_out_when_the_settings_changed(specs):
    pytest.importorskip("keras")
    search(specs, "plain.sqs")
    accuracy = sqs.load_study(specs / "study").baselines[0].score
    spec = specs / "blobs.sqs"
    spec.write_text(SPEC.replace("maximize(val_accuracy)", "minimize(val_loss)"))
    search(specs)
    study = sqs.load_study(specs / "study")
    losses = [epoch.metrics["val_loss"] for epoch in study.epochs(0)]
    assert study.baselines[0].score == pytest.approx(min(losses)) != accuracy
    spec.write_text(SPEC.replace("learning_rate = 0.02", "learning_rate = 0.01"))
    search(specs)
    assert sqs.load_study(specs / "study").baselines == ()


@pytest.mark.keras
def test_what_is_refused_is_refused_before_a_baseline_is_trained(specs):
    pytest.importorskip("keras")
    search(specs)
    shape_analysis = split(Loaded("blobs", whole()), {"label": OutputFact((2,), "softmax")}, Splitting(1, folds=2))
    arguments = {"workers": 0, "baselines": [f"{specs}/plain.sqs"]}
    with pytest.raises(sqs.SqsError, match="holds a study with other data"):
        sqs.search(specs / "blobs.sqs", shape_analysis, specs / "study", **arguments)
    assert not (specs / "study" / "baselines").exists()
    # An existing baseline of other data is left in place, and not shown.
    sqs.search(specs / "blobs.sqs", shape_analysis, specs / "other", **arguments)
    (specs / "other" / "baselines").rename(specs / "study" / "baselines")
    assert sqs.load_study(specs / "study").baselines == ()
    search(specs, "plain.sqs")
    assert [b.memo["baseline"] for b in sqs.load_study(specs / "study").baselines] == ["plain-2"]
