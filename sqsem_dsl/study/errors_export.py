"""Errors in exports of a study's models, and in training them again."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic


class ExportFailed(Diagnostic, code="SQS923"):
    """A model that an exporter, or the runtime of the format, rejects."""

    form: str
    reason: str

    title = "the model cannot be exported to {form}: {reason}"
    help = "another format may have what the model needs: `--to keras` always works"


class ExportDiffers(Diagnostic, code="SQS924"):
    """An exported model with other outputs than the original."""

    form: str
    output: str
    sample: str
    difference: float
    allowed: float

    help = "nothing was written; please report it, with the spec"

    @property
    def title(self) -> str:
        return (
            f"the model exported to {self.form} differs from the original: `{self.output}` of sample {self.sample} by "
            f"{self.difference:.3g}, and {self.allowed:.3g} is allowed"
        )


class NeedsSamples(Diagnostic, code="SQS925"):
    """An export that is checked on samples, without samples."""

    form: str

    title = "an export to {form} is compared with the original on samples, and none are given"
    help = "name data as for `sqsem predict`: `sqsem export DIR DATA --to …`"


class ExportPlace(Diagnostic, code="SQS926"):
    """A file or folder that an export would overwrite and did not write itself."""

    path: str
    reason: str

    title = "cannot write the export into `{path}`: {reason}"
    help = "name another file or folder with `-o`"


class CannotRetrain(Diagnostic, code="SQS927"):
    """A study without the trial, or a new folder that is the study's own."""

    folder: str
    reason: str
    remedy: str

    title = "cannot train again from `{folder}`: {reason}"
    help = "{remedy}"
