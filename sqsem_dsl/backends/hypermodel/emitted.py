"""What all functions of an emitted module share: its helpers, the functions for its blocks, and what it cannot have."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqsem_dsl.backends.hypermodel.declarations import Entry
from sqsem_dsl.backends.hypermodel.dispatch import Dispatch
from sqsem_dsl.backends.hypermodel.errors import NotInHyperModel
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
class Function:
    """A function that is written for a block, or None while its body is being written."""

    name: str
    lines: list[str] | None = None
    rank: int = 0
    fewer: frozenset[int] = frozenset()
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
    padded: tuple[Span, str] | None = None
    """The place and the name of the first padded input, if there is one: then sequences may have masks (`masks`)."""
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
