"""Errors of a search, before and while it runs."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, Unknown


class UnknownObjective(Unknown, code="SQS751"):
    """No metric with the name of the objective is reported."""

    kind = "metric"
    title = "unknown objective metric `{name}`"
    otherwise = "training reports {known:names 20}"


class SeveralObjectives(Diagnostic, code="SQS752"):
    metrics: tuple[str, ...]

    title = "KerasTuner's tuner supports one objective, not several ({metrics:names})"
    help = "use `sqsem search` for the Pareto front, or one objective and a `require` for the others"
    note = "KerasTuner adds several objectives up to one number, which is not a Pareto search"


class MissingPackage(Diagnostic, code="SQS753"):
    """A package that a search needs is not installed."""

    package: str
    purpose: str
    extra: str

    title = "{purpose} needs `{package}`, which is not installed"
    help = "install it with `pip install 'sqsem-dsl[{extra}]'`"


class NothingTrained(Diagnostic, code="SQS754"):
    """Every trial failed."""

    failures: tuple[tuple[int, str], ...]
    """Numbers of trials and the reason for each failure."""
    diverged: bool = False
    """Whether none had a finite loss and score."""
    at: str = "`sqsem trials --json` (`trace`)"
    """The place of the tracebacks."""

    @property
    def title(self) -> str:
        count = len(self.failures)
        return "the only trial failed" if count == 1 else f"all {count} trials failed"

    @property
    def note(self) -> str:
        reasons = dict.fromkeys(reason for _, reason in self.failures)
        numbers = {reason: [str(n) for n, r in self.failures if r == reason] for reason in reasons}
        shown = [f"trial {', '.join(numbers[r][:5])}{', …' if len(numbers[r]) > 5 else ''}: {r}" for r in reasons]
        return "; ".join(shown[:5])

    @property
    def help(self) -> str:
        if self.diverged:
            return "a smaller learning rate, or `clipnorm`, often helps"
        return f"{self.at} shows where each of them failed"


class NothingToTry(Diagnostic, code="SQS755"):
    """The search ended before its first trial."""

    reason: str

    title = "no trial was started: {reason}"
    help = "relax the `require`s, or widen the domains"


class CannotWrite(Diagnostic, code="SQS756"):
    path: str
    reason: str
    remedy: str = "free some space, or name another folder with `-o`"
    kept: bool = False
    """Whether there is a journal from which the same command resumes."""

    title = "cannot write `{path}`: {reason}"

    @property
    def help(self) -> str:
        return "free some space, then run the same command again to resume" if self.kept else self.remedy

    @property
    def note(self) -> str | None:
        return "every finished trial is in the journal" if self.kept else None


class UnreadableTrials(Diagnostic, code="SQS761"):
    """There are no trials in the given place."""

    path: str
    reason: str

    title = "cannot read the trials in `{path}`: {reason}"
    help = "name the folder of a study (the `-o` of `sqsem search`)"


class OtherTrials(Diagnostic, code="SQS762"):
    """Trials are read with a spec that they were not made with."""

    path: str
    detail: str

    title = "the trials in `{path}` are not of this space: {detail}"
    help = "compare with the spec that was searched: it is in the same folder as `spec.sqs`"
    note = "constants that were set with `--define` must be set again"


class NoCluster(Diagnostic, code="SQS758"):
    """Trials cannot be run on the named Ray cluster."""

    address: str
    reason: str
    remedy: str = "start one with `ray start --head`, or run on this machine alone with `--workers`"

    title = "cannot run trials on the Ray cluster `{address}`: {reason}"
    help = "{remedy}"


class NoWorker(Diagnostic, code="SQS759"):
    """Worker processes end before they can accept a trial."""

    reason: str

    title = "no process for trials can be started: {reason}"
    help = "use `--workers 0`, which runs trials in the search process, to see what is wrong"


class NoStart(Diagnostic, code="SQS766"):
    """A starting point of a search is not available."""

    name: str
    reason: str

    title = "cannot start from `{name}`: {reason}"
    help = "give `default`, `baseline`, a study's folder, or a JSON file with choices by path, as in `best.json`"


class NoStudy(Diagnostic, code="SQS763"):
    """There is no study in the given place."""

    path: str
    exists: bool

    help = "name the folder of a study (the `-o` of `sqsem search`)"

    @property
    def title(self) -> str:
        return f"there is no study in `{self.path}`" + ("" if self.exists else ", which does not exist")


class UnreadableStudy(Diagnostic, code="SQS764"):
    path: str
    reason: str

    title = "cannot read the study `{path}`: {reason}"
    help = "search into another folder with `-o`, or repair the file with SQLite's own tools"


class OtherStudy(Diagnostic, code="SQS765"):
    """The folder holds a study that this search cannot resume."""

    path: str
    what: str
    """The difference: "other data", "another seed", …"""
    there: str
    here: str

    title = "`{path}` holds a study with {what}: its scores are not comparable"
    note = "there it is {there}, here {here}"
    help = "name another folder with `-o`; `--reuse DIR` reuses identical trainings"


class SameFailure(Diagnostic, code="SQS757"):
    """Consecutive trials failed in the same way."""

    count: int
    reason: str
    kind: str
    folder: str

    title = "the search was stopped: {count} trials in a row failed with the same error: {reason}"
    note = "run the same command again to continue with the next trial; all trials are kept in {folder}"

    @property
    def help(self) -> str:
        match self.kind:
            case "memory" | "died":
                advice = (
                    "a smaller `batch_size`, fewer `--workers`, or a `require` on `activations` or `params` may help"
                )
            case "diverged":
                advice = "a smaller learning rate, or `clipnorm`, often helps"
            case "timeout":
                advice = "allow more with `--trial-minutes`, or bound `macs` with a `require`"
            case _:
                advice = "`sqsem trials --json` shows where each of them failed (`trace`)"
        return advice
