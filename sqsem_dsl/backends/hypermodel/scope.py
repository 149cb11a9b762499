"""The names and the position at one place of the text, while its code is written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.backends.hypermodel.places import Part, name_code, path_code
from sqsem_dsl.backends.hypermodel.values import Meaning, Tensor


@dataclass(frozen=True)
class Template:
    """A block with the names that its body sees."""

    block: outline.Block
    scope: Scope
    reads: dict[frozenset[object], frozenset[str]] = field(default_factory=dict, compare=False, repr=False)
    """What its body always reads (`reads.body_reads`), as far as it is known: blocks use blocks many times."""


@dataclass(frozen=True)
class Later:
    """A `let` whose code is written at its only use, since a choice in it may not be active elsewhere."""

    value: nodes.Expr
    scope: Scope


@dataclass(frozen=True)
class Family:
    """Choices with indices: where they are declared, and the names there."""

    node: nodes.Param
    scope: Scope


Bound = Meaning | Template | Later | Family


@dataclass(frozen=True)
class Scope:
    """Binding a name gives a new scope."""

    names: dict[str, Bound] = field(default_factory=dict)
    it: Tensor | None = None
    path_base: str | None = None
    path: tuple[Part, ...] = ()
    name_base: str | None = None
    trail: tuple[Part, ...] = ()
    keep: frozenset[str] = frozenset()
    """The variables that later code reads."""
    sure: frozenset[str] = frozenset()
    """The tensors that the network uses whenever this place is reached."""

    def bind(self, name: str, meaning: Bound) -> Scope:
        return replace(self, names={**self.names, name: meaning})

    def within(self, *parts: Part) -> Scope:
        """The same names one structure deeper."""
        return replace(self, path=(*self.path, *parts), trail=(*self.trail, *parts))

    def keeping(self, *variables: str) -> Scope:
        return replace(self, keep=self.keep | set(variables))

    def using(self, names: frozenset[str]) -> Scope:
        return replace(self, sure=self.sure | names)

    def choice(self, *parts: Part) -> str:
        """The code of the path of a choice here."""
        return path_code(self.path_base, (*self.path, *parts))

    def layer(self, *parts: Part) -> str:
        """The code of the name of a layer here."""
        return name_code(self.name_base, (*self.trail, *parts))

    def variable(self, name: str) -> str | None:
        """The variable of a tensor with a name, or of `it`."""
        bound = self.it if name == "it" else self.names.get(name)
        return bound.code if isinstance(bound, Tensor) else None
