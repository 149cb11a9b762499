"""Combined sources: how their samples are matched, where labels come from, and what is rejected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL")
pytest.importorskip("keras")

from sqsem_dsl.data.dataset import Dataset
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.load import load_data
from sqsem_dsl.settings.metrics import OutputFact
from tests.data.files import CLASSES, THREE, refusal, refusals, write_classes, write_image, write_table

INPUTS = {"image": (4, 4, 3), "depth": (4, 4, 1), "points": (1,)}
NAMES = [f"{name}-{at}" for name in CLASSES for at in range(4)]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """For each of 12 samples an image, a depth image and a point, each with the number of the sample."""
    monkeypatch.chdir(tmp_path)
    write_classes(tmp_path / "faces")
    for number, name in enumerate(NAMES):
        write_image(tmp_path / "depth" / f"{name}.png", number * 100, mode="I;16")
    shuffled = np.random.default_rng(0).permutation(12)
    write_table(tmp_path / "points.csv", {"id": [NAMES[n] for n in shuffled], "x": shuffled})
    write_table(tmp_path / "labels.csv", {"file": [f"{NAMES[n]}.png" for n in shuffled], "label": shuffled // 4})
    return tmp_path


WORDS = ("image=images:faces", "depth=images:depth", "points=csv:points.csv")


def check(found: Dataset) -> None:
    """Every sample has its own image, depth image, point and label."""
    assert [len(part) for part in (found.train, found.validation, found.test)] == [8, 2, 2]
    for part in (found.train, found.validation, found.test):
        number = part.inputs["points"][:, 0]
        np.testing.assert_array_equal(part.inputs["image"][:][:, 0, 0, 0], number)
        np.testing.assert_array_equal(part.inputs["depth"][:][:, 0, 0, 0], number * 100)
        np.testing.assert_array_equal(part.labels["label"], number // 4)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("own", [(), ("label=csv:labels.csv",)])
def test_samples_find_their_partners(data: Path, order: Sequence[int], own: tuple[str, ...]) -> None:
    """In any order, with labels from the folders or from a table."""
    check(load_data([*(WORDS[at] for at in order), *own], INPUTS, THREE, 0))


def test_labels_of_a_table_count_where_folders_are_no_classes(data: Path) -> None:
    for at, name in enumerate(NAMES):
        (data / "people" / f"p{at % 5}").mkdir(parents=True, exist_ok=True)
        (data / "faces" / name[:3] / f"{name}.png").rename(data / "people" / f"p{at % 5}" / f"{name}.png")
    check(load_data(["image=images:people", *WORDS[1:], "label=csv:labels.csv"], INPUTS, THREE, 0))


def test_files_with_one_stem_are_matched_by_their_folders(data: Path) -> None:
    for kind in ("grey", "colour"):
        for number, name in enumerate(CLASSES):
            for at in range(4):
                write_image(data / kind / name / f"{at}.png", number * 4 + at)
    inputs = {"grey": (4, 4, 1), "colour": (4, 4, 3)}
    train = load_data(["grey=images:grey", "colour=images:colour"], inputs, THREE, 0).train
    np.testing.assert_array_equal(train.inputs["grey"][:][..., 0], train.inputs["colour"][:][..., 0])


def test_an_npz_takes_part_with_an_array_of_ids(data: Path) -> None:
    np.savez(data / "points.npz", id=np.array(NAMES[::-1]), points=np.arange(12)[::-1, None])
    check(load_data([*WORDS[:2], "points=points.npz"], INPUTS, THREE, 0))


def test_tables_without_ids_are_matched_line_by_line(data: Path) -> None:
    write_table(data / "a.csv", {"x": range(12)})
    write_table(data / "b.csv", {"label": [at // 4 for at in range(12)]})
    train = load_data(["points=csv:a.csv", "label=csv:b.csv"], {"points": (1,)}, THREE, 0).train
    np.testing.assert_array_equal(train.labels["label"], train.inputs["points"][:, 0] // 4)
    write_table(data / "b.csv", {"label": [0, 1, 2]})
    problem = refusal(["points=csv:a.csv", "label=csv:b.csv"], {"points": (1,)})
    assert problem.title.endswith("`points` has 12, `label` has 3")


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ([], "no source is given"),
        (["digits", "image=images:faces"], "`digits` does not say which input it is for"),
        (["digits", "faces"], "`digits`, `faces` do not say which inputs they are for"),
        (["image=images:faces", "image=images:depth"], "`image` is given more than once"),
        (["image=faces", *WORDS[1:]], "`faces` is not a data source: it is a directory"),
        (["image=digits", *WORDS[1:]], "`digits` is not a data source: it cannot be the source of one input"),
        (["image=points.csv", *WORDS[1:]], "`points.csv` is not a data source: it does not say how to read it"),
        ([*WORDS, "dept=images:depth"], "has a source for `dept`, but the space has no input or output of that name"),
        ([*WORDS[:2]], "has no data for the input `points` of shape [1]"),
        ([*WORDS, "label=images:faces"], "`faces` has images, but the output `label` has the shape [3] and ends with"),
        ([*WORDS, "label=csv:points.csv"], "it has no column `label` (its columns are `id`, `x`)"),
    ],
)
def test_words_that_do_not_fit_are_refused(data: Path, words: list[str], title: str) -> None:
    assert title in refusal(words, INPUTS).title


def test_one_folder_is_not_enough_for_two_inputs(data: Path) -> None:
    missing = refusals("images:faces", INPUTS)
    assert [problem.title.split(" for the ")[1] for problem in missing] == [
        "input `depth` of shape [4, 4, 1]",
        "input `points` of shape [1]",
    ]
    assert "add `points=csv:FILE`" in str(missing[1].help)


def test_samples_without_a_partner_are_counted_and_named(data: Path) -> None:
    (data / "depth" / f"{NAMES[3]}.png").unlink()
    write_image(data / "depth" / "cat-9.png", 3, mode="I;16")
    missing = refusals(WORDS, INPUTS)
    assert [problem.title for problem in missing] == [
        "1 of the 12 samples of `images:faces` has no match in `images:depth`",
        "1 of the 12 samples of `images:depth` has no match in `images:faces`",
    ]
    assert [problem.note for problem in missing] == ["unmatched: `cat-3`", "unmatched: `cat-9`"]


def test_one_id_for_two_samples_is_refused(data: Path) -> None:
    write_image(data / "depth" / f"{NAMES[0]}.jpg", 3)
    problem = refusal(WORDS, INPUTS)
    assert problem.title == "`images:depth` has the id `cat-0` more than once: cat-0.jpg, cat-0.png"


def test_sources_without_ids_do_not_go_with_files(data: Path) -> None:
    write_table(data / "points.csv", {"x": range(12)})
    assert refusal(WORDS, INPUTS).title == (
        "`csv:points.csv` cannot be matched with `images:faces`, `images:depth`: there are no ids"
    )


def test_sources_that_disagree_about_a_label_are_refused(data: Path) -> None:
    write_table(data / "points.csv", {"id": NAMES, "label": [n[:3] for n in NAMES[:-1]] + ["cat"], "x": range(12)})
    problem = refusal([*WORDS, "label=csv:labels.csv"], INPUTS)
    assert problem.title == (
        "`label` of the sample `emu/emu-3` is `2` in `csv:labels.csv`, but `cat` in `csv:points.csv`"
    )
    assert problem.note is None


def test_class_folders_that_disagree_are_refused(data: Path) -> None:
    for name in NAMES:
        folder = "cat" if name == "dog-1" else name[:3]
        (data / "depth" / folder).mkdir(exist_ok=True)
        (data / "depth" / f"{name}.png").rename(data / "depth" / folder / f"{name}.png")
    problem = refusal(WORDS, INPUTS)
    assert "is `dog` in `images:faces`, but `cat` in `images:depth`" in problem.title


def test_everything_wrong_with_the_sources_comes_at_once(data: Path) -> None:
    assert [d.code for d in refusals(["image=images:none", "depth=images:depth", "points=csv:none.csv"], INPUTS)] == [
        "SQS702",
        "SQS736",
    ]


def test_labels_of_folders_are_for_one_output(data: Path) -> None:
    two = {"label": OutputFact((3,), "softmax"), "size": OutputFact((1,))}
    assert {d.code for d in refusals(WORDS, INPUTS, two)} == {"SQS716"}
    write_table(data / "labels.csv", {"id": NAMES, "size": range(12)})
    train = load_data([*WORDS, "size=csv:labels.csv"], INPUTS, two, 0).train
    np.testing.assert_array_equal(train.labels["size"], train.inputs["points"][:])
    np.testing.assert_array_equal(train.labels["label"], train.inputs["points"][:, 0] // 4)


def test_the_name_tells_the_sources(data: Path) -> None:
    assert load_data(WORDS, INPUTS, THREE, 0).name == "faces + depth + points.csv"


@pytest.mark.parametrize(("rows", "ids"), [(18, 20), (23, 20)])
def test_arrays_have_one_sample_an_id(tmp_path: Path, rows: int, ids: int) -> None:
    names = np.array([f"s{i:02}" for i in range(ids)])
    np.savez(tmp_path / "a.npz", id=names, a=np.zeros((ids, 2)), y=np.arange(ids) % 2)
    np.savez(tmp_path / "b.npz", id=names.astype("S"), b=np.zeros((rows, 3)))
    sources = [f"a={tmp_path}/a.npz", f"b={tmp_path}/b.npz", f"y={tmp_path}/a.npz"]
    inputs, outputs = {"a": (2,), "b": (3,)}, {"y": OutputFact((2,), "softmax")}
    with pytest.raises(DataError, match=f"`id` has {ids}, `b` has {rows}"):
        load_data(sources, inputs, outputs, 0)
    np.savez(tmp_path / "b.npz", id=names.astype("S")[::-1], b=np.arange(ids)[:, None].repeat(3, axis=1))
    assert len(load_data(sources, inputs, outputs, 0).train) == 14
