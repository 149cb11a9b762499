"""The code of one function while it is written, and what all functions of a module share."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, count

from sqsem_dsl.ast import nodes
from sqsem_dsl.backends.hypermodel.declarations import Entry
from sqsem_dsl.backends.hypermodel.dispatch import Dispatch
from sqsem_dsl.backends.hypermodel.errors import NotInHyperModel
from sqsem_dsl.backends.hypermodel.layout import STEP, layout
from sqsem_dsl.backends.hypermodel.places import Part
from sqsem_dsl.backends.hypermodel.scope import Scope
from sqsem_dsl.backends.hypermodel.values import Tensor
from sqsem_dsl.diagnostics.source import Span

RESERVED = frozenset(
    [
        "hp",
        "name",
        "path",
        "self",
        "keras",
        "keras_tuner",
        "layers",
        "math",
        "model",
        "args",
        "kwargs",
        "optimizer",
        "activation",
        "tied",
    ]
).union(["learning_rate", "range", "round", "int", "min", "max", "list", "sum", "len", "zip"])
"""Names that the code uses for something else."""
HELPERS = ("project", "shortcut")
"""The functions that stand for structures of the language."""


def identifier(name: str) -> str:
    """A name of the spec as a variable.

    >>> identifier("layers"), identifier("class"), identifier("units")
    ('layers_', 'class_', 'units')
    """
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED else name


Place = tuple[Span, str]
"""A part of a spec, and the name of a tensor there."""


@dataclass
class Star:
    """What `*` and ranges in a term of `count` or `sum` stand for: a variable for each place that a path has them."""

    variables: tuple[str, ...] = ()
    ranges: dict[str, dict[str, None]] = field(default_factory=dict)
    """The code of the numbers of each variable."""
    tests: dict[str, None] = field(default_factory=dict)
    """The conditions under which there are such choices."""


@dataclass
class Function:
    """A function that is written for a block, or None while its body is being written."""

    name: str
    lines: list[str] | None = None
    rank: int = 0
    zero: bool = False
    has_choices: bool = False
    has_names: bool = False
    has_tied: bool = False
    """Whether it uses a tied block, or is one."""
    reads_choices: bool = False
    """Whether it has choices, or reads those of a family."""
    outer: dict[str, str] = field(default_factory=dict)
    """Its arguments for values from around the block, by their names."""
    recursive: bool = False
    """Whether it calls itself."""
    unread: frozenset[str] = frozenset()
    """The arguments of the block that its code does not read: the function does not have them."""


def top_package(module: str) -> str:
    return module.partition(".")[0]


@dataclass
class Module:
    """What the functions of a module share."""

    dispatch: Dispatch
    always: frozenset[str]
    """The code of the choices that every architecture makes."""
    must_be_read: Callable[[Span, Sequence[Span]], bool]
    must_be_reached: Callable[[Sequence[Span], frozenset[str]], bool]
    read_in_every_iteration: Callable[[str | None, Sequence[Span]], bool]
    """`Activity`, which imports this module."""
    entries: tuple[Entry, ...] = ()
    """The hyperparameters."""
    functions: dict[object, Function] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    """Constant lists that are read at a variable index, by their names."""
    helpers: dict[str, list[str]] = field(default_factory=dict)
    """Functions that stand for structures of the language, by their names."""
    choice_names: frozenset[str] = frozenset()
    """The names of structures and parameters, which a rule may name."""
    helper_names: frozenset[str] = frozenset()
    """The names of helpers, as they are known from writing the module before."""
    imports: set[str] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)
    """Modules that it imports beside Keras and the standard library: those of the user, and NumPy."""
    problems: dict[tuple[object, ...], NotInHyperModel] = field(default_factory=dict)
    zeros: frozenset[Place] = frozenset()
    """The places that zeros may reach (`zeros`), as they are known from writing the module before."""
    seen_zeros: set[Place] = field(default_factory=set)
    lazy: frozenset[Place] = frozenset()
    """The arguments of blocks that are functions which give a tensor (`lazies`), as far as they are known."""
    seen_lazy: set[Place] = field(default_factory=set)
    recorded: dict[str, Span] = field(default_factory=dict)
    """The code of the paths of which a rule asks whether the model has read them, with the rule."""
    unrecorded: set[str] = field(default_factory=set)
    """The code of the paths that some code reads although their choices may not be active: no rule knows of that."""
    extern_ranks: Mapping[tuple[str, int], frozenset[int]] = field(default_factory=dict)
    """The axes of the outputs of the layers of the user (`whole_networks`)."""
    lazy_scalars: set[str] = field(default_factory=set)
    """The calls of functions that give a number."""
    regularizer: str | None = None
    mixed: bool = False
    """Whether layers may compute in mixed precision."""
    renumbered: bool = False
    """Whether some layers may have other numbers in their names than in sqsem's own models."""
    written: list[Function] = field(default_factory=list)
    """The functions, each after those that it calls."""
    function_names: set[str] = field(
        default_factory=lambda: {f"{name}{rank}" for name in HELPERS for rank in ("", "_1d", "_3d", "_vector")}
    )

    @property
    def top_packages(self) -> set[str]:
        return {top_package(each) for each in self.packages}

    def identifier(self, name: str) -> str:
        """A name of the spec as an argument of a function."""
        found = identifier(name)
        return f"{found}_" if found in self.helper_names else found

    def may_be_zero(self, place: Span, name: str, found: bool) -> bool:
        """Whether a tensor may be zeros at any time that this place is reached; `found` says whether it is now."""
        if found:
            self.seen_zeros.add((place, name))
        return (place, name) in self.zeros

    def imported(self, target: str) -> str:
        """The code of what `package.module:Name` names, whose module is imported."""
        package, _, name = target.partition(":")
        if top_package(package) != "keras":
            self.packages.add(package)
        return f"{package}.{name}"

    def refuse(self, span: Span, what: str, reason: str, remedy: str) -> None:
        """Records a part of the spec that has no code."""
        problem = NotInHyperModel(span, what, reason, remedy)
        self.problems.setdefault((span.source, span.start, span.end, what), problem)


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
