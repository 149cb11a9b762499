"""Errors in predictions and evaluations of a study's models."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic


class NotATable(Diagnostic, code="SQS795"):
    """Predictions with a map or a sequence per sample, which have no place in a table."""

    output: str
    shape: tuple[int, ...]

    title = "the predictions of `{output}` have the shape {shape:shape}, which does not fit into a table"
    help = "write arrays: `-o predictions.npz`"


class NoLabelsToScore(Diagnostic, code="SQS797"):
    """Data without labels, where scores need them."""

    title = "the data have no labels, and scores need them"
    help = "`sqsem predict` needs none"


class BadPredictionFile(Diagnostic, code="SQS798"):
    """A file for predictions with an ending that is not known, or that cannot be written."""

    path: str
    reason: str

    title = "cannot write predictions into `{path}`: {reason}"
    help = "name a file that ends with `.csv` or `.npz`"
