"""What can be wrong with a network that a search is compared with."""

from __future__ import annotations

from typing import Literal

from sqsem_dsl.diagnostics.diagnostic import Diagnostic, listing, similar


class UnlikeBaseline(Diagnostic, code="SQS768"):
    """A baseline that the data of the searched space cannot train."""

    spec: str
    role: Literal["input", "output"]
    name: str
    shape: tuple[int, ...] | None
    """Of the baseline. None: it has no such output."""
    wanted: tuple[int, ...] | None
    """Of the searched space. None: it has nothing of that name."""
    known: tuple[str, ...]

    @property
    def title(self) -> str:
        if self.wanted is None:
            return f"the baseline `{self.spec}` has the {self.role} `{self.name}`, which the searched space has not"
        if self.shape is None:
            return f"the baseline `{self.spec}` lacks the {self.role} `{self.name}` of the searched space"
        if self.shape == self.wanted:
            return (
                f"the {self.role} `{self.name}` of the baseline `{self.spec}` ends otherwise than the searched space's"
            )
        there, here = list(self.shape), list(self.wanted)
        return (
            f"the {self.role} `{self.name}` of the baseline `{self.spec}` is {there}, that of the searched space {here}"
        )

    @property
    def help(self) -> str:
        if self.wanted is None:
            return similar(self.role, self.name, self.known) or f"the searched space has {listing(self.known)}"
        if self.shape is None:
            return "take another baseline, or search without that output"
        if self.shape == self.wanted:
            return "end it with the activation that the searched space has"
        return f'set constants of the baseline behind its name: `--baseline "{self.spec},NAME=VALUE,NAME=VALUE"`'
