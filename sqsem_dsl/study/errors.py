"""What can be wrong with a search before and while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.diagnostics import Diagnostic, listing, similar


@dataclass(frozen=True)
class UnknownObjective(Diagnostic):
    """Nothing reports the metric that the search is to better."""

    code: ClassVar[str] = "SQS751"
    metric: str
    known: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"training reports no `{self.metric}` to search by"

    @property
    def help(self) -> str:
        return similar("metric", self.metric, self.known) or f"it reports {listing(sorted(self.known), 20)}"


@dataclass(frozen=True)
class SeveralObjectives(Diagnostic):
    code: ClassVar[str] = "SQS752"
    metrics: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"KerasTuner's tuner searches by one objective, not by several ({listing(self.metrics)})"

    @property
    def help(self) -> str:
        return "`sqsem search` finds the Pareto front; else search by one and bound the others with a `require`"

    @property
    def note(self) -> str:
        return "KerasTuner adds several objectives up to one number, which means something else"


@dataclass(frozen=True)
class NotOfKerasTuner(Diagnostic):
    """A tuner of KerasTuner's is asked for with an algorithm that has no oracle."""

    code: ClassVar[str] = "SQS767"
    algorithm: str

    @property
    def title(self) -> str:
        return f"KerasTuner's tuner cannot search with `{self.algorithm}`, which is Optuna's"

    @property
    def help(self) -> str:
        return "`sqsem search` can; a tuner takes `random`, `grid`, `bayesian`, `evolution` or `hyperband`"


@dataclass(frozen=True)
class MissingPackage(Diagnostic):
    """A package that a search needs is not installed."""

    code: ClassVar[str] = "SQS753"
    package: str
    purpose: str
    extra: str

    @property
    def title(self) -> str:
        return f"{self.purpose} needs `{self.package}`, which is not installed"

    @property
    def help(self) -> str:
        return f"install it with `pip install 'sqsem-dsl[{self.extra}]'`"


@dataclass(frozen=True)
class NothingTrained(Diagnostic):
    """Every trial failed."""

    code: ClassVar[str] = "SQS754"
    failures: tuple[tuple[int, str], ...]
    """Numbers of trials and why each failed."""
    diverged: bool = False
    """Whether none had a finite loss and score."""
    at: str = "`sqsem trials --json` (`trace`)"
    """Where the tracebacks are."""

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


@dataclass(frozen=True)
class NothingToTry(Diagnostic):
    """The search ended before its first trial."""

    code: ClassVar[str] = "SQS755"
    reason: str

    @property
    def title(self) -> str:
        return f"no trial was started: {self.reason}"

    @property
    def help(self) -> str:
        return "loosen the `require`s, or widen the domains"


@dataclass(frozen=True)
class CannotWrite(Diagnostic):
    code: ClassVar[str] = "SQS756"
    path: str
    reason: str
    remedy: str = "free some space, or name another folder with `-o`"
    kept: bool = False
    """Whether there is a journal that the same command goes on with."""

    @property
    def title(self) -> str:
        return f"cannot write `{self.path}`: {self.reason}"

    @property
    def help(self) -> str:
        return "free some space: the same command goes on where this one ended" if self.kept else self.remedy

    @property
    def note(self) -> str | None:
        return "every trial that was over is in the journal" if self.kept else None


@dataclass(frozen=True)
class UnreadableTrials(Diagnostic):
    """There are no trials where they were looked for."""

    code: ClassVar[str] = "SQS761"
    path: str
    reason: str

    @property
    def title(self) -> str:
        return f"cannot read the trials in `{self.path}`: {self.reason}"

    @property
    def help(self) -> str:
        return "name the folder that `sqsem search -o` filled"


@dataclass(frozen=True)
class OtherTrials(Diagnostic):
    """Trials are read with a spec that they were not made with."""

    code: ClassVar[str] = "SQS762"
    path: str
    detail: str

    @property
    def title(self) -> str:
        return f"the trials in `{self.path}` are not of this space: {self.detail}"

    @property
    def help(self) -> str:
        return "compare with the spec that was searched: it lies beside them as `spec.sqs`"

    @property
    def note(self) -> str:
        return "constants that were set with `--define` must be set again"


@dataclass(frozen=True)
class NoCluster(Diagnostic):
    """Trials cannot be run on the Ray cluster that was named."""

    code: ClassVar[str] = "SQS758"
    address: str
    reason: str
    remedy: str = "start one with `ray start --head`, or run on this machine alone with `--workers`"

    @property
    def title(self) -> str:
        return f"cannot run trials on the Ray cluster `{self.address}`: {self.reason}"

    @property
    def help(self) -> str:
        return self.remedy


@dataclass(frozen=True)
class NoWorker(Diagnostic):
    """Processes that should train end before they can take a trial."""

    code: ClassVar[str] = "SQS759"
    reason: str

    @property
    def title(self) -> str:
        return f"no process for trials can be started: {self.reason}"

    @property
    def help(self) -> str:
        return "see what is wrong with `--workers 0`, which runs trials in the process of the search itself"


@dataclass(frozen=True)
class NoStart(Diagnostic):
    """A point that a search is to begin with cannot be had."""

    code: ClassVar[str] = "SQS766"
    name: str
    reason: str

    @property
    def title(self) -> str:
        return f"cannot start from `{self.name}`: {self.reason}"

    @property
    def help(self) -> str:
        return "give `default`, `baseline`, a study's folder, or a JSON file with choices by path, as in `best.json`"


@dataclass(frozen=True)
class NoStudy(Diagnostic):
    """There is no study where one was looked for."""

    code: ClassVar[str] = "SQS763"
    path: str
    exists: bool

    @property
    def title(self) -> str:
        return f"there is no study in `{self.path}`" + ("" if self.exists else ", which does not exist")

    @property
    def help(self) -> str:
        return "name the folder that `sqsem search -o` filled"


@dataclass(frozen=True)
class UnreadableStudy(Diagnostic):
    code: ClassVar[str] = "SQS764"
    path: str
    reason: str

    @property
    def title(self) -> str:
        return f"cannot read the study `{self.path}`: {self.reason}"

    @property
    def help(self) -> str:
        return "search into another folder with `-o`, or mend the file with SQLite's own tools"


@dataclass(frozen=True)
class OtherStudy(Diagnostic):
    """A search is to go on in a folder that holds a study which it cannot go on with."""

    code: ClassVar[str] = "SQS765"
    path: str
    what: str
    """What differs: "other data", "another seed", … """
    there: str
    here: str

    @property
    def title(self) -> str:
        return f"`{self.path}` holds a study with {self.what}: its scores would not compare"

    @property
    def note(self) -> str:
        return f"there it is {self.there}, here {self.here}"

    @property
    def help(self) -> str:
        return "name another folder with `-o`; `--reuse DIR` takes over what was trained alike"


@dataclass(frozen=True)
class SameFailure(Diagnostic):
    """Trial after trial failed in the same way."""

    code: ClassVar[str] = "SQS757"
    count: int
    reason: str
    kind: str
    folder: str

    @property
    def title(self) -> str:
        return f"the search was ended: {self.count} trials in a row failed alike: {self.reason}"

    @property
    def help(self) -> str:
        match self.kind:
            case "memory" | "died":
                advice = "a smaller `batch_size`, fewer `--workers`, or a `require` on `activations` or `params` may do"
            case "diverged":
                advice = "a smaller learning rate, or `clipnorm`, often helps"
            case "timeout":
                advice = "allow more with `--trial-minutes`, or bound `macs` with a `require`"
            case _:
                advice = "`sqsem trials --json` shows where each of them failed (`trace`)"
        return advice

    @property
    def note(self) -> str:
        return f"nothing is lost: the same command goes on with the next trial; all of them are in {self.folder}"
