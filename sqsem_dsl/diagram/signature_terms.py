"""The input of a layer in normal form: weightless operators over the layers before, written in one way.

Terms share their parts. A term stores a digest of itself, so comparing and sorting need no traversal of everything
below it, which may be exponentially larger than the number of terms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from sqsem_dsl.network.normalize import (
    NOT_ABOVE_SIX,
    PLAIN_RELU,
    SAME_VALUES,
    does_nothing,
    is_plain_relu,
    never_negative,
)
from sqsem_dsl.network.terms import MAX_TERMS
from sqsem_dsl.operators import TABLE
from sqsem_dsl.operators.axis import axis_position
from sqsem_dsl.operators.row import Attributes, Shape, Value

_COUNTED = frozenset(["add", "multiply"])
"""Operators whose terms hold their distinct inputs, with the multiplicity of each as details."""


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """An operator over terms. A term with operator `layer` stands for a layer with weights or randomness, `input` for
    an input, and `zero` for a tensor of zeros."""

    operator: str
    details: tuple[object, ...] = ()
    inputs: tuple[Term, ...] = ()
    shape: Shape = ()
    depth: int = 0
    """Layers with weights or randomness on the longest path to it since the map last changed its extents."""
    positive: bool = False
    """Whether all its values are nonnegative."""
    sources: frozenset[str] = frozenset()
    """The inputs that reach it: given for a layer, otherwise those of the terms that it reads."""
    digest: bytes = field(init=False, repr=False)
    """Equal terms have equal digests."""

    def __post_init__(self) -> None:
        if self.operator == "input":
            object.__setattr__(self, "sources", frozenset((str(self.details[0]),)))
        elif self.inputs:
            object.__setattr__(self, "sources", frozenset().union(*(each.sources for each in self.inputs)))
        said = (self.operator, self.details, self.shape, self.depth, self.positive, sorted(self.sources))
        below = b"".join(each.digest for each in self.inputs)
        object.__setattr__(self, "digest", blake2b(repr(said).encode() + below, digest_size=16).digest())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Term) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


def spelled_attributes(attributes: Attributes) -> tuple[object, ...]:
    """Attributes with their types: True and 1 differ."""
    return tuple((name, _typed(value)) for name, value in sorted(attributes.items()))


def _typed(value: Value) -> object:
    return tuple(_typed(v) for v in value) if isinstance(value, tuple) else (type(value).__name__, value)


def normal(
    operator: str, attributes: Attributes, shapes: Sequence[Shape], shape: Shape, inputs: tuple[Term, ...]
) -> Term:
    """The normal form of a weightless operator, written as by `spelled`, over terms in normal form."""
    if operator in SAME_VALUES and inputs[0].operator in SAME_VALUES:
        inputs = inputs[0].inputs
        shapes = (inputs[0].shape,)
    if does_nothing(operator, attributes, tuple(shapes)):
        return inputs[0]
    if operator == "broadcast_like":
        return _spread(inputs[0], shapes[0], shape)
    if operator == "add":
        inputs = tuple(term for term in inputs if term.operator != "zero")
    zeros = all(term.operator == "zero" for term in inputs)
    if zeros and (operator in ("average", "maximum") or not inputs or TABLE[operator].keeps_zero(attributes)):
        return zero(shape)
    details: tuple[object, ...]
    if operator in _COUNTED:
        inputs, details = _counted(operator, inputs)
        if details == (1,):
            return inputs[0]
    else:
        details = spelled_attributes(attributes)
    if operator == "concat":
        inputs = _concatenated(inputs, details, axis_position(shape, attributes))
    elif operator == "maximum":
        inputs = _sorted(_maxima(inputs))
    elif operator == "average":
        inputs = _sorted(inputs)
    if operator in ("maximum", "average") and len(set(inputs)) == 1:
        return inputs[0]
    before = inputs[0]
    if is_plain_relu(operator, attributes) and before.positive:
        return before
    if operator == "relu6" and before.operator in NOT_ABOVE_SIX:
        return before
    if operator == "relu6" and _is_plain_relu(before):
        inputs = before.inputs
    if operator == "maxpool" and _is_plain_relu(before):
        pooled = normal(operator, attributes, shapes, shape, before.inputs)
        return normal("relu", PLAIN_RELU, (shape,), shape, (pooled,))
    positive = never_negative(operator, [term.positive for term in inputs])
    return Term(operator, details, inputs, shape, deepest(inputs, shape), positive)


def _is_plain_relu(term: Term) -> bool:
    return term.operator == "relu" and term.details == spelled_attributes(PLAIN_RELU)


def deepest(inputs: Sequence[Term], shape: Shape) -> int:
    """The depth before an operator. It restarts at a change of extents, so that states become equal there."""
    return max((term.depth for term in inputs if term.shape[:-1] == shape[:-1]), default=0)


def _spread(term: Term, before: Shape, shape: Shape) -> Term:
    """Rewrites `broadcast_like` as a reshaping and an upsampling."""
    if term.operator == "zero":
        return zero(shape)
    lifted = before if len(before) == len(shape) else ((1,) * (len(shape) - 1) + before)
    if lifted != before:
        term = normal("reshape", {"shape": lifted}, (before,), lifted, (term,))
    factor = tuple(n // m for n, m in zip(shape[:-1], lifted[:-1], strict=True))
    if set(factor) == {1}:
        return term
    return Term("upsample", spelled_attributes({"factor": factor}), (term,), shape, positive=term.positive)


def _sorted(terms: Iterable[Term]) -> tuple[Term, ...]:
    return tuple(sorted(terms, key=lambda term: term.digest))


def _counted(operator: str, inputs: Sequence[Term]) -> tuple[tuple[Term, ...], tuple[int, ...]]:
    """The distinct terms of a sum or a product, including nested ones of the same kind, by digest, and the multiplicity
    of each. Digests are compared more quickly than terms."""
    terms: dict[bytes, Term] = {}
    counts: dict[bytes, int] = {}
    for each in inputs:
        for term, number in _factors(each) if each.operator == operator else ((each, 1),):
            terms[term.digest] = term
            counts[term.digest] = counts.get(term.digest, 0) + number
    if len(counts) > MAX_TERMS:
        terms = {each.digest: each for each in inputs}
        counts = Counter(each.digest for each in inputs)
    order = sorted(counts)
    return tuple([terms[digest] for digest in order]), tuple([counts[digest] for digest in order])


def _factors(term: Term) -> Iterable[tuple[Term, int]]:
    """The terms of a sum or a product, each with its multiplicity."""
    return zip(term.inputs, term.details, strict=True)  # type: ignore[arg-type]


def _maxima(inputs: Sequence[Term]) -> set[Term]:
    found = {term for each in inputs for term in (each.inputs if each.operator == "maximum" else (each,))}
    return found if len(found) <= MAX_TERMS else set(inputs)


def _concatenated(inputs: tuple[Term, ...], details: tuple[object, ...], along: int) -> tuple[Term, ...]:
    flat: list[Term] = []
    for each in inputs:
        flat.extend(each.inputs if each.operator == "concat" and each.details == details else (each,))
    found = _zeros_together(flat, along)
    return found if len(found) <= MAX_TERMS else _zeros_together(inputs, along)


def zero(shape: Shape) -> Term:
    return Term("zero", shape=shape, positive=True)


def _zeros_together(inputs: Sequence[Term], along: int) -> tuple[Term, ...]:
    found: list[Term] = []
    for term in inputs:
        if found and term.operator == found[-1].operator == "zero":
            before = found.pop().shape
            term = zero((*before[:along], before[along] + term.shape[along], *before[along + 1 :]))
        found.append(term)
    return tuple(found)
