"""Limits (SQS5xx), choices and rules (SQS6xx)."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, Label, Unknown, listing
from sqsem_dsl.diagnostics.source import Span


class TooLarge(Diagnostic, code="SQS501"):
    what: str
    limit: int

    title = "{what} exceeds the limit of {limit:,}"
    help = "make the space smaller: fewer repeats, shorter domains, or less nesting"


class CostsNotKnown(Diagnostic, code="SQS505"):
    """Costs of many assignments at once need those of all, which a limit ended."""

    reason: str

    title = "the costs of many assignments at once are not available"
    note = "costs of the whole space: {reason}"
    help = "use `space.cost(…)` for one assignment after the other"


class NotAssignments(Diagnostic, code="SQS506"):
    """Rows of options that no assignment has. `rows` are the first of them."""

    rows: tuple[int, ...]
    wrong: int
    total: int

    title = "{wrong:,} of {total:,} rows of options are no assignment of the space: {places}"
    help = (
        "a row needs an option of each active choice, and must meet the rules: `space.options(numbers)` makes such rows"
    )

    @property
    def places(self) -> str:
        """The first rows, from 0."""
        shown = ", ".join(f"{row:,}" for row in self.rows)
        return f"row{'s' if self.wrong > 1 else ''} {shown}" + (", …" if self.wrong > len(self.rows) else "")


class DeadChoice(Diagnostic, code="SQS601"):
    """A choice, or some of a family (`indexed`), that no architecture uses."""

    path: str
    count: int = 1
    indexed: bool = False

    @property
    def title(self) -> str:
        what, verb = ("choices", "are") if self.count > 1 else ("choice", "is")
        return f"the {what} `{self.path}` {verb} unused in every architecture"

    @property
    def label(self) -> str:
        return f"no output depends on {'them' if self.count > 1 else 'it'}"

    @property
    def help(self) -> str:
        if self.indexed:
            return "read each where an output needs it, or exclude its indices, as `[i in 0..2, j in 1..3 where j > i]`"
        return "use it where an output needs it, or remove it"


class NothingAllowed(Diagnostic, code="SQS602"):
    """An empty space: its rules cut every assignment. `others` are rules that contribute."""

    others: tuple[Span, ...] = ()

    help = "relax the `require`, or widen the domains of the choices that it names"

    @property
    def title(self) -> str:
        return "no architecture meets these rules together" if self.others else "no architecture meets this rule"

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(Label(span, "together with this one") for span in self.others)


class RuleAlwaysHolds(Diagnostic, code="SQS603", severity="warning"):
    title = "every architecture meets this rule"
    help = "remove the `require`, or tighten it"


class RuleNeverApplies(Diagnostic, code="SQS615", severity="warning"):
    """A rule on a tensor that no output needs, or on choices of which some are never active together."""

    title = "no architecture uses everything that this rule reads, so it excludes nothing"
    help = "let the rule read choices and tensors that the outputs need, or remove the `require`"


class BadBudget(Diagnostic, code="SQS604"):
    """A `require` over quantities that is not a linear comparison with a number."""

    reason: str
    remedy: str = "compare a sum of quantities with a number, in the space itself: `require params <= 1.25M`"

    title = "a budget {reason}"
    help = "{remedy}"


class UnknownPath(Unknown, code="SQS605"):
    kind = "choice"
    title = "no choice has the path `{name}`"

    @property
    def otherwise(self) -> str:
        return f"the choices are {listing(self.known, 20)}" if self.known else "this space has no choices"


class ChoiceMissing(Diagnostic, code="SQS606"):
    paths: tuple[str, ...]

    title = "missing value for {paths:names}"
    help = "set every active choice of this architecture, or start from `default()`"


class ImpossibleValue(Diagnostic, code="SQS607"):
    path: str
    value: str
    domain: str

    title = "`{path}` cannot be {value}"
    help = "its domain is {domain}"


class NotActive(Diagnostic, code="SQS608"):
    paths: tuple[str, ...]

    title = "value for {paths:names}, not active in this architecture"
    help = "remove the value, or change the choices that decide whether it is active"


class RuleBroken(Diagnostic, code="SQS609"):
    values: tuple[tuple[str, str], ...]

    title = "these choices break a rule of the space"
    help = "change one of the choices that the rule names"

    @property
    def note(self) -> str:
        return "the rule reads " + ", ".join(f"`{path}` = {value}" for path, value in self.values)


class NoSuchIndex(Diagnostic, code="SQS610"):
    index: int
    count: int

    title = "there is no architecture number {index}"
    help = "the space has {count:,} assignments, numbered from 0"


class NoneFound(Diagnostic, code="SQS611"):
    tries: int
    budgets: tuple[str, ...]

    title = "none of {tries:,} sampled architectures is within the budgets"
    help = "relax a budget, or narrow the space towards it"

    @property
    def note(self) -> str | None:
        return f"the budgets are {listing(self.budgets)}" if self.budgets else None


class NothingWithin(Diagnostic, code="SQS614"):
    budgets: tuple[str, ...]

    title = "no architecture meets {budgets:names}"
    help = "relax a budget: `sqsem-compile SPEC` shows the costs of the architectures"


class BadPlace(Diagnostic, code="SQS612"):
    which: str

    title = "`--at {which}` does not select an architecture"
    help = "write `default`, a number from 0, or a JSON object such as '{{\"fires\": 3}}'"


class OutputVaries(Diagnostic, code="SQS613"):
    """An output for which no single set of labels and no single loss fits."""

    name: str
    what: str
    found: tuple[str, ...]

    title = "the output `{name}` cannot be trained: it has several {what}"
    note = "in different architectures: {found:words}"
    help = "let it end the same way in every architecture: with one `dense(…)` or `conv(…)` and one activation"


class UnknownChoice(Unknown, code="SQS933"):
    kind = "choice"
    title = "no choice above has the path `{name}`"

    @property
    def otherwise(self) -> str:
        where = "a rule comes after the structures that it names"
        return f"{where}; the choices above are {listing(self.known, 20)}" if self.known else where


class OneValue(Diagnostic, code="SQS934"):
    """A rule names something that has only one value."""

    path: str
    value: str

    title = "`{path}` is not a choice: it is always {value}"
    help = "give it another value, or leave it out of the rule"


class SeveralChoices(Diagnostic, code="SQS935"):
    path: str

    title = "`{path}` stands for several choices"
    help = "count or add them in a rule: `require count({path}) <= 4`, `require sum({path}) <= 100`"


class ChoiceOutside(Diagnostic, code="SQS936"):
    path: str

    title = "`{path}` is read outside of a rule"
    help = "a path is read in `require`, `count` and `sum`; elsewhere read a `param` by its name"


class SeveralEntries(Diagnostic, code="SQS937"):
    name: str

    title = "`{name}` is a table: it has no `*` and no ranges"
    help = "read one entry: `{name}[0]`"


class NoSuchMember(Diagnostic, code="SQS931"):
    """An index that a family does not have. `reason` names the range that it is outside of, or the condition that
    excludes it."""

    written: str
    reason: str
    remedy: str
    declared: Span

    title = "there is no choice `{written}`"
    label = "{reason}"
    help = "{remedy}"

    @property
    def related(self) -> tuple[Label, ...]:
        return (Label(self.declared, "its indices"),)


class WrongIndices(Diagnostic, code="SQS932"):
    """A family that is read with too few or too many indices."""

    name: str
    given: int
    wanted: int
    one: str

    @property
    def title(self) -> str:
        if not self.given:
            return f"`{self.name}` stands for several choices"
        return f"`{self.name}` has {self.wanted} {_indices(self.wanted)}, not {self.given}"

    @property
    def help(self) -> str:
        every = self.name + "[*]" * self.wanted
        return f"read one of them, `{self.one}`, or several in `count` or `sum`: `sum({every})`"


def _indices(count: int) -> str:
    return "index" if count == 1 else "indices"


class BadIndices(Diagnostic, code="SQS938"):
    """The indices of a family that is declared wrongly."""

    message: str
    remedy: str

    title = "{message}"
    help = "{remedy}"
