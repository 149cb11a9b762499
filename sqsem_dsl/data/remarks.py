"""Problems of the data that are reported before training: classes that are missing in a set, undefined
metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sqsem_dsl.data.dataset import Dataset, Held, class_count, counts, take
from sqsem_dsl.data.errors_sources import UnknownClass
from sqsem_dsl.diagnostics.diagnostic import listing
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact, class_weights_of, loss_of, metrics_of
from sqsem_dsl.settings.options import Balanced, GivenWeights
from sqsem_dsl.settings.train import TrainSettings

SHOWN = 8
"""The number of missing classes that a line names."""
FEWEST_ROWS = 10
"""The rows of which it can be said that a column numbers them."""


NO_TEST_SET = (
    "no test set: the best score on the validation set is optimistic, because the best trial is selected by it "
    "(`--test SOURCE` names a test set)"
)


def remarks(dataset: Dataset, train: TrainSettings) -> list[str]:
    """A line if there is no test set, for each column that numbers the rows, for each set that lacks classes of an
    output, for weights that cannot weigh samples, and for each metric that is not defined on the validation set."""
    found = [] if dataset.test is not None else [NO_TEST_SET]
    found += _row_numbers(dataset)
    found += [line for name in dataset.outputs for line in _lacking(dataset, train, name)]
    found += [line for name in dataset.outputs for line in _weighed_batches(dataset, train, name)]
    return found + [f"`{metric}` is not defined: {reason}" for metric, reason in undefined(dataset, train).items()]


def _row_numbers(dataset: Dataset) -> Iterator[str]:
    """A line for each column of an input that numbers the rows, as the index of a frame that was saved does: in a table
    that is sorted by its labels, it gives them away."""
    for name, columns in dataset.columns.items() if dataset.windows is None else ():
        several = [part.inputs[name] for part in dataset.sets.values()]
        rows = [array.reshape(len(array), -1) for array in several if isinstance(array, np.ndarray)]
        if len(rows) < len(several) or any(each.shape[1] != len(columns.each) for each in rows):
            continue  # images that a table lists
        for at, column in enumerate(columns.each):
            of_sets = [each[:, at] for each in rows]
            if not column.categories and (_counts_up([np.concatenate(of_sets)]) or _counts_up(of_sets)):
                drop = f"`--drop {quote(column.name)}` leaves it out"
                yield f"`{name}`: the column `{column.name}` numbers the rows: {drop}, if the order means nothing"


def _counts_up(several: Sequence[NDArray[Any]]) -> bool:
    """Whether each array has all numbers from 0 or 1 on, once each."""
    return all(
        len(values) >= FEWEST_ROWS
        and values.min() in (0, 1)
        and np.array_equal(np.sort(values), np.arange(len(values)) + values.min())
        for values in several
    )


def _weighed_batches(dataset: Dataset, train: TrainSettings, output: str) -> Iterator[str]:
    """A line for weights that cannot weigh single samples: these losses of Keras give one number for a batch."""
    loss = loss_of(train, output, dataset.outputs[output]).name
    if dataset.train.weights is not None and loss in ("dice", "tversky"):
        yield f"`{output}`: the loss `{loss}` is one number for a batch, so weights of samples weigh batches"


def undefined(dataset: Dataset, train: TrainSettings) -> dict[str, str]:
    """The validation metrics, by their reported names, that have no value on these data, and the reasons."""
    several = len(dataset.outputs) > 1
    found = {}
    for name, fact in dataset.outputs.items():
        for part, labels in _validations(dataset, name):
            for metric in metrics_of(train, name, fact):
                reason = _undefined(metric.name, fact, labels)
                if reason is not None:
                    found[f"val_{name}_{metric.name}" if several else f"val_{metric.name}"] = f"{part} {reason}"
    return found


def unknown_classes(dataset: Dataset, train: TrainSettings) -> list[UnknownClass]:
    """The names in `class_weights` that are not classes of the data."""
    found = []
    for output in dataset.outputs:
        weights = class_weights_of(train, output)
        if isinstance(weights, GivenWeights) and not weights.by_number:
            names = dataset.classes.get(output, ("0", "1"))
            found += [UnknownClass(NOWHERE, each, output, names) for each in weights.weights if each not in names]
    return found


def _undefined(metric: str, fact: OutputFact, labels: Held) -> str | None:
    """Why a metric has no value on labels. For a softmax, Keras uses every unit's output; some labels are always 0."""
    if fact.ending == "sigmoid" and metric in ("auc", "pr_auc", "precision", "recall", "f1"):
        zeros, ones = counts(labels, 2)
        if not ones or (not zeros and metric in ("auc", "pr_auc")):
            return f"has only the label {1 if ones else 0}"
    if fact.ending is None and metric == "r2" and (labels[:] == labels[:1]).all():
        return "has only one value"
    return None


def _validations(dataset: Dataset, output: str) -> Iterator[tuple[str, Held]]:
    """The labels of the validation set, or of each fold's."""
    if dataset.developed is None:
        yield "the validation set", dataset.validation.labels[output]
        return
    for number, fold in enumerate(dataset.folds, 1):
        yield f"the validation set of fold {number}", take(dataset.developed.labels[output], fold)


def _lacking(dataset: Dataset, train: TrainSettings, output: str) -> Iterator[str]:
    fact = dataset.outputs[output]
    names = dataset.classes.get(output)
    if names is None:
        return
    weighted = isinstance(class_weights_of(train, output), Balanced)
    learned = "it cannot be learned" + (", and has no weight" if weighted else "")
    consequences = {
        "folds": learned,
        "training": learned,
        "validation": "trial scores do not show it",
        "test": "the test score does not show it",
    }
    sets = dataset.sets
    if dataset.developed is not None:
        del sets["training"], sets["validation"]
        sets = {"folds": dataset.developed, **sets}
    for part, consequence in ((part, consequences[part]) for part in sets):
        labels = sets[part].labels[output]
        absent = [names[number] for number in np.flatnonzero(counts(labels, class_count(fact) or 0) == 0)]
        if absent:
            where = "the folds have" if part == "folds" else f"the {part} set has"
            yield f"`{output}`: {where} no sample of {listing(absent, SHOWN)}: {consequence}"
