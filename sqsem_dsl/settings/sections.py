"""The settings of `train`, `search` and `meta`: allowed values, and checks of given values.

`check_setting` and `check_section` check *plain* values of known settings and arguments: numbers as int or
float, flags as bool, words and strings as str, lists as list, and an option as `{"name": "sgd", "momentum": 0.9}` (a
bare word may be str or `{"name": …}`). A setting of one output has a key like `loss.mask`. A value that is
valid alone and with the others makes a `TrainSettings`, `SearchSettings` or `MetaSettings` by `from_plain`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqsem_dsl.diagnostics.diagnostic import listing, similar
from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.settings.check import check_setting
from sqsem_dsl.settings.metrics import COUNTS
from sqsem_dsl.settings.optimizers import Cosine, ReduceOnPlateau
from sqsem_dsl.settings.search import (
    ONE_OBJECTIVE,
    Bayesian,
    EachToItsEnd,
    Evolution,
    Hyperband,
    MetaSettings,
    SearchSettings,
)
from sqsem_dsl.settings.table import SECTIONS, Argument, Plain, Problem, Setting, setting_row
from sqsem_dsl.settings.train import QUALIFIED_BY_INPUT, TrainSettings
from sqsem_dsl.settings.unfreeze import After

__all__ = [
    "SECTIONS",
    "Argument",
    "MetaSettings",
    "Plain",
    "Problem",
    "SearchSettings",
    "Setting",
    "TrainSettings",
    "check_section",
    "check_setting",
    "setting_row",
]


def check_section(
    section: str,
    values: Mapping[str, Plain],
    outputs: Collection[str] | None = None,
    inputs: Collection[str] | None = None,
) -> list[Problem]:
    """The problems of values that are each valid alone (as checked by `check_setting`).

    With the names of the space's outputs and inputs it also checks the qualifiers of settings like `loss.mask`.
    """
    problems: list[Problem] = []
    if section == "train":
        for key in values:
            setting, _, name = key.partition(".")
            what, known = ("input", inputs) if setting in QUALIFIED_BY_INPUT else ("output", outputs)
            if name and known is not None and name not in known:
                help = similar(what, name, known) or f"the {what}s are {listing(known)}"
                message = f"`{key}` is for an {what} `{name}`, which does not exist"
                problems.append(Problem((key,), message, help))
    match section:
        case "train":
            return problems + _check_train(TrainSettings.from_plain(values))
        case "search":
            return problems + _check_search(SearchSettings.from_plain(values))
        case "meta":
            return problems
        case _:
            raise InternalError(f"no section {section}")


def _check_train(train: TrainSettings) -> list[Problem]:
    return [*_check_schedule(train), *_check_unfreeze(train)]


def _check_unfreeze(train: TrainSettings) -> list[Problem]:
    match train.unfreeze:
        case After(epochs=frozen) if frozen >= train.epochs:
            message = f"backbones are frozen for {frozen} epochs, but training has {train.epochs}"
            help = "unfreeze after fewer epochs, or train for more; `trainable = none` freezes a backbone for good"
            return [Problem(("unfreeze", "epochs"), message, help)]
        case _:
            return []


def _check_schedule(train: TrainSettings) -> list[Problem]:
    match train.schedule:
        case Cosine(warmup=warmup) if warmup >= train.epochs:
            message = f"`warmup` takes {warmup} epochs, but training has {train.epochs}"
            return [Problem(("schedule", "warmup"), message, "warm up for fewer epochs, or train for more")]
        case ReduceOnPlateau(min_rate=least) if train.learning_rate is not None and least >= train.learning_rate:
            message = f"`min_rate` is {least:g}, but `learning_rate` is {train.learning_rate:g}"
            return [Problem(("schedule", "min_rate"), message, "choose a lower `min_rate`: nothing would be reduced")]
        case _:
            return []


def _check_search(search: SearchSettings) -> list[Problem]:
    problems: list[Problem] = []
    algorithm, several = search.algorithm, len(search.objectives)
    if several > 1 and algorithm.name in ONE_OBJECTIVE:
        message = f"`{algorithm.name}` searches for one objective, but {several} are named"
        help = "name one objective, or search with `random`, `bayesian`, `evolution`, `tpe` or `nsga2`"
        problems.append(Problem(("objective",), message, help))
    match algorithm:
        case Evolution(population=population, sample=sample) if sample > population:
            message = f"`sample` is {sample}, but the population has {population}"
            problems.append(Problem(("algorithm", "sample"), message, "sample at most the whole population"))
        case Bayesian(num_initial_points=points) if points and search.trials and points > search.trials:
            message = f"`num_initial_points` is {points}, but there are {search.trials} trials"
            problems.append(
                Problem(("algorithm", "num_initial_points"), message, "start with fewer points, or try more")
            )
        case _:
            pass
    return problems + _check_stopping(search)


def _check_stopping(search: SearchSettings) -> list[Problem]:
    """Trials can be stopped by one objective that training reports after each epoch."""
    word = search.stopping.name
    if isinstance(search.stopping, EachToItsEnd):
        return []
    if isinstance(search.algorithm, Hyperband):
        message = f"`hyperband` decides itself how long each trial trains, but `stopping` is `{word}`"
        return [Problem(("stopping",), message, "remove `stopping`, or use it with `random` or another algorithm")]
    if len(search.objectives) > 1:
        message = f"`{word}` stops trials by one objective, but {len(search.objectives)} are named"
        return [Problem(("stopping",), message, "name one objective, or remove `stopping`")]
    counted = next((objective.metric for objective in search.objectives if objective.metric in COUNTS), None)
    if counted is not None:
        message = f"`{word}` stops trials by a value that training changes, but the objective is `{counted}`"
        help = "name an objective that training reports, such as `maximize(val_accuracy)`, or remove `stopping`"
        return [Problem(("stopping",), message, help)]
    return []
