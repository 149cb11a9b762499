"""What a spec holds, on one screen: inputs, outputs, choices by kind, how many assignments, the default
architecture."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqsem_dsl.space.choices import Choice, Real
from sqsem_dsl.space.combine import show_shape
from sqsem_dsl.space.space import Space

if TYPE_CHECKING:
    from sqsem_dsl.compiler import Compilation

KINDS = {
    "param": ("parameter", "parameters"),
    "any": ("in place", "in place"),
    "slot": ("slot", "slots"),
    "optional": ("optional input", "optional inputs"),
    "choose": ("set of alternatives", "sets of alternatives"),
    "pick": ("pick", "picks"),
    "repeat": ("repeat", "repeats"),
    "bypass": ("bypass", "bypasses"),
}
"""The kinds of choices as a person reads them: one, and several."""


def space_summary(path: str, space: Space) -> str:
    """The card of one space."""
    default = space.default()
    rows = [
        ("inputs", ", ".join(f"{name} {show_shape(shape)}" for name, shape in space.inputs.items())),
        ("outputs", ", ".join(f"{name} {show_shape(f.shape)}{_ends(f.ending)}" for name, f in space.outputs.items())),
        ("choices", _choices([c for c in space.choices if c.section == "architecture"])),
        ("training", _choices([c for c in space.choices if c.section == "train"])),
        ("assignments", _count(space)),
        ("budgets", ", ".join(budget.text for budget in space.budgets)),
        (
            "default",
            f"{len(default.layers)} layers, {default.params:,} parameters"
            + (f" ({default.trainable_params:,} trainable)" if default.trainable_params != default.params else "")
            + f", {default.macs:,} MACs"
            + ("" if space.meets(default) else "; outside the budgets"),
        ),
    ]
    lines = [f"{space.name}  ({path})"]
    if space.doc:
        lines.append(f"  {space.doc}")
    lines.extend(f"  {name:<12} {text}" for name, text in rows if text)
    return "\n".join(lines)


def library_summary(path: str, compilation: Compilation) -> str:
    """The card of a file that holds blocks alone."""
    blocks = compilation.library.blocks(compilation.read.spec) if compilation.read.spec is not None else {}
    own = [block.name for block, home in blocks.values() if home is compilation.read.spec]
    return f"{path}\n  a library of {len(own)} block{'' if len(own) == 1 else 's'}: {', '.join(own)}"


def _choices(choices: list[Choice]) -> str:
    if not choices:
        return ""
    kinds = Counter(choice.kind for choice in choices)
    named = ", ".join(f"{count} {KINDS[kind][count > 1]}" for kind, count in kinds.items())
    real = sum(isinstance(choice.domain, Real) for choice in choices)
    return f"{len(choices)} ({named}{f'; {real} continuous' if real else ''})"


def _count(space: Space) -> str:
    return "not counted: too many choices live together" if space.count is None else f"{space.count:,}"


def _ends(ending: str | None) -> str:
    return f" {ending}" if ending else ""
