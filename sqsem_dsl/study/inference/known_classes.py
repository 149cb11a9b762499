"""The classes that a study's models know, and the labels of other data in their numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sqsem_dsl.data.dataset import Held, Loaded, class_count
from sqsem_dsl.data.errors_sets import OtherClasses
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.study.errors_inference import NoLabelsToScore
from sqsem_dsl.study.journal.study import Study

Classes = Mapping[str, tuple[str, ...]]


def known_classes(study: Study) -> dict[str, tuple[str, ...]]:
    """The class names of each output with one class per sample or point, from `best.json`; numbers where it has
    none."""
    found: dict[str, tuple[str, ...]] = {}
    for name, fact in study.space.outputs.items():
        count = class_count(fact)
        if count is not None:
            found[name] = tuple(map(str, range(count)))
    try:
        written = json.loads((study.folder / "best.json").read_text(encoding="utf-8")).get("classes", {})
    except (OSError, ValueError, AttributeError):
        return found
    for name, names in written.items() if isinstance(written, dict) else ():
        if name in found and isinstance(names, list) and len(names) == len(found[name]):
            found[name] = tuple(map(str, names))
    return found


def with_classes(loaded: Loaded, classes: Classes, outputs: Mapping[str, OutputFact]) -> Loaded:
    """Labelled samples with the class numbers of the study. Raises SqsError for classes that it does not have, and for
    samples without labels."""
    if any(name not in loaded.part.labels for name in outputs):
        raise SqsError([NoLabelsToScore(NOWHERE)])
    found: list[Diagnostic] = []
    labels: dict[str, Held] = dict(loaded.part.labels)
    for name, names in loaded.class_names.items():
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
