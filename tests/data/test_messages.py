"""Messages about sources and files, word for word. Their detection is tested in the neighboring files."""

from __future__ import annotations

import pytest

from sqsem_dsl.data import errors_files as files
from sqsem_dsl.data import errors_sets as sets
from sqsem_dsl.data import errors_sources as sources
from sqsem_dsl.diagnostics.diagnostic import REGISTRY, Diagnostic
from sqsem_dsl.diagnostics.render import render_text
from sqsem_dsl.diagnostics.source import NOWHERE

MESSAGES: list[tuple[Diagnostic, str]] = [
    (
        sources.DataWords(NOWHERE, "`digits` does not say which input it is for"),
        """error[SQS712]: `--data` is not valid: `digits` does not say which input it is for
  = help: name one source for everything, or `NAME=SOURCE` for each input: `image=images:DIR points=csv:FILE`""",
    ),
    (
        sources.UnknownKind(NOWHERE, "faces/", "it is a directory", "write `images:faces/` for a folder of images"),
        """error[SQS713]: `faces/` is not a data source: it is a directory
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
        """error[SQS715]: `image=images:faces` has no data for the input `depth` of shape [48, 48, 1]
  = help: add `depth=images:DIR`; if you have no such data, remove `input depth` and its uses from the spec""",
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
  = help: give the output 2 units, or keep only the data of 8 classes
  = note: its classes are `happy`, `sad`""",
    ),
    (
        sources.NotForClasses(NOWHERE, "images:faces", "size", (2,)),
        """error[SQS718]: `images:faces` has a class for each sample, but the output `size` of shape [2] needs \
other labels
  = help: one class per sample fits `dense(classes) -> softmax`, or `dense(1) -> sigmoid` for two classes""",
    ),
    (
        sources.UnknownClass(NOWHERE, "il", "state", ("healthy", "ill")),
        """error[SQS750]: `class_weights` has a weight for `il`, but `state` has no such class
  = help: a class with a similar name exists: `ill`
  = note: the classes of `state`, in the order of their numbers: `healthy`, `ill`""",
    ),
    (
        sources.UnknownClass(NOWHERE, "ill", "state", ("0", "1")),
        """error[SQS750]: `class_weights` has a weight for `ill`, but `state` has no such class
  = help: give the weights in the order of the class numbers: `given(1.0, …)`
  = note: the classes of `state`, in the order of their numbers: `0`, `1`""",
    ),
    (
        sources.NoIds(NOWHERE, ("csv:points.csv",), ("images:faces",)),
        """error[SQS719]: `csv:points.csv` cannot be matched with `images:faces`: there are no ids
  = help: add a column `id` (an array `id` of an `.npz` file) that has the stems of the files, or the ids of the other \
source""",
    ),
    (
        sources.NoPartner(NOWHERE, "images:faces", "csv:points.csv", ("0007", "0009"), 700),
        """error[SQS720]: 2 of the 700 samples of `images:faces` have no match in `csv:points.csv`
  = help: add what is missing, or remove these samples: every sample needs all inputs and labels
  = note: unmatched: `0007`, `0009`""",
    ),
    (
        sources.RepeatedId(NOWHERE, "csv:points.csv", "0007", ("line 3", "line 9")),
        """error[SQS721]: `csv:points.csv` has the id `0007` more than once: line 3, line 9
  = help: ids are the column `id`, or the first text column; the id of a file is its name without the extension""",
    ),
    (
        sources.LabelsDisagree(NOWHERE, "label", "0007", ("images:faces", "csv:l.csv"), ("`happy`", "`sad`"), 3),
        """error[SQS722]: `label` of the sample `0007` is `happy` in `images:faces`, but `sad` in `csv:l.csv`
  = help: correct one of them, or remove the labels from one: files in a single folder have no labels
  = note: they disagree about 3 samples""",
    ),
    (
        sources.UndefinedScore(NOWHERE, "val_auc", "the validation set has only the label 0"),
        """error[SQS744]: `val_auc` cannot be the objective: the validation set has only the label 0
  = help: add samples of the rare classes, or use `val_loss`: `objective = minimize(val_loss)`""",
    ),
    (
        sources.NeedsExtern(NOWHERE, "my_data:load"),
        """error[SQS723]: `python:my_data:load` runs code that was not allowed
  = help: allow it with `--allow-extern` (`allow_extern=True`) if you trust this module""",
    ),
    (
        sources.FunctionFailed(NOWHERE, "my_data:load", "KeyError: 'x' (my_data.py, line 7)", "fix the function"),
        """error[SQS724]: `python:my_data:load` gives no data: KeyError: 'x' (my_data.py, line 7)
  = help: fix the function""",
    ),
    (
        sets.GivenValidation(NOWHERE, "faces"),
        """error[SQS725]: `--folds` cannot divide `faces`, which has a validation set of its own
  = help: leave out `--folds`, or add the samples of the validation set to the training data and leave it out""",
    ),
    (
        sets.MixedNumbers(NOWHERE, "faces.npz", "image"),
        """error[SQS726]: `image` has images of bytes in one set of `faces.npz`, and other numbers in another
  = help: use the same type of numbers in all sets: a model divides images of bytes by 255, and other numbers by 1""",
    ),
    (
        sets.SplitOptions(NOWHERE, "samples in order cannot be grouped", "leave out `--group` or `--split ordered`"),
        """error[SQS727]: the data cannot be split: samples in order cannot be grouped
  = help: leave out `--group` or `--split ordered`""",
    ),
    (
        sets.UnknownGroup(NOWHERE, "csv:points.csv", "pateint", ("x", "patient")),
        """error[SQS728]: `--group pateint`: `csv:points.csv` has no column or array of that name
  = help: a column with a similar name exists: `patient`
  = note: it has `x`, `patient`""",
    ),
    (
        sets.UnknownGroup(NOWHERE, "images:faces", "patient", ()),
        """error[SQS728]: `--group patient`: `images:faces` has no column or array of that name
  = help: name a column of a table or an array of an `.npz` file; `--group folder` is the folder of an image below \
that of its class""",
    ),
    (
        sets.NoGroup(NOWHERE, "faces", ("sad/1.png",)),
        """error[SQS729]: `--group folder`: `faces` has images that lie in no folder below that of their class: \
`sad/1.png`
  = help: put the images of a group into one folder below that of the class: `CLASS/GROUP/FILE`""",
    ),
    (
        sets.TooFewGroups(NOWHERE, "points.csv", 2, 3),
        """error[SQS730]: `points.csv` has 2 groups, but a split into 3 sets needs one for each
  = help: use fewer folds, or give the validation and the test set: `--validation SOURCE --test SOURCE`""",
    ),
    (
        sets.SharedGroups(NOWHERE, "faces", ("training", "test"), ("anna", "ben")),
        """error[SQS745]: 2 groups have samples in the training and in the test set of `faces`
  = help: move all samples of a group into one set, or leave out `--group`
  = note: such as `anna`, `ben`""",
    ),
    (
        sets.SecondSet(NOWHERE, "mnist", "has a test set, and another one is given"),
        """error[SQS746]: `mnist` has a test set, and another one is given
  = help: give each set once: by `--validation` and `--test`, by folders, by `--split FILE.csv`, or in the data""",
    ),
    (
        sets.GapTooLong(NOWHERE, "points.csv", 100, 50),
        """error[SQS747]: `points.csv` has 100 samples: with a gap of 50 between the sets none is left for training
  = help: use a smaller `--gap`, fewer folds, or more samples""",
    ),
    (
        sets.UnknownIds(NOWHERE, "split.csv", "faces", ("sad/7", "sad/9")),
        """error[SQS748]: `split.csv` has 2 ids that `faces` does not have
  = help: an id is a value of the id column, or the path of an image; its stem if no other sample has the same stem
  = note: unknown: `sad/7`, `sad/9`""",
    ),
    (
        sets.NoSet(NOWHERE, "split.csv", "faces", ("sad/7",), 40),
        """error[SQS749]: 1 of the 40 samples of `faces` has no set in `split.csv`
  = help: add a line for each of them, with `train`, `validation` or `test`, or remove these samples
  = note: without a set: `sad/7`""",
    ),
    (
        files.NoImages(NOWHERE, "faces", (".jpg", ".png")),
        """error[SQS731]: `faces` has no images
  = help: images are files that end in .jpg, .png; hidden files are ignored""",
    ),
    (
        files.NoImages(NOWHERE, "faces", (".jpg", ".png"), ("sad",)),
        """error[SQS731]: `faces` has folders without an image: `sad`
  = help: remove these folders, or put images into them; images are files that end in .jpg, .png; \
hidden files are ignored""",
    ),
    (
        files.NoImages(NOWHERE, "faces", (".jpg", ".png"), ("sad",), ("sad",)),
        """error[SQS731]: `faces` has folders without an image: `sad`
  = help: links to folders are not followed: put a copy in the place of `sad`, or link each image""",
    ),
    (
        files.StrayImages(NOWHERE, "faces", ("1.png",)),
        """error[SQS732]: `faces` has images next to the folders of its classes: `1.png`
  = help: move each into the folder of its class""",
    ),
    (
        files.PartFolders(NOWHERE, "photos", ("night", "day"), ("cat", "dog")),
        """error[SQS742]: the folders of `photos` all contain the folders `cat`, `dog`: `night`, `day`
  = help: sets are folders called `train`, `val` and `test`; otherwise put all images of a class into one folder: \
`photos/cat` (`photos/cat/night/…` with `--group folder` keeps these folders together)""",
    ),
    (
        files.PartFolders(NOWHERE, "split", ("Test", "Train", "cat")),
        """error[SQS742]: the folders of `split` have the names of sets, not of classes: `Test`, `Train`, `cat`
  = help: sets are `train` and `val`, `test` or both, each with a folder for every class: `split/train/CLASS`; \
otherwise put all images of a class into one folder: `split/CLASS`""",
    ),
    (
        files.DamagedImages(NOWHERE, "faces", (("sad/1.png", "it is not an image"),), 3),
        """error[SQS733]: `faces` has 3 files that are not images or are damaged
  = help: replace or remove them
  = note: `sad/1.png`: it is not an image; … (2 more)""",
    ),
    (
        files.ImageInput(NOWHERE, "faces", "points", (468, 3)),
        """error[SQS734]: `faces` has images, but the input `points` has the shape [468, 3]
  = help: an input for images is [height, width, channels], with 1 channel (grayscale), 3 (RGB) or 4 (RGBA)""",
    ),
    (
        files.DeepGrey(NOWHERE, "depth", "1.png", "16-bit grayscale", "depth", 3, 12),
        """error[SQS735]: `depth` has 16-bit grayscale images, such as `1.png`, which do not fit the 3 channels \
of `depth`
  = help: 16-bit images have one channel: declare `depth` with 1, or save the images with 8 bits
  = note: there are 12 of them""",
    ),
    (
        files.UnreadableTable(NOWHERE, "points.csv", "no such file"),
        """error[SQS736]: cannot read `points.csv`: no such file
  = help: CSV files must be UTF-8 with a header row, then one row per sample""",
    ),
    (
        files.BadLines(NOWHERE, "points.csv", ((3, "`x` in the column `a` is not a number"), (9, "2 values")), 4),
        """error[SQS737]: `points.csv`, line 3: `x` in the column `a` is not a number
  = help: a column of numbers has finite numbers, and is empty where one is missing; columns that also hold text can \
be categories: `--categories NAME`
  = note: line 9: 2 values; … (2 more)""",
    ),
    (
        files.ColumnCount(NOWHERE, "points.csv", "input", "points", (468, 3), 1404, ("x", "y"), "name"),
        """error[SQS738]: `points.csv` has 2 columns for the input `points`, but its shape [468, 3] needs 1404
  = help: name the columns of `points` alone `points.…`, a column of ids `id`, and those of labels like the output
  = note: they are `x`, `y`; the text column `name` is used as ids""",
    ),
    (
        files.SharedColumns(NOWHERE, "all.csv", ("at", "speed")),
        """error[SQS739]: `all.csv` does not show which columns belong to `at`, `speed`
  = help: start the names of the columns with those of the inputs: `at.…`, `speed.…`""",
    ),
    (
        files.OtherImages(NOWHERE, "mnist", (28, 28, 1), "image", (32, 32, 1)),
        """error[SQS740]: `mnist` has images of shape [28, 28, 1], but the input `image` is [32, 32, 1]
  = help: declare `input image: [28, 28, 1]`; if constants define the shape, set them with `--define`, as in \
`--define size=28`""",
    ),
    (
        files.NotFetched(NOWHERE, "mnist", "no network", (("https://a/mnist.npz", "~/.keras/datasets/mnist.npz"),)),
        """error[SQS741]: the data `mnist` are not on this machine and cannot be downloaded: no network
  = help: download https://a/mnist.npz to `~/.keras/datasets/mnist.npz`""",
    ),
]


@pytest.mark.parametrize(("diagnostic", "text"), MESSAGES, ids=[f"{d.code}-{i}" for i, (d, _) in enumerate(MESSAGES)])
def test_message(diagnostic: Diagnostic, text: str) -> None:
    assert render_text(diagnostic) == text


def test_every_code_is_here() -> None:
    assert {code for code in REGISTRY if "SQS712" <= code < "SQS751"} == {diagnostic.code for diagnostic, _ in MESSAGES}
