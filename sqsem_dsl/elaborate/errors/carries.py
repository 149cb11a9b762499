"""Repeats that carry several tensors from iteration to iteration."""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, Label, listing
from sqsem_dsl.diagnostics.source import Span


class WrongOuts(Diagnostic, code="SQS928"):
    """The body of a repeat does not give one value for each tensor that the repeat carries."""

    given: int
    names: tuple[str, ...]
    carried: Span | None

    @property
    def title(self) -> str:
        if not self.names:
            return f"the body of this repeat gives {self.given} tensors, but the repeat carries none by name"
        carried = f"{len(self.names)}: {listing(self.names)}"
        return f"the body gives {_tensors(self.given)}, but the repeat carries {carried}"

    label = "{given:many value}"

    @property
    def related(self) -> tuple[Label, ...]:
        return () if self.carried is None else (Label(self.carried, "carried from here"),)

    @property
    def help(self) -> str:
        if not self.names:
            return "name each tensor and its first value: `repeat … carry a = x, b = y { … out b, … }`"
        if len(self.names) == 1:
            return f"end the body with one value: the next `{self.names[0]}`"
        return f"end the body with a value for each: {' and '.join(f'the next `{name}`' for name in self.names)}"


class NotCarried(Diagnostic, code="SQS929"):
    """`let a, b = …` of something that does not carry as many tensors."""

    names: tuple[str, ...]
    carried: tuple[str, ...]
    value: Span

    @property
    def title(self) -> str:
        bound = f"`let {', '.join(self.names)}` binds {len(self.names)} tensors"
        if not self.carried:
            return f"{bound}, but only a `repeat` with `carry` gives several"
        return f"{bound}, but the repeat carries {len(self.carried)}: {listing(self.carried)}"

    @property
    def related(self) -> tuple[Label, ...]:
        return (Label(self.value, f"{_tensors(max(1, len(self.carried)))} here"),)

    @property
    def help(self) -> str:
        if not self.carried:
            return "write a `let` for each of them"
        if len(self.carried) == 1:
            return f"write `let {self.names[0]} = repeat … carry …`"
        return "bind a name for each of them, in this order; without names, the repeat stands for the last one"


class FlowIntoCarry(Diagnostic, code="SQS930"):
    """A tensor flows into a repeat that carries tensors of its own."""

    names: tuple[str, ...]

    title = "a tensor flows into this repeat, but it carries its own: {names:names}"
    label = "starts from the tensors after `carry`"

    @property
    def help(self) -> str:
        name = self.names[-1]
        return f"one of them can start with it, in braces: `x -> {{ repeat … carry {name} = it {{ … }} }}`"


def _tensors(count: int) -> str:
    return "1 tensor" if count == 1 else f"{count} tensors"
