"""The settings of `search { }` and `meta { }` after their expressions are evaluated."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field

from sqsem_dsl.settings.base import Count, Model, Natural, Option, Positive, spelled

Portion = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

# ---- algorithms: with the names of arguments that KerasTuner's oracles and Optuna's samplers have


class Random(Option):
    """Independent random trials: choice by choice, or uniformly `over` the assignments of the space. Deep networks have
    more choices and therefore most of the assignments: a uniform sample contains hardly any shallow networks.
    """

    name: Literal["random"] = "random"
    over: Literal["assignments", "choices"] = "choices"


class Hyperband(Option):
    """Many trials for few epochs, then the best `1 / factor` of them for `factor` times as many, and so on up to
    `max_epochs`.
    """

    name: Literal["hyperband"] = "hyperband"
    factor: Annotated[int, Field(ge=2)] = 3
    max_epochs: Count | None = None
    """None: the `epochs` of `train`."""
    hyperband_iterations: Positive = 1.0


class Bayesian(Option):
    """A Gaussian process over choices and exact costs proposes the trial with the highest expected improvement."""

    name: Literal["bayesian"] = "bayesian"
    num_initial_points: Count | None = None
    """Random trials before the first proposed one. None: 5, or a third of the trials if they are fewer than 15."""


class Grid(Option):
    """Every configuration in turn; continuous domains at ten points."""

    name: Literal["grid"] = "grid"


class Evolution(Option):
    """Regularized evolution: the best of `sample` out of the last `population` trials, with one choice changed."""

    name: Literal["evolution"] = "evolution"
    population: Annotated[int, Field(ge=2)] = 20
    sample: Count = 5


class Tpe(Option):
    """Optuna's tree-structured Parzen estimator: of `n_ei_candidates` samples near good trials, the one that is least
    like the others.
    """

    name: Literal["tpe"] = "tpe"
    n_startup_trials: Count = 10
    """Uniformly sampled trials before the first proposed one."""
    n_ei_candidates: Count = 24


class Nsga2(Option):
    """Optuna's NSGA-II: generations of `population_size` trials, children of the best by Pareto rank and crowding."""

    name: Literal["nsga2"] = "nsga2"
    population_size: Annotated[int, Field(ge=2)] = 50
    crossover_prob: Portion = 0.9
    mutation_prob: Portion | None = None
    """For each choice; None: 1 divided by the number of choices."""


Algorithm = Annotated[Random | Hyperband | Bayesian | Grid | Evolution | Tpe | Nsga2, Field(discriminator="name")]
ONE_OBJECTIVE: tuple[str, ...] = ("hyperband",)
"""The algorithms that cannot search for a Pareto front, because they rank and stop trials by one number."""


# ---- stopping: the trials that end before their last epoch, because others were better


class EachToItsEnd(Option):
    """Every trial trains to its last epoch, or until its own early stopping."""

    name: Literal["none"] = "none"


class Median(Option):
    """A trial ends if its best epoch so far is worse than the median of the other trials at this epoch."""

    name: Literal["median"] = "median"
    min_epochs: Count = 1
    """The first epoch at which trials are compared."""
    min_trials: Count = 5
    """Trials that must have reached an epoch before others are compared with them."""


class Asha(Option):
    """Asynchronous successive halving: after `min_epochs` epochs, `factor` times as many, and so on, only the best
    `1 / factor` of the trials go on. A trial that was stopped goes on later if it has come into the best part.
    """

    name: Literal["asha"] = "asha"
    factor: Annotated[int, Field(ge=2)] = 3
    min_epochs: Count = 1


Stopping = Annotated[EachToItsEnd | Median | Asha, Field(discriminator="name")]


# ---- objectives


class Maximize(Option):
    name: Literal["maximize"] = "maximize"
    metric: str


class Minimize(Option):
    name: Literal["minimize"] = "minimize"
    metric: str


Objective = Annotated[Maximize | Minimize, Field(discriminator="name")]


# ---- latency


class Table(Option):
    """The measured times of layers: a CSV file in the folder of the spec or below it (`sqsem measure`)."""

    name: Literal["table"] = "table"
    path: Annotated[str, Field(min_length=1)]


class SearchSettings(Model):
    """The settings of a search. If `objectives` is empty: maximize accuracy if the first output has one, else minimize
    the loss.
    """

    algorithm: Algorithm = Field(default_factory=Bayesian)
    stopping: Stopping = Field(default_factory=EachToItsEnd)
    objectives: Annotated[tuple[Objective, ...], Field(strict=False)] = ()
    trials: Count | None = None
    """None: as many as the algorithm needs (`grid`, `hyperband`), else 10. With `stopping`, a trial that continues a
    stopped one is not counted."""
    executions: Count = 1
    """The number of trainings of each configuration; its score is the mean."""
    seed: Natural = 0
    hours: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """No trial starts after this many hours."""
    target: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """The search ends when the first objective reaches this score: this or more if it is maximized, this or less if it
    is minimized."""
    trial_minutes: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """A trial that takes longer fails."""
    latency: Table | None = None
    """The times by which the quantity `latency` of a network is known."""

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Self:
        """From plain values by setting: `objective` is one call or a list of calls.

        Raises pydantic.ValidationError if `check_section` would find a problem of a single value.
        """
        options = ("algorithm", "stopping", "objective", "latency")
        own = {key: spelled(value) if key in options else value for key, value in values.items()}
        if "objective" in own:
            objective = own.pop("objective")
            own["objectives"] = objective if isinstance(objective, list) else [objective]
        return cls.model_validate(own)

    def to_plain(self) -> dict[str, Any]:
        """The values that were set, in the form that `from_plain` reads; plain data, fit for JSON."""
        plain = self.model_dump(mode="json", exclude_unset=True)
        if "objectives" in plain:
            plain["objective"] = plain.pop("objectives")
        return plain


class MetaSettings(Model):
    """The author's notes; any key with any plain value is kept."""

    model_config = ConfigDict(extra="allow")
    title: str | None = None
    source: str | None = None
    """A DOI or an address."""
    authors: str | Annotated[tuple[str, ...], Field(strict=False)] | None = None

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Self:
        """Raises pydantic.ValidationError if `check_section` would find a problem."""
        return cls.model_validate(dict(values))

    def to_plain(self) -> dict[str, Any]:
        """The values that were set; plain data, fit for JSON."""
        return self.model_dump(mode="json", exclude_unset=True)
