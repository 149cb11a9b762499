"""How the structures of a network are written, for their unfinished heads and for the words of other tools."""

from __future__ import annotations

from collections.abc import Mapping

from sqsem_dsl.diagnostics.hints.spelling import folded

ARROW = "layers follow one another with `->`: `x -> conv(16, 3) -> relu`"
LAYERS = "one of several layers is chosen with `choose NAME { a: conv(16, 3)  b: maxpool(3) }`"
FORMS: Mapping[str, str] = {
    "slot": "layers that may be left out are written `slot NAME { batchnorm }`",
    "optional": "an argument that may be left out is written `add(x, optional NAME { y })`; a layer, `slot NAME { … }`",
    "choose": LAYERS,
    "pick": "several of some tensors are picked with `add(pick NAME in 1..2 { a: x  b: y })`",
    "repeat": "layers are repeated with `repeat 3 { conv(16, 3) -> relu }`, or a searched number of times with "
    "`repeat NAME in 1..4 { … }`",
    "bypass": "a residual connection is written `bypass NAME in [none, auto] { … }`, or `bypass auto { … }`",
    "if": "a condition is written `if width > 16 { … } else { … }`",
}
"""By keyword."""
CONDITIONAL = (
    "braces hold layers: `if k == 1 { conv(8, 3) } else { conv(16, 3) }`; a number that depends on a choice is read "
    "from a table: `const widths = [8, 16]` and `widths[k]`"
)
"""For a number between the braces of an `if`, and for conditional expressions of other languages."""
SETTINGS = "settings are written in braces: `train { epochs = 10 }`"

_KEYWORDS: Mapping[str, str] = {
    "alternative": "choose", "alternatives": "choose", "case": "choose", "choice": "choose", "choices": "choose",
    "either": "choose", "layerchoice": "choose", "match": "choose", "mixedop": "choose", "oneof": "choose",
    "select": "choose", "switch": "choose",
    "maybe": "slot", "opt": "slot",
    "for": "repeat", "loop": "repeat", "stack": "repeat", "times": "repeat", "while": "repeat",
    "inputchoice": "pick", "manyof": "pick", "someof": "pick", "subset": "pick",
    "residual": "bypass", "shortcut": "bypass", "skip": "bypass", "skipconnect": "bypass",
    "when": "if",
}  # fmt: skip
"""By the folded word of other tools and languages."""


def structure_hint(word: str) -> str | None:
    """The hint for a word in front of layers or braces.

    >>> structure_hint("oneOf") == LAYERS, structure_hint("conv")
    (True, None)
    """
    keyword = _KEYWORDS.get(folded(word))
    return FORMS[keyword] if keyword is not None else None
