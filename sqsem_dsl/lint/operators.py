"""Lints of operators and bypasses that compute nothing: around nothing, on one value, on padding, before a norm; and of
attention to one place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqsem_dsl.analysis.observations import Meeting
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.diagram.combine import show_shape
from sqsem_dsl.ir.graph import Const, Draw, ItemId, Op, Residual
from sqsem_dsl.lint.context import LintContext
from sqsem_dsl.lint.findings.operators import (
    AttentionToOne,
    BiasBeforeBatchnorm,
    BypassAroundNothing,
    BypassNeverFits,
    PoolOfOne,
    WastedKernel,
)
from sqsem_dsl.lint.space_index import OUTPUT, SpaceIndex
from sqsem_dsl.operators import TABLE
from sqsem_dsl.operators.arguments import axes
from sqsem_dsl.operators.attention import ATTENTION
from sqsem_dsl.operators.axis import axis_position

_KERNELS = frozenset(["conv", "depthwise", "separable"])
_BIASED = frozenset(["conv", "depthwise", "separable", "conv_transpose", "dense"])
_POOLS = frozenset(["maxpool", "avgpool"])


def check_bypasses(subject: LintContext) -> Iterator[Diagnostic]:
    """Bypasses around nothing, and those with `fit` where no shape ever fits."""
    for span, uses in subject.items(Residual).items():
        pairs = {pair for facts, item, _ in uses for pair in facts.bypassed(item)}
        if not pairs:
            continue
        modes = {mode for facts, _, node in uses for mode in _modes(facts, node)}
        if all(facts.plain[node.body] == facts.plain[node.of] for facts, _, node in uses):
            adding = tuple(mode for mode in ("identity", "fit", "auto", "project") if mode in modes)
            if adding:
                yield BypassAroundNothing(span, None, adding)
        elif modes == {"fit"} and all(before != after for before, after in pairs) and not subject.in_block(span):
            shown = tuple((show_shape(before), show_shape(after)) for before, after in sorted(pairs))
            yield BypassNeverFits(span, None, shown)


def _modes(facts: SpaceIndex, node: Residual) -> tuple[str, ...]:
    match facts.items[node.mode]:
        case Const(value=value):
            return (str(value),)
        case Draw(choice=choice):
            return tuple(map(str, facts.values(choice)))
        case _:
            return ()


# ---- kernels and pools


def check_windows(subject: LintContext) -> Iterator[Diagnostic]:
    """Kernels some of whose weights see only padding, and pools over maps of one value."""
    for span, uses in subject.items(Op).items():
        name = uses[0][2].row.name
        if name not in _KERNELS and name not in _POOLS:
            continue
        met = [meeting for facts, item, _ in uses for meeting in facts.meetings(item)]
        if not met:
            continue
        if name in _POOLS:
            if all(set(meeting.inputs[0][:-1]) == {1} for meeting in met):
                yield PoolOfOne(span, None, name, show_shape(met[0].inputs[0]))
        elif all(seen(meeting) != axes(meeting.attributes, "kernel") for meeting in met):
            yield _wasted(span, name, met)


def _wasted(span: Span, name: str, met: Sequence[Meeting]) -> Diagnostic:
    first = max(met, key=lambda meeting: meeting.inputs[0][:-1])
    kernel, extents = axes(first.attributes, "kernel"), first.inputs[0][:-1]
    others = tuple(sorted({meeting.inputs[0][:-1] for meeting in met} - {extents}))
    dilated = "dilation" in first.attributes and set(axes(first.attributes, "dilation")) != {1}
    found: Diagnostic = WastedKernel(span, None, name, kernel, extents, seen(first), dilated, others)
    return found


def seen(met: Meeting) -> tuple[int, ...]:
    """The number of places of a kernel that meet a value of the map, on each axis, for at least one position of the
    kernel.

    With padding `same`, Keras pads an extent n to (ceil(n / s) - 1) s + d (k - 1) + 1, the smaller half before it.
    """
    kernel, stride = axes(met.attributes, "kernel"), axes(met.attributes, "stride")
    dilation = axes(met.attributes, "dilation") if "dilation" in met.attributes else (1,) * len(kernel)
    if met.attributes["padding"] != "same":
        return kernel
    found = []
    for n, k, s, d in zip(met.inputs[0][:-1], kernel, stride, dilation, strict=True):
        positions = -(-n // s)
        before = max((positions - 1) * s + d * (k - 1) + 1 - n, 0) // 2
        places = range(0, positions * s, s)
        found.append(sum(any(0 <= place + d * i - before < n for place in places) for i in range(k)))
    return tuple(found)


# ---- biases


def check_biases(subject: LintContext) -> Iterator[Diagnostic]:
    """Biases that a batch normalization subtracts again: nothing else reads the layer's output."""
    for span, uses in subject.items(Op).items():
        name = uses[0][2].row.name
        if name not in _BIASED or not all(_is_subtracted(facts, item, node) for facts, item, node in uses):
            continue
        norms: dict[Span, None] = {}
        for facts, item, _ in uses:
            for reader in facts.readers[item]:
                norm = facts.items[reader]
                assert isinstance(norm, Op)
                norms[norm.span] = None
        edit = subject.editor.with_argument(span, "bias = false")
        yield BiasBeforeBatchnorm(span, edit, name, tuple(norms)[:3])


def _is_subtracted(facts: SpaceIndex, item: ItemId, node: Op) -> bool:
    readers = facts.readers[item]
    if not readers or OUTPUT in readers or "bias" in dict(node.attributes) or not facts.meetings(item):
        return False
    norms = [facts.items[reader] for reader in readers]
    return all(isinstance(norm, Op) and norm.row is TABLE["batchnorm"] for norm in norms)


# ---- attention


def check_attention(subject: LintContext) -> Iterator[Diagnostic]:
    """Attention to a memory of one place: the weights of that place are always 1, whatever queries and keys are."""
    for span, uses in subject.items(Op).items():
        if uses[0][2].row.name != ATTENTION:
            continue
        met = [meeting for facts, item, _ in uses for meeting in facts.meetings(item)]
        if met and all(each.inputs[-1][axis_position(each.inputs[-1], each.attributes)] == 1 for each in met):
            yield AttentionToOne(span, None, show_shape(met[0].inputs[-1]))
