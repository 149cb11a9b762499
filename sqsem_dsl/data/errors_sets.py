"""Errors in given training, validation and test sets, and in the options of a split."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic


class GivenValidation(Diagnostic, code="SQS725"):
    """Folds of data that have a validation set of their own."""

    data: str

    title = "`--folds` cannot divide `{data}`, which has a validation set of its own"
    help = "leave out `--folds`, or add the samples of the validation set to the training data and leave it out"


class MixedNumbers(Diagnostic, code="SQS726"):
    """Sets that have images in one and other numbers in another."""

    data: str
    name: str

    title = "`{name}` has images of bytes in one set of `{data}`, and other numbers in another"
    help = "use the same type of numbers in all sets: a model divides images of bytes by 255, and other numbers by 1"
