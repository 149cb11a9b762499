"""What the page shows, as plain data: tables, charts, the facts at the top, the picture."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from sqsem_dsl.dashboard.curves_chart import curves_chart, thinned
from sqsem_dsl.dashboard.followed import FollowedStudy
from sqsem_dsl.dashboard.overview import details, overview
from sqsem_dsl.dashboard.parallel_chart import LINES, SPREAD, parallel_chart, shown_trials, varied_paths
from sqsem_dsl.dashboard.picture import Pictures
from sqsem_dsl.dashboard.score_chart import MANY, score_chart
from sqsem_dsl.dashboard.seen_choices import seen_choices
from sqsem_dsl.dashboard.table import MAX_PATHS, by_column, columns, running_rows, table_paths, trial_row
from sqsem_dsl.dashboard.updates import Cursor, must_reload, update_since
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.study.journal.journal import Journal
from sqsem_dsl.study.journal.record import Epoch, Trial
from sqsem_dsl.study.lock import owner
from tests.fakes.journals import TWO, make_study, trials

ATTACK = "<script>alert(1)</script>"


def followed(folder: Path, made: Sequence[Trial] | None = None, **more: Any) -> FollowedStudy:
    return FollowedStudy(make_study(folder / "study", made=made, **more))


@pytest.fixture
def study(tmp_path: Path) -> FollowedStudy:
    """The seven trials of `journals`, of which the running one has three epochs."""
    study = followed(tmp_path, owner=owner())
    with closing(Journal.open(study.folder, write=True)) as journal:
        for epoch, score in enumerate((0.5, 0.7, 0.6), 1):
            journal.epoch(Epoch(6, 0, epoch, {"loss": 1.0, "val_accuracy": score}, 0.5))
    study.refresh()
    return FollowedStudy(study.folder)


def many(count: int) -> list[Trial]:
    """So many completed trials with rising scores."""
    one = trials()[0]
    return [replace(one, number=number, scores=(number / count,)) for number in range(1, count + 1)]


# ---- tables


def test_a_row_of_each_status(study: FollowedStudy) -> None:
    paths = table_paths(seen_choices(study.trials.values()))
    fields = {path: f"choice{at}" for at, path in enumerate(paths)}
    rows = {number: trial_row(study, trial, paths) for number, trial in study.trials.items()}
    assert rows[2]["score0"] == 0.9
    assert rows[2]["status"] == "completed"
    assert rows[2]["seconds"] == 12.2
    assert rows[3][fields["more.dense.units"]] == 8
    assert fields["more.dense.units"] not in rows[1]
    assert rows[3][fields["more"]] == "true"
    assert "score0" not in rows[4]
    assert rows[4]["remark"] == "the loss was not a finite number in any epoch"
    assert (rows[6]["score0"], rows[6]["epochs"], rows[6]["seconds"]) == (0.7, 3, 1.5)
    assert rows[7]["status"] == "completed, outdated"
    json.dumps(list(rows.values()), allow_nan=False)


def test_columns_have_the_kinds_of_their_values(study: FollowedStudy) -> None:
    found = {one["headerName"]: one for one in columns(study, seen_choices(study.trials.values()))}
    assert list(found)[:7] == ["trial", "status", "val_accuracy", "parameters", "MACs", "epochs", "seconds"]
    assert found["first"]["filter"] == "agNumberColumnFilter"
    assert found["more"]["filter"] == "agTextColumnFilter"
    assert all("." not in one["field"] for one in found.values())


def test_many_choices_have_no_column_each(tmp_path: Path) -> None:
    choices = {f"c[{at}]": at for at in range(100)}
    made = [replace(trials()[0], choices=choices), replace(trials()[1], choices={"c[99]": 1, "c[7]": 2})]
    study = followed(tmp_path, made)
    paths = table_paths(seen_choices(study.trials.values()))
    assert len(paths) == MAX_PATHS
    assert {"c[7]", "c[99]"} <= set(paths)
    shown = details(study, 1)
    assert shown is not None
    assert len(shown.choices) == 100


def test_rows_by_column() -> None:
    assert by_column([{"number": 1, "a": 2}, {"number": 2}]) == {"number": [1, 2], "a": [2, None]}
    assert by_column([]) == {}


def test_running_trials(study: FollowedStudy) -> None:
    [row] = running_rows(study)
    assert (row["number"], row["epoch"], row["planned"]) == (6, 3, 10)
    assert (row["score0"], row["last"], row["seconds"]) == (0.7, 0.6, 1.5)


# ---- charts


def test_scores_and_the_best_so_far(study: FollowedStudy) -> None:
    points, best, running = score_chart(study)["data"]
    assert points["x"] == [1, 2, 3, 5]
    assert points["y"] == [0.81, 0.9, 0.88, 0.7]
    assert (best["x"], best["y"]) == ([1, 2, 5], [0.81, 0.9, 0.9])
    assert (running["x"], running["y"]) == ([6], [0.7])


def test_less_is_better_if_the_objective_says_so(tmp_path: Path) -> None:
    made = [replace(trials()[0], number=number, scores=(score,)) for number, score in ((1, 5.0), (2, 6.0), (3, 4.0))]
    study = followed(tmp_path, made, goals=(("val_loss", "min"),))
    _, best, _ = score_chart(study)["data"]
    assert (best["x"], best["y"]) == ([1, 3], [5.0, 4.0])
    assert overview(study).facts[0].value == "4.0000"


def test_many_points_are_drawn_by_the_gpu(tmp_path: Path) -> None:
    assert score_chart(followed(tmp_path / "few", many(10)))["data"][0]["type"] == "scatter"
    assert score_chart(followed(tmp_path / "many", many(MANY)))["data"][0]["type"] == "scattergl"


def test_curves_of_running_best_and_selected_trials(study: FollowedStudy) -> None:
    running, *named = curves_chart(study, (6, 2))["data"]
    assert running["x"] == [1, 2, 3, None]
    assert running["y"] == [0.5, 0.7, 0.6, None]
    assert running["customdata"] == [6] * 4
    assert [trace["name"] for trace in named] == [
        "trial 6, selected",
        "trial 2, best",
        "trial 3, 2nd best",
        "trial 1, 3rd best",
    ]
    assert named[0]["y"] == [0.5, 0.7, 0.6]
    assert len({trace["line"]["color"] for trace in named}) == 4


def test_long_curves_are_thinned() -> None:
    points = [(epoch, float(epoch)) for epoch in range(1, 1001)]
    short = thinned(points, 60)
    assert len(short) == 60
    assert short[0] == points[0]
    assert short[-1] == points[-1]
    assert thinned(points[:60], 60) == points[:60]


def test_parallel_coordinates(study: FollowedStudy) -> None:
    paths = varied_paths(seen_choices(study.trials.values()))
    assert set(paths) == {"first", "more", "more.dense.units", "dropout.rate", "train.learning_rate"}
    assert paths[-1] == "more.dense.units"  # which fewer trials have
    [trace] = parallel_chart(study, paths)["data"]
    axes = {axis["label"]: axis for axis in trace["dimensions"]}
    assert [trial.number for trial in shown_trials(study)] == [5, 1, 3, 2]
    assert axes["val_accuracy"]["values"] == [0.7, 0.81, 0.88, 0.9]
    assert trace["line"]["color"] == [0.7, 0.81, 0.88, 0.9]
    assert axes["more"]["ticktext"] == ["false", "true"]
    units = axes["more.dense.units"]
    assert units["ticktext"] == ["–", "8"]
    for values in (axes["more"]["values"], units["values"]):
        assert [round(value) for value in values] == [1, 0, 1, 0]
        assert len(set(values)) == 4  # Lines of one option are side by side,
        assert all(abs(value - round(value)) <= SPREAD / 2 for value in values)  # and around its tick.


def test_parallel_coordinates_of_many_trials_keep_the_best(tmp_path: Path) -> None:
    study = followed(tmp_path, many(3 * LINES))
    shown = [trial.number for trial in shown_trials(study)]
    assert len(shown) == len(set(shown)) == LINES
    assert shown[-LINES // 2 :] == list(range(3 * LINES - LINES // 2 + 1, 3 * LINES + 1))
    assert min(shown) < 10


def test_wide_ranges_have_a_logarithmic_axis(tmp_path: Path) -> None:
    made = [
        replace(trials()[0], number=number, choices={"rate": 10 ** -(number / 5)} if number > 1 else {})
        for number in range(1, 21)
    ]
    study = followed(tmp_path, made)
    [trace] = parallel_chart(study, ["rate"])["data"]
    axis = trace["dimensions"][0]
    assert axis["ticktext"] == ["–", "0.0001", "0.001", "0.01", "0.1"]
    assert min(axis["values"]) == axis["tickvals"][0] < -4


def test_texts_of_a_study_are_no_markup_in_charts(tmp_path: Path) -> None:
    made = [
        replace(trial, choices={ATTACK: value, "n": number})
        for number, (trial, value) in enumerate(zip(trials()[:3], (ATTACK, "b", "c"), strict=True))
    ]
    study = followed(tmp_path, made, goals=((ATTACK, "max"),))
    figures = [score_chart(study), curves_chart(study, (1,)), parallel_chart(study, [ATTACK, "n"])]
    for axis in figures[2]["data"][0]["dimensions"]:
        axis.pop("ticktext", None)  # plain text in Plotly; test_browser.py shows it
    assert all("<script" not in json.dumps(figure) for figure in figures)
    assert "&lt;script&gt;" in json.dumps(figures[0])


# ---- the rest of the page


def test_the_top_of_the_page(study: FollowedStudy) -> None:
    found = overview(study)
    assert found.state == "The search is running."
    assert found.data == "maximize val_accuracy, on blobs: 96 training, 48 validation, 48 test samples"
    assert [(fact.name, fact.value, fact.note) for fact in found.facts] == [
        ("best val_accuracy", "0.9000", "trial 2"),
        ("completed", "4", "of 6"),
        ("running", "1", ""),
        ("failed", "1", ""),
        ("search time", "18 s", ""),
    ]


def test_the_end_of_a_search(tmp_path: Path) -> None:
    assert overview(followed(tmp_path / "a", ended="all 6 trials are done")).state == (
        "The search has ended: all 6 trials are done."
    )
    interrupted = overview(followed(tmp_path / "b", owner=owner().replace(owner().split()[1], "999999999")))
    assert interrupted.state == "The search was interrupted: run the same command again to resume."
    assert interrupted.facts[2].name == "not finished"


def test_a_study_without_trials(tmp_path: Path) -> None:
    study = followed(tmp_path, [])
    assert overview(study).facts[0].value == "–"
    assert score_chart(study)["data"][0]["x"] == []
    assert curves_chart(study)["data"][0]["x"] == []
    assert "dimensions" not in parallel_chart(study, [])["data"][0]


def test_the_details_of_a_trial(study: FollowedStudy) -> None:
    found = details(study, 4)
    assert found is not None
    assert ("more.dense.units", "16") in found.choices
    assert ("remark", "the loss was not a finite number in any epoch") in found.facts
    assert details(study, 99) is None


def test_the_picture_is_an_image_of_the_network(study: FollowedStudy) -> None:
    url = Pictures().picture(study, 2)
    head, _, body = url.partition(",")
    assert head == "data:image/svg+xml;base64"
    root = ElementTree.fromstring(b64decode(body).decode())
    assert float(root.get("width", "0")) > 100
    text = "".join(root.itertext())
    assert "prefers-color-scheme: dark" in text
    assert "dense" in text


def test_a_spec_that_cannot_be_loaded_has_no_picture(tmp_path: Path) -> None:
    study = followed(tmp_path, sources={"files": {"a.sqs": "sqs 99"}, "space": "s", "defines": {}, "allow_extern": 0})
    with pytest.raises(SqsError):
        Pictures().picture(study, 2)


# ---- updates


def test_an_update_holds_what_has_changed(study: FollowedStudy) -> None:
    paths = table_paths(seen_choices(study.trials.values()))
    cursor = Cursor.of(study, paths)
    assert Cursor.from_plain(json.loads(json.dumps(cursor.to_plain()))) == cursor
    with closing(Journal.open(study.folder, write=True)) as journal:
        journal.begin(replace(trials()[5], number=8))
        journal.update(replace(study.trials[6], status="completed", scores=(0.97,), ended=1.8e9), ends=True)
    study.refresh()
    assert not must_reload(study, cursor)
    update = update_since(study, cursor)
    assert [row["number"] for row in update.added] == [8]
    assert [(row["number"], row["status"]) for row in update.updated] == [(6, "completed")]
    assert update.points == {"x": [6], "y": [0.97]}
    assert update.best_line["x"] == [1, 2, 6]
    assert update.best == 6
    assert [row["number"] for row in update.running] == [8]
    later = update_since(study, update.cursor)
    assert (later.added, later.updated, later.points["x"]) == ((), (), [])


def test_another_study_or_a_revised_one_needs_a_new_page(study: FollowedStudy) -> None:
    cursor = Cursor.of(study, ())
    with closing(Journal.open(study.folder, write=True)) as journal:
        journal.revise([replace(study.trials[1], valid=False)], owner="process 1 on another")
    study.refresh()
    assert must_reload(study, cursor)
    assert not must_reload(study, Cursor.of(study, ()))
    assert must_reload(study, replace(Cursor.of(study, ()), generation=5))


def test_two_objectives_have_two_columns(tmp_path: Path) -> None:
    study = followed(tmp_path, trials(TWO), goals=TWO)
    heads = [one["headerName"] for one in columns(study, seen_choices(study.trials.values()))]
    assert heads[2:4] == ["val_accuracy", "params"]
    assert trial_row(study, study.trials[2], ())["score1"] == 771
