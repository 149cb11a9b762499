"""Errors in the arguments of a search from Python."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, Unknown


class UnknownArgument(Unknown, code="SQS786"):
    """A keyword that a search does not have."""

    kind = "argument"
    title = "`search` has no argument `{name}`"
    otherwise = "its arguments are {known:names 40}"


class BadArgument(Diagnostic, code="SQS787"):
    """A value that an argument of a search does not accept."""

    name: str
    given: str
    expected: str

    title = "`{name}` is {given}, but {expected} is expected"


class NotForSpace(Diagnostic, code="SQS788"):
    """Arguments that only apply when a spec is compiled."""

    arguments: tuple[str, ...]

    title = "{arguments:names} cannot change a space that is already compiled"
    help = "pass it to `load` or `loads`, or search the path or the text of the spec"


class BadCallbacks(Diagnostic, code="SQS789"):
    """Callbacks that cannot be used in every training of a search."""

    reason: str
    remedy: str

    title = "`callbacks` cannot be used: {reason}"
    help = "{remedy}"


class NoModel(Diagnostic, code="SQS790"):
    """A model that a study did not keep."""

    folder: str
    trial: int | None
    """None: no trial has completed."""
    kept: tuple[int, ...]

    @property
    def title(self) -> str:
        which = "the best trial: none has completed" if self.trial is None else f"trial {self.trial}"
        return f"the study `{self.folder}` has no model of {which}"

    help = "the models of the best trials are kept: search with a larger `keep`, or train its network again"

    @property
    def note(self) -> str:
        return f"it has those of {', '.join(map(str, self.kept))}" if self.kept else "it has no models"
