"""The model of a trial exported to several formats, with its scores in each, and a model card beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sqsem_dsl.data.dataset import Array, Loaded, Part
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.study.export.export_model import Export, export_model
from sqsem_dsl.study.export.formats import FORMATS
from sqsem_dsl.study.inference.evaluate import metric_values
from sqsem_dsl.study.inference.predict import predicted
from sqsem_dsl.study.inference.predictions import Predictions

if TYPE_CHECKING:
    import keras

SAMPLES = 256
"""The number of samples on which an export is compared with the original."""


@dataclass(frozen=True, eq=False)
class Exports:
    """The exports of one model."""

    exports: tuple[Export, ...]
    samples: int
    """The samples on which they were compared."""
    scores: Mapping[str, float]
    """The metrics of the original on these samples; empty without labels."""
    exported_scores: tuple[Mapping[str, float], ...]
    """The same of each export."""


def export_forms(
    model: keras.Model,
    architecture: Architecture,
    forms: Sequence[str],
    folder: Path,
    loaded: Loaded | None,
    outputs: Mapping[str, OutputFact],
    *,
    int8: bool = False,
    allow_extern: bool = True,
) -> Exports:
    """Exports a trained model of an architecture to each format, into a folder. `loaded` are the samples for the
    comparison, perhaps with labels. With `int8`, the LiteRT model computes with 8-bit integers. Without `allow_extern`,
    the scores are those of Keras's metrics alone. Raises SqsError."""
    part = None if loaded is None else _spread(loaded.part, SAMPLES)
    arrays = None if part is None else {name: np.asarray(held[:]) for name, held in part.inputs.items()}
    document = f"An architecture found by a search of `{architecture.space}`."
    exports = tuple(
        export_model(
            model,
            form,
            folder / f"{architecture.space}{FORMATS[form].ending}",
            arrays,
            ids=None if part is None else part.ids,
            int8=int8 and form == "litert",
            document=document,
            architecture=architecture,
        )
        for form in forms
    )
    scores: Mapping[str, float] = {}
    each: tuple[Mapping[str, float], ...] = ({},) * len(exports)
    if part is not None and all(name in part.labels for name in outputs):
        train = architecture.train if allow_extern else architecture.train.without_own_metrics()
        scores = _scores(predicted(model, part, outputs), part, outputs, train)
        each = tuple(_scores(export.values, part, outputs, train) if export.values else {} for export in exports)
    return Exports(exports, 0 if part is None else len(part), scores, each)


def _spread(part: Part, most: int) -> Part:
    """At most so many samples, spread evenly over the set: its first ones may all be of one class."""
    return part if len(part) <= most else part.take(np.linspace(0, len(part) - 1, most).astype(np.intp))


def _scores(
    values: Mapping[str, Array],
    part: Part,
    outputs: Mapping[str, OutputFact],
    train: TrainSettings,
) -> dict[str, float]:
    return metric_values(Predictions(values, outputs, {}, part.ids), part, train)
