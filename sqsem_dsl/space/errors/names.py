"""Names (SQS2xx)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.diagnostics import Diagnostic, Label, closest, listing, similar
from sqsem_dsl.hints import argument_hint, layer_hint, name_hint, value_hint
from sqsem_dsl.source import Span
from sqsem_dsl.spec.objective_meant import objective_meant


@dataclass(frozen=True)
class UnknownName(Diagnostic):
    """A name that is bound nowhere, or not here. `remedy` says why, where that is known."""

    code: ClassVar[str] = "SQS201"
    name: str
    known: tuple[str, ...]
    what: str = "name"
    remedy: str | None = None

    @property
    def title(self) -> str:
        return f"unknown {self.what} `{self.name}`"

    @property
    def label(self) -> str:
        return "not bound here" if self.what == "name" else ""

    @property
    def help(self) -> str | None:
        if self.remedy is not None:
            return self.remedy
        hint = name_hint(self.name) if self.what == "name" else None
        if hint is not None:
            return hint
        near = closest(self.name, self.known)
        if self.what == "name":
            bound = f"bound here are {listing(sorted(self.known))}" if self.known else None
            return f"a similar name is bound here: `{near}`" if near else bound
        return similar(self.what, self.name, self.known) or (
            f"known are {listing(sorted(self.known), 24)}" if self.known else None
        )


@dataclass(frozen=True)
class DuplicateName(Diagnostic):
    code: ClassVar[str] = "SQS202"
    name: str
    first: Span
    done: str = "bound"
    """What is done twice: a name is bound, a setting `set`, an alternative or a section `given`."""

    @property
    def title(self) -> str:
        return f"`{self.name}` is already {self.done}"

    @property
    def label(self) -> str:
        return f"{self.done} again here"

    @property
    def related(self) -> tuple[Label, ...]:
        return (Label(self.first, f"first {self.done} here"),)

    @property
    def help(self) -> str:
        match self.done:
            case "bound":
                return "give one of them another name; inner scopes may not hide a name either"
            case "set":
                return "leave one of them out"
            case _:
                return "join the two, or give one of them another name"


@dataclass(frozen=True)
class ReservedName(Diagnostic):
    code: ClassVar[str] = "SQS203"
    name: str
    what: str

    @property
    def title(self) -> str:
        return f"`{self.name}` is the name of {self.what} and cannot be bound"

    @property
    def help(self) -> str:
        return f"choose another name, such as `{self.name}_1`"


@dataclass(frozen=True)
class UnknownOperator(Diagnostic):
    code: ClassVar[str] = "SQS204"
    name: str
    known: tuple[str, ...]
    unused: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return f"unknown operator or block `{self.name}`"

    @property
    def help(self) -> str | None:
        if self.name in self.unused:
            return f"the library has it: add `use {self.name} from std` at the top of the file"
        near = similar("operator", self.name, self.known)
        if near is not None and self.name.lower() in {known.lower() for known in self.known}:
            return near
        return layer_hint(self.name) or near


@dataclass(frozen=True)
class UnknownArgument(Diagnostic):
    code: ClassVar[str] = "SQS205"
    callee: str
    name: str
    known: tuple[str, ...]
    signature: str

    @property
    def title(self) -> str:
        return f"`{self.callee}` has no argument `{self.name}`"

    @property
    def help(self) -> str:
        hint = argument_hint(self.callee, self.name, self.known)
        return hint or similar("argument", self.name, self.known) or f"it is written `{self.signature}`"


@dataclass(frozen=True)
class UnknownSymbol(Diagnostic):
    code: ClassVar[str] = "SQS206"
    name: str
    wanted: str
    known: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"unknown {self.wanted} `{self.name}`"

    @property
    def help(self) -> str:
        if self.wanted == "objective":
            return objective_meant(self.name)
        hint = value_hint(self.wanted, self.name) or similar(self.wanted, self.name, self.known)
        return hint or f"known are {listing(self.known, 20)}"


@dataclass(frozen=True)
class SamePath(Diagnostic):
    """Two choices with one path. `callee` is what to label; None where one of the two can be given another name."""

    code: ClassVar[str] = "SQS207"
    path: str
    first: Span
    callee: str | None = None

    @property
    def title(self) -> str:
        return f"two choices have the path `{self.path}`"

    @property
    def label(self) -> str:
        return "the second"

    @property
    def related(self) -> tuple[Label, ...]:
        return (Label(self.first, "the first"),)

    @property
    def help(self) -> str:
        if self.callee is None:
            return "give one of them another name"
        return f"label one of the uses: `{self.callee}(…) @second`"


@dataclass(frozen=True)
class NoIt(Diagnostic):
    code: ClassVar[str] = "SQS208"

    @property
    def title(self) -> str:
        return "`it` stands outside braces into which a tensor flows"

    @property
    def help(self) -> str:
        return "name the tensor: `it` is what flows into the nearest braces, as in `x -> { conv(16, 3) -> add(it) }`"


@dataclass(frozen=True)
class IgnoredFlow(Diagnostic):
    code: ClassVar[str] = "SQS209"
    name: str

    @property
    def title(self) -> str:
        return "a tensor flows into these braces and is not used"

    @property
    def label(self) -> str:
        return f"starts from `{self.name}` instead"

    @property
    def help(self) -> str:
        return "start with a stage, or use `it`"


@dataclass(frozen=True)
class TensorAsStage(Diagnostic):
    code: ClassVar[str] = "SQS210"
    name: str

    @property
    def title(self) -> str:
        return f"`{self.name}` is a tensor and cannot be a stage"

    @property
    def help(self) -> str:
        return f"combine the two: `-> add({self.name})` or `-> concat({self.name})`"


@dataclass(frozen=True)
class UnknownUse(Diagnostic):
    code: ClassVar[str] = "SQS211"
    name: str
    library: str
    known: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"{self.library} has no block `{self.name}`"

    @property
    def help(self) -> str:
        return similar("block", self.name, self.known) or f"it has {listing(self.known, 20)}"


@dataclass(frozen=True)
class BadUse(Diagnostic):
    """A `use` that leaves the spec's folder, goes round in a circle, or names a file that cannot be read."""

    code: ClassVar[str] = "SQS212"
    path: str
    reason: str
    remedy: str

    @property
    def title(self) -> str:
        return f"cannot use `{self.path}`: {self.reason}"

    @property
    def help(self) -> str:
        return self.remedy
