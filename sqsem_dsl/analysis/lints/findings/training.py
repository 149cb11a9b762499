"""Settings of `train` that undo each other, and objectives that are surely not meant (SQS83x)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.analysis.lints.findings.lint import Lint


@dataclass(frozen=True)
class NoMomentum(Lint):
    code: ClassVar[str] = "SQS831"

    @property
    def title(self) -> str:
        return "`nesterov` does nothing where the momentum is 0"

    @property
    def help(self) -> str:
        return "give `sgd` a momentum: `sgd(momentum = 0.9, nesterov = true)`"


@dataclass(frozen=True)
class AlwaysRight(Lint):
    code: ClassVar[str] = "SQS832"
    output: str = ""
    classes: int = 0

    @property
    def title(self) -> str:
        return f"`top_k({self.classes})` is always 1: `{self.output}` has {self.classes} classes"

    @property
    def help(self) -> str:
        return "ask for fewer"


@dataclass(frozen=True)
class ScheduleTooLate(Lint):
    code: ClassVar[str] = "SQS833"
    what: str = ""
    epochs: int = 0

    @property
    def title(self) -> str:
        return f"{self.what}, but training has {self.epochs} epoch{'s' if self.epochs > 1 else ''}"

    @property
    def help(self) -> str:
        return "let it happen earlier, or train longer"


@dataclass(frozen=True)
class WrongWay(Lint):
    """An objective that keeps the worst."""

    code: ClassVar[str] = "SQS834"
    metric: str = ""
    better: str = ""

    @property
    def title(self) -> str:
        wrong = "maximize" if self.better == "minimize" else "minimize"
        way = "lower" if self.better == "minimize" else "higher"
        return f"`{wrong}({self.metric})` keeps the worst models: a {way} `{self.metric}` is better"

    @property
    def help(self) -> str:
        return f"write `{self.better}({self.metric})`"


@dataclass(frozen=True)
class TrainingMetric(Lint):
    """An objective that is measured on the training data."""

    code: ClassVar[str] = "SQS835"
    way: str = ""
    metric: str = ""

    @property
    def title(self) -> str:
        return f"`{self.metric}` is measured on the training data: it does not show how a model does on new data"

    @property
    def help(self) -> str:
        return f"write `{self.way}(val_{self.metric})`"
