"""The code of one function while it is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, count

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.emitted import Module, identifier
from sqsem_dsl.backends.hypermodel.layout import STEP, layout
from sqsem_dsl.backends.hypermodel.places import Part
from sqsem_dsl.backends.hypermodel.scope import Scope
from sqsem_dsl.backends.hypermodel.values import Tensor


@dataclass
class Star:
    """What `*` and ranges in a term of `count` or `sum` stand for: a variable for each place that a path has them."""

    variables: tuple[str, ...] = ()
    ranges: dict[str, dict[str, None]] = field(default_factory=dict)
    """The code of the numbers of each variable."""
    tests: dict[str, None] = field(default_factory=dict)
    """The conditions under which there are such choices."""


@dataclass
class Writer:
    """One function under construction."""

    module: Module
    lines: list[str] = field(default_factory=list)
    indent: str = ""
    used: set[str] = field(default_factory=set)
    """The variables of the function."""
    block_name: str = ""
    """The block whose function this is."""
    outer: dict[str, str] = field(default_factory=dict)
    """The variables for values from around the block, by their code there."""
    heads: list[str] = field(default_factory=list)
    """The heads of the statements around."""
    late: list[str] = field(default_factory=list)
    """Lines that stand after the model was made."""
    in_function: bool = False
    """Whether the function of a tensor or a number is being written (`lazies`)."""
    in_rule: bool = False
    """Whether a rule is being written, which may name choices by their paths."""
    star: Star | None = None
    """In a term of `count` or `sum` of a rule: what `*` in its paths stands for."""
    numbers: Counter[str] = field(default_factory=Counter)
    """How often each name of a layer was given."""

    # ---- the parts of a node

    def value(self, node: nodes.Node, scope: Scope, into: str | None = None) -> Tensor:
        """The tensor of an expression into which nothing flows. `into` is the variable for it, if it needs one."""
        return self.module.dispatch.value(self, node, scope, into)

    def body(self, body: nodes.Body, scope: Scope, flow: Tensor | None, into: str) -> Tensor:
        """The contents of braces."""
        return self.module.dispatch.body(self, body, scope, flow, into)

    def statements(self, body: nodes.Body, scope: Scope) -> Scope:
        """The statements of a body; the scope after them."""
        return self.module.dispatch.statements(self, body, scope)

    def body_into(self, body: nodes.Body, scope: Scope, flow: Tensor | None, variable: str) -> Tensor:
        """The contents of braces, whose result ends up in a variable."""
        found = self.body(body, scope, flow, variable)
        if found.code != variable:
            self.write(f"{variable} = {found.code}")
        return replace(found, code=variable)

    # ---- lines

    def write(self, statement: str) -> None:
        self.lines += layout(statement, self.indent)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """The statement `head:` and the lines that the `with` block writes below it."""
        self.write(f"{head}:")
        self.heads.append(head)
        before, self.indent = self.indent, self.indent + STEP
        count_before = len(self.lines)
        yield
        if len(self.lines) == count_before:
            self.write("pass")
        self.indent = before
        self.heads.pop()

    def free(self, name: str) -> str:
        """A new variable."""
        wanted = identifier(name)
        found = next(each for each in chain([wanted], (f"{wanted}_{n}" for n in count(2))) if each not in self.used)
        self.used.add(found)
        return found

    def held(self, name: str, code: str) -> str:
        """A new variable with a value that is read several times."""
        variable = self.free(name)
        self.write(f"{variable} = {code}")
        return variable

    def assign(self, wanted: str, code: str, scope: Scope) -> str:
        """Writes an assignment to a variable, or to a new one if the value of the wanted one is still read."""
        if wanted in scope.keep:
            wanted = self.free(re.sub(r"_\d+$", "", wanted))
        self.used.add(wanted)
        if code != wanted:
            self.write(f"{wanted} = {code}")
        return wanted

    def tensor(self, wanted: str, code: str, rank: int, scope: Scope, zero: bool = False) -> Tensor:
        return Tensor(self.assign(wanted, code, scope), rank, zero=zero)

    def layer_name(self, scope: Scope, label: str) -> str:
        """The code of the name of the next layer with a label here."""
        plain = plain_name(scope.layer(Part(label)))
        self.numbers[plain] += 1
        number = self.numbers[plain]
        self.module.renumbered |= number > 1 and "{" in plain
        return scope.layer(Part(label if number == 1 else f"{label}_{number}"))


def plain_name(code: str) -> str:
    """The code of a name without the variables of its indices: loops at one place may have different ones."""
    return re.sub(r"\{[a-z_0-9]+\}", "{}", code.replace("{name}", "<name>"))


def names_in(node: object) -> frozenset[str]:
    """All names that a part of a spec mentions."""
    match node:
        case nodes.Name(name=name):
            return frozenset([name])
        case nodes.Node():
            found = frozenset().union(*map(names_in, node.parts()))
            return found | {node.name} if isinstance(node, nodes.Call | nodes.Item) else found
        case tuple():
            return frozenset().union(*map(names_in, node))
        case _:
            return frozenset()
