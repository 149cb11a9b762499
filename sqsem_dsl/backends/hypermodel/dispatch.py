"""The functions that write the parts of a node, for the modules that `bodies` imports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.scope import Family, Scope
from sqsem_dsl.backends.hypermodel.values import Scalar, Tensor

if TYPE_CHECKING:
    from sqsem_dsl.backends.hypermodel.writer import Writer


class ValueOf(Protocol):
    def __call__(self, writer: Writer, node: nodes.Node, scope: Scope, into: str | None = None) -> Tensor: ...


class BodyOf(Protocol):
    def __call__(self, writer: Writer, body: nodes.Body, scope: Scope, flow: Tensor | None, into: str) -> Tensor: ...


class StatementsOf(Protocol):
    def __call__(self, writer: Writer, body: nodes.Body, scope: Scope) -> Scope: ...


class MemberOf(Protocol):
    def __call__(
        self, writer: Writer, node: nodes.Item, meaning: Family, of: Callable[[nodes.Value], Scalar]
    ) -> Scalar: ...


@dataclass(frozen=True)
class Dispatch:
    """The functions, which `bodies` collects."""

    value: ValueOf
    body: BodyOf
    statements: StatementsOf
    member: MemberOf
