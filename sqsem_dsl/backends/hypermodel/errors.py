"""Errors in writing a space as a hypermodel."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic


class NotInHyperModel(Diagnostic, code="SQS778"):
    """A part of a spec that the module of `emit hypermodel` cannot express. All such parts are reported at once."""

    what: str
    reason: str
    remedy: str

    title = "{what} cannot be written as a hypermodel: {reason}"
    help = "{remedy}"
