"""An evaluation for a terminal, and as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from sqsem_dsl.report.text.table import table
from sqsem_dsl.study.inference.evaluate import ClassScore, Evaluation
from sqsem_dsl.utils.numbers import four_digits, plural

MOST_CLASSES = 12
"""The number of classes up to which their confusion is shown as a table; beyond it, the most frequent confusions are
listed."""
CONFUSIONS = 10


def evaluation_page(evaluation: Evaluation) -> str:
    """The scores, then for each output its classes and their confusion, then the samples that are predicted worst."""
    lines = [f"{plural(evaluation.samples, 'sample')}, intervals of 95 %", ""]
    rows: list[tuple[str, ...]] = [("", "score", "from", "to")]
    for score in evaluation.scores:
        interval = ("", "") if score.interval is None else tuple(map(four_digits, score.interval))
        rows.append((score.name, four_digits(score.value), *interval))
    lines += table(rows, "<>")
    for output, classes in evaluation.classes.items():
        lines += ["", f"classes of {output}", *table(_class_rows(classes), "<>")]
        lines += _confusion(evaluation, output, [each.name for each in classes])
    if evaluation.worst:
        several = len({worst.output for worst in evaluation.worst}) > 1
        head = ("sample", *(["output"] if several else []), "label", "predicted", "loss")
        found = [
            (worst.id, *([worst.output] if several else []), worst.label, worst.predicted, four_digits(worst.loss))
            for worst in evaluation.worst
        ]
        lines += ["", "predicted worst", *table([head, *found], "<" * (len(head) - 1) + ">")]
    return "\n".join(lines)


def _class_rows(classes: tuple[ClassScore, ...]) -> Iterator[tuple[str, ...]]:
    yield "", "samples", "precision", "recall"
    for each in classes:
        shares = ("-" if share is None else f"{share:.3f}" for share in (each.precision, each.recall))
        yield each.name, str(each.samples), *shares


def _confusion(evaluation: Evaluation, output: str, names: list[str]) -> list[str]:
    counts = evaluation.confusion[output]
    if len(names) <= MOST_CLASSES:
        rows = [("label / predicted", *names)]
        rows += [(name, *map(str, row)) for name, row in zip(names, counts.tolist(), strict=True)]
        return ["", *table(rows, "<>")]
    pairs = [(int(counts[i, j]), names[i], names[j]) for i, j in zip(*counts.nonzero(), strict=True) if i != j]
    frequent = sorted(pairs, reverse=True)[:CONFUSIONS]
    rows = [("label", "predicted as", "samples"), *((label, other, str(count)) for count, label, other in frequent)]
    return ["", "most frequent confusions", *table(rows, "<<>")] if frequent else []


def evaluation_json(evaluation: Evaluation) -> dict[str, Any]:
    """The same as plain data; `confusion` has a list for each label, with the counts of predicted classes."""
    return {
        "samples": evaluation.samples,
        "scores": {
            score.name: {"value": score.value, "interval": None if score.interval is None else list(score.interval)}
            for score in evaluation.scores
        },
        "classes": {output: [asdict(each) for each in classes] for output, classes in evaluation.classes.items()},
        "confusion": {output: counts.tolist() for output, counts in evaluation.confusion.items()},
        "worst": [asdict(worst) for worst in evaluation.worst],
    }
