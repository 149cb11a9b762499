"""What a study's models know about data: classes and columns, and the labels of other data in their numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from sqsem_dsl.data.columns import Columns
from sqsem_dsl.data.dataset import Held, Loaded, class_count
from sqsem_dsl.data.errors_sets import OtherClasses
from sqsem_dsl.data.masks import MaskFiles
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.data.windows import Windows
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.study.errors import UnreadableStudy
from sqsem_dsl.study.errors_inference import NoLabelsToScore
from sqsem_dsl.study.journal.study import Study

Classes = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class KnownData:
    """What a study's models know about data."""

    classes: Classes
    """The class names of each output with one class per sample or point; numbers where the data had no names."""
    columns: Mapping[str, Columns]
    """The columns of inputs that came from tables."""
    table: TableOptions
    """How the columns of these tables were used."""
    windows: Windows | None = None
    """How rows became samples, if they were windows."""


def known_data(study: Study) -> KnownData:
    """The data that a study was searched on, as `best.json` describes them. Raises SqsError if it cannot be read."""
    path = study.folder / "best.json"
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        columns = {name: Columns.from_plain(plain) for name, plain in written.get("columns", {}).items()}
        table = TableOptions.from_plain(written.get("table", {}))
        windows = None if written.get("windows") is None else Windows.from_plain(written["windows"])
        named = {str(name): tuple(map(str, names)) for name, names in written.get("classes", {}).items()}
    except OSError as error:
        raise SqsError([UnreadableStudy(NOWHERE, str(path), (error.strerror or str(error)).lower())]) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise SqsError([UnreadableStudy(NOWHERE, str(path), "it is not a description of a model")]) from error
    counts = {name: class_count(fact) for name, fact in study.inference_space.outputs.items()}
    classes = {name: tuple(map(str, range(count))) for name, count in counts.items() if count is not None}
    classes |= {name: names for name, names in named.items() if name in classes and len(names) == len(classes[name])}
    return KnownData(classes, columns, table, windows)


def retrained_from(study: Study) -> tuple[str, int] | None:
    """The name of the study and the number of the trial whose architecture a study has trained again, as `best.json`
    says; None for a search. Assumes a study with a readable `best.json` (`known_data`)."""
    written = json.loads((study.folder / "best.json").read_text(encoding="utf-8")).get("retrained")
    match written:
        case {"study": str(name), "trial": int(number)}:
            return name, number
        case _:
            return None


def with_classes(loaded: Loaded, classes: Classes, outputs: Mapping[str, OutputFact]) -> Loaded:
    """Labelled samples with the class numbers of the study. Raises SqsError for classes that it does not have, and for
    samples without labels."""
    if any(name not in loaded.part.labels for name in outputs):
        raise SqsError([NoLabelsToScore(NOWHERE)])
    found: list[Diagnostic] = []
    labels: dict[str, Held] = dict(loaded.part.labels)
    masks = {name: tuple(map(str, held.values)) for name, held in labels.items() if isinstance(held, MaskFiles)}
    for name, names in {**masks, **loaded.class_names}.items():
        known = classes.get(name, ())
        unknown = tuple(each for each in names if each not in known)
        if unknown:
            found.append(OtherClasses(NOWHERE, name, unknown, known))
        elif names != known:
            number = np.array([known.index(each) for each in names])
            numbers = labels[name][:]
            labels[name] = number[numbers.astype(np.intp)].astype(numbers.dtype)
    if found:
        raise SqsError(found)
    return replace(loaded, part=replace(loaded.part, labels=labels), class_names=dict(classes))
