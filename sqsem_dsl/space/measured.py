"""The layers of a whole space whose times its latency needs, found without its networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqsem_dsl.diagram.costing import costs
from sqsem_dsl.network.latency import LayerKind
from sqsem_dsl.operators.layer_times import LayerTimes

if TYPE_CHECKING:
    from sqsem_dsl.space.space import Space


@dataclass(frozen=True)
class LayerKinds:
    """The kinds of layers of a space, in the order of their names. They are not `complete` if the analysis of costs
    reached its limit; these are those that it met before."""

    kinds: Sequence[LayerKind]
    complete: bool


def layer_kinds(space: Space) -> LayerKinds:
    """The different layers that take time in some architecture; perhaps also some that only assignments have which a
    rule excludes."""
    times = LayerTimes("", {})
    found = costs(replace(space.graph, times=times), level=space.level)
    return LayerKinds(sorted(found.kinds, key=lambda kind: kind.key), found.diagram is not None)


def with_times(space: Space, times: LayerTimes) -> Space:
    """The space with other times of its layers."""
    graph = replace(space.graph, times=times)
    made = type(space)(space.name, space.doc, graph, space.shape_analysis, space.span)
    made.compilation, made.level = space.compilation, space.level
    return made
