"""The predictions of a study's model for samples, with or without labels."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from sqsem_dsl.data.arrays import is_image
from sqsem_dsl.data.columns import Columns
from sqsem_dsl.data.dataset import Array, Dataset, Held, Loaded, Part
from sqsem_dsl.data.errors import DataError, MissingArray, for_trained_model
from sqsem_dsl.data.errors_objects import SplitTwice
from sqsem_dsl.data.errors_sources import NoLabels
from sqsem_dsl.data.folder import Folder
from sqsem_dsl.data.frames import is_frame
from sqsem_dsl.data.given import words_of
from sqsem_dsl.data.labels import named_labels, outputs_of_points
from sqsem_dsl.data.load import load_sources, read_words
from sqsem_dsl.data.multi_source import load_named
from sqsem_dsl.data.named import Named
from sqsem_dsl.data.objects import load_object
from sqsem_dsl.data.pillow import ENDINGS
from sqsem_dsl.data.source import Opened
from sqsem_dsl.data.split import Splitting
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.data.window_samples import window_samples
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.study.errors_inference import NoLabelsToScore
from sqsem_dsl.study.inference.known_data import KnownData, with_classes
from sqsem_dsl.study.inference.predictions import Predictions
from sqsem_dsl.utils.shapes import is_padded

if TYPE_CHECKING:
    import keras

BATCH = 256
"""Samples that are predicted at a time."""

Shapes = Mapping[str, tuple[int, ...]]
Facts = Mapping[str, OutputFact]
Classes = Mapping[str, tuple[str, ...]]
Read = TypeVar("Read", Loaded, Loaded | Dataset)


def predict(model: keras.Model, samples: Loaded, outputs: Facts, classes: Classes) -> Predictions:
    """The predictions of a model that takes inputs as they are in the data (`Study.load_model`)."""
    return Predictions(predicted(model, samples.part, outputs), outputs, dict(classes), samples.part.ids)


def predicted(model: keras.Model, part: Part, outputs: Collection[str]) -> dict[str, Array]:
    """The outputs of a model for samples, float32, by name; `outputs` are the names."""
    from keras import tree

    inputs = {tensor.name: part.inputs[tensor.name] for tensor in tree.flatten(model.input)}
    names = list(model.output) if isinstance(model.output, dict) else list(outputs)
    pieces: dict[str, list[Array]] = {name: [] for name in names}
    for begin in range(0, len(part), BATCH):
        batch = {name: _read(held, begin) for name, held in inputs.items()}
        found = model.predict_on_batch(batch if len(batch) > 1 else next(iter(batch.values())))
        several = found if isinstance(found, dict) else dict(zip(names, [found], strict=True))
        for name, array in several.items():
            pieces[name].append(np.asarray(array, np.float32))
    return {name: np.concatenate(arrays) for name, arrays in pieces.items()}


def _read(held: Held, begin: int) -> Array:
    return np.asarray(held[begin : begin + BATCH])


def load_samples(
    data: Any, inputs: Shapes, outputs: Facts, known: KnownData, *, labelled: bool = False, allow_extern: bool = False
) -> Loaded:
    """Samples for predictions, or with `labelled` for scores: words of `--data`, or an object in memory, also an array
    alone. Tables and frames are encoded as the known ones, and cut into the same windows; labels have the numbers of
    the known classes.

    Raises DataError with all problems.
    """
    words = words_of(data)
    classes = named_labels(known.classes, outputs_of_points(outputs))
    raw = {name: (len(columns.each),) for name, columns in known.columns.items() if not columns.plain}
    from_table = is_frame(data) or (words is not None and any("csv:" in word for word in words))
    if from_table and known.windows is not None:
        source = data if words is None else read_words(words)
        options = replace(known.table, columns=(), drop=())
        by_rows = partial(window_samples, source, known.windows, inputs, outputs, known.columns, options)
        return _with_labels(lambda: by_rows(labelled=True)) if labelled else by_rows(labelled=False)
    table = _same_columns(known.table, known.columns)
    if not from_table:
        table, inputs = TableOptions(weight=known.table.weight if words else None), {**inputs, **raw}

    def load(outputs: Facts, table: TableOptions) -> Loaded | Dataset:
        if words is None:
            named = _by_input(data, inputs)
            return load_object(named, inputs, outputs, classes=classes, table=table, columns=known.columns)
        images = load_images(words, inputs, outputs)
        if images is not None:
            return images
        return load_sources(
            words,
            inputs,
            outputs,
            Splitting(0),
            table=table,
            known_classes=classes if outputs else None,
            known_columns=known.columns,
            allow_extern=allow_extern,
            trained=True,
        )

    try:
        if labelled:
            found = _with_labels(lambda: load(outputs, table))
        else:
            try:
                found = load({}, _without_labels(table))
            except DataError as error:
                try:  # the labels may look like values of an input
                    found = load(outputs, table)
                except DataError:
                    raise error from None
    except DataError as error:
        raise for_trained_model(error) from None
    if isinstance(found, Dataset):
        raise DataError([SplitTwice(NOWHERE, ("data",))])
    return found


def load_labelled(data: Any, inputs: Shapes, outputs: Facts, known: KnownData, *, allow_extern: bool = False) -> Loaded:
    """Samples as of `load_samples`, with their labels if they have some."""
    try:
        found = load_samples(data, inputs, outputs, known, labelled=True, allow_extern=allow_extern)
    except SqsError as error:
        if not all(isinstance(each, NoLabelsToScore) for each in error.diagnostics):
            raise
        return load_samples(data, inputs, outputs, known, allow_extern=allow_extern)
    return with_classes(found, known.classes, outputs)


def _with_labels(load: Callable[[], Read]) -> Read:
    """The samples. Raises SqsError that says so if there are no labels."""
    try:
        return load()
    except DataError as error:
        if all(isinstance(each, MissingArray | NoLabels) for each in error.diagnostics):
            raise SqsError([NoLabelsToScore(NOWHERE)]) from error
        raise


def _by_input(data: Any, inputs: Shapes) -> Any:
    """An array alone, or a list of sequences, by the name of the input."""
    arrays = isinstance(data, list) and all(hasattr(one, "__array__") for one in data)
    if arrays and len(inputs) == 1 and is_padded(next(iter(inputs.values()))):
        return {next(iter(inputs)): data}
    return {next(iter(inputs)): data} if hasattr(data, "__array__") and not is_frame(data) else data


def _without_labels(table: TableOptions) -> TableOptions:
    """The options for a table that may lack the columns of labels and weights."""
    return replace(table, labels={}, weight=None)


def _same_columns(table: TableOptions, columns: Mapping[str, Columns]) -> TableOptions:
    """The options with which inputs take the columns that the model knows, and no others."""
    names = tuple(name for each in columns.values() for name in each.names)
    return replace(table, columns=names, drop=(), categories=()) if names else table


def load_images(
    words: Sequence[str], inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, OutputFact]
) -> Loaded | None:
    """The samples of the only input, if it can be an image and all words are image files: `cat.jpg`, `images:cat.jpg`.
    None otherwise.

    Raises DataError for damaged files, and for `outputs`, whose labels files alone do not have.
    """
    files = tuple(word.removeprefix("images:") for word in words)
    if len(inputs) != 1 or not all(file.lower().endswith(ENDINGS) and Path(file).is_file() for file in files):
        return None
    [(name, shape)] = inputs.items()
    if not is_image(shape):
        return None
    if outputs:
        raise DataError(NoLabels(NOWHERE, output, files) for output in outputs)
    word = words[0]
    opened = Opened(word, Folder(".", files, ()), inputs, outputs, (name,))
    return load_named(Named({name: word}, {word: opened}, inputs, outputs, None, TableOptions()), divided=False)
