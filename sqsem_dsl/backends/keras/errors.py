"""Findings of a validation: a built model that differs from the compiler's results, or that cannot be trained.

`choices` are paths and values of an affected architecture; `bug` says whether the error must be in sqsem.
"""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic

Choices = tuple[tuple[str, str], ...]
REPORT = "this is a bug in sqsem, not in the spec: please report it with the spec and these choices"


class Disagrees(Diagnostic, code="SQS771"):
    """The compiler and the built model disagree about an architecture."""

    layer: str | None
    """None if it concerns the model as a whole."""
    what: str
    compiler: str
    keras: str
    extern: bool
    """Whether it concerns a custom layer."""
    choices: Choices

    @property
    def bug(self) -> bool:
        return not self.extern

    @property
    def title(self) -> str:
        of = f" of `{self.layer}`" if self.layer is not None else " of the model"
        return f"{self.what}{of}: the compiler says {self.compiler}, Keras says {self.keras}"

    @property
    def help(self) -> str:
        return "a layer's shape and weights may depend only on its arguments" if self.extern else REPORT

    @property
    def note(self) -> str:
        return _happens(self.choices)


class NotBuilt(Diagnostic, code="SQS772"):
    """Keras cannot build an architecture that the compiler accepted."""

    error: str
    choices: Choices

    bug = True
    title = "the model cannot be built: {error}"
    help = REPORT

    @property
    def note(self) -> str:
        return _happens(self.choices)


class BadPass(Diagnostic, code="SQS773"):
    """A forward or backward pass on random data fails, gives non-finite values, or does not reach all weights."""

    where: str | None
    """An output, a weight by its path, or None."""
    what: str
    choices: Choices

    bug = False
    help = (
        "check that the loss fits the outputs; a norm of one value, or a relu of values that are never above 0, "
        "passes no gradient"
    )

    @property
    def title(self) -> str:
        return f"`{self.where}`: {self.what}" if self.where is not None else self.what

    @property
    def note(self) -> str:
        return _happens(self.choices)


class Unread(Diagnostic, code="SQS776", severity="warning"):
    """A layer with weights none of whose channels an output reads."""

    layer: str
    choices: Choices

    bug = False
    title = "no output reads `{layer}`: `slice` cuts its channels away"
    help = "leave the layer out; it has parameters and takes time, and never learns"

    @property
    def note(self) -> str:
        return _happens(self.choices)


def _happens(choices: Choices) -> str:
    named = ", ".join(f"`{path}` = {value}" for path, value in choices)
    return f"it happens with {named}" if named else "it happens in the only architecture"
