"""The names that are bound at a place of the text, and what is known about each without looking at its uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.elaborate.errors.names import NotInDomain
from sqsem_dsl.elaborate.vocabulary import RESERVED, known_symbols, signature_of
from sqsem_dsl.ir.scalars import AXES, CALLABLE
from sqsem_dsl.syntax.maybe import ALL_READ, HOLE, MaybeDefined

Sort = Literal["tensor", "scalar", "either"]
"""What a name stands for; `either` for an argument of a block without a type."""
Home = tuple[outline.Block, outline.Spec]
"""A block with the file that defines it."""
BINDING = outline.Input | nodes.Const | nodes.Param | nodes.Let | outline.Block


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Names that are bound somewhere in a space: by statements, and as repeats."""

    bound: frozenset[str]
    counts: frozenset[str]

    def remedy(self, name: str, inside: bool) -> str | None:
        """How to fix the use of a name that means something, but not here; `inside` if the use is in a block."""
        if name in AXES:
            return f"`{name}` is a function of a tensor: `{name}(it)`"
        if name in CALLABLE:
            return f"`{name}` is a function: `{signature_of(name)}`"
        if name in self.counts:
            written = f"`param {name} in …` and `repeat {name} {{ … }}`"
            return f"it is the name of a repeat and lives in its body: write {written}"
        if name in self.bound:
            if inside:
                return f"a block sees its arguments and what is bound above it: make `{name}` an argument"
            return "it is bound further down: move that line up"
        return None


@dataclass(frozen=True, slots=True)
class Names:
    """Blocks and values in the order in which they are bound. A block without a home is one that a `use` did not
    find."""

    blocks: Mapping[str, Home | None]
    elsewhere: Elsewhere
    values: Mapping[str, Sort] = field(default_factory=dict)
    inside: bool = False
    """Whether the place is in a block."""
    quantities: bool = False
    """Whether the place is in a `require`, which may read quantities."""
    choices: frozenset[str] = frozenset()
    """The names of all structures and parameters of the space or the block. The lowering knows which of them a rule may
    name at a place."""
    reads_choices: bool = False
    """Whether the place is in a `require`, a `count` or a `sum`, which may name them."""
    symbols: frozenset[str] = frozenset()
    """The symbols of the file's own."""
    domains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The domains of the parameters whose values are symbols alone."""

    def bind(self, name: str | None, sort: Sort, domain: tuple[str, ...] | None = None) -> Names:
        """One value more; `domain` are the symbols that it may be, if it is a parameter of symbols alone."""
        if name is None or name == HOLE:
            return self
        domains = {**self.domains, name: domain or ()}
        return replace(self, values={**self.values, name: sort}, domains=domains)

    def bind_tensors(self, several: Iterable[str]) -> Names:
        """Several tensors more."""
        names = self
        for name in several:
            names = names.bind(name, "tensor")
        return names

    def define(self, name: str, home: Home) -> Names:
        """One block more."""
        return replace(self, blocks={**self.blocks, name: home})

    def known(self) -> tuple[str, ...]:
        """The values, as a message lists them."""
        return tuple(name for name in self.values if name not in RESERVED)

    def is_symbol(self, name: str) -> bool:
        """Whether a name that is not bound is a symbol, of an operator or of the file's own."""
        return name not in self.values and (name in self.symbols or name in known_symbols())


@dataclass(slots=True)
class Resolver:
    """What is found, and the blocks of other files that are still to be resolved."""

    maybe: MaybeDefined = ALL_READ
    """Names that may be bound where the file could not be read."""
    found: list[Diagnostic] = field(default_factory=list)
    used: list[Home] = field(default_factory=list)


def elsewhere(spaces: Iterable[outline.Space]) -> Elsewhere:
    """The names that spaces bind at any place."""
    items = tuple(item for space in spaces for item in space.items)
    bound = frozenset(item.name for item in items if isinstance(item, BINDING))
    bound |= {name for item in items if isinstance(item, nodes.LetSeveral) for name in item.names}
    return Elsewhere(bound, frozenset(_counts(items)) - bound)


def choice_names(node: object) -> Iterator[str]:
    """The names of the structures and parameters in a part of a spec."""
    if isinstance(node, nodes.Param | nodes.Slot | nodes.OptionalInput | nodes.Choose | nodes.Pick | nodes.Bypass):
        yield node.name
    if isinstance(node, nodes.Repeat) and node.name is not None:
        yield node.name
    for part in node.parts() if isinstance(node, nodes.Node) else node if isinstance(node, tuple) else ():
        yield from choice_names(part)


def _counts(node: object) -> Iterator[str]:
    """The names of all repeats in a part of a spec."""
    if isinstance(node, nodes.Repeat) and node.domain is not None and node.name is not None:
        yield node.name
    if isinstance(node, nodes.Node):
        for part in node.parts():
            yield from _counts(part)
    elif isinstance(node, tuple):
        for each in node:
            yield from _counts(each)


def symbols_outside(resolver: Resolver, sides: Sequence[nodes.Value], names: Names) -> tuple[nodes.Value, ...]:
    """Reports the sides of a comparison that are names without a meaning in the domain of a parameter on another side,
    and returns them.

    A symbol of an operator may be compared with any parameter: it means something, and the comparison is false.
    """
    read = (s.name for s in sides if isinstance(s, nodes.Name | nodes.Item))
    param = next((name for name in read if names.domains.get(name)), None)
    if param is None:
        return ()
    found: list[nodes.Value] = []
    for side in sides:
        if not isinstance(side, nodes.Name) or side.name in names.domains[param]:
            continue
        if _means_nothing(resolver, side.name, names):
            resolver.found.append(NotInDomain(side.span, side.name, param, names.domains[param]))
            found.append(side)
    return tuple(found)


def _means_nothing(resolver: Resolver, name: str, names: Names) -> bool:
    """Whether a name is bound to nothing, and is a symbol of the file's own at most."""
    if name in names.values or name in RESERVED or name in known_symbols() or resolver.maybe.value(name):
        return False
    return name in names.symbols or name not in names.blocks
