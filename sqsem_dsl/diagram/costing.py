"""The costs of every network of a space, on the edges of a decision diagram.

In most spaces each choice can be remembered until its last reader. In larger ones, choices that several tensors read
are decided late (`deferred`). If that needs more states than it saves, the choices that need the most states are
decided early again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqsem_dsl.diagram.cost_evaluator import CostEvaluator
from sqsem_dsl.diagram.decision_diagram import EPSILON, FREE, DecisionDiagram, Vertex
from sqsem_dsl.diagram.deferred import LateEvaluator
from sqsem_dsl.diagram.dont_care import candidates
from sqsem_dsl.diagram.exceeded import Limit, Long, StateLimitExceeded
from sqsem_dsl.diagram.frontier import MAX_EDGES, MAX_STATES, Frontier
from sqsem_dsl.diagram.tensors import Tensor
from sqsem_dsl.ir.graph import Draw, Graph, ItemId
from sqsem_dsl.ir.liveness import Liveness
from sqsem_dsl.network.latency import LayerKind
from sqsem_dsl.operators.layer_times import LayerKey
from sqsem_dsl.utils.effort import NORMAL, Effort, Level
from sqsem_dsl.utils.recursion import with_recursion_limit

MAX_COST_STEPS = 2_300_000
"""Steps of all attempts: about ten seconds."""
FEW_STATES, FEW_EDGES = 1_000, 20_000
"""The limits of the first attempt, which remembers every choice."""


@dataclass(frozen=True)
class Costed:
    """The costs of all architectures without a fault, on the edges of a diagram. If the diagram would be too large,
    `diagram` is None and `wide` names the choices that are in scope at once."""

    diagram: DecisionDiagram | None
    depths: Mapping[Vertex, int]
    """For each end, the longest path in convolutions and dense layers, if requested."""
    fed: Mapping[Vertex, tuple[bool, ...]]
    """For each end, the outputs that an input reaches; the other outputs are constant."""
    wide: tuple[str, ...] = ()
    limit: tuple[Limit, int] | None = None
    """The limit that ended the analysis."""
    faulty: bool = False
    """Whether paths were left out because of a fault: rules cut them, or the space has an error."""
    kinds: tuple[LayerKind, ...] = ()
    """With a table of measured layers, the kinds of layers that some architecture has; perhaps also some that only
    assignments have which a rule excludes. If `diagram` is None, those that were met before the limit."""


def costs(graph: Graph, depth: bool = False, most: tuple[int, int] | None = None, level: Level = NORMAL) -> Costed:
    """The costs of all networks of a space without faults. With `depth`, the longest path is part of the state. `most`
    limits the states of a frontier and the edges of the diagram; the default is the limit of any evaluation at the
    level."""
    stored = level.stored(MAX_STATES), level.stored(MAX_EDGES)
    return _costs(graph, depth, most or stored, level.steps(MAX_COST_STEPS))


@with_recursion_limit
def _costs(graph: Graph, depth: bool, most: tuple[int, int], steps: int) -> Costed:
    roots = tuple(item for _, item in graph.outputs)
    keys: frozenset[int] = frozenset()
    limit: tuple[Limit, int] | None = None
    kinds: dict[LayerKey, LayerKind] = {}
    for evaluator in _attempts(graph, Liveness(graph.items, roots, graph.rules), depth, most, Effort(steps)):
        try:
            return _finished(evaluator, evaluator.run(roots))
        except StateLimitExceeded as wide:
            keys = wide.keys
            limit = wide.what, wide.most
            kinds |= evaluator.maker.kinds
            if isinstance(wide, Long):
                break
    draws = (graph.items[key] for key in sorted(keys) if 0 <= key < len(graph.items))
    paths = tuple(graph.choices[draw.choice].path for draw in draws if isinstance(draw, Draw))
    return Costed(None, {}, {}, paths, limit, kinds=tuple(kinds.values()))


def _attempts(
    graph: Graph, liveness: Liveness, depth: bool, most: tuple[int, int], effort: Effort
) -> Iterator[CostEvaluator]:
    """Evaluations, each to be tried if the one before had too many states."""
    late = candidates(graph, liveness, {})
    first = CostEvaluator(graph, liveness, depth, effort)
    first.most = (min(FEW_STATES, most[0]), min(FEW_EDGES, most[1])) if late else most
    yield first
    before: set[ItemId] = set()
    while late != before:
        before = late
        evaluator = LateEvaluator(graph, liveness, depth, late, effort)
        evaluator.most = most
        yield evaluator
        late = late - evaluator.costly


def _finished(evaluator: CostEvaluator, front: Frontier) -> Costed:
    """The diagram, with an end for each state."""
    trace, maker = evaluator.trace, evaluator.maker
    ends: list[Vertex] = []
    depths: dict[Vertex, int] = {}
    fed: dict[Vertex, tuple[bool, ...]] = {}
    for (_, stack), vertex in front.items():
        outputs = [tensor for tensor in stack if isinstance(tensor, Tensor)]
        if not any(tensor.fed for tensor in outputs):
            # A model needs an input to know the number of samples, even if the input is unused.
            trace.spend(vertex, FREE, maker.input("", evaluator.graph.inputs[0].shape).size)
        trace.spend(vertex, FREE, max((tensor.size for tensor in outputs if tensor.zero), default=0))
        end = trace.vertex()
        trace.draw(vertex, EPSILON, 0, end)
        ends.append(end)
        depths[end] = max((tensor.depth for tensor in outputs), default=0)
        fed[end] = tuple(tensor.fed for tensor in outputs)
    return Costed(trace.finish(ends), depths, fed, faulty=bool(evaluator.met), kinds=tuple(maker.kinds.values()))
