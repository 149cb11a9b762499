"""The checks of a whole space after its evaluation: its shapes, choices, rules and inputs, and its settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from sqsem_dsl.analysis.weights import has_backbone, pretrained_inputs
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.diagram.combine import show_shape
from sqsem_dsl.diagram.shape_analysis import ShapeAnalysis
from sqsem_dsl.elaborate.errors.choices import DeadChoice, NothingAllowed, RuleAlwaysHolds, RuleNeverApplies
from sqsem_dsl.elaborate.errors.latency import LayersNotMeasured
from sqsem_dsl.elaborate.errors.statements import BadSetting, UnfitOutput, UnusedInput
from sqsem_dsl.ir.graph import Declared, Graph, Input, ItemId, SettingValue
from sqsem_dsl.ir.liveness import Liveness
from sqsem_dsl.ir.path import Path, together
from sqsem_dsl.ir.settings import Assignment, place_of, plain_setting, ways
from sqsem_dsl.operators.row import PaddedShape, WholeShape
from sqsem_dsl.settings.check_extern import check_monitors
from sqsem_dsl.settings.check_with_space import check_objectives, check_train_outputs
from sqsem_dsl.settings.options import AsTheyCome
from sqsem_dsl.settings.sections import Problem, TrainSettings
from sqsem_dsl.settings.unfreeze import After
from sqsem_dsl.space.space import Space

Kind = Literal["is an input of whole numbers", "consists of padded sequences"]


def check_space(graph: Graph, shape_analysis: ShapeAnalysis, rule_spans: Mapping[ItemId, Span]) -> Iterator[Diagnostic]:
    """Faults that occur in some architecture, choices that are never active, rules that always or never hold. Assumes
    that the space elaborated without an error."""
    yield from shape_analysis.faults
    if shape_analysis.wide is not None:
        yield shape_analysis.wide
        return
    assert shape_analysis.diagram is not None
    if shape_analysis.diagram.count == 0:
        faulty = {fault.span for fault in shape_analysis.faults}
        rules = [span for rule in shape_analysis.unmet or tuple(rule_spans) if (span := rule_spans[rule]) not in faulty]
        if rules and not shape_analysis.faults:
            others = tuple(span for span in rule_spans.values() if span not in rules)
            # A rule that cuts everything that reached it may be right: other rules may have cut the rest.
            yield NothingAllowed(rules[0], tuple(rules[1:]) + others)
        return
    # A rule in a repeat or a block is one item for each instance: it may cut in only one of them.
    decided = {span for rule, span in rule_spans.items() if rule in shape_analysis.decided}
    cutting = {rule_spans[rule] for rule in shape_analysis.decided.difference(shape_analysis.always)}
    for span in dict.fromkeys(rule_spans.values()):
        if span not in decided:
            yield RuleNeverApplies(span)
        elif span not in cutting:
            yield RuleAlwaysHolds(span)
    if not shape_analysis.faults:
        yield from _dead(graph, shape_analysis)


def _dead(graph: Graph, shape_analysis: ShapeAnalysis) -> Iterator[Diagnostic]:
    """Choices that no architecture uses; those of a family are one error."""
    families: dict[tuple[Path, str], list[Declared]] = {}
    for number, choice in enumerate(graph.choices):
        if choice.section != "architecture" or number in shape_analysis.active:
            continue
        if choice.kind == "param" and choice.at.parts[-1].indices:
            families.setdefault((choice.at.parent, choice.at.name), []).append(choice)
        else:
            yield DeadChoice(choice.span, choice.path)
    for several in families.values():
        paths = [choice.at for choice in several]
        yield DeadChoice(several[0].span, together(paths), len(paths), indexed=True)


def check_inputs(graph: Graph, spans: Mapping[str, Span]) -> Iterator[Diagnostic]:
    """Inputs that no output can need."""
    reachable = Liveness(graph.items, tuple(item for _, item in graph.outputs)).reachable
    used = {node.name for item in reachable if isinstance(node := graph.items[item], Input)}
    for node in graph.inputs:
        if node.name not in used:
            yield UnusedInput(spans[node.name], node.name)


def check_outputs(graph: Graph, analysis: ShapeAnalysis, spans: Mapping[str, Span]) -> Iterator[Diagnostic]:
    """Outputs that are an input of whole numbers, or padded, in some architecture."""
    for (name, _), shapes in zip(graph.outputs, analysis.shapes, strict=False):
        for shape in shapes:
            if isinstance(shape, WholeShape | PaddedShape):
                whole = isinstance(shape, WholeShape)
                kind: Kind = "is an input of whole numbers" if whole else "consists of padded sequences"
                yield UnfitOutput(spans[name], name, kind, show_shape(shape))
                break


def check_training(space: Space) -> Iterator[Diagnostic]:
    """Losses, metrics and other settings that do not fit the outputs or inputs, and names that training does not
    report. Continuous choices of `train` are set to their ends. Assumes a space without errors."""
    graph = space.graph
    if not graph.train and not graph.search:
        return
    outputs, inputs = space.outputs, space.inputs
    for assignment in ways(graph.items, graph.choices, (value for _, value in graph.train)):
        train = TrainSettings.from_plain({key: plain_setting(graph.items, v, assignment) for key, v in graph.train})
        of_training = check_train_outputs(train, outputs, inputs) + check_monitors(train, outputs)
        for section, problems in (
            (graph.train, [*of_training, *_unfrozen(train, space)]),
            (graph.search, check_objectives(space.search_settings, train, outputs)),
        ):
            for problem in problems:
                yield _diagnostic(problem, dict(section), graph, assignment, space.span)


def check_standardize(graph: Graph, analysis: ShapeAnalysis, otherwise: Span) -> Iterator[Diagnostic]:
    """Inputs that are standardized although a backbone needs them as they are. Assumes settings without errors."""
    images = tuple(dict.fromkeys(pretrained_inputs(graph, analysis)))
    entries = [(key, value) for key, value in graph.train if key.partition(".")[0] == "standardize"]
    for assignment in ways(graph.items, graph.choices, (value for _, value in entries)) if images else ():
        train = TrainSettings.from_plain({key: plain_setting(graph.items, v, assignment) for key, v in entries})
        for problem in _standardized(train, images):
            yield _diagnostic(problem, dict(entries), graph, assignment, otherwise)


def _standardized(train: TrainSettings, images: Iterable[str]) -> Iterator[Problem]:
    """Inputs that are standardized although the trained weights of a backbone expect images from 0 to 1."""
    for name in images:
        if isinstance(train.by_input.get(name, train.standardize), AsTheyCome):
            continue
        key = f"standardize.{name}" if name in train.by_input else "standardize"
        message = f"`{key}` changes `{name}`, but a `backbone` with trained weights needs values from 0 to 1"
        yield Problem((key,), message, f"write `standardize.{name} = none`: the backbone scales its input itself")


def _unfrozen(train: TrainSettings, space: Space) -> Iterator[Problem]:
    """Backbones that are unfrozen, although no architecture has one that is trained."""
    if not isinstance(train.unfreeze, After):
        return
    graph, analysis = space.graph, space.shape_analysis
    if not has_backbone(graph, analysis, trained=False):
        yield Problem(("unfreeze",), "`unfreeze` is for backbones, but the space has none", "remove `unfreeze`")
    elif not has_backbone(graph, analysis, trained=True):
        message = "`unfreeze` has nothing to unfreeze: every backbone has `trainable = none`"
        help = "name what is trained after these epochs, as `trainable = all` does, or remove `unfreeze`"
        yield Problem(("unfreeze",), message, help)


def _diagnostic(
    problem: Problem, entries: Mapping[str, SettingValue], graph: Graph, assignment: Assignment, otherwise: Span
) -> Diagnostic:
    key = str(problem.where[0])
    span = place_of(graph.items, entries[key], problem.where[1:], assignment) if key in entries else otherwise
    found: Diagnostic = BadSetting(span, key, problem.message, problem.help)
    return found


def check_times(space: Space) -> Iterator[Diagnostic]:
    """The layers of a space that its table of measured layers lacks."""
    times = space.graph.times
    if times is None:
        return
    missing = sorted(kind.key for kind in space.costed.kinds if kind.key not in times.nanoseconds)
    if missing:
        yield LayersNotMeasured(times.span, times.path, tuple(missing), times.span.source.name)
