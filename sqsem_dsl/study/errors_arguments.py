"""Errors in the arguments of a search from Python."""

from __future__ import annotations

from collections.abc import Mapping

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, Unknown
from sqsem_dsl.diagnostics.hints.spelling import folded

_PAIR = "give data and labels as one argument: `search(spec, (x, y))`"
_FOLDER = "the folder of the study is `directory`"
_SPLIT = "the split is random and stratified; `validation_data` and `test_data` are sets of your own"
_SPEC = "it is a setting of the spec: write `{}` in `train {{ }}`"
_ADVICE: Mapping[str, str] = {
    "x": _PAIR, "y": _PAIR, "xtrain": _PAIR, "ytrain": _PAIR, "labels": _PAIR, "targets": _PAIR, "features": _PAIR,
    "xval": "write `validation_data = (x, y)`", "yval": "write `validation_data = (x, y)`",
    "xtest": "write `test_data = (x, y)`", "ytest": "write `test_data = (x, y)`",
    "output": _FOLDER, "outputdir": _FOLDER, "out": _FOLDER, "path": _FOLDER, "folder": _FOLDER,
    "projectname": _FOLDER, "studyname": _FOLDER, "logdir": _FOLDER, "storage": _FOLDER,
    "validationsplit": _SPLIT, "testsize": _SPLIT, "valsize": _SPLIT, "stratify": _SPLIT,
    "verbose": "write `progress = True` or `progress = False`", "njobs": "processes are `workers`",
    "maxtrials": "write `trials = 20`", "ntrials": "write `trials = 20`", "numtrials": "write `trials = 20`",
    "maxepochs": "write `epochs = 10`", "numepochs": "write `epochs = 10`", "timeout": "write `hours = 0.5`",
    "overwrite": "a study in the folder is resumed; to begin anew, choose another folder or remove it",
    "device": "GPUs are named by number: `gpus = [0]`", "cv": "write `folds = 5`",
    "batchsize": _SPEC.format("batch_size = 32"), "loss": _SPEC.format("loss = mse"),
    "optimizer": _SPEC.format("optimizer = adam"), "learningrate": _SPEC.format("learning_rate = 0.001"),
    "metrics": _SPEC.format("metrics = [accuracy]"),
    "objective": "it is a setting of the spec: write `objective = maximize(val_accuracy)` in `search { }`",
    "algorithm": "it is a setting of the spec: write `algorithm = random` in `search { }`",
    "tuner": "it is a setting of the spec: write `algorithm = random` in `search { }`",
    "executionspertrial": "it is a setting of the spec: write `executions = 3` in `search { }`",
}  # fmt: skip
"""What to write for keywords of other tools, by their folded names."""


class UnknownArgument(Unknown, code="SQS786"):
    """A keyword that a search does not have."""

    kind = "argument"
    title = "`search` has no argument `{name}`"
    otherwise = "its arguments are {known:names 40}"

    @property
    def help(self) -> str | None:
        return _ADVICE.get(folded(self.name)) or super().help


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
