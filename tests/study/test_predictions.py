"""Predictions as tables, labels in the numbers of a study's classes, and scores on labelled samples."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from sqsem_dsl.data.columns import Column, Columns
from sqsem_dsl.data.dataset import Loaded, Part
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.study.inference.known_data import KnownData, with_classes
from sqsem_dsl.study.inference.predict import load_samples
from sqsem_dsl.study.inference.predictions import Predictions
from tests.data.files import CLASSES, write_classes, write_image

CLASS = {"animal": OutputFact((3,), "softmax")}
NAMES = {"animal": ("cat", "dog", "owl")}
SHARES = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.2, 0.5, 0.3]], np.float32)


def test_a_class_has_its_name_and_the_probability_of_each() -> None:
    predictions = Predictions({"animal": SHARES}, CLASS, NAMES, ("a.jpg", "b.jpg", "c.jpg"))
    assert predictions.labels("animal").tolist() == ["cat", "owl", "dog"]
    file = io.StringIO()
    predictions.write_csv(file)
    assert file.getvalue().splitlines()[:2] == ["id,animal,animal.cat,animal.dog,animal.owl", "a.jpg,cat,0.7,0.2,0.1"]


def test_classes_that_are_numbers_are_found_by_them_in_a_table(tmp_path: Path) -> None:
    """A table without the first class: its labels are names, not class numbers."""
    (tmp_path / "wines.csv").write_text("a,animal\n1,2\n2,3\n3,2\n")
    known = KnownData({"animal": ("1", "2", "3")}, {}, TableOptions())
    loaded = load_samples(f"csv:{tmp_path / 'wines.csv'}", {"x": (1,)}, CLASS, known, labelled=True)
    assert loaded.part.labels["animal"][:].tolist() == [1, 2, 1]
    (tmp_path / "wines.csv").write_text("a,animal\n1,2\n2,4\n3,2\n")
    with pytest.raises(SqsError, match=r"`4`(.|\n)*`1`, `2`, `3`"):
        load_samples(f"csv:{tmp_path / 'wines.csv'}", {"x": (1,)}, CLASS, known, labelled=True)


def test_samples_of_all_sets_are_predicted(tmp_path: Path) -> None:
    """Folders called `train` and `val` are sets for a search; a trained model takes the samples of both."""
    pytest.importorskip("PIL")
    for part, count in (("train", 4), ("val", 2)):
        write_classes(tmp_path / part, count)
    known = KnownData({"animal": CLASSES}, {}, TableOptions())
    loaded = load_samples(f"images:{tmp_path}", {"x": (4, 4, 3)}, CLASS, known)
    assert len(loaded.part) == 18
    scored = load_samples(f"images:{tmp_path}", {"x": (4, 4, 3)}, CLASS, known, labelled=True)
    assert scored.part.ids is not None
    assert {one.split("/")[0] for one in scored.part.ids} == {"train", "val"}
    assert np.bincount(scored.part.labels["animal"][:]).tolist() == [6, 6, 6]


def test_image_files_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("PIL")
    monkeypatch.chdir(tmp_path)
    write_image(tmp_path / "new" / "a.png", 7, size=(9, 5))
    write_image(tmp_path / "b c.PNG", 5, mode="L")
    known = KnownData({"animal": CLASSES}, {}, TableOptions())
    for words in (["new/a.png", "b c.PNG"], ["images:new/a.png", "images:b c.PNG"]):
        loaded = load_samples(words, {"x": (4, 4, 3)}, CLASS, known)
        assert loaded.part.ids == ("new/a", "b c")
        assert loaded.part.inputs["x"][:][:, 0, 0, 0].tolist() == [7, 5]
    path = str(tmp_path / "new" / "a.png")
    assert load_samples(path, {"x": (4, 4, 3)}, CLASS, known).part.ids == (path.removesuffix(".png"),)
    with pytest.raises(SqsError, match="the data have no labels"):
        load_samples("new/a.png", {"x": (4, 4, 3)}, CLASS, known, labelled=True)
    Path("new/a.png").write_text("no image")
    with pytest.raises(SqsError, match=r"new/a\.png"):
        load_samples("new/a.png", {"x": (4, 4, 3)}, CLASS, known)


def test_a_column_that_was_left_out_may_be_missing(tmp_path: Path) -> None:
    columns = {"x": Columns((Column("a"),))}
    known = KnownData({"animal": NAMES["animal"]}, columns, TableOptions(drop=("note",)))
    for text in ("a\n1\n2\n", "note,a\nx,1\nx,2\n"):
        (tmp_path / "new.csv").write_text(text)
        loaded = load_samples(f"csv:{tmp_path / 'new.csv'}", {"x": (1,)}, CLASS, known)
        assert loaded.part.inputs["x"][:].tolist() == [[1.0], [2.0]]
    listed = KnownData({"animal": NAMES["animal"]}, {}, TableOptions(drop=("note",)))
    write_image(tmp_path / "a.png")
    (tmp_path / "new.csv").write_text("file\na.png\n")
    loaded = load_samples(f"csv:{tmp_path / 'new.csv'}", {"x": (4, 4, 3)}, CLASS, listed)
    assert len(loaded.part) == 1


def test_yes_or_no_labels_and_numbers() -> None:
    outputs = {
        "ill": OutputFact((1,), "sigmoid"),
        "tags": OutputFact((2,), "sigmoid"),
        "price": OutputFact((1,)),
        "place": OutputFact((2,)),
    }
    values = {
        "ill": np.array([[0.75]], np.float32),
        "tags": np.array([[0.5, 0.25]], np.float32),
        "price": np.array([[1250.5]], np.float32),
        "place": np.array([[1, 2]], np.float32),
    }
    table = Predictions(values, outputs, {"ill": ("no", "yes")}).table()
    assert table == {
        "id": [0],
        "ill": ["yes"],
        "ill.no": [0.25],
        "ill.yes": [0.75],
        "tags.0": [0.5],
        "tags.1": [0.25],
        "price": [1250.5],
        "place.0": [1.0],
        "place.1": [2.0],
    }


def test_a_mask_is_no_row_of_a_table() -> None:
    mask = Predictions({"mask": np.zeros((2, 4, 4, 1), np.float32)}, {"mask": OutputFact((4, 4, 1), "sigmoid")}, {})
    with pytest.raises(SqsError, match=r"the predictions of `mask` have the shape \[4, 4, 1\](.|\n)*predictions.npz"):
        mask.table()


def test_arrays_by_output_whatever_its_name(tmp_path: Path) -> None:
    for ids in (("a", "b", "c"), None):
        Predictions({"file": SHARES}, {"file": OutputFact((3,), "softmax")}, {}, ids).write_npz(tmp_path / "p.npz")
        with np.load(tmp_path / "p.npz") as found:
            np.testing.assert_array_equal(found["file"], SHARES)
            assert list(found) == ["file"] + ["id"] * (ids is not None)


def labelled(names: tuple[str, ...], *numbers: int) -> Loaded:
    part = Part({"x": np.zeros((len(numbers), 1), np.float32)}, {"animal": np.array(numbers, np.int32)})
    return Loaded("new", part, {"animal": names})


def test_labels_of_other_data_get_the_numbers_of_the_study() -> None:
    found = with_classes(labelled(("cat", "owl"), 0, 1, 1), NAMES, CLASS)
    assert found.part.labels["animal"].tolist() == [0, 2, 2]


def test_classes_that_the_study_does_not_know() -> None:
    with pytest.raises(SqsError, match="labels of `animal` are `cow`, which are not known"):
        with_classes(labelled(("cat", "cow"), 0, 1), NAMES, CLASS)


def test_scores_need_labels() -> None:
    unlabelled = Loaded("new", Part({"x": np.zeros((2, 1), np.float32)}, {}))
    with pytest.raises(SqsError, match="the data have no labels"):
        with_classes(unlabelled, NAMES, CLASS)


@pytest.mark.keras
def test_the_scores_are_those_of_scikit_learn() -> None:
    pytest.importorskip("keras")
    metrics = pytest.importorskip("sklearn.metrics")
    from sqsem_dsl.study.inference.evaluate import evaluate_predictions

    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, 60).astype(np.int32)
    shares = generator.dirichlet([1, 1, 1], 60).astype(np.float32) + 2 * np.eye(3, dtype=np.float32)[labels]
    shares[:20] = generator.dirichlet([1, 1, 1], 20)
    shares /= shares.sum(axis=1, keepdims=True)
    part = Part({"x": np.zeros((60, 1), np.float32)}, {"animal": labels})
    predicted = shares.argmax(axis=1)
    values = {"loss": 0.5, "accuracy": metrics.accuracy_score(labels, predicted)}
    found = evaluate_predictions(Predictions({"animal": shares}, CLASS, NAMES), part, TrainSettings(), values)
    [loss, accuracy] = found.scores
    assert loss.interval is None
    assert accuracy.interval is not None
    low, high = accuracy.interval
    assert low < accuracy.value < high
    assert found.confusion["animal"].tolist() == metrics.confusion_matrix(labels, predicted).tolist()
    assert [each.recall for each in found.classes["animal"]] == pytest.approx(
        metrics.recall_score(labels, predicted, average=None)
    )
    assert [each.precision for each in found.classes["animal"]] == pytest.approx(
        metrics.precision_score(labels, predicted, average=None)
    )
    worst = found.worst[0]
    assert shares[int(worst.id), labels[int(worst.id)]] == shares[np.arange(60), labels].min()
