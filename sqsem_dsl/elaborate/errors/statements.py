"""Statements with no possible meaning (SQS1xx)."""

from __future__ import annotations

from typing import Literal

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, Label, Unknown, listing
from sqsem_dsl.diagnostics.source import Span


class MissingOutput(Diagnostic, code="SQS101"):
    """A space without an output describes no network."""

    name: str

    title = "the space `{name}` has no output"
    help = "end it with a line such as `output label = trunk -> gap -> dense(10) -> softmax`"


class UnusedInput(Diagnostic, code="SQS102"):
    """An input that reaches no output in any architecture."""

    name: str

    title = "the input `{name}` is unused in every architecture"
    label = "reaches no output"
    help = "use `{name}` in a tensor that an output needs, or remove it"


class WhichSpace(Diagnostic, code="SQS103"):
    """A file that holds no space, or several, where one is required."""

    wanted: str | None
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        if not self.names:
            return "this file has no space"
        if self.wanted is not None:
            return f"this file has no space `{self.wanted}`"
        return f"this file has {len(self.names)} spaces"

    @property
    def help(self) -> str:
        if not self.names:
            return "a file of blocks is a library: `use` it from a file with a `space`"
        return f"name one with `--space`: {listing(self.names)}"


class UnknownDefine(Unknown, code="SQS104"):
    """`--define` does not name a constant of the space, or its value is invalid."""

    value: str | None = None

    kind = "constant"

    @property
    def title(self) -> str:
        if self.value is not None:
            return f"`--define {self.name}={self.value}` is not a number, symbol or string"
        return f"`--define {self.name}` does not name a constant of the space"

    @property
    def help(self) -> str | None:
        if self.value is not None:
            return "write a number, a name, or a list of them in brackets"
        return super().help

    @property
    def otherwise(self) -> str:
        return f"the constants are {listing(self.known)}" if self.known else "the space declares no `const`"


class WrongType(Diagnostic, code="SQS105"):
    """A number where a tensor is expected, and the like."""

    expected: str
    found: str
    remedy: str | None = None
    uses: tuple[Span, ...] = ()

    title = "expected {expected}, found {found}"
    help = "{remedy}"

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(Label(span, "in this use of the block") for span in self.uses)


class MissingArgument(Diagnostic, code="SQS106"):
    """A call without a required argument."""

    callee: str
    missing: str
    signature: str
    flows: bool = True
    """False if the missing argument is the input tensor."""

    title = "`{callee}` is missing {missing}"

    @property
    def help(self) -> str:
        if not self.flows:
            return f"let a tensor flow into it: `x -> {self.callee}(…)`"
        return f"it is written `{self.signature}`"


class TooManyArguments(Diagnostic, code="SQS107"):
    """More arguments, or more tensors, than the callee accepts. An input tensor counts as given."""

    callee: str
    given: int
    most: int
    signature: str
    what: str = "argument"
    flows_into: str = ""
    """The argument of a block that the input tensor is."""

    @property
    def help(self) -> str:
        if not self.flows_into:
            return f"it is written `{self.signature}`"
        first = f"the tensor that flows into it is its first argument, `{self.flows_into}`"
        return f"it is written `{self.signature}`, and {first}"

    @property
    def title(self) -> str:
        kind, _, rest = self.what.partition(" ")
        counted = f"{self.most or 'no'} {kind}{'' if self.most == 1 else 's'}{' ' + rest if rest else ''}"
        return f"`{self.callee}` takes {counted}, but {self.given} {'is' if self.given == 1 else 'are'} given"


class RepeatedArgument(Diagnostic, code="SQS108"):
    callee: str
    name: str

    title = "`{name}` of `{callee}` is given twice"
    help = "give it by position or by name, once"


class MisplacedArgument(Diagnostic, code="SQS109"):
    callee: str

    title = "an argument without a name follows one with a name"
    help = "write the named arguments of `{callee}` last"


class EndlessRecursion(Diagnostic, code="SQS110"):
    """A block whose recursion exceeds the limit."""

    name: str
    limit: int

    title = "`{name}` calls itself more than {limit} levels deep"
    help = "end the recursion with an `if` on an argument that changes from call to call"


class NoFlow(Diagnostic, code="SQS111"):
    """A structure that needs an input tensor has none."""

    what: str

    title = "no tensor flows into this `{what}`"

    @property
    def help(self) -> str:
        also = ", or add an `else`" if self.what == "if" else ""
        return f"write it as a stage: `x -> {self.what} …`{also}"


class Misplaced(Diagnostic, code="SQS112"):
    """`optional` and `pick` outside the arguments of a combining operator."""

    what: str

    title = (
        "`{what}` is allowed only among the arguments of `merge`, `add`, `multiply`, `average`, `maximum` and `concat`"
    )

    @property
    def help(self) -> str:
        if self.what == "optional":
            return "write `add(…)` around it; elsewhere use a `slot` or a `choose`"
        return "move it there; elsewhere use a `choose`"


class AllOptional(Diagnostic, code="SQS113"):
    callee: str

    title = "every argument of this `{callee}` may be left out"
    help = "leave at least one argument that is always there"


class UnnamedRepeat(Diagnostic, code="SQS114"):
    """A repeat without a name must not contain a choice: its choices would have no path."""

    path: str
    choice: Span

    title = "a repeat without a name contains a choice"
    help = "name the repeat: `repeat NAME in [COUNT] {{ … }}`"

    @property
    def related(self) -> tuple[Label, ...]:
        return (Label(self.choice, "this choice would not have a unique path"),)


class BadInputShape(Diagnostic, code="SQS115"):
    name: str
    found: str

    title = "the shape of the input `{name}` is {found}"
    help = "give 1 to 4 whole numbers of at least 1, channels last: `[32, 32, 3]`"


class BadInputBound(Diagnostic, code="SQS122"):
    name: str
    found: str

    title = "the bound of the whole numbers of the input `{name}` is {found}"
    help = "give a whole number from 1 to 16,777,216, one more than the largest number: `input word: [64] below 20K`"


class UnfitOutput(Diagnostic, code="SQS123"):
    """An output that is an input of whole numbers, or padded sequences, in some architecture."""

    name: str
    kind: Literal["is an input of whole numbers", "consists of padded sequences"]
    shape: str

    title = "the output `{name}` {kind}, {shape}"

    @property
    def help(self) -> str:
        if self.kind == "consists of padded sequences":
            return "make it one vector for each sample, with `gap` or `gmp`"
        return "put `embedding(width)` and the layers of a network before it"


class BadSetting(Diagnostic, code="SQS116"):
    """The model of a setting rejects its value."""

    setting: str
    message: str
    remedy: str | None = None

    title = "{message}"
    label = "a value of `{setting}`"
    help = "{remedy}"


class ExternForbidden(Diagnostic, code="SQS117"):
    target: str

    title = "`extern` runs code outside the spec: `{target}`"
    help = "allow it with `--allow-extern` (`allow_extern=True`) if you trust this file"


class ExternUnusable(Diagnostic, code="SQS777"):
    """A loss, a metric, an optimizer or a callback that `extern` names does not exist, or rejects its arguments."""

    setting: str
    message: str
    remedy: str | None = None

    title = "{message}"
    label = "a value of `{setting}`"
    help = "{remedy}"


class TiedArguments(Diagnostic, code="SQS118"):
    """Two uses of a tied block with different arguments: one set of weights cannot serve both."""

    block: str
    name: str
    first: Span

    title = "the uses of the tied block `{block}` differ in `{name}`"
    help = "give every use the same argument, or make the block `shared` to share only its choices"

    @property
    def related(self) -> tuple[Label, ...]:
        return (Label(self.first, "the first use"),)


class UnknownType(Unknown, code="SQS119"):
    kind = "type"
    title = "unknown type `{name}`"
    otherwise = "the types are {known:names}"
