"""The layers of a whole space whose times its latency needs, found without its networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagram.costing import costs
from sqsem_dsl.diagram.path_cost import PathCost
from sqsem_dsl.elaborate.errors.latency import LayersNotMeasured
from sqsem_dsl.network.architecture import Architecture
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


def cost_of_network(architecture: Architecture) -> PathCost:
    """The costs of an architecture by its network. Raises SqsError if a table of measured layers lacks one of its
    layers, which only spaces have that are too large for the analysis of costs."""
    latency = architecture.network.latency
    if latency is not None and latency.missing:
        raise SqsError([LayersNotMeasured.of(latency)])
    a = architecture
    return PathCost(a.params, a.trainable_params, a.macs, a.activations, 0, a.latency or 0)


def with_times(space: Space, times: LayerTimes) -> Space:
    """The space with other times of its layers."""
    graph = replace(space.graph, times=times)
    made = type(space)(space.name, space.doc, graph, space.shape_analysis, space.span)
    made.compilation, made.level = space.compilation, space.level
    return made
