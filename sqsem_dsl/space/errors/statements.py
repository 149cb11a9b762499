"""What a file says that no space can mean (SQS1xx)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.diagnostics import Diagnostic, Label, listing, similar
from sqsem_dsl.source import Span


@dataclass(frozen=True)
class MissingOutput(Diagnostic):
    """A space without an output describes no network."""

    code: ClassVar[str] = "SQS101"
    name: str

    @property
    def title(self) -> str:
        return f"the space `{self.name}` has no output"

    @property
    def help(self) -> str:
        return "end it with a line such as `output label = trunk -> gap -> dense(10) -> softmax`"


@dataclass(frozen=True)
class UnusedInput(Diagnostic):
    """An input that reaches no output in any architecture."""

    code: ClassVar[str] = "SQS102"
    name: str

    @property
    def title(self) -> str:
        return f"the input `{self.name}` is used by no architecture"

    @property
    def label(self) -> str:
        return "reaches no output"

    @property
    def help(self) -> str:
        return f"use `{self.name}` in a tensor that an output needs, or remove it"


@dataclass(frozen=True)
class WhichSpace(Diagnostic):
    """A file that holds no space, or several, where one is wanted."""

    code: ClassVar[str] = "SQS103"
    wanted: str | None
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        if not self.names:
            return "this file holds no space"
        if self.wanted is not None:
            return f"this file holds no space `{self.wanted}`"
        return f"this file holds {len(self.names)} spaces"

    @property
    def help(self) -> str:
        if not self.names:
            return "a file of blocks is a library: `use` it from a file with a `space`"
        return f"name one with `--space`: {listing(self.names)}"


@dataclass(frozen=True)
class UnknownDefine(Diagnostic):
    """`--define` names no constant of the space, or gives a value that is none."""

    code: ClassVar[str] = "SQS104"
    name: str
    known: tuple[str, ...]
    value: str | None = None

    @property
    def title(self) -> str:
        if self.value is not None:
            return f"`--define {self.name}={self.value}` gives no number, symbol or string"
        return f"`--define {self.name}` names no constant of the space"

    @property
    def help(self) -> str | None:
        if self.value is not None:
            return "write a number, a name, or a list of them in brackets"
        return similar("constant", self.name, self.known) or (
            f"the constants are {listing(self.known)}" if self.known else "the space declares no `const`"
        )


@dataclass(frozen=True)
class WrongType(Diagnostic):
    """A number where a tensor is wanted, and the like."""

    code: ClassVar[str] = "SQS105"
    expected: str
    found: str
    remedy: str | None = None
    uses: tuple[Span, ...] = ()

    @property
    def title(self) -> str:
        return f"expected {self.expected}, found {self.found}"

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(Label(span, "in this use of the block") for span in self.uses)

    @property
    def help(self) -> str | None:
        return self.remedy


@dataclass(frozen=True)
class MissingArgument(Diagnostic):
    """A call that lacks an argument."""

    code: ClassVar[str] = "SQS106"
    callee: str
    missing: str
    signature: str
    flows: bool = True
    """False where what lacks is a tensor that should flow in."""

    @property
    def title(self) -> str:
        return f"`{self.callee}` lacks {self.missing}"

    @property
    def help(self) -> str:
        if not self.flows:
            return f"let a tensor flow into it: `x -> {self.callee}(…)`"
        return f"it is written `{self.signature}`"


@dataclass(frozen=True)
class TooManyArguments(Diagnostic):
    """More arguments, or more tensors, than the callee takes. A tensor that flows in counts as given."""

    code: ClassVar[str] = "SQS107"
    callee: str
    given: int
    most: int
    signature: str
    what: str = "argument"

    @property
    def title(self) -> str:
        kind, _, rest = self.what.partition(" ")
        counted = f"{self.most or 'no'} {kind}{'' if self.most == 1 else 's'}{' ' + rest if rest else ''}"
        return f"`{self.callee}` takes {counted}, {self.given} {'is' if self.given == 1 else 'are'} given"

    @property
    def help(self) -> str:
        return f"it is written `{self.signature}`"


@dataclass(frozen=True)
class RepeatedArgument(Diagnostic):
    code: ClassVar[str] = "SQS108"
    callee: str
    name: str

    @property
    def title(self) -> str:
        return f"`{self.name}` of `{self.callee}` is given twice"

    @property
    def help(self) -> str:
        return "give it by position or by name, once"


@dataclass(frozen=True)
class MisplacedArgument(Diagnostic):
    code: ClassVar[str] = "SQS109"
    callee: str

    @property
    def title(self) -> str:
        return "an argument without a name follows one with a name"

    @property
    def help(self) -> str:
        return f"write the named arguments of `{self.callee}` last"


@dataclass(frozen=True)
class EndlessRecursion(Diagnostic):
    """A block that calls itself deeper than the limit."""

    code: ClassVar[str] = "SQS110"
    name: str
    limit: int

    @property
    def title(self) -> str:
        return f"`{self.name}` calls itself more than {self.limit} levels deep"

    @property
    def help(self) -> str:
        return "end the recursion with an `if` on an argument that changes from call to call"


@dataclass(frozen=True)
class NoFlow(Diagnostic):
    """A structure that needs a tensor stands where none flows in."""

    code: ClassVar[str] = "SQS111"
    what: str

    @property
    def title(self) -> str:
        return f"no tensor flows into this `{self.what}`"

    @property
    def help(self) -> str:
        return f"write it as a stage: `x -> {self.what} …`"


@dataclass(frozen=True)
class Misplaced(Diagnostic):
    """`optional` and `pick` stand only among the arguments of a combining operator."""

    code: ClassVar[str] = "SQS112"
    what: str
    where: str

    @property
    def title(self) -> str:
        return f"`{self.what}` may stand only among the arguments of {self.where}"

    @property
    def help(self) -> str:
        if self.what == "optional":
            return "write `merge(…, how = add)` around it; elsewhere a `slot` or a `choose` does the work"
        return "move it there; elsewhere a `choose` does the work"


@dataclass(frozen=True)
class AllOptional(Diagnostic):
    code: ClassVar[str] = "SQS113"

    @property
    def title(self) -> str:
        return "every argument of this `merge` is optional"

    @property
    def help(self) -> str:
        return "leave at least one argument that is always there"


@dataclass(frozen=True)
class UnnamedRepeat(Diagnostic):
    """A repeat without a name may hold no choice: its choices would have no path."""

    code: ClassVar[str] = "SQS114"
    path: str
    choice: Span

    @property
    def title(self) -> str:
        return "a repeat without a name holds a choice"

    @property
    def related(self) -> tuple[Label, ...]:
        return (Label(self.choice, "this choice would have no path of its own"),)

    @property
    def help(self) -> str:
        return "name the repeat: `repeat NAME in [COUNT] { … }`"


@dataclass(frozen=True)
class BadInputShape(Diagnostic):
    code: ClassVar[str] = "SQS115"
    name: str
    found: str

    @property
    def title(self) -> str:
        return f"the shape of the input `{self.name}` is {self.found}"

    @property
    def help(self) -> str:
        return "give 1 to 4 whole numbers of at least 1, channels last: `[32, 32, 3]`"


@dataclass(frozen=True)
class BadSetting(Diagnostic):
    """A setting's value is refused by its model."""

    code: ClassVar[str] = "SQS116"
    setting: str
    message: str
    remedy: str | None = None

    @property
    def title(self) -> str:
        return self.message

    @property
    def label(self) -> str:
        return f"a value of `{self.setting}`"

    @property
    def help(self) -> str | None:
        return self.remedy


@dataclass(frozen=True)
class ExternForbidden(Diagnostic):
    code: ClassVar[str] = "SQS117"
    target: str

    @property
    def title(self) -> str:
        return f"`extern` runs code of its own: `{self.target}`"

    @property
    def help(self) -> str:
        return "allow it with `--allow-extern` (`allow_extern=True`) if you trust this file"


@dataclass(frozen=True)
class TiedArguments(Diagnostic):
    """Two uses of a tied block with different arguments: one set of weights cannot serve both."""

    code: ClassVar[str] = "SQS118"
    block: str
    name: str
    first: Span

    @property
    def title(self) -> str:
        return f"the uses of the tied block `{self.block}` differ in `{self.name}`"

    @property
    def related(self) -> tuple[Label, ...]:
        return (Label(self.first, "the first use"),)

    @property
    def help(self) -> str:
        return "give every use the same argument, or make the block `shared` to share its choices alone"


@dataclass(frozen=True)
class UnknownType(Diagnostic):
    code: ClassVar[str] = "SQS119"
    name: str
    known: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"unknown type `{self.name}`"

    @property
    def help(self) -> str:
        return similar("type", self.name, self.known) or f"the types are {listing(self.known)}"
