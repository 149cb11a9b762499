"""An evaluation as HTML tables, for notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqsem_dsl.utils.html_table import html_table
from sqsem_dsl.utils.numbers import plural

if TYPE_CHECKING:
    from sqsem_dsl.study.inference.evaluate import Evaluation


def evaluation_html(evaluation: Evaluation) -> str:
    """The scores with their intervals, then the classes of each output, then the samples that are predicted worst."""
    return "".join(_tables(evaluation))


def _tables(evaluation: Evaluation) -> Iterator[str]:
    scores = [[score.name, score.value, *(score.interval or ("", ""))] for score in evaluation.scores]
    title = f"{plural(evaluation.samples, 'sample')}, intervals of 95 %"
    yield html_table(title, ["", "score", "from", "to"], scores)
    for output, classes in evaluation.classes.items():
        rows = [[each.name, each.samples, _share(each.precision), _share(each.recall)] for each in classes]
        yield html_table(f"classes of {output}", ["", "samples", "precision", "recall"], rows)
    if evaluation.worst:
        worst = [[each.id, each.output, each.label, each.predicted, each.loss] for each in evaluation.worst]
        yield html_table("predicted worst", ["sample", "output", "label", "predicted", "loss"], worst)


def _share(value: float | None) -> float | str:
    return "-" if value is None else value
