"""Tables that list images: which column has the paths, and which files are never read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL")
pytest.importorskip("keras")

from sqsem_dsl.data.load import load_data
from sqsem_dsl.settings.metrics import OutputFact
from tests.data.files import CLASSES, THREE, refusal, write_classes, write_image, write_table

IMAGE = {"image": (4, 4, 1)}
FILES = [f"photos/{name}/{name}-{at}.png" for name in CLASSES for at in range(4)]
LABELS = [name for name in CLASSES for _ in range(4)]


@pytest.fixture(autouse=True)
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve photos of the value of their number, below the folder of the table."""
    write_classes(tmp_path / "data" / "photos", mode="L")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def check(words: str | list[str], columns: dict[str, list[object]]) -> None:
    """Every photo has its own label."""
    write_table(Path("data/list.csv"), columns)
    data = load_data(words, IMAGE, THREE, 0)
    for part in (data.train, data.validation, data.test):
        numbers = part.inputs["image"][:][:, 0, 0, 0]
        np.testing.assert_array_equal(part.labels["label"], numbers // 4)
    assert data.classes["label"] == CLASSES


def test_a_column_of_the_name_of_the_input_has_the_paths() -> None:
    order = np.random.default_rng(0).permutation(12)
    columns = {"image": [FILES[at] for at in order], "label": [LABELS[at] for at in order]}
    check("csv:data/list.csv", columns)
    check(["image=csv:data/list.csv"], {**columns, "camera": ["a", "b"] * 6, "day": range(12)})


def test_the_only_column_of_paths_needs_no_name() -> None:
    check("csv:data/list.csv", {"label": LABELS, "file": FILES})
    check("csv:data/list.csv", {"id": FILES, "label": LABELS})
    check("csv:data/list.csv", {"file": [file.replace("/", "\\") for file in FILES], "label": LABELS})


def test_a_table_that_lists_images_goes_with_other_sources() -> None:
    write_table(Path("labels.csv"), {"id": [Path(file).stem for file in FILES[::-1]], "label": LABELS[::-1]})
    check(["image=csv:data/list.csv", "label=csv:labels.csv"], {"image": FILES})


def test_masks_are_listed_beside_their_photos() -> None:
    for at in range(12):
        write_image(Path("data/masks") / f"{at}.png", 255 * (at % 2), mode="L")
    masks = {"mask": OutputFact((4, 4, 1), "sigmoid")}
    columns = {"image": FILES, "mask": [f"masks/{at}.png" for at in range(12)]}
    write_table(Path("data/list.csv"), columns)
    data = load_data("csv:data/list.csv", IMAGE, masks, 0)
    numbers = data.train.inputs["image"][:][:, 0, 0, 0]
    np.testing.assert_array_equal(data.train.labels["mask"][:][:, 0, 0, 0], numbers % 2)
    write_image(Path("data/masks/3.png"), 255, (5, 4), mode="L")
    assert refusal("csv:data/list.csv", IMAGE, masks).code == "SQS913"


def test_numbers_that_fill_the_input_are_its_pixels() -> None:
    """Then the names of files are ids."""
    pixels = {f"p{at}": range(12) for at in range(16)}
    write_table(Path("data/list.csv"), {"id": [f"missing/{at}.png" for at in range(12)], "label": LABELS, **pixels})
    data = load_data("csv:data/list.csv", IMAGE, THREE, 0)
    np.testing.assert_array_equal(data.train.inputs["image"][:][:, 0, 0, 0] // 4, data.train.labels["label"])


@pytest.mark.parametrize(
    "form", ["{outside}/secret.png", "../secret.png", "photos/../../secret.png", "link/secret.png"]
)
def test_files_outside_of_the_folder_of_the_table_are_not_read(photos: Path, form: str) -> None:
    write_image(photos.parent / "secret.png", mode="L")
    os.symlink(photos.parent, photos / "link")
    files = [*FILES[:-1], form.format(outside=photos.parent)]
    write_table(photos / "list.csv", {"image": files, "label": LABELS})
    problem = refusal("csv:data/list.csv", IMAGE)
    assert problem.title.startswith("`data/list.csv`, line 13: `")
    assert problem.title.endswith("` in the column `image` is outside of the folder of the table")
    assert "give their folder, `image=images:DIR`" in str(problem.help)


def test_absolute_paths_inside_and_links_to_files_are_read(photos: Path) -> None:
    os.symlink(photos / FILES[0], photos / "linked.png")
    check("csv:data/list.csv", {"image": ["linked.png", *(str(photos / file) for file in FILES[1:])], "label": LABELS})


def test_missing_files_and_other_values_are_named_by_line(photos: Path) -> None:
    (photos / FILES[2]).unlink()
    write_table(photos / "list.csv", {"image": [*FILES[:-1], "?"], "label": LABELS})
    problem = refusal("csv:data/list.csv", IMAGE)
    assert (
        problem.title
        == "`data/list.csv`, line 4: there is no file `photos/cat/cat-2.png`, which the column `image` names"
    )
    assert problem.note == "line 13: `?` in the column `image` is not the path of an image"
    (photos / FILES[2]).write_text("no image")
    write_table(photos / "list.csv", {"image": FILES, "label": LABELS})
    assert refusal("csv:data/list.csv", IMAGE).note == "`photos/cat/cat-2.png`: it is not an image"
