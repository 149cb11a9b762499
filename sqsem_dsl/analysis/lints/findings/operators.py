"""Operators and structures that compute nothing, or what they should not (SQS82x)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.analysis.lints.findings.lint import Lint, together
from sqsem_dsl.diagnostics import Label
from sqsem_dsl.source import Span


def _extents(sizes: tuple[int, ...]) -> str:
    return "x".join(map(str, sizes))


def _map(sizes: tuple[int, ...]) -> str:
    return _extents(sizes) if len(sizes) > 1 else f"length {sizes[0]}"


@dataclass(frozen=True)
class BypassAroundNothing(Lint):
    code: ClassVar[str] = "SQS821"
    modes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return "this bypass is around nothing: a tensor is added to itself"

    @property
    def label(self) -> str:
        modes = together(f"`{mode}`" for mode in self.modes)
        return f"its stages do nothing, so that {modes} adds what flows in to itself"

    @property
    def help(self) -> str:
        return "give the bypass stages that compute something, or remove it"


@dataclass(frozen=True)
class BypassNeverFits(Lint):
    code: ClassVar[str] = "SQS822"
    shapes: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        before, after = self.shapes[0]
        return f"this bypass never applies: {before} flows in, and {after} comes out"

    @property
    def help(self) -> str:
        return "use `auto`, which projects where the shapes differ, or remove the bypass"

    @property
    def note(self) -> str | None:
        others = ", ".join(f"{before} and {after}" for before, after in self.shapes[1:4])
        return f"in other architectures {others}" if others else None


@dataclass(frozen=True)
class WastedKernel(Lint):
    """A kernel of which some weights see nothing but padding, at whatever place of the map it stands."""

    code: ClassVar[str] = "SQS823"
    operator: str = ""
    kernel: tuple[int, ...] = ()
    extents: tuple[int, ...] = ()
    seen: tuple[int, ...] = ()
    dilated: bool = False
    others: tuple[tuple[int, ...], ...] = ()

    @property
    def title(self) -> str:
        kind = "dilated kernel" if self.dilated else "kernel"
        return f"a {kind} of {_extents(self.kernel)} is too large for a map of {_map(self.extents)}"

    @property
    def label(self) -> str:
        return f"only {_extents(self.seen)} of it ever meets a value, and the rest padding alone"

    @property
    def help(self) -> str:
        return "use a smaller kernel, or let the map stay larger up to here"

    @property
    def note(self) -> str | None:
        others = ", ".join(map(_map, self.others[:4]))
        return f"in other architectures the map is of {others}" if others else None


@dataclass(frozen=True)
class PoolOfOne(Lint):
    code: ClassVar[str] = "SQS824"
    operator: str = ""
    shape: str = ""

    @property
    def title(self) -> str:
        return f"`{self.operator}` on {self.shape} gives back what it gets: each channel has one value"

    @property
    def help(self) -> str:
        return "remove it, or let the map stay larger up to here"


@dataclass(frozen=True)
class BiasBeforeBatchnorm(Lint):
    code: ClassVar[str] = "SQS825"
    operator: str = ""
    norms: tuple[Span, ...] = ()

    @property
    def title(self) -> str:
        return f"the bias of this `{self.operator}` does nothing: `batchnorm` takes it away again"

    @property
    def related(self) -> tuple[Label, ...]:
        return tuple(
            Label(norm, "subtracts the mean of each channel, and adds a bias of its own") for norm in self.norms
        )

    @property
    def help(self) -> str:
        return "write `bias = false`: the networks compute the same with fewer parameters, and so have other ids"


@dataclass(frozen=True)
class DroppedTwice(Lint):
    code: ClassVar[str] = "SQS826"
    operator: str = ""
    first: Span | None = None

    @property
    def title(self) -> str:
        return f"`{self.operator}` right after `{self.operator}` drops at a rate that nobody wrote"

    @property
    def related(self) -> tuple[Label, ...]:
        return () if self.first is None else (Label(self.first, "dropped here already"),)

    @property
    def help(self) -> str:
        return "keep one: rates p and q in a row are one of 1 - (1 - p) * (1 - q)"


@dataclass(frozen=True)
class ActivatedTwice(Lint):
    code: ClassVar[str] = "SQS827"
    first: str = ""
    second: str = ""
    place: Span | None = None

    @property
    def title(self) -> str:
        return f"`{self.second}` of a `{self.first}`: values from 0 to 1 are squeezed once more"

    @property
    def related(self) -> tuple[Label, ...]:
        return () if self.place is None else (Label(self.place, "the values are from 0 to 1 from here on"),)

    @property
    def help(self) -> str:
        return "keep one of them"


@dataclass(frozen=True)
class CutBeforeOutput(Lint):
    code: ClassVar[str] = "SQS828"
    first: str = ""
    second: str = ""
    output: str = ""
    place: Span | None = None

    @property
    def title(self) -> str:
        missed = "no probability is ever below 0.5" if self.second == "sigmoid" else "no class is ever below 0"
        return f"`{self.first}` right before the `{self.second}` of the output `{self.output}`: {missed}"

    @property
    def related(self) -> tuple[Label, ...]:
        return () if self.place is None else (Label(self.place, "cuts what is negative"),)

    @property
    def help(self) -> str:
        return f"remove the `{self.first}`: `{self.second}` takes any number"
