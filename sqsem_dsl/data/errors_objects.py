"""Errors in data, weights and sets that a program passes to a search as Python objects."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, similar

FORMS = "a pair `(x, y)`, a dict by the names of inputs and outputs, a data frame, a data set of Keras, TensorFlow or \
PyTorch, or a source such as `csv:FILE`"


class UnknownForm(Diagnostic, code="SQS780"):
    """An object that is not data of a known form."""

    argument: str
    reason: str
    remedy: str = f"give {FORMS}"

    title = "`{argument}` is not data: {reason}"
    help = "{remedy}"


class UnreadableObject(Diagnostic, code="SQS781"):
    """An object that cannot be converted into an array, or raises an exception while it is read."""

    name: str
    reason: str
    remedy: str = "give an array of numbers, with the samples on the first axis: `numpy.asarray(…)` must accept it"

    title = "`{name}` cannot be read: {reason}"
    help = "{remedy}"


class TooLargeToRead(Diagnostic, code="SQS782"):
    """Batches that do not end, or exceed the memory for samples that are read in advance."""

    argument: str
    reason: str

    title = "`{argument}` cannot be read into memory: {reason}"
    help = (
        "every trial needs all samples, so they are read once: pass fewer (`.take(n)`), arrays, a folder "
        "(`images:DIR`), or objects that read samples on demand (`sqsem_dsl.data.dataset.Samples`)"
    )


class BadWeights(Diagnostic, code="SQS783"):
    """Weights of samples or classes that cannot be used."""

    argument: str
    reason: str
    remedy: str = "give one number for each sample, 0 or larger"

    title = "`{argument}` is not valid: {reason}"
    help = "{remedy}"


class UnknownClass(Diagnostic, code="SQS784"):
    """A weight for a class or an output that does not exist."""

    name: str
    kind: str
    """`class` or `output`."""
    known: tuple[str, ...]

    title = "`class_weight` has a weight for `{name}`, but there is no such {kind}"
    note = "known are {known:names}"

    @property
    def help(self) -> str | None:
        of_class = "name a class, or give its number, from 0" if self.kind == "class" else f"name an {self.kind}"
        return similar(self.kind, self.name, self.known) or of_class


class SplitTwice(Diagnostic, code="SQS785"):
    """Arguments that would split or weigh a data set that is already split."""

    arguments: tuple[str, ...]

    title = "a `Dataset` is already split: {arguments:names} cannot change it"
    help = "pass the samples in another form, such as `(x, y)`; they are then split as requested"
