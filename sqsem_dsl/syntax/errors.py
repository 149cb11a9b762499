"""The diagnostics of syntax: codes SQS001 to SQS019."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from sqsem_dsl.diagnostics import Diagnostic, Fix, Label
from sqsem_dsl.source import Span


@dataclass(frozen=True)
class Unexpected(Diagnostic):
    """A token stands where the grammar has no place for it, and nothing better is known about it."""

    code: ClassVar[str] = "SQS001"
    found: str
    expected: str
    hint: str | None = None

    @property
    def title(self) -> str:
        return f"unexpected {self.found}, expected {self.expected}"

    @property
    def label(self) -> str:
        return f"expected {self.expected}"

    @property
    def help(self) -> str | None:
        return self.hint


@dataclass(frozen=True)
class UnexpectedCharacter(Diagnostic):
    """Characters that begin no word of the language."""

    code: ClassVar[str] = "SQS002"
    found: str
    hint: str | None = None

    @property
    def title(self) -> str:
        return f"unexpected {self.found}"

    @property
    def label(self) -> str:
        return "not part of the language"

    @property
    def help(self) -> str | None:
        return self.hint


@dataclass(frozen=True)
class UnexpectedEnd(Diagnostic):
    """The file ends in the middle of something."""

    code: ClassVar[str] = "SQS003"
    expected: str

    @property
    def title(self) -> str:
        return f"unexpected end of file, expected {self.expected}"

    @property
    def label(self) -> str:
        return f"expected {self.expected}"


@dataclass(frozen=True)
class Unclosed(Diagnostic):
    """A bracket is open where something stands that cannot be inside it. `span` is the bracket, `stop` that place."""

    code: ClassVar[str] = "SQS004"
    bracket: str
    closer: str
    stop: Span
    found: str
    outer: tuple[Span, ...] = ()

    @property
    def title(self) -> str:
        return f"`{self.bracket}` is never closed"

    @property
    def label(self) -> str:
        return "opened here"

    @property
    def related(self) -> tuple[Label, ...]:
        still = tuple(Label(span, "open as well") for span in self.outer)
        return (Label(self.stop, f"{self.found} comes before a `{self.closer}`"), *still)

    @property
    def help(self) -> str | None:
        return f"add a `{self.closer}` before {self.found}"


@dataclass(frozen=True)
class StrayCloser(Diagnostic):
    """A closing bracket that closes nothing, or not what is open."""

    code: ClassVar[str] = "SQS005"
    bracket: str
    open_bracket: str | None = None
    opened: Span | None = None

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

    @property
    def help(self) -> str | None:
        return f"remove the `{self.bracket}`, or add what it should close"


@dataclass(frozen=True)
class Missing(Diagnostic):
    """Something is missing after `after`; `span` is the place between it and what comes next."""

    code: ClassVar[str] = "SQS006"
    what: str
    after: str
    hint: str | None = None

    @property
    def title(self) -> str:
        return f"missing {self.what} after {self.after}"

    @property
    def label(self) -> str:
        return f"{self.what} is missing here"

    @property
    def help(self) -> str | None:
        return self.hint


@dataclass(frozen=True)
class KeywordAsName(Diagnostic):
    """A keyword stands where a name or a value is wanted."""

    code: ClassVar[str] = "SQS007"
    word: str
    wanted: str

    @property
    def title(self) -> str:
        return f"`{self.word}` is a keyword and cannot be a name"

    @property
    def label(self) -> str:
        return f"expected {self.wanted}"

    @property
    def help(self) -> str | None:
        return f"choose another name, such as `{self.word}_`"


@dataclass(frozen=True)
class EqualsConfusion(Diagnostic):
    """`=` where two values are compared, or `==` where a name gets its value."""

    code: ClassVar[str] = "SQS008"
    compares: bool

    @property
    def title(self) -> str:
        return "`=` does not compare" if self.compares else "`==` gives no value"

    @property
    def label(self) -> str:
        return f"expected `{self.wanted}`"

    @property
    def wanted(self) -> str:
        return "==" if self.compares else "="

    @property
    def help(self) -> str | None:
        return "write `==` to compare two values" if self.compares else "write `=` to give a name its value"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, self.wanted)


@dataclass(frozen=True)
class ChainedComparison(Diagnostic):
    """`a < b < c`."""

    code: ClassVar[str] = "SQS009"
    operator: str

    @property
    def title(self) -> str:
        return f"comparisons do not chain: a second `{self.operator}`" if self.operator else "comparisons do not chain"

    @property
    def label(self) -> str:
        return "compares the result of a comparison"

    @property
    def help(self) -> str | None:
        return "join two comparisons: `1 <= n and n < 4`"


@dataclass(frozen=True)
class UnclosedString(Diagnostic):
    """A string without its closing quote before the end of the line."""

    code: ClassVar[str] = "SQS010"

    @property
    def title(self) -> str:
        return "a string is not closed before the end of its line"

    @property
    def label(self) -> str:
        return "opened here"

    @property
    def help(self) -> str | None:
        return 'add a closing `"`; a string stands on one line'


@dataclass(frozen=True)
class MalformedNumber(Diagnostic):
    """Digits that are no number: `3x`, `.5`, `16.`, `1e`."""

    code: ClassVar[str] = "SQS011"
    text: str
    hint: str | None = None

    @property
    def title(self) -> str:
        return f"`{self.text}` is neither a number nor a name"

    @property
    def label(self) -> str:
        return "not a number"

    @property
    def help(self) -> str | None:
        return self.hint or "numbers look like `32`, `0.5`, `1e-4`, `1.25M`; a name begins with a letter"


@dataclass(frozen=True)
class Misplaced(Diagnostic):
    """A statement that is none of the braces' that it stands in."""

    code: ClassVar[str] = "SQS012"
    word: str
    where: str
    hint: str | None = None
    around: Span | None = None
    around_label: str = ""

    @property
    def title(self) -> str:
        return f"`{self.word}` cannot stand {self.where}"

    @property
    def label(self) -> str:
        return f"not {self.where}"

    @property
    def related(self) -> tuple[Label, ...]:
        return () if self.around is None else (Label(self.around, self.around_label),)

    @property
    def help(self) -> str | None:
        return self.hint


@dataclass(frozen=True)
class MissingSeparator(Diagnostic):
    """Two values in a row with nothing between them."""

    code: ClassVar[str] = "SQS013"
    left: str
    right: str
    separators: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"missing {self.listed} between {self.left} and {self.right}"

    @property
    def listed(self) -> str:
        return " or ".join(f"`{s}`" for s in self.separators)

    @property
    def label(self) -> str:
        return f"expected {self.listed} before this"

    @property
    def help(self) -> str | None:
        return (
            "a tensor flows into its next stage with `->`: `image -> conv(16, 3)`" if "->" in self.separators else None
        )


@dataclass(frozen=True)
class TooDeep(Diagnostic):
    """Brackets or expressions nested beyond what a person writes."""

    code: ClassVar[str] = "SQS014"
    what: Literal["brackets", "expressions"]
    limit: int

    @property
    def title(self) -> str:
        return f"{self.what} are nested more than {self.limit} deep"

    @property
    def label(self) -> str:
        return "too deep from here on"

    @property
    def help(self) -> str | None:
        if self.what == "brackets":
            return "name the inner parts with `let`, or move them to a `block`"
        return "split the expression with `let`; a long sum or chain counts a level for each operator"


@dataclass(frozen=True)
class TooLong(Diagnostic):
    """More words than a spec ever has."""

    code: ClassVar[str] = "SQS015"
    what: Literal["characters", "words and signs"]
    limit: int

    @property
    def title(self) -> str:
        return f"the text has more than {self.limit:,} {self.what}"

    @property
    def label(self) -> str:
        return "read up to here"

    @property
    def help(self) -> str | None:
        return "write what repeats with `repeat` and `block`, or split the file and join it with `use`"


@dataclass(frozen=True)
class HugeNumber(Diagnostic):
    """A number with so many digits that exact arithmetic with it would never end."""

    code: ClassVar[str] = "SQS016"
    limit: int

    @property
    def title(self) -> str:
        return f"a number has more than {self.limit} digits"

    @property
    def label(self) -> str:
        return "too large or too fine"

    @property
    def help(self) -> str | None:
        return "no size, rate or count of a network needs so many digits"


@dataclass(frozen=True)
class UnknownVersion(Diagnostic):
    """`sqs N` for an N that this compiler does not know."""

    code: ClassVar[str] = "SQS017"
    version: str

    @property
    def title(self) -> str:
        return f"version {self.version} of the language is not known to this compiler"

    @property
    def label(self) -> str:
        return "this compiler reads version 1"

    @property
    def help(self) -> str | None:
        return "write `sqs 1`, or use a newer sqsem"

    @property
    def fix(self) -> Fix | None:
        return Fix(self.span, "1")


@dataclass(frozen=True)
class NotAValueHere(Diagnostic):
    """`any …` or a list where an expression is wanted."""

    code: ClassVar[str] = "SQS018"
    what: Literal["any", "list"]

    @property
    def title(self) -> str:
        return "`any` stands for a whole argument or setting" if self.what == "any" else "a list is no value here"

    @property
    def label(self) -> str:
        return "cannot be part of an expression"

    @property
    def help(self) -> str | None:
        if self.what == "any":
            return "give the choice a name, `param width in [16, 32]`, and use the name here"
        return "a table is a `const`: `const widths = [16, 32]`, read as `widths[i]`"


@dataclass(frozen=True)
class Misspelled(Diagnostic):
    """A word that is nearly a keyword, where that keyword fits."""

    code: ClassVar[str] = "SQS019"
    word: str
    keyword: str
    expected: str

    @property
    def title(self) -> str:
        return f"unexpected `{self.word}`, expected {self.expected}"

    @property
    def label(self) -> str:
        return "not a keyword"

    @property
    def help(self) -> str | None:
        return f"a keyword with a similar name exists: `{self.keyword}`"
