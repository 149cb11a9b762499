"""What a validation finds: a built model that is not what was said of it, or one that cannot be trained.

`choices` are paths and values of an architecture that shows it; `bug` says whether sqsem itself must be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqsem_dsl.diagnostics import Diagnostic

Choices = tuple[tuple[str, str], ...]
REPORT = "this is a bug of sqsem, not of the spec: please report it with the spec and these choices"


@dataclass(frozen=True)
class Disagrees(Diagnostic):
    """The compiler says one thing of an architecture, and the built model another."""

    code: ClassVar[str] = "SQS771"
    layer: str | None
    """None where it is about the model as a whole."""
    what: str
    compiler: str
    keras: str
    extern: bool
    """Whether it is about a layer of the user's own."""
    choices: Choices

    @property
    def bug(self) -> bool:
        return not self.extern

    @property
    def title(self) -> str:
        of = f" of `{self.layer}`" if self.layer is not None else " of the model"
        return f"{self.what}{of}: the compiler says {self.compiler}, Keras says {self.keras}"

    @property
    def help(self) -> str:
        return "a layer's shape and weights may depend on nothing but its arguments" if self.extern else REPORT

    @property
    def note(self) -> str:
        return _happens(self.choices)


@dataclass(frozen=True)
class NotBuilt(Diagnostic):
    """Keras refuses what the compiler took for right."""

    code: ClassVar[str] = "SQS772"
    error: str
    choices: Choices
    bug: ClassVar[bool] = True

    @property
    def title(self) -> str:
        return f"the model cannot be built: {self.error}"

    @property
    def help(self) -> str:
        return REPORT

    @property
    def note(self) -> str:
        return _happens(self.choices)


@dataclass(frozen=True)
class BadPass(Diagnostic):
    """A forward or a backward pass on random data fails, gives what is not finite, or leaves weights out."""

    code: ClassVar[str] = "SQS773"
    where: str | None
    """An output, a weight by its path, or None."""
    what: str
    choices: Choices
    bug: ClassVar[bool] = False

    @property
    def title(self) -> str:
        return f"`{self.where}`: {self.what}" if self.where is not None else self.what

    @property
    def help(self) -> str:
        return (
            "see that the loss is for what the outputs give; a norm of one value, or a relu of what is never above 0, "
            "lets no gradient through"
        )

    @property
    def note(self) -> str:
        return _happens(self.choices)


def _happens(choices: Choices) -> str:
    named = ", ".join(f"`{path}` = {value}" for path, value in choices)
    return f"it happens with {named}" if named else "it happens in the only architecture"
