"""Labels on the edges of a diagram that distinguish the networks of a space.

The *signature* of a network is a multiset with one label for each layer with weights or randomness (its operator,
attributes, shapes and inputs), one for each further use of a set of weights, and one for each output. A label refers to
other layers only by their shape, the inputs that reach them, and their depth, counted in such layers since the map was
last resized. So few states differ. Equal networks have equal signatures, so networks with different signatures differ;
the converse need not hold.

The input of a layer is a *term*: the weightless operators between it and the layers before, in a normal form that the
rules of the reduced network (`reduce`) leave unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqsem_dsl.diagram.cost_evaluator import CostEvaluator
from sqsem_dsl.diagram.decision_diagram import EPSILON, Cost, DiagramBuilder, Vertex
from sqsem_dsl.diagram.domains import Application
from sqsem_dsl.diagram.exceeded import StateLimitExceeded
from sqsem_dsl.diagram.frontier import MAX_EDGES, MAX_STATES, Frontier, Slots, slot, with_slot
from sqsem_dsl.diagram.signature_terms import Term, deepest, normal, spelled_attributes, zero
from sqsem_dsl.diagram.tensors import Costs, Made, Tensor
from sqsem_dsl.ir.graph import Graph
from sqsem_dsl.ir.liveness import Liveness
from sqsem_dsl.network.normalize import OWN_WEIGHTS, does_nothing, never_negative, spelled
from sqsem_dsl.operators import TABLE, apply, attributes_key, complete, count
from sqsem_dsl.operators.attention import with_memory
from sqsem_dsl.operators.row import Shape, Value
from sqsem_dsl.utils.effort import NORMAL, Effort, Level
from sqsem_dsl.utils.recursion import with_recursion_limit

MAX_SIGNED_STEPS = 1_100_000
"""Steps of the evaluation: a few seconds."""
AGAIN = "again"
"""The label of a further use of a set of weights."""
Label = int


@dataclass(frozen=True, slots=True)
class Step:
    """An edge of the diagram of signatures."""

    choice: int
    option: int
    labels: tuple[Label, ...]
    target: Vertex


@dataclass(frozen=True)
class Signatures:
    """All signatures of a space. `steps` has the edges from each vertex; vertices are numbered upwards."""

    steps: Mapping[Vertex, tuple[Step, ...]]
    ends: frozenset[Vertex]
    made: Mapping[Label, int]
    """For the label of each layer, the number by which other layers refer to it. Layers with the same number look
    alike."""
    again: frozenset[Label]
    """The labels of further uses of a set of weights; they do not identify the set."""


@dataclass(frozen=True, slots=True)
class Signed(Made):
    """A newly made tensor, with the labels of the layers on the path to it."""

    labels: tuple[Label, ...] = ()


def signatures(graph: Graph, level: Level = NORMAL) -> Signatures | None:
    """The signatures of a space without faults; None if there are too many states for a level."""
    return _signatures(graph, level)


@with_recursion_limit
def _signatures(graph: Graph, level: Level) -> Signatures | None:
    roots = tuple(item for _, item in graph.outputs)
    liveness = Liveness(graph.items, roots, graph.rules)
    evaluator = SignatureEvaluator(graph, liveness, Effort(level.steps(MAX_SIGNED_STEPS)))
    evaluator.most = level.stored(MAX_STATES), level.stored(MAX_EDGES)
    try:
        return evaluator.signed(evaluator.run(roots))
    except StateLimitExceeded:
        return None


class LabelTrace(DiagramBuilder):
    """A decision diagram with labels: the labels that a state has emitted since its vertex are on the edges from
    there."""

    def __init__(self) -> None:
        super().__init__()
        self.emitted: dict[Vertex, tuple[Label, ...]] = {}

    def emit(self, vertex: Vertex, labels: tuple[Label, ...]) -> None:
        self.emitted[vertex] = self.emitted.get(vertex, ()) + labels

    def spend(self, vertex: Vertex, cost: Cost, size: int) -> None:
        """Costs are not needed."""

    def steps(self) -> Iterator[tuple[Vertex, Step]]:
        for edge in self.edges:
            yield edge.source, Step(edge.choice, edge.option, self.emitted.get(edge.source, ()), edge.target)


class SignatureEvaluator(CostEvaluator):
    """Evaluates all networks with their signatures."""

    def __init__(self, graph: Graph, liveness: Liveness, effort: Effort | None = None) -> None:
        super().__init__(graph, liveness, False, effort)
        self.trace: LabelTrace = LabelTrace()  # type: ignore[assignment]
        self.maker: Terms = Terms(frozenset(self._counted))
        self.combiner.maker = self.maker

    def _spend(self, made: Made, slots: Slots, vertex: Vertex) -> Slots:
        if isinstance(made, Signed) and made.labels:
            self.trace.emit(vertex, made.labels)
        for name, *_ in made.shared:
            key = self._counted[name]
            if slot(slots, key) is None:
                slots = with_slot(slots, key, True)
            else:
                self.trace.emit(vertex, (self.maker.label(AGAIN),))
        return slots

    def signed(self, front: Frontier) -> Signatures:
        """The diagram, with a label for each output on the path to an end."""
        ends: list[Vertex] = []
        for (_, stack), vertex in front.items():
            terms = [self.maker.term(tensor) for tensor in stack if isinstance(tensor, Tensor)]
            named = zip((name for name, _ in self.graph.outputs), terms, strict=True)
            self.trace.emit(vertex, tuple(self.maker.label(("output", name, term)) for name, term in named))
            end = self.trace.vertex()
            self.trace.draw(vertex, EPSILON, 0, end)
            ends.append(end)
        found: dict[Vertex, list[Step]] = {}
        for source, step in self.trace.steps():
            found.setdefault(source, []).append(step)
        steps = {vertex: tuple(several) for vertex, several in found.items()}
        return Signatures(steps, frozenset(ends), self.maker.made, frozenset([self.maker.label(AGAIN)]))


@dataclass(frozen=True, slots=True)
class _Form:
    """An operator over tensors of some shapes: the shape of its output, and its normal form with complete
    attributes, also as a key."""

    shape: Shape
    operator: str
    attributes: dict[str, Value]
    key: tuple[object, ...]


class Terms(Costs):
    """Makes tensors that know their term; its number takes the place of the depth."""

    def __init__(self, shared: frozenset[str]) -> None:
        super().__init__(shared, False)
        self._terms: list[Term] = []
        self._numbers: dict[bytes, int] = {}
        """The number of each term, by its digest."""
        self._labels: dict[object, Label] = {}
        self._forms: dict[object, _Form] = {}
        self.made: dict[Label, int] = {}
        """For the label of each layer, the number of its term."""

    def label(self, what: object) -> Label:
        return self._labels.setdefault(what, len(self._labels))

    def term(self, tensor: Tensor) -> Term:
        return zero(tensor.shape) if tensor.zero else self._terms[tensor.depth]

    def _of(self, shape: Shape, term: Term, fed: bool) -> Tensor:
        if term.operator == "zero":
            return self.tensor(shape, True, False, 0)
        number = self._numbers.setdefault(term.digest, len(self._terms))
        if number == len(self._terms):
            self._terms.append(term)
        return self.tensor(shape, False, fed, number)

    def input(self, name: str, shape: Shape) -> Tensor:
        return self._of(shape, Term("input", (name,), shape=shape), True)

    def apply(self, what: Application, inputs: Sequence[Tensor | Made]) -> Signed:
        tensors = [each.tensor if isinstance(each, Made) else each for each in inputs]
        made = self._once(what, tensors, self._signed)
        before = [each for each in inputs if isinstance(each, Signed)]
        if not before or made.tensor.zero:
            return made
        shared = tuple(each for m in (*before, made) for each in m.shared)
        return Signed(made.tensor, shared=shared, labels=tuple(label for m in (*before, made) for label in m.labels))

    def _form(self, what: Application, shapes: tuple[Shape, ...]) -> _Form:
        """The form of an operator of the table is found once for equal shapes."""
        name = what.row.name
        listed = TABLE.get(name) is what.row
        key = name, attributes_key(what.attributes), shapes
        found = self._forms.get(key) if listed else None
        if found is None:
            filled = complete(what.row, shapes, what.attributes)
            operator, attributes = spelled(name, filled, shapes) if name in TABLE else (name, dict(filled))
            shape = apply(what.row, shapes, what.attributes)
            found = _Form(shape, operator, attributes, spelled_attributes(attributes))
            if listed:
                self._forms[key] = found
        return found

    def _signed(self, what: Application, tensors: list[Tensor]) -> Signed:
        tensors = [*with_memory(what.row.name, tensors)]
        shapes = tuple(tensor.shape for tensor in tensors)
        form = self._form(what, shapes)
        shape, operator, attributes = form.shape, form.operator, form.attributes
        fed = any(tensor.fed for tensor in tensors)
        terms = tuple([self.term(tensor) for tensor in tensors])
        if what.row.name == "zero":
            return Signed(self.tensor(shape, True, False, 0))
        if operator in TABLE:
            row = TABLE[operator]
            if not (row.random or row.weighted or operator in OWN_WEIGHTS) or does_nothing(
                operator, attributes, shapes
            ):
                fed = fed and (operator != "broadcast_like" or tensors[0].fed)
                return Signed(self._of(shape, normal(operator, attributes, shapes, shape, terms), fed))
            if all(tensor.zero for tensor in tensors) and row.keeps_zero(attributes):
                return Signed(self.tensor(shape, True, False, 0))
        depth = 1 + deepest(terms, shape)
        label = self.label((operator, form.key, shapes, shape, tuple([term.digest for term in terms])))
        positive = never_negative(operator, [term.positive for term in terms])
        sources = frozenset(source for term in terms for source in term.sources)
        term = Term("layer", shape=shape, depth=depth, positive=positive, sources=sources)
        again: tuple[tuple[str, int, int], ...] = ()
        if what.weights is not None and what.weights in self._shared and count(what.row, shapes, what.attributes)[0]:
            again = ((what.weights, 0, 0),)
        made = self._of(shape, term, fed)
        self.made[label] = made.depth
        return Signed(made, shared=again, labels=(label,))
