"""Names (SQS2xx)."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, Label, Unknown, closest, listing, similar
from sqsem_dsl.diagnostics.hints import argument_hint, layer_hint, name_hint, searched_hint, value_hint
from sqsem_dsl.diagnostics.hints.structures import structure_hint
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.settings.objective_meant import objective_meant


class UnknownName(Unknown, code="SQS201"):
    """A name that is not bound, or not in scope here. `remedy` says why, if that is known."""

    what: str = "name"
    remedy: str | None = None

    kind = "{what}"
    title = "unknown {what} `{name}`"

    @property
    def label(self) -> str:
        return "not bound here" if self.what == "name" else ""

    @property
    def help(self) -> str | None:
        if self.remedy is not None:
            return self.remedy
        if self.what != "name":
            return super().help
        near = closest(self.name, self.known)
        return name_hint(self.name) or (f"a similar name is bound here: `{near}`" if near else self.otherwise)

    @property
    def otherwise(self) -> str | None:
        if not self.known:
            return None
        known = sorted(self.known)
        return f"names in scope: {listing(known)}" if self.what == "name" else f"available: {listing(known, 24)}"


class DuplicateName(Diagnostic, code="SQS202"):
    name: str
    first: Span
    done: str = "bound"
    """A duplicate: a name is bound, a setting `set`, or an alternative or a section `given` twice."""

    title = "`{name}` is already {done}"
    label = "{done} again here"

    @property
    def related(self) -> tuple[Label, ...]:
        return (Label(self.first, f"first {self.done} here"),)

    @property
    def help(self) -> str:
        match self.done:
            case "bound":
                return "give one of them another name; only an argument of a block may hide a name"
            case "set":
                return "remove one of them"
            case _:
                return "join the two, or give one of them another name"


class ReservedName(Diagnostic, code="SQS203"):
    name: str
    what: str

    title = "`{name}` is the name of {what} and cannot be bound"
    help = "choose another name, such as `{name}_1`"


class UnknownOperator(Unknown, code="SQS204"):
    unused: tuple[str, ...] = ()
    remedy: str | None = None

    kind = "operator"
    title = "unknown operator or block `{name}`"

    @property
    def help(self) -> str | None:
        if self.remedy is not None:
            return self.remedy
        if self.name in self.unused:
            return f"the library has it: add `use {self.name} from std` at the top of the file"
        near = super().help
        if near is not None and self.name.lower() in {known.lower() for known in self.known}:
            return near
        return searched_hint(self.name) or structure_hint(self.name) or layer_hint(self.name) or near


class UnknownArgument(Diagnostic, code="SQS205"):
    callee: str
    name: str
    known: tuple[str, ...]
    signature: str

    title = "`{callee}` has no argument `{name}`"

    @property
    def help(self) -> str:
        hint = argument_hint(self.callee, self.name, self.known)
        return hint or similar("argument", self.name, self.known) or f"it is written `{self.signature}`"


class UnknownSymbol(Diagnostic, code="SQS206"):
    name: str
    wanted: str
    known: tuple[str, ...]
    argument: str | None = None
    """The name that is its first argument, if it has one."""

    title = "unknown {wanted} `{name}`"

    @property
    def help(self) -> str:
        if self.wanted == "objective":
            return objective_meant(self.name, self.argument)
        hint = value_hint(self.wanted, self.name) or similar(self.wanted, self.name, self.known)
        return hint or f"available: {listing(self.known, 20)}"


class SamePath(Diagnostic, code="SQS207"):
    """Two choices with the same path. `callee` is the call to label; None if one of the two can be renamed."""

    path: str
    first: Span
    callee: str | None = None

    title = "two choices have the path `{path}`"
    label = "the second"

    @property
    def related(self) -> tuple[Label, ...]:
        return (Label(self.first, "the first"),)

    @property
    def help(self) -> str:
        if self.callee is None:
            return "give one of them another name"
        return f"label one of the uses: `{self.callee}(…) @second`"


class NoIt(Diagnostic, code="SQS208"):
    title = "`it` is outside braces into which a tensor flows"
    help = "name the tensor: `it` is what flows into the nearest braces, as in `x -> {{ conv(16, 3) -> add(it) }}`"


class IgnoredFlow(Diagnostic, code="SQS209"):
    name: str

    title = "a tensor flows into these braces and is not used"
    label = "starts from `{name}` instead"
    help = "start with a stage, or use `it`"


class TensorAsStage(Diagnostic, code="SQS210"):
    name: str

    title = "`{name}` is a tensor and cannot be a stage"
    help = "combine the two: `-> add({name})` or `-> concat({name})`"


class UnknownUse(Unknown, code="SQS211"):
    library: str

    kind = "block"
    title = "{library} has no block `{name}`"
    otherwise = "it has {known:names 20}"


class BadUse(Diagnostic, code="SQS212"):
    """A `use` that leaves the spec's folder, is circular, or names a file that cannot be read."""

    path: str
    reason: str
    remedy: str

    title = "cannot use `{path}`: {reason}"
    help = "{remedy}"


class BadWeights(Diagnostic, code="SQS213"):
    """A file of weights that a `backbone` cannot use."""

    path: str
    reason: str

    title = "`backbone` cannot use the weights `{path}`: {reason}"
    help = "name a file `….weights.h5` in the folder of this spec or below it"


class NotInDomain(Diagnostic, code="SQS214"):
    """A parameter compared with a name that means nothing, or only in the domain of another parameter."""

    name: str
    param: str
    domain: tuple[str, ...]

    title = "`{name}` is not in the domain of `{param}`"

    @property
    def help(self) -> str:
        near = closest(self.name, self.domain)
        similar_one = f"a similar one exists: `{near}`; " if near else ""
        return f"{similar_one}the domain is {listing(self.domain, 20)}"
