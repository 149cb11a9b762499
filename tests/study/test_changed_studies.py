"""Studies with a changed spec, data or objective, and results of other studies."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.study.journal.journal import Journal
from tests.fakes.searching import SPEC, search

pytestmark = pytest.mark.search
pytest.importorskip("keras_tuner")
pytest.importorskip("filelock")


def trials(folder):
    journal = Journal.open(folder)
    found = journal.trials()
    journal.close()
    return found


def choices(result):
    return [trial.choices for trial in result.trials]


def test_an_edit_keeps_what_is_still_valid(tmp_path, capsys):
    folder = tmp_path / "out"
    before = search(folder, trials=12)
    narrower = SPEC.replace("[4, 8, 16]", "[4, 8]")
    after = search(folder, trials=14, spec=narrower, quiet=False)
    kept = [trial for trial in before.trials if 16 not in trial.choices.values()]
    assert 0 < len(kept) < 12
    said = capsys.readouterr().err
    assert f"the spec was edited: {len(kept)} of 12 trials are valid in the new one" in said
    assert "is 16, but its domain is now [4, 8]" in said
    assert [t.number for t in after.trials][: len(kept)] == [t.number for t in kept]
    assert len(after.trials) == 14, "the space has 14 architectures, and each is had"
    assert len({json.dumps(t.choices, sort_keys=True) for t in after.trials}) == 14
    assert sum(not trial.valid for trial in trials(folder)) == 12 - len(kept)


def test_a_renamed_choice_keeps_its_trials(tmp_path):
    before = search(tmp_path / "out", trials=6)
    renamed = SPEC.replace("repeat n in", "repeat layers in")
    after = search(tmp_path / "out", trials=6, spec=renamed)
    assert [trial.scores for trial in after.trials] == [trial.scores for trial in before.trials]
    assert all("layers" in trial.choices and "n" not in trial.choices for trial in after.trials)


def test_another_training_keeps_nothing(tmp_path, capsys):
    search(tmp_path / "out", trials=3)
    after = search(tmp_path / "out", trials=3, spec=SPEC.replace("epochs = 3", "epochs = 4"), quiet=False)
    assert [trial.number for trial in after.trials] == [4, 5, 6]
    assert "0 of 3 trials are valid in the new one (others: epochs 3 -> 4)" in capsys.readouterr().err


def test_another_objective_scores_the_trials_anew(tmp_path, capsys):
    before = search(tmp_path / "out", trials=5)
    after = search(tmp_path / "out", "algorithm = random  objective = minimize(loss)", trials=5, quiet=False)
    assert "the objective was maximize val_accuracy: trials are scored again" in capsys.readouterr().err
    assert [trial.scores for trial in after.trials] == [(1 - trial.scores[0],) for trial in before.trials]


def test_another_seed_is_another_study(tmp_path):
    search(tmp_path / "out", trials=2)
    with pytest.raises(SqsError) as caught:
        search(tmp_path / "out", trials=4, seed=6)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "SQS765"
    assert "another seed" in diagnostic.title
    assert (diagnostic.note, len(trials(tmp_path / "out"))) == ("there it is 5, here 6", 2)


def test_results_are_reused_where_the_training_is_the_same(tmp_path):
    first = search(tmp_path / "one", trials=39)
    second = search(tmp_path / "two", "algorithm = grid", trials=39, reuse=(tmp_path / "one",))
    assert {trial.origin for trial in second.trials} == {"reused"}
    by_choices = {json.dumps(t.choices, sort_keys=True): t for t in first.trials}
    for trial in second.trials:
        twin = by_choices[json.dumps(trial.choices, sort_keys=True)]
        assert trial.scores == twin.scores
        assert trial.reason == f"trial {twin.number} of {tmp_path / 'one'}"
    assert (tmp_path / "two" / "best.keras").exists(), "the best one is trained again for its model"
    other = search(tmp_path / "three", trials=2, epochs=2, reuse=(tmp_path / "one",))
    assert {trial.origin for trial in other.trials} == {"search"}, "shorter trainings are others"


def test_known_points_come_first(tmp_path):
    (tmp_path / "points.json").write_text(
        '[{"n": 1, "n[0].dense.units": 16}, {"choices": {"n": 1, "n[0].dense.units": 8}}]'
    )
    from sqsem_dsl.api.space import loads
    from sqsem_dsl.study.warm_start import start_points

    space = loads(SPEC.format(search=""))
    points = start_points(space, ("default", str(tmp_path / "points.json"), "baseline"))
    result = search(tmp_path / "out", trials=39, start_from=tuple(point.choices for point in points))
    assert choices(result)[:3] == [{"n": 1, "n[0].dense.units": units} for units in (4, 16, 8)]
    assert [trial.origin for trial in result.trials[:4]] == ["start"] * 3 + ["search"]
    assert len({json.dumps(each, sort_keys=True) for each in choices(result)}) == 39
    best = start_points(space, (str(tmp_path / "out"),))
    assert [dict(point.choices) for point in best] == [result.best.choices]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1]", "it holds something other than objects of choices by path"),
        ("{", "it is not JSON: "),
        ('{"width": 3}', "the space has no choice `width`"),
    ],
)
def test_points_that_are_none(tmp_path, text, reason):
    from sqsem_dsl.api.space import loads
    from sqsem_dsl.study.warm_start import start_points

    (tmp_path / "points.json").write_text(text)
    with pytest.raises(SqsError) as caught:
        start_points(loads(SPEC.format(search="")), (str(tmp_path / "points.json"),))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "SQS766"
    assert reason in diagnostic.title


def test_points_have_the_declared_values_of_rounded_numbers_and_lists(tmp_path):
    from sqsem_dsl.api.space import loads
    from sqsem_dsl.study.warm_start import start_points

    space = loads(
        "space s { input x: [4]  let z = add(pick some in 1..2 { a: x -> relu  b: x -> dense(4) }) "
        "output y = z -> dropout(any [1/3, 1/2]) -> dense(2) -> softmax }"
    )
    path = tmp_path / "points.json"
    path.write_text('{"some": ["a", "b"], "dropout.rate": 0.3333333333333333}')
    (point,) = start_points(space, (str(path),))
    assert point.choices == {"some": ("a", "b"), "dropout.rate": Fraction(1, 3)}
    path.write_text('{"some": ["a", "b"], "dropout.rate": 0.4}')
    with pytest.raises(SqsError, match=r"0\.4"):
        start_points(space, (str(path),))


def test_the_baseline_leaves_out_slots_and_bypasses():
    from sqsem_dsl.api.space import load
    from sqsem_dsl.study.warm_start import baseline

    found = baseline(load("specs/digits.sqs"))
    assert found.choices["fires[0].se"] is False
    assert found.choices["fires[0].skip"] == "none"


def test_a_target_ends_the_search(tmp_path):
    whole = search(tmp_path / "whole", trials=20)
    wanted = sorted(trial.scores[0] for trial in whole.trials)[-3]
    first = next(trial.number for trial in whole.trials if trial.scores[0] >= wanted)
    result = search(tmp_path / "out", trials=20, target=wanted)
    assert len(result.trials) == first
    assert result.ended.startswith("the target is reached: val_accuracy ")


def test_a_time_ends_the_search_also_over_several_processes(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.fakes.fake_training.EPOCH_SECONDS", 0.1)
    options = {"trials": 39, "workers": 0, "hours": 1.0 / 3600}
    first = search(tmp_path / "out", **options)
    assert first.ended.startswith("the time limit of ")
    again = search(tmp_path / "out", **options)
    assert len(again.trials) == len(first.trials) < 39


def test_only_the_best_models_stay(tmp_path):
    result = search(tmp_path / "out", trials=20, keep=4)
    kept = sorted(f"trial-{trial.number:04}.keras" for trial in result.ranking[:4])
    assert sorted(p.name for p in (tmp_path / "out" / "best").iterdir()) == kept
    best = tmp_path / "out" / "best" / f"trial-{result.best.number:04}.keras"
    assert (tmp_path / "out" / "best.keras").read_text() == best.read_text()


def test_several_objectives_leave_a_front(tmp_path):
    result = search(
        tmp_path / "out", "algorithm = random  objective = [maximize(val_accuracy), minimize(params)]", trials=39
    )
    points = [(trial.scores, trial.number) for trial in result.trials]
    beaten = {
        number
        for scores, number in points
        if any(a >= scores[0] and p <= scores[1] and (a, p) != scores for (a, p), _ in points)
    }
    assert {trial.number for trial in result.front} == {number for _, number in points} - beaten
    assert len(result.front) > 2
    names = {f"trial-{trial.number:04}.keras" for trial in result.front}
    assert {p.name for p in (tmp_path / "out" / "best").iterdir()} == names
    assert json.loads((tmp_path / "out" / "best.json").read_text())["front"] == [trial.number for trial in result.front]
