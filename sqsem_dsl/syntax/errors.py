"""The diagnostics of syntax: codes SQS001 to SQS019."""

from __future__ import annotations

from typing import Literal

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, Fix, Label
from sqsem_dsl.diagnostics.source import Span


class Unexpected(Diagnostic, code="SQS001"):
    """A token that the grammar does not allow here, without a more specific message."""

    found: str
    expected: str
    hint: str | None = None

    title = "unexpected {found}, expected {expected}"
    label = "expected {expected}"
    help = "{hint}"


class UnexpectedCharacter(Diagnostic, code="SQS002"):
    """Characters that begin no word of the language."""

    found: str
    hint: str | None = None

    title = "unexpected {found}"
    label = "not part of the language"
    help = "{hint}"


class UnexpectedEnd(Diagnostic, code="SQS003"):
    """The file ends in the middle of a construct."""

    expected: str

    title = "unexpected end of file, expected {expected}"
    label = "expected {expected}"


class Unclosed(Diagnostic, code="SQS004"):
    """A bracket is still open at something that cannot be inside it. `span` is the bracket, `stop` that place."""

    bracket: str
    closer: str
    stop: Span
    found: str
    outer: tuple[Span, ...] = ()

    title = "`{bracket}` is never closed"
    label = "opened here"
    help = "add a `{closer}` before {found}"

    @property
    def related(self) -> tuple[Label, ...]:
        still = tuple(Label(span, "open as well") for span in self.outer)
        return (Label(self.stop, f"{self.found} comes before a `{self.closer}`"), *still)


class StrayCloser(Diagnostic, code="SQS005"):
    """A closing bracket that closes nothing, or the wrong bracket."""

    bracket: str
    open_bracket: str | None = None
    opened: Span | None = None

    help = "remove the `{bracket}`, or add what it should close"

    @property
    def title(self) -> str:
        if self.open_bracket is None:
            return f"`{self.bracket}` closes nothing"
        return f"`{self.bracket}` does not close `{self.open_bracket}`"

    @property
    def label(self) -> str:
        return "nothing is open here" if self.open_bracket is None else "the wrong bracket"

    @property
    def related(self) -> tuple[Label, ...]:
        return () if self.opened is None else (Label(self.opened, "open since here"),)


class Missing(Diagnostic, code="SQS006"):
    """Something is missing after `after`; `span` is the place between it and the next token."""

    what: str
    after: str
    hint: str | None = None

    title = "missing {what} after {after}"
    label = "{what} is missing here"
    help = "{hint}"


class KeywordAsName(Diagnostic, code="SQS007"):
    """A keyword where a name or a value is expected."""

    word: str
    wanted: str

    title = "`{word}` is a keyword and cannot be a name"
    label = "expected {wanted}"
    help = "choose another name, such as `{word}_`"


class EqualsConfusion(Diagnostic, code="SQS008"):
    """`=` where two values are compared, or `==` where a name is bound."""

    compares: bool
    sure: bool = True
    """Whether nothing else can be meant."""

    label = "expected `{wanted}`"

    @property
    def title(self) -> str:
        return "`=` does not compare" if self.compares else "`==` gives no value"

    @property
    def wanted(self) -> str:
        return "==" if self.compares else "="

    @property
    def help(self) -> str | None:
        return "write `==` to compare two values" if self.compares else "write `=` to give a name its value"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, self.wanted) if self.sure else None


class ChainedComparison(Diagnostic, code="SQS009"):
    """`a < b < c`."""

    operator: str

    label = "compares the result of a comparison"
    help = "join two comparisons: `1 <= n and n < 4`"

    @property
    def title(self) -> str:
        return f"comparisons do not chain: a second `{self.operator}`" if self.operator else "comparisons do not chain"


class UnclosedString(Diagnostic, code="SQS010"):
    """A string without its closing quote before the end of the line."""

    title = "a string is not closed before the end of its line"
    label = "opened here"
    help = 'add a closing `"`; a string must be on one line'


class MalformedNumber(Diagnostic, code="SQS011"):
    """Digits that are not a number: `3x`, `.5`, `16.`, `1e`."""

    text: str
    hint: str | None = None

    title = "`{text}` is neither a number nor a name"
    label = "not a number"

    @property
    def help(self) -> str | None:
        return self.hint or "numbers look like `32`, `0.5`, `1e-4`, `1.25M`; a name begins with a letter"


class Misplaced(Diagnostic, code="SQS012"):
    """A statement that is not allowed in these braces."""

    word: str
    where: str
    hint: str | None = None
    around: Span | None = None
    around_label: str = ""

    title = "`{word}` is not allowed {where}"
    label = "not {where}"
    help = "{hint}"

    @property
    def related(self) -> tuple[Label, ...]:
        return () if self.around is None else (Label(self.around, self.around_label),)


class MissingSeparator(Diagnostic, code="SQS013"):
    """Two values in a row with nothing between them."""

    left: str
    right: str
    separators: tuple[str, ...]
    hint: str | None = None

    title = "missing {listed} between {left} and {right}"
    label = "expected {listed} before this"

    @property
    def listed(self) -> str:
        return " or ".join(f"`{s}`" for s in self.separators)

    @property
    def help(self) -> str | None:
        if self.hint is not None:
            return self.hint
        return (
            "a tensor flows into its next stage with `->`: `image -> conv(16, 3)`" if "->" in self.separators else None
        )


class TooDeep(Diagnostic, code="SQS014"):
    """Brackets or expressions nested more deeply than in any real spec."""

    what: Literal["brackets", "expressions"]
    limit: int

    title = "{what} are nested more than {limit} deep"
    label = "too deep from here on"

    @property
    def help(self) -> str | None:
        if self.what == "brackets":
            return "name the inner parts with `let`, or move them to a `block`"
        return "split the expression with `let`; a long sum or chain counts a level for each operator"


class TooLong(Diagnostic, code="SQS015"):
    """More words than any real spec has."""

    what: Literal["characters", "words and signs"]
    limit: int

    title = "the text has more than {limit:,} {what}"
    label = "read up to here"
    help = "write repeated parts with `repeat` and `block`, or split the file and import with `use`"


class HugeNumber(Diagnostic, code="SQS016"):
    """A number with too many digits for exact arithmetic."""

    limit: int

    title = "a number has more than {limit} digits"
    label = "too large or too fine"
    help = "use fewer digits: no size, rate or count of a network needs so many"


class UnknownVersion(Diagnostic, code="SQS017"):
    """`sqs N` for an N that this compiler does not support."""

    version: str

    title = "version {version} of the language is not supported"
    label = "this compiler supports version 1"
    help = "write `sqs 1`, or use a newer sqsem"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, "1")


class NotAValueHere(Diagnostic, code="SQS018"):
    """`any …` or a list where an expression is expected."""

    what: Literal["any", "list"]

    label = "cannot be part of an expression"

    @property
    def title(self) -> str:
        return (
            "`any` is only allowed as a whole argument or setting"
            if self.what == "any"
            else "a list is not a value here"
        )

    @property
    def help(self) -> str | None:
        if self.what == "any":
            return "give the choice a name, `param width in [16, 32]`, and use the name here"
        return "a table is a `const`: `const widths = [16, 32]`, read as `widths[i]`"


class Misspelled(Diagnostic, code="SQS019"):
    """A misspelled keyword, in a place where that keyword fits."""

    word: str
    keyword: str
    expected: str

    title = "unexpected `{word}`, expected {expected}"
    label = "not a keyword"
    help = "a keyword with a similar name exists: `{keyword}`"
