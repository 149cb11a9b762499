"""Lints of `train`: settings that cancel each other for all their values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import prod

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.ir.context import draws
from sqsem_dsl.ir.graph import Graph, SettingValue
from sqsem_dsl.ir.settings import MAX_WAYS, place_of, plain_setting, setting_items, ways
from sqsem_dsl.lint.context import LintContext
from sqsem_dsl.lint.findings.training import (
    AlwaysRight,
    NoMomentum,
    PriorsUnread,
    ScheduleTooLate,
    TrainingMetric,
    WrongWay,
)
from sqsem_dsl.settings.check_extern import extern_metrics
from sqsem_dsl.settings.metrics import COUNTS, better_way
from sqsem_dsl.settings.search import Grid, Random
from sqsem_dsl.settings.sections import Plain
from sqsem_dsl.space.space import Space

DEFAULT_EPOCHS, DEFAULT_K, DEFAULT_PATIENCE = 10, 5, 10
Where = tuple[str | int, ...]
Judged = tuple[Where, Diagnostic | None]
"""A place in a setting with its problem there; None if there is no problem for these values."""
Judge = Callable[[Mapping[str, Plain], Callable[[Where], Span]], Iterator[Judged]]


def check_settings(subject: LintContext) -> Iterator[Diagnostic]:
    """Momentum without effect, metrics that are always 1, schedules that start after the last epoch."""
    for space, _ in subject.spaces:
        graph = space.graph
        yield from _always(graph, ("optimizer",), _momentum)
        yield from _always(graph, ("schedule", "epochs"), partial(_schedule, space))
        for key in (key for key, _ in graph.train if key.partition(".")[0] == "metrics"):
            yield from _always(graph, (key,), partial(_top_k, space, key))
        yield from _objectives(space)
        yield from _priors(space)


def _priors(space: Space) -> Iterator[Diagnostic]:
    """Priors that the search does not read: it takes assignments in an order, or each with the same probability."""
    entry = dict(space.graph.search).get("algorithm")
    paths = tuple(choice.path for choice in space.choices if choice.prior is not None)
    if entry is None or not paths:
        return
    match space.search_settings.algorithm:
        case Grid():
            yield PriorsUnread(place_of(space.graph.items, entry, (), {}), None, "grid", paths)
        case Random(over="assignments"):
            span = place_of(space.graph.items, entry, ("over",), {})
            yield PriorsUnread(span, None, "random(over = assignments)", paths)
        case _:
            return


def _objectives(space: Space) -> Iterator[Diagnostic]:
    """Objectives that prefer the worst trial, or that are measured on the training data."""
    entry = dict(space.graph.search).get("objective")
    if entry is None:
        return
    train, several = space.default().train, space.search_settings.objectives
    for i, objective in enumerate(several):
        metric, way = objective.metric, objective.name
        span = place_of(space.graph.items, entry, (i,) if len(several) > 1 else (), {})
        own = metric in extern_metrics(train, space.outputs)
        better = way if own else better_way(metric, train, space.outputs)
        if way != better:
            yield WrongWay(span, None, metric, better)
        if metric not in COUNTS and not metric.startswith("val_"):
            yield TrainingMetric(span, None, better, metric)


def _always(graph: Graph, keys: Sequence[str], judge: Judge) -> Iterator[Diagnostic]:
    """The problem at a place that occurs for all values of the settings with which the place is present."""
    entries = {key: value for key, value in graph.train if key in keys}
    if keys[0] not in entries or not _few(graph, tuple(entries.values())):
        return
    found: dict[Span, list[Diagnostic | None]] = {}
    for assignment in ways(graph.items, graph.choices, entries.values()):
        plain = {key: plain_setting(graph.items, value, assignment) for key, value in entries.items()}

        def place(where: Where, assignment: Mapping[int, object] = assignment) -> Span:
            return place_of(graph.items, entries[keys[0]], where, assignment)  # type: ignore[arg-type]

        for where, wrong in judge(plain, place):
            found.setdefault(place(where), []).append(wrong)
    for several in found.values():
        wrong_ways = [wrong for wrong in several if wrong is not None]
        if wrong_ways and len(wrong_ways) == len(several):
            yield max(wrong_ways, key=lambda wrong: getattr(wrong, "epochs", 0))


def _few(graph: Graph, values: Sequence[SettingValue]) -> bool:
    """Whether there are few enough ways to set them to try all."""
    choices: set[int] = set()
    for value in values:
        for item in setting_items(value):
            draws(graph.items, item, choices)
    domains = (graph.choices[choice].domain for choice in choices)
    return prod(len(d.values) if isinstance(d, Categorical) else 2 for d in domains) <= MAX_WAYS


def _option(value: Plain) -> tuple[str, Mapping[str, Plain]]:
    """The name and the arguments of an option."""
    return (str(value["name"]), value) if isinstance(value, dict) else (str(value), {})


def _momentum(plain: Mapping[str, Plain], place: Callable[[Where], Span]) -> Iterator[Judged]:
    name, arguments = _option(plain["optimizer"])
    if name == "sgd" and arguments.get("nesterov") is True:
        where = ("nesterov",)
        yield where, NoMomentum(place(where)) if arguments.get("momentum", 0) == 0 else None


def _schedule(space: Space, plain: Mapping[str, Plain], place: Callable[[Where], Span]) -> Iterator[Judged]:
    name, arguments = _option(plain["schedule"])
    epochs = plain.get("epochs", DEFAULT_EPOCHS)
    longest = getattr(space.search_settings.algorithm, "max_epochs", None) or 0
    total = max(epochs if isinstance(epochs, int) else 0, longest)

    def judged(where: Where, after: Plain, what: str) -> Judged:
        late = isinstance(after, int) and after >= total
        return where, ScheduleTooLate(place(where), None, what.format(after), total) if late else None

    match name:
        case "step":
            yield judged(("every",), arguments["every"], "the first step is after {} epochs")
        case "cosine_restarts":
            yield judged(("first",), arguments["first"], "the first restart is after {} epochs")
        case "reduce_on_plateau":
            patience = arguments.get("patience", DEFAULT_PATIENCE)
            first = patience + 1 if isinstance(patience, int) else patience
            where = ("patience",) if "patience" in arguments else ()
            yield judged(where, first, "the first reduction is after {} epochs or more")
        case "piecewise":
            after = arguments["epochs"]
            for i, each in enumerate(after if isinstance(after, list) else ()):
                yield judged(("epochs", i), each, "a step is after {} epochs")
        case _:
            return


def _top_k(space: Space, key: str, plain: Mapping[str, Plain], place: Callable[[Where], Span]) -> Iterator[Judged]:
    """`key` is `metrics`, or `metrics.OUTPUT`."""
    own = {k.partition(".")[2] for k, _ in space.graph.train if k.startswith("metrics.")}
    of = key.partition(".")[2]
    outputs = {of} if of else set(space.outputs) - own
    metrics = plain[key]
    for i, metric in enumerate(metrics if isinstance(metrics, list) else ()):
        name, arguments = _option(metric)
        if name == "top_k":
            k = arguments.get("k", DEFAULT_K)
            classes = {name: space.outputs[name].shape[-1] for name in sorted(outputs)}
            where: Where = (i, "k") if "k" in arguments else (i,)
            always = bool(classes) and all(number == k for number in classes.values())
            first = next(iter(classes.items()), ("", 0))
            yield where, AlwaysRight(place(where), None, *first) if always else None
