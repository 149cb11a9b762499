"""Operators and structures that compute nothing, or something unintended (SQS82x)."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Label
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.lint.findings.lint import Lint, together


def _extents(sizes: tuple[int, ...]) -> str:
    return "x".join(map(str, sizes))


def _map(sizes: tuple[int, ...]) -> str:
    return _extents(sizes) if len(sizes) > 1 else f"length {sizes[0]}"


class BypassAroundNothing(Lint, code="SQS821"):
    modes: tuple[str, ...] = ()

    title = "this bypass is around nothing: a tensor is added to itself"
    help = "give the bypass stages that compute something, or remove it"

    @property
    def label(self) -> str:
        modes = together(f"`{mode}`" for mode in self.modes)
        return f"its stages do nothing, so that {modes} adds its input to itself"


class BypassNeverFits(Lint, code="SQS822"):
    shapes: tuple[tuple[str, str], ...] = ()

    help = "use `auto`, which projects where the shapes differ, or remove the bypass"

    @property
    def title(self) -> str:
        before, after = self.shapes[0]
        return f"this bypass never applies: {before} flows in, and {after} comes out"

    @property
    def note(self) -> str | None:
        others = ", ".join(f"{before} and {after}" for before, after in self.shapes[1:4])
        return f"in other architectures {others}" if others else None


class WastedKernel(Lint, code="SQS823"):
    """A kernel some of whose weights see only padding, at every position on the map."""

    operator: str = ""
    kernel: tuple[int, ...] = ()
    extents: tuple[int, ...] = ()
    seen: tuple[int, ...] = ()
    dilated: bool = False
    others: tuple[tuple[int, ...], ...] = ()

    help = "use a smaller kernel, or keep the map larger up to here"

    @property
    def title(self) -> str:
        kind = "dilated kernel" if self.dilated else "kernel"
        return f"a {kind} of {_extents(self.kernel)} is too large for a map of {_map(self.extents)}"

    @property
    def label(self) -> str:
        return f"only {_extents(self.seen)} of it ever covers a value; the rest covers only padding"

    @property
    def note(self) -> str | None:
        others = ", ".join(map(_map, self.others[:4]))
        return f"in other architectures the map is of {others}" if others else None


class PoolOfOne(Lint, code="SQS824"):
    operator: str = ""
    shape: str = ""

    title = "`{operator}` on {shape} does nothing: each channel has one value"
    help = "remove it, or keep the map larger up to here"


class BiasBeforeBatchnorm(Lint, code="SQS825"):
    operator: str = ""
    norms: tuple[Span, ...] = ()

    title = "the bias of this `{operator}` has no effect: `batchnorm` removes it"
    help = "write `bias = false`: the networks compute the same with fewer parameters, and their ids change"

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(Label(norm, "subtracts the mean of each channel, and adds its own bias") for norm in self.norms)


class DroppedTwice(Lint, code="SQS826"):
    operator: str = ""
    first: Span | None = None

    title = "`{operator}` right after `{operator}` has a higher rate than either of them"
    help = "keep one: rates p and q in a row have the effect of 1 - (1 - p) * (1 - q)"

    @property
    def related(self) -> tuple[Label, ...]:
        return () if self.first is None else (Label(self.first, "the first dropout"),)


class ActivatedTwice(Lint, code="SQS827"):
    first: str = ""
    second: str = ""
    place: Span | None = None

    title = "`{second}` of a `{first}`: values from 0 to 1 are squeezed once more"
    help = "keep one of them"

    @property
    def related(self) -> tuple[Label, ...]:
        return () if self.place is None else (Label(self.place, "the values are from 0 to 1 from here on"),)


class CutBeforeOutput(Lint, code="SQS828"):
    first: str = ""
    second: str = ""
    output: str = ""
    place: Span | None = None

    help = "remove the `{first}`: `{second}` accepts any number"

    @property
    def title(self) -> str:
        missed = "no probability is ever below 0.5" if self.second == "sigmoid" else "no class is ever below 0"
        return f"`{self.first}` right before the `{self.second}` of the output `{self.output}`: {missed}"

    @property
    def related(self) -> tuple[Label, ...]:
        return () if self.place is None else (Label(self.place, "removes negative values"),)


class AttentionToOne(Lint, code="SQS829"):
    memory: str = ""

    title = "the memory of this `attention`, {memory}, has one place, so each place reads all of it"
    help = "apply `dense(…)` to that place, and `broadcast_like`: queries and keys have parameters without effect"
