"""The lints' claims about random spaces, compared with their networks one by one: no claim may be false."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import sqsem_dsl
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.diagram.walk import walk
from sqsem_dsl.ir.choices import show
from sqsem_dsl.ir.liveness import Liveness
from sqsem_dsl.lint.findings.choices import (
    ChoiceChangesNothing,
    NeverUsed,
    SameAlternatives,
    SameValues,
    ValueNeverUsed,
)
from sqsem_dsl.lint.findings.operators import ActivatedTwice, BiasBeforeBatchnorm, PoolOfOne, WastedKernel
from sqsem_dsl.lint.findings.requires import BudgetAlwaysHolds, BudgetNeverHolds, ConstantOutput
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.space.space import Space
from tests.reference.agreement import forgetting
from tests.reference.random_specs import specs

pytestmark = pytest.mark.slow

MOST = 300


@dataclass(frozen=True)
class Every:
    """All networks of a space: reduced, and with all layers as written."""

    space: Space
    architectures: tuple[Architecture, ...]
    written: tuple[tuple[Layer, ...], ...]

    def at(self, span: Span) -> list[tuple[Layer, tuple[Layer, ...]]]:
        """Each layer from a place in the text, with the network around it."""
        return [(layer, layers) for layers in self.written for layer in layers if layer.span == span]


def every(compilation: sqsem_dsl.Compilation) -> Every | None:
    space = compilation.space
    if space.count is None or space.count > MOST:
        return None
    architectures = tuple(space.at(i) for i in range(space.count))
    liveness = Liveness(space.graph.items, tuple(item for _, item in space.graph.outputs), space.graph.rules)
    paths = [choice.path for choice in space.graph.choices]
    written = tuple(
        walk(space.graph, liveness, lambda choice, a=a: a.choices[paths[choice]]).layers  # type: ignore[misc]
        for a in architectures
    )
    return Every(space, architectures, written)


def networks_by_value(known: Every, path: str) -> dict[str, Counter[object]]:
    """For each value of a choice the networks with it, each with the choices outside that choice."""
    found: dict[str, Counter[object]] = {}
    for architecture in known.architectures:
        if path in architecture.choices:
            outside = tuple((p, v) for p, v in architecture.choices.items() if not p.startswith(path))
            found.setdefault(show(architecture.choices[path]), Counter())[outside, architecture.id] += 1
    return found


def same_networks(known: Every, paths: Sequence[str], values: Sequence[str] | None) -> None:
    for path in paths:
        by_value = networks_by_value(known, path)
        several = [by_value[value] for value in values or by_value if value in by_value]
        assert all(set(each) == set(several[0]) for each in several), path


def check_finding(known: Every, finding: Diagnostic) -> None:
    match finding:
        case ChoiceChangesNothing(paths=paths):
            same_networks(known, paths, None)
        case SameValues(paths=paths, values=values):
            same_networks(known, paths, values)
        case SameAlternatives(paths=paths, names=names):
            if all(not isinstance(a.choices.get(path), tuple) for a in known.architectures for path in paths):
                same_networks(known, paths, names)
        case ValueNeverUsed(paths=paths, value=value, budgets=budgets):
            within = [a for a in known.architectures if not budgets or known.space.is_feasible(a)]
            used = {show(a.choices[path]) for a in within for path in paths if path in a.choices}
            assert value not in used
        case BudgetAlwaysHolds():
            assert all(map(known.space.is_feasible, known.architectures))
        case BudgetNeverHolds():
            assert not any(map(known.space.is_feasible, known.architectures))
        case PoolOfOne():
            check_layers(known, finding.span, lambda layer, layers: set(layers[layer.inputs[0]].shape[:-1]) == {1})
        case WastedKernel():
            check_layers(known, finding.span, wasted)
        case BiasBeforeBatchnorm():
            check_layers(known, finding.span, subtracted)
        case ActivatedTwice(first=first):
            check_layers(known, finding.span, lambda layer, layers: name_of(source(layer, layers)) == first)
        case ConstantOutput(output=output, assignments=assignments, total=total):
            constant = [a for a in known.architectures if not alive(a, output)]
            assert (len(constant), len(known.architectures)) == (assignments, total)
        case _:
            pass


def check_layers(known: Every, span: Span, holds: Callable[[Layer, tuple[Layer, ...]], bool]) -> None:
    made = known.at(span)
    assert made
    for layer, layers in made:
        assert holds(layer, layers), layer


def wasted(layer: Layer, layers: tuple[Layer, ...]) -> bool:
    """Whether some row or column of a kernel lies outside of the map at every position of the kernel."""
    shape = layers[layer.inputs[0]].shape
    kernel, stride, output = layer.attributes["kernel"], layer.attributes["stride"], layer.shape
    dilation = layer.attributes.get("dilation", (1,) * len(kernel))  # type: ignore[arg-type]
    for n, k, s, d, out in zip(shape[:-1], kernel, stride, dilation, output[:-1], strict=True):  # type: ignore[arg-type]
        before = max((out - 1) * s + (k - 1) * d + 1 - n, 0) // 2
        if any(all(not 0 <= at * s - before + tap * d < n for at in range(out)) for tap in range(k)):
            return True
    return False


def subtracted(layer: Layer, layers: tuple[Layer, ...]) -> bool:
    position = layers.index(layer)
    readers = [other for other in layers if position in other.inputs]
    while any(other.operator == "identity" or nothing(other, layers) for other in readers):
        passing = [i for i, other in enumerate(layers) if other in readers and nothing(other, layers)]
        readers = [other for other in readers if not nothing(other, layers)]
        readers += [other for other in layers if set(passing) & set(other.inputs)]
    return all(other.operator == "batchnorm" for other in readers)


def nothing(layer: Layer, layers: tuple[Layer, ...]) -> bool:
    """Whether a layer, of the kinds in random specs, returns its input."""
    if layer.operator == "identity" or layer.attributes.get("rate") == 0:
        return True
    size = layer.attributes.get("size", layer.attributes.get("factor"))
    return size is not None and set(size) == {1} and set(layer.attributes.get("stride", (1,))) == {1}  # type: ignore[arg-type]


def source(layer: Layer, layers: tuple[Layer, ...]) -> Layer:
    before = layers[layer.inputs[0]]
    return source(before, layers) if nothing(before, layers) else before


def name_of(layer: Layer) -> str:
    return str(layer.attributes.get("name", layer.operator))


def alive(architecture: Architecture, output: str) -> bool:
    reached: list[bool] = []
    for layer in architecture.layers:
        reached.append(layer.operator == "input" or any(reached[i] for i in layer.inputs))
    return reached[architecture.outputs[output]]


def without_unused(text: str, found: Sequence[Diagnostic]) -> str:
    """The text with the edits for unused names, those that do not overlap."""
    fixes = [d.fix for d in found if isinstance(d, NeverUsed) and d.fix is not None]
    end = len(text)
    for fix in sorted(fixes, key=lambda fix: -fix.span.start):
        if fix.span.end <= end:
            text, end = text[: fix.span.start] + fix.replacement + text[fix.span.end :], fix.span.start
    return text


STAGES = (
    "identity", "relu", "activation(relu)", "dropout(0)", "conv(4, 3)", "conv(4, 3) -> relu", "conv(4, [3, 3])", "zero",
    "conv(4, 1, dilation = any [1, 2]) @l{n}", "conv(4, any [1, 3]) @l{n}", "maxpool(2)", "maxpool(any [2, 3]) @l{n}",
    "avgpool(1)", "conv(max(1, 8 // any_{n}), 1) -> conv(4, 1)", "batchnorm", "conv(any [4, 6], 5) -> batchnorm",
    "conv(4, 3, padding = any [same, valid]) @l{n}", "upsample(any [1, 2]) @l{n}", "sigmoid", "softmax",
    "cell({m}) @l{n}", "slot s{n} {{ {a} }}", "choose c{n} {{ a: {a} b: {b} }}", "choose c{n} {{ a: {a} b: {a} }}",
    "choose c{n} {{ a: {a} b: {b} d: {c} }}", "bypass b{n} in [none, fit, auto] {{ {a} }}", "bypass auto {{ {a} }}",
    "bypass b{n} in [none, project, auto] {{ {a} }}", "repeat n{n} in 0..2 {{ {d} }}", "if {m} == 2 {{ {a} }}",
    "{{ let t = it -> {a} let unused = it -> {d} out t }}",
    "{{ add(pick k{n} in 1..2 {{ a: it -> {d} b: it -> {d} }}) }}",
    "{{ merge(it -> {d}, optional o{n} {{ it -> {d} }}, how = any [add, maximum]) @l{n} }}",
)  # fmt: skip
PLAIN = tuple(stage for stage in STAGES if not any(mark in stage for mark in "{[") and stage != "zero")


@st.composite
def suspicious(draw: st.DrawFn) -> str:
    """The text of a spec with many mistakes."""
    made: list[int] = []
    params: list[str] = []

    def stage(depth: int) -> str:
        made.append(0)
        number = len(made)
        written = draw(st.sampled_from(STAGES if depth < 2 else PLAIN))
        if "any_" in written:
            params.append(f"param any_{number} in [2, 8, 16]")
        parts = {mark: stage(depth + 1) if f"{{{mark}}}" in written else "" for mark in "abc"}
        return str(written.format(n=number, m=draw(st.sampled_from([2, 3])), d=draw(st.sampled_from(PLAIN)), **parts))

    stages = [stage(0) for _ in range(draw(st.integers(1, 4)))]
    rule = draw(st.sampled_from(["", "", "param r in [1, 2, 3] require r > 1", "require params <= 300"]))
    size = draw(st.sampled_from([4, 4, 2, 1]))
    cell = f"shared block cell(x, n: int) {{ param op in [1, 3] out x -> repeat n {{ conv(4, op) }} -> {stage(1)} }}"
    lines = ["sqs 1", cell, "space s {", f"input x: [{size}, {size}, 4]", *params, rule]
    out = " -> ".join(["x", *stages, "gap", "dense(r)" if "param r" in rule else "dense(2)", "softmax"])
    return "\n".join([*lines, f"output y = {out}", "}"])


def check(text: str) -> str:
    compilation = sqsem_dsl.Compilation.from_text(text)
    if compilation.failed:
        return "wrong"
    found = compilation.findings()
    known = every(compilation)
    if known is None:
        return "large"
    for finding in found:
        check_finding(known, finding)
    shorter = without_unused(text, found)
    if shorter != text:
        fixed = sqsem_dsl.loads(shorter)
        assert fixed.count == known.space.count
        assert [fixed.at(i).id for i in range(fixed.count or 0)] == [a.id for a in known.architectures]
    return " ".join(sorted({d.code for d in found})) or "nothing found"


@settings(max_examples=120, suppress_health_check=list(HealthCheck))
@given(specs())
def test_no_claim_is_false(text: str) -> None:
    event(check(text))


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(suspicious())
def test_no_claim_is_false_where_many_are_made(text: str) -> None:
    event(check(text))


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(suspicious())
def test_no_claim_is_false_as_large_spaces_are_folded(text: str) -> None:
    with forgetting():
        event(check(text))
