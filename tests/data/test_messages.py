"""What is said of sources, files and tables, word for word. What finds it is tested beside this file."""

from __future__ import annotations

import pytest

from sqsem_dsl.data import errors_files as files
from sqsem_dsl.data import errors_sources as sources
from sqsem_dsl.diagnostics.diagnostic import REGISTRY, Diagnostic
from sqsem_dsl.diagnostics.render import render_text
from sqsem_dsl.diagnostics.source import NOWHERE

MESSAGES: list[tuple[Diagnostic, str]] = [
    (
        sources.DataWords(NOWHERE, "`digits` does not say which input it is for"),
        """error[SQS712]: `--data` cannot be understood: `digits` does not say which input it is for
  = help: give one source for everything, or `NAME=SOURCE` for each input: `image=images:DIR points=csv:FILE`""",
    ),
    (
        sources.UnknownKind(NOWHERE, "faces/", "it is a directory", "write `images:faces/` for a folder of images"),
        """error[SQS713]: `faces/` is no source: it is a directory
  = help: write `images:faces/` for a folder of images""",
    ),
    (
        sources.UnknownName(NOWHERE, "dept", ("image", "depth"), ("label",)),
        """error[SQS714]: `--data` has a source for `dept`, but the space has no input or output of that name
  = help: an input or output with a similar name exists: `depth`
  = note: its inputs are `image`, `depth`, its outputs `label`""",
    ),
    (
        sources.NoSource(NOWHERE, "depth", (48, 48, 1), "image=images:faces"),
        """error[SQS715]: `image=images:faces` brings nothing for the input `depth` of shape [48, 48, 1]
  = help: give `depth=images:DIR` beside the others; who has no such data removes `input depth` and what uses it from \
the spec""",
    ),
    (
        sources.NoLabels(NOWHERE, "label", ("images:faces",)),
        """error[SQS716]: the data have no labels for the output `label`
  = help: sort the images into a folder for each class, name a column of a CSV file `label`, or give `label=csv:FILE`
  = note: the sources are `images:faces`""",
    ),
    (
        sources.ClassCount(NOWHERE, "images:faces", "label", 8, ("happy", "sad")),
        """error[SQS717]: `images:faces` has 2 classes, but the output `label` is for 8
  = help: give the output 2 units, or keep the data of 8 classes
  = note: its classes are `happy`, `sad`""",
    ),
    (
        sources.NotForClasses(NOWHERE, "images:faces", "size", (2,)),
        """error[SQS718]: `images:faces` has a class for each sample, but the output `size` of shape [2] wants \
other labels
  = help: one class a sample is for a `dense(classes) -> softmax`, or a `dense(1) -> sigmoid` for two classes""",
    ),
    (
        sources.NoIds(NOWHERE, ("csv:points.csv",), ("images:faces",)),
        """error[SQS719]: `csv:points.csv` cannot be matched with `images:faces`: there are no ids
  = help: add a column `id` (an array `id` of an `.npz` file) that holds the stems of the files, or the other's ids""",
    ),
    (
        sources.NoPartner(NOWHERE, "images:faces", "csv:points.csv", ("0007", "0009"), 700),
        """error[SQS720]: 2 of the 700 samples of `images:faces` have no partner in `csv:points.csv`
  = help: add what is missing, or remove these samples: every sample needs all inputs and labels
  = note: without a partner: `0007`, `0009`""",
    ),
    (
        sources.RepeatedId(NOWHERE, "csv:points.csv", "0007", ("line 3", "line 9")),
        """error[SQS721]: `csv:points.csv` has the id `0007` more than once: line 3, line 9
  = help: ids are the column `id`, else the first one of text; those of files are their names without the ending""",
    ),
    (
        sources.LabelsDisagree(NOWHERE, "label", "0007", ("images:faces", "csv:l.csv"), ("`happy`", "`sad`"), 3),
        """error[SQS722]: `label` of the sample `0007` is `happy` in `images:faces`, but `sad` in `csv:l.csv`
  = help: mend one of them, or take the labels out of one: files in a single folder have none
  = note: they disagree about 3 samples""",
    ),
    (
        sources.UndefinedScore(NOWHERE, "val_auc", "the validation part has the label 0 alone"),
        """error[SQS744]: `val_auc` cannot be searched by: the validation part has the label 0 alone
  = help: give more samples of what is rare, or search by `val_loss`: `objective = minimize(val_loss)`""",
    ),
    (
        files.TextColumn(NOWHERE, "all.csv", "sex", ("female", "male"), "male", (2, 3, 5)),
        """error[SQS743]: the column `sex` of `all.csv` holds text that repeats: `male` is in line 2, 3, 5
  = help: an input takes numbers: write `sex` as numbers, or as a column of 0 and 1 for each of its values; ids, of \
which none comes twice, are the column `id`, else the first of text
  = note: its values are `female`, `male`""",
    ),
    (
        sources.NeedsExtern(NOWHERE, "my_data:load"),
        """error[SQS723]: `python:my_data:load` runs code that was not allowed
  = help: allow it with `--allow-extern` (`allow_extern=True`) if you trust this module""",
    ),
    (
        sources.FunctionFailed(NOWHERE, "my_data:load", "KeyError: 'x' (my_data.py, line 7)", "mend the function"),
        """error[SQS724]: `python:my_data:load` brings no data: KeyError: 'x' (my_data.py, line 7)
  = help: mend the function""",
    ),
    (
        files.NoImages(NOWHERE, "faces", (".jpg", ".png")),
        """error[SQS731]: `faces` has no images
  = help: images are files that end in .jpg, .png; hidden ones do not count""",
    ),
    (
        files.NoImages(NOWHERE, "faces", (".jpg", ".png"), ("sad",)),
        """error[SQS731]: `faces` has folders without an image: `sad`
  = help: images are files that end in .jpg, .png; hidden ones do not count""",
    ),
    (
        files.StrayImages(NOWHERE, "faces", ("1.png",)),
        """error[SQS732]: `faces` has images beside the folders of its classes: `1.png`
  = help: move each into the folder of its class""",
    ),
    (
        files.PartFolders(NOWHERE, "split", ("train", "val"), ("cat", "dog")),
        """error[SQS742]: the folders of `split` all hold the folders `cat`, `dog`: `train`, `val`
  = help: put the images of each class into one folder, those of all parts together: `split/cat`, `split/dog`; \
validation and test are divided from them (`--seed`)""",
    ),
    (
        files.PartFolders(NOWHERE, "split", ("Test", "Train")),
        """error[SQS742]: the folders of `split` have the names of parts, not of classes: `Test`, `Train`
  = help: put the images of each class into one folder, those of all parts together: `split/CLASS`; validation and \
test are divided from them (`--seed`)""",
    ),
    (
        files.DamagedImages(NOWHERE, "faces", (("sad/1.png", "it is no image"),), 3),
        """error[SQS733]: `faces` has 3 files that are no images, or damaged
  = help: replace or remove them
  = note: `sad/1.png`: it is no image; … (2 more)""",
    ),
    (
        files.ImageInput(NOWHERE, "faces", "points", (468, 3)),
        """error[SQS734]: `faces` has images, but the input `points` has the shape [468, 3]
  = help: an input for images is [height, width, channels], with 1 channel (grey), 3 (RGB) or 4 (RGBA)""",
    ),
    (
        files.DeepGrey(NOWHERE, "depth", "1.png", "16-bit grey", "depth", 3, 12),
        """error[SQS735]: `depth` has 16-bit grey images, such as `1.png`, which do not fit the 3 channels of `depth`
  = help: 16 bits come in one channel: declare `depth` with 1, or save the images with 8 bits
  = note: there are 12 of them""",
    ),
    (
        files.UnreadableTable(NOWHERE, "points.csv", "no such file"),
        """error[SQS736]: cannot read `points.csv`: no such file
  = help: a table is UTF-8 text: a line with the names of the columns, then a line for each sample""",
    ),
    (
        files.BadLines(NOWHERE, "points.csv", ((3, "`x` in the column `a` is no number"), (9, "2 values")), 4),
        """error[SQS737]: `points.csv`, line 3: `x` in the column `a` is no number
  = help: every value is a finite number, but for the ids (the column `id`, else the first of text) and the labels
  = note: line 9: 2 values; … (2 more)""",
    ),
    (
        files.ColumnCount(NOWHERE, "points.csv", "input", "points", (468, 3), 1404, ("x", "y"), "name"),
        """error[SQS738]: `points.csv` has 2 columns for the input `points`, but its shape [468, 3] needs 1404
  = help: columns of `points` alone are named `points.…`; a column of ids is named `id`, one of labels like the output
  = note: they are `x`, `y`; the column of text `name` is taken for the ids""",
    ),
    (
        files.SharedColumns(NOWHERE, "all.csv", ("at", "speed")),
        """error[SQS739]: `all.csv` does not say which columns are those of `at`, `speed`
  = help: begin the names of the columns with those of the inputs: `at.…`, `speed.…`""",
    ),
    (
        files.OtherImages(NOWHERE, "mnist", (28, 28, 1), "image", (32, 32, 1)),
        """error[SQS740]: `mnist` has images of shape [28, 28, 1], but the input `image` is [32, 32, 1]
  = help: declare `input image: [28, 28, 1]`; where constants make the shape, set them with `--define`, as in \
`--define size=28`""",
    ),
    (
        files.NotFetched(NOWHERE, "mnist", "no network", (("https://a/mnist.npz", "~/.keras/datasets/mnist.npz"),)),
        """error[SQS741]: the data `mnist` are not on this machine and cannot be fetched: no network
  = help: put https://a/mnist.npz there as `~/.keras/datasets/mnist.npz`""",
    ),
]


@pytest.mark.parametrize(("diagnostic", "text"), MESSAGES, ids=[f"{d.code}-{i}" for i, (d, _) in enumerate(MESSAGES)])
def test_message(diagnostic: Diagnostic, text: str) -> None:
    assert render_text(diagnostic) == text


def test_every_code_is_here() -> None:
    assert {code for code in REGISTRY if "SQS712" <= code < "SQS751"} == {diagnostic.code for diagnostic, _ in MESSAGES}
