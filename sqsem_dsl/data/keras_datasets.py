"""`cifar10`, `cifar100`, `mnist`, `fashion_mnist`: the image sets that Keras downloads and caches on disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sqsem_dsl.data.arrays import canonical
from sqsem_dsl.data.dataset import Loaded
from sqsem_dsl.data.errors import DataError, MissingDataPackage, WrongSpace
from sqsem_dsl.data.errors_files import NotFetched, OtherImages
from sqsem_dsl.data.errors_sources import ClassCount
from sqsem_dsl.data.labels import class_units
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact


@dataclass(frozen=True)
class Known:
    """The facts about a set that are known before it is read."""

    shape: tuple[int, int, int]
    classes: tuple[int, ...]
    """The possible numbers of classes."""
    files: Mapping[str, str]
    """The download address of each file, by its path in Keras's folder."""
    names: tuple[str, ...] = ()
    """The class names given by the authors of the set, if the classes are not digits."""


_FASHION = "https://storage.googleapis.com/tensorflow/tf-keras-datasets"
_CIFAR = "https://www.cs.toronto.edu/~kriz"
KNOWN: Mapping[str, Known] = {
    "mnist": Known((28, 28, 1), (10,), {"datasets/mnist.npz": f"{_FASHION}/mnist.npz"}),
    "fashion_mnist": Known(
        (28, 28, 1),
        (10,),
        {
            f"datasets/fashion-mnist/{part}-ubyte.gz": f"{_FASHION}/{part}-ubyte.gz"
            for part in ("train-labels-idx1", "train-images-idx3", "t10k-labels-idx1", "t10k-images-idx3")
        },
        ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"),
    ),
    "cifar10": Known(
        (32, 32, 3),
        (10,),
        {"datasets/cifar-10-batches-py-target_archive": f"{_CIFAR}/cifar-10-python.tar.gz"},
        ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    ),
    "cifar100": Known(
        (32, 32, 3),
        (100, 20),
        {"datasets/cifar-100-python-target_archive": f"{_CIFAR}/cifar-100-python.tar.gz"},
    ),
}
"""The files that Keras looks for; Keras caches an archive under its own name for it."""


def load_keras(
    name: str, inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, OutputFact], divided: bool = True
) -> Loaded:
    """A set by its name in `keras.datasets`, with its own test set, or undivided. The images stay bytes.

    CIFAR-100 has its 20 coarse classes for an output of 20 units. Raises DataError for a space with other
    images or another number of classes, and if the files are neither on disk nor available.
    """
    known = KNOWN[name]
    input_name, output, units = _check_space(name, known, inputs, outputs)
    train, test = _fetch(name, {"label_mode": "coarse"} if name == "cifar100" and units == 20 else {})
    names = {output: known.names} if len(known.names) == units else {}
    if not divided:
        images, labels = (np.concatenate(pair) for pair in zip(train, test, strict=True))
        return Loaded(name, canonical(name, inputs, outputs, {input_name: images, output: labels}), names)
    parts = [canonical(name, inputs, outputs, {input_name: images, output: labels}) for images, labels in (train, test)]
    return Loaded(name, parts[0], names, test=parts[1])


def _check_space(
    name: str, known: Known, inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, OutputFact]
) -> tuple[str, str, int]:
    """The input, the output and its number of classes."""
    found = None
    units = None
    if len(inputs) != 1:
        found = f"{len(inputs)} inputs"
    elif len(outputs) != 1:
        found = f"{len(outputs)} outputs"
    else:
        units = class_units(next(iter(outputs.values())))
        found = "an output that is not for one class a sample" if units is None else None
    if found is not None or units is None:
        raise DataError([WrongSpace(NOWHERE, name, "an image and a class for each sample", str(found))])
    [(input_name, shape)], [output] = inputs.items(), outputs
    if shape != known.shape:
        raise DataError([OtherImages(NOWHERE, name, known.shape, input_name, shape)])
    if units not in known.classes:
        classes = tuple(str(number) for number in range(known.classes[0]))
        raise DataError([ClassCount(NOWHERE, name, output, units, classes)])
    return input_name, output, units


def _fetch(name: str, options: Mapping[str, str]) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """The arrays of the training and of the test set."""
    try:
        import keras
    except ImportError as error:
        package = "keras" if error.name is None else error.name
        raise DataError([MissingDataPackage(NOWHERE, name, package, "pip install 'sqsem-dsl[tensorflow]'")]) from None
    try:
        with redirect_stdout(sys.stderr):  # Keras's messages during a download are not results
            found: tuple[tuple[Any, Any], tuple[Any, Any]] = getattr(keras.datasets, name).load_data(**options)
    except Exception as error:  # Keras raises plain exceptions for failed downloads, any for damaged files
        places = tuple((address, str(_home() / path)) for path, address in KNOWN[name].files.items())
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise DataError([NotFetched(NOWHERE, name, reason, places)]) from None
    return found


def _home() -> Path:
    """Keras's own folder, by the rule in its manual: `KERAS_HOME`, else `.keras` in a writable folder."""
    if "KERAS_HOME" in os.environ:
        return Path(os.environ["KERAS_HOME"])
    return (Path.home() if os.access(Path.home(), os.W_OK) else Path("/tmp")) / ".keras"
