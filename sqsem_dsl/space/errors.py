"""What can be wrong in a space, arithmetic and shapes (`faults`) apart: names, types, domains, settings, choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.diagnostics import Diagnostic, Label, Severity, closest, listing, similar
from sqsem_dsl.source import Span

# ---- 1xx: what a file says


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


# ---- 2xx: names


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
        return similar("operator", self.name, self.known)


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
        return similar("argument", self.name, self.known) or f"it is written `{self.signature}`"


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
        return similar(self.wanted, self.name, self.known) or f"known are {listing(self.known, 20)}"


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


# ---- 3xx: domains


@dataclass(frozen=True)
class EmptyDomain(Diagnostic):
    code: ClassVar[str] = "SQS301"
    reason: str

    @property
    def title(self) -> str:
        return f"the domain is empty: {self.reason}"

    @property
    def help(self) -> str:
        return "write the lower end first"


@dataclass(frozen=True)
class RepeatedValue(Diagnostic):
    code: ClassVar[str] = "SQS302"
    value: str

    @property
    def title(self) -> str:
        return f"the domain lists {self.value} twice"

    @property
    def help(self) -> str:
        return "remove one of them: each value is one option"


@dataclass(frozen=True)
class BadRange(Diagnostic):
    code: ClassVar[str] = "SQS303"
    message: str
    remedy: str

    @property
    def title(self) -> str:
        return self.message

    @property
    def help(self) -> str:
        return self.remedy


@dataclass(frozen=True)
class NotStatic(Diagnostic):
    """A value that reads a choice or a shape where it must be known at once."""

    code: ClassVar[str] = "SQS304"
    what: str
    remedy: str = "use numbers, constants, an index, or arguments that are known"

    @property
    def title(self) -> str:
        return f"{self.what} must be known before anything is chosen"

    @property
    def help(self) -> str:
        return self.remedy


@dataclass(frozen=True)
class RealReaches(Diagnostic):
    code: ClassVar[str] = "SQS305"
    what: str

    @property
    def title(self) -> str:
        return f"a continuous choice reaches {self.what}"

    @property
    def help(self) -> str:
        return "give its range a `step`, or list the values: shapes, counts and conditions need discrete choices"


@dataclass(frozen=True)
class BadPick(Diagnostic):
    code: ClassVar[str] = "SQS308"
    size: int
    count: int

    @property
    def title(self) -> str:
        return f"cannot pick {self.size} of {self.count} alternatives"

    @property
    def help(self) -> str:
        return f"pick between 1 and {self.count}"


# ---- 5xx: limits


@dataclass(frozen=True)
class TooLarge(Diagnostic):
    code: ClassVar[str] = "SQS501"
    what: str
    limit: int

    @property
    def title(self) -> str:
        return f"{self.what} is beyond the limit of {self.limit:,}"

    @property
    def help(self) -> str:
        return "make the space smaller: fewer repeats, shorter domains, or less nesting"


# ---- 6xx: choices and rules


@dataclass(frozen=True)
class DeadChoice(Diagnostic):
    code: ClassVar[str] = "SQS601"
    path: str

    @property
    def title(self) -> str:
        return f"the choice `{self.path}` can matter to no architecture"

    @property
    def label(self) -> str:
        return "never drawn: nothing that an output needs reads it"

    @property
    def help(self) -> str:
        return "use it where an output needs it, or remove it"


@dataclass(frozen=True)
class NothingAllowed(Diagnostic):
    """A space of nothing: its rules cut every assignment. `others` are rules that had a part in it."""

    code: ClassVar[str] = "SQS602"
    others: tuple[Span, ...] = ()

    @property
    def title(self) -> str:
        return "no architecture meets these rules together" if self.others else "no architecture meets this rule"

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(Label(span, "together with this one") for span in self.others)

    @property
    def help(self) -> str:
        return "loosen the `require`, or widen the domains of the choices that it names"


@dataclass(frozen=True)
class RuleAlwaysHolds(Diagnostic):
    code: ClassVar[str] = "SQS603"
    severity: ClassVar[Severity] = "warning"

    @property
    def title(self) -> str:
        return "every architecture meets this rule"

    @property
    def help(self) -> str:
        return "remove the `require`, or tighten it"


@dataclass(frozen=True)
class BadBudget(Diagnostic):
    """A `require` over quantities that is no linear comparison with a number."""

    code: ClassVar[str] = "SQS604"
    reason: str
    remedy: str = "compare a sum of quantities with a number, in the space itself: `require params <= 1.25M`"

    @property
    def title(self) -> str:
        return f"a budget {self.reason}"

    @property
    def help(self) -> str:
        return self.remedy


@dataclass(frozen=True)
class UnknownPath(Diagnostic):
    code: ClassVar[str] = "SQS605"
    path: str
    known: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"no choice has the path `{self.path}`"

    @property
    def help(self) -> str | None:
        listed = f"the choices are {listing(self.known, 20)}" if self.known else "this space has no choices"
        return similar("choice", self.path, self.known) or listed


@dataclass(frozen=True)
class ChoiceMissing(Diagnostic):
    code: ClassVar[str] = "SQS606"
    paths: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"no value is given for {listing(self.paths)}"

    @property
    def help(self) -> str:
        return "give every choice that this architecture draws, or start from `default()`"


@dataclass(frozen=True)
class ImpossibleValue(Diagnostic):
    code: ClassVar[str] = "SQS607"
    path: str
    value: str
    domain: str

    @property
    def title(self) -> str:
        return f"`{self.path}` cannot be {self.value}"

    @property
    def help(self) -> str:
        return f"its domain is {self.domain}"


@dataclass(frozen=True)
class NotDrawn(Diagnostic):
    code: ClassVar[str] = "SQS608"
    paths: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"a value is given for {listing(self.paths)}, which this architecture does not draw"

    @property
    def help(self) -> str:
        return "leave it out, or change the choices that decide whether it exists"


@dataclass(frozen=True)
class RuleBroken(Diagnostic):
    code: ClassVar[str] = "SQS609"
    values: tuple[tuple[str, str], ...]

    @property
    def title(self) -> str:
        return "these choices break a rule of the space"

    @property
    def note(self) -> str:
        return "the rule reads " + ", ".join(f"`{path}` = {value}" for path, value in self.values)

    @property
    def help(self) -> str:
        return "change one of the choices that the rule names"


@dataclass(frozen=True)
class NoSuchIndex(Diagnostic):
    code: ClassVar[str] = "SQS610"
    index: int
    count: int

    @property
    def title(self) -> str:
        return f"there is no architecture number {self.index}"

    @property
    def help(self) -> str:
        return f"the space has {self.count:,} assignments, numbered from 0"


@dataclass(frozen=True)
class NoneFound(Diagnostic):
    code: ClassVar[str] = "SQS611"
    tries: int
    budgets: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"none of {self.tries:,} sampled architectures is within the budgets"

    @property
    def note(self) -> str | None:
        return f"the budgets are {listing(self.budgets)}" if self.budgets else None

    @property
    def help(self) -> str:
        return "loosen a budget, or narrow the space towards it"


@dataclass(frozen=True)
class BadPlace(Diagnostic):
    code: ClassVar[str] = "SQS612"
    which: str

    @property
    def title(self) -> str:
        return f"`--at {self.which}` names no architecture"

    @property
    def help(self) -> str:
        return "write `default`, a number from 0, or a JSON object such as '{\"fires\": 3}'"
