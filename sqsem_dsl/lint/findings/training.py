"""Settings of `train` that cancel each other, and objectives that are probably not intended (SQS83x)."""

from __future__ import annotations

from sqsem_dsl.lint.findings.lint import Lint


class NoMomentum(Lint, code="SQS831"):
    title = "`nesterov` does nothing where the momentum is 0"
    help = "give `sgd` a momentum: `sgd(momentum = 0.9, nesterov = true)`"


class AlwaysRight(Lint, code="SQS832"):
    output: str = ""
    classes: int = 0

    title = "`top_k({classes})` is always 1: `{output}` has {classes} classes"
    help = "use a smaller `k`"


class ScheduleTooLate(Lint, code="SQS833"):
    what: str = ""
    epochs: int = 0

    help = "move it to an earlier epoch, or train longer"

    @property
    def title(self) -> str:
        return f"{self.what}, but training has {self.epochs} epoch{'s' if self.epochs > 1 else ''}"


class WrongWay(Lint, code="SQS834"):
    """An objective that keeps the worst trial."""

    metric: str = ""
    better: str = ""

    help = "write `{better}({metric})`"

    @property
    def title(self) -> str:
        wrong = "maximize" if self.better == "minimize" else "minimize"
        way = "lower" if self.better == "minimize" else "higher"
        return f"`{wrong}({self.metric})` keeps the worst models: a {way} `{self.metric}` is better"


class PriorsUnread(Lint, code="SQS836"):
    """A search that draws without priors in a space that has some."""

    algorithm: str = ""
    paths: tuple[str, ...] = ()

    title = "priors have no effect with `algorithm = {algorithm}`: `{paths[0]}` has one"
    help = "choose another algorithm, such as `random` or `bayesian`, or remove the priors"


class TrainingMetric(Lint, code="SQS835"):
    """An objective that is measured on the training data."""

    way: str = ""
    metric: str = ""

    title = "`{metric}` is measured on the training data: it does not measure performance on new data"
    help = "write `{way}(val_{metric})`"
