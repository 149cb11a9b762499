"""Data that a program holds: arrays, dicts, data frames, and data sets of Keras, TensorFlow and PyTorch.

| form | is |
| --- | --- |
| `(x, y)`, `(x, y, sample_weight)` | arrays, or dicts, lists or a frame of several, as for `keras.Model.fit` |
| a dict | arrays by the names of inputs and outputs |
| a data frame | columns as in `csv:FILE` |
| a `tf.data.Dataset`, `PyDataset`, `DataLoader`, generator | batches, read once (`read_batches`) |
| an object with `__len__` and `__getitem__` | samples, read once |

An array is anything that `numpy.asarray` accepts. Labels may be text: class names, numbered in sorted order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from sqsem_dsl.data.arrays import canonical
from sqsem_dsl.data.columns import Columns
from sqsem_dsl.data.dataset import Dataset, Held, Loaded, Part
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_objects import UnknownForm
from sqsem_dsl.data.errors_sets import UnknownGroup
from sqsem_dsl.data.errors_tables import BadWeights
from sqsem_dsl.data.forms import check_list, check_mapping, check_pair, unknown_form
from sqsem_dsl.data.frames import column_names, is_frame, plain_columns, read_frame
from sqsem_dsl.data.labels import numbered_texts, texts
from sqsem_dsl.data.named_arrays import as_array, as_arrays, by_name
from sqsem_dsl.data.plain_arrays import is_missing
from sqsem_dsl.data.read_batches import WEIGHTS, class_labels, read_batches, reading_of
from sqsem_dsl.data.table import owned
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.data.weights import sample_weights_of
from sqsem_dsl.diagnostics.diagnostic import listing
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.utils.shapes import is_padded

Shapes = Mapping[str, tuple[int, ...]]
Facts = Mapping[str, OutputFact]


@dataclass(frozen=True, eq=False)
class Contents:
    """What an object contains."""

    kind: str
    """For display: `arrays`, `data frame`, …"""
    arrays: dict[str, Held]
    weights: object = None
    classes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    columns: dict[str, Columns] = field(default_factory=dict)
    """The columns of inputs that come from a frame."""
    ids: tuple[str, ...] | None = None
    label_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The columns of labels that come from a frame."""


def load_object(
    data: object,
    inputs: Shapes,
    outputs: Facts,
    *,
    argument: str = "data",
    classes: Mapping[str, tuple[str, ...]] | None = None,
    sample_weight: object = None,
    group: object = None,
    ordered: bool = False,
    table: TableOptions | None = None,
    columns: Mapping[str, Columns] | None = None,
) -> Loaded:
    """The samples of an object in canonical form.

    `argument` names it in messages. `classes` are the class names that text labels must have; without them, the names
    that occur, sorted. `group` has the group of each sample, or names a column of a frame. `ordered` keeps the order of
    samples that come in batches. `table` says how the columns of a frame are used, and `columns` are those of other
    data, with which these are encoded alike. Raises DataError with all problems for an unknown form, and for data or
    weights that do not fit.
    """
    if isinstance(group, str):
        data, group = _without_column(data, group, argument)
    found = contents(data, inputs, outputs, argument, ordered, table, columns, classes)
    named = dict(found.classes)
    for name in outputs:
        if classes and name in named and texts(found.arrays[name]) is None and named[name] != classes.get(name):
            raise DataError([_other_classes(argument, name, named[name], classes.get(name, ()))])
    arrays, names = numbered_texts(argument, outputs, found.arrays, classes)
    named |= names
    encoded = {name: each for name, each in found.columns.items() if not each.plain}
    shapes = {name: (len(encoded[name].each),) if name in encoded else shape for name, shape in inputs.items()}
    part = canonical(argument, shapes, outputs, arrays, tuple(encoded))
    weights = _weights(found.weights, sample_weight, argument)
    if weights is not None:
        part = replace(part, weights=sample_weights_of(weights, len(part), outputs))
    if found.ids is not None and len(found.ids) == len(part):
        part = replace(part, ids=found.ids)
    groups = None if group is None else _groups(group, len(part))
    return Loaded(found.kind, part, named, groups=groups, columns=found.columns, label_columns=found.label_columns)


def contents(
    data: object,
    inputs: Shapes,
    outputs: Facts,
    argument: str,
    ordered: bool = False,
    table: TableOptions | None = None,
    columns: Mapping[str, Columns] | None = None,
    names: Mapping[str, tuple[str, ...]] | None = None,
) -> Contents:
    """The arrays of an object. Raises DataError if it has an unknown form."""
    if is_frame(data):
        frame = read_frame(data, inputs, outputs, argument, table, columns, classes=names)
        return Contents(
            "data frame", frame.arrays, frame.weights, frame.classes, frame.columns, frame.ids, frame.label_columns
        )
    if isinstance(data, Mapping):
        check_mapping(data, inputs, outputs, argument)
        weight = None if table is None else table.weight
        if weight is not None and weight not in data and columns is None:
            raise DataError([BadWeights(NOWHERE, argument, weight, "there are none of that name")])
        return _of_named(
            by_name(data, ()), inputs, outputs, argument, data.get(weight) if weight else None, table, columns
        )
    if isinstance(data, tuple) or (isinstance(data, list) and len(data) in (2, 3) and not _are_samples(data)):
        return _of_pair(tuple(data), inputs, outputs, argument, table, columns)
    check_list(data, argument)
    reading = None if hasattr(data, "__array__") or hasattr(data, "toarray") else reading_of(data, argument)
    if reading is None:
        raise DataError([unknown_form(data, argument)])
    if columns is None:
        _no_weights(table, argument)
    read = read_batches(replace(reading, ordered=reading.ordered or ordered), inputs, outputs, argument)
    of_output = {name: read.pop(WEIGHTS + name) for name in outputs if WEIGHTS + name in read}
    weights: object = of_output or read.pop(WEIGHTS, None)
    named = class_labels(data, outputs)
    return Contents(type(data).__name__, as_arrays(argument, read, inputs, outputs), weights, named)


def checked(dataset: Dataset, inputs: Shapes, outputs: Facts) -> Dataset:
    """A data set that a program has split itself, in canonical form. Raises DataError with all problems."""
    if dataset.folds:
        return dataset  # Only `split` makes folds, from checked data.

    raw = {name: (len(columns.each),) for name, columns in dataset.encoded.items()}

    def canonical_part(part: Part) -> Part:
        found = canonical(dataset.name, {**inputs, **raw}, outputs, {**part.inputs, **part.labels}, tuple(raw))
        return replace(part, inputs=found.inputs, labels=found.labels)

    test = None if dataset.test is None else canonical_part(dataset.test)
    train, validation = canonical_part(dataset.train), canonical_part(dataset.validation)
    return replace(dataset, outputs=outputs, train=train, validation=validation, test=test)


def _of_pair(
    pair: tuple[object, ...],
    inputs: Shapes,
    outputs: Facts,
    argument: str,
    table: TableOptions | None,
    columns: Mapping[str, Columns] | None,
) -> Contents:
    if len(pair) not in (2, 3):
        remedy = "give `(x, y)` or `(x, y, sample_weight)`"
        raise DataError([UnknownForm(NOWHERE, argument, f"it is a tuple of {len(pair)}", remedy)])
    x, y, *more = pair
    check_pair(x, y, inputs, outputs, argument)
    weights = more[0] if more else None
    labels = by_name(_columns(y, outputs), outputs, argument)
    if not is_frame(x) or (len(inputs) == 1 and is_padded(next(iter(inputs.values())))):
        named = {**by_name(x, inputs, argument), **labels}
        if columns is None and not any(map(is_frame, named.values())):
            _no_weights(table, argument)
        return _of_named(named, inputs, outputs, argument, weights, table, columns)
    aside = tuple(column for column in column_names(x) if any(owned([column], name) for name in outputs))
    frame = read_frame(x, inputs, {}, argument, table, columns, aside)
    found = _of_named({**frame.arrays, **labels}, inputs, outputs, argument)
    both = _weights(frame.weights, weights, argument)
    return replace(found, weights=both, columns=frame.columns, ids=frame.ids)


def _no_weights(table: TableOptions | None, argument: str) -> None:
    """Raises DataError if the options name weights, for data in which nothing has a name."""
    if table is not None and table.weight is not None:
        raise DataError([BadWeights(NOWHERE, argument, table.weight, "it has no names; give `sample_weight`")])


def _of_named(
    named: Mapping[str, object],
    inputs: Shapes,
    outputs: Facts,
    argument: str,
    weights: object = None,
    table: TableOptions | None = None,
    columns: Mapping[str, Columns] | None = None,
) -> Contents:
    """Arrays by name; a frame that is one of them has the columns of its input, or those of an output of several."""
    arrays, kept = dict(named), dict[str, Columns]()
    for name, shape in inputs.items():
        if is_frame(value := named.get(name)) and not is_padded(shape):
            known = None if columns is None else {one: each for one, each in columns.items() if one == name}
            options = (table or TableOptions()).among(column_names(value))
            plain = plain_columns(value, shape, options, known.get(name) if known else None)
            if plain is not None:
                arrays[name], kept[name] = plain
                continue
            frame = read_frame(value, {name: shape}, {}, argument, options, known or None)
            arrays[name] = frame.arrays[name]
            kept |= frame.columns
    several = {name: column_names(y) for name in outputs if is_frame(y := named.get(name))}
    label_columns = {name: each for name, each in several.items() if len(each) > 1}
    held = as_arrays(argument, arrays, inputs, outputs)
    return Contents("arrays", held, weights, columns=kept, label_columns=label_columns)


def _without_column(data: object, column: str, argument: str) -> tuple[object, object]:
    """A frame, perhaps with labels apart, without a column, and that column. Raises DataError if there is none."""
    if isinstance(data, tuple) and data and is_frame(data[0]):
        frame, found = _without_column(data[0], column, argument)
        return (frame, *data[1:]), found
    names = list(data.columns) if is_frame(data) else []  # type: ignore[attr-defined]
    if column not in names:
        raise DataError([UnknownGroup(NOWHERE, argument, column, tuple(map(str, names)))])
    return data[[name for name in names if name != column]], data[column]  # type: ignore[index]


def _groups(values: object, samples: int) -> tuple[str, ...]:
    array = as_array("group", values)
    if not isinstance(array, np.ndarray) or array.shape != (samples,):
        reason = f"it has the shape {list(array.shape)}, but there are {samples:,} samples"
        raise DataError([UnknownForm(NOWHERE, "group", reason, "give an array with the group of each sample")])
    each: list[object] = array.tolist()
    if any(map(is_missing, each)):
        reason = f"the sample {[is_missing(one) for one in each].index(True)} has no group"
        raise DataError(
            [UnknownForm(NOWHERE, "group", reason, "give each sample a group, or remove those without one")]
        )
    return tuple(map(str, each))


def _columns(y: object, outputs: Facts) -> object:
    """Labels; those of a frame by its columns, if they have the names of outputs."""
    if is_frame(y) and any(name in y.columns for name in outputs):  # type: ignore[attr-defined]
        return {name: y[name] for name in outputs if name in y.columns}  # type: ignore[attr-defined,index]
    return y


def _are_samples(items: list[object]) -> bool:
    """Whether a list holds samples, not arrays."""
    return all(isinstance(item, tuple | Mapping) for item in items)


def _other_classes(argument: str, name: str, found: tuple[str, ...], expected: tuple[str, ...]) -> UnknownForm:
    reason = f"its classes of `{name}` are {listing(found)}, those of the training data {listing(expected)}"
    return UnknownForm(NOWHERE, argument, reason, "give data with the same classes")


def _weights(own: object, given: object, argument: str) -> object:
    """The weights in the data, or those given separately. Raises DataError if there are both."""
    if own is not None and given is not None:
        remedy = "give them once: in the data, or as `sample_weight`"
        raise DataError([UnknownForm(NOWHERE, argument, "it has weights, and so has `sample_weight`", remedy)])
    return own if own is not None else given
