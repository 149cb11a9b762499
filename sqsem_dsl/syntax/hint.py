"""The remedy for an unexpected token, by what the author probably meant."""

from __future__ import annotations

from lark import Token

from sqsem_dsl.diagnostics.hints.searched import DOMAIN, SEARCHED
from sqsem_dsl.diagnostics.hints.structures import ARROW, FORMS, LAYERS, SETTINGS
from sqsem_dsl.syntax.characters import unit_hint
from sqsem_dsl.syntax.failure import Failure
from sqsem_dsl.syntax.missing import ARGUMENTS, CARRIED
from sqsem_dsl.syntax.words import STATEMENTS, STRUCTURES, wanted

CHOICE = "a choice is written `param NAME in [16, 32]` or `param NAME in 1..4`; a fixed value is a `const`"
BARE = "write the values alone, without `any`: `in [16, 32]`, `in 1..4`"
_INDICES = "choices with indices are written `param edge[i in 0..2, j in 1..3 where j > i] in [false, true]`"
_INPUT = "an input is written `input NAME: [height, width, channels]`"
HEADS = {
    "space": "a space is written `space NAME { … }`",
    "block": ARGUMENTS,
    "param": CHOICE,
    "let": "a tensor or a value gets a name with `let NAME = …`",
    "const": "a constant is written `const NAME = value`",
    "input": _INPUT,
    "output": "a result is written `output NAME = tensor`",
    "require": "a rule is written `require params <= 1M`",
    **dict.fromkeys(["train", "search", "meta"], SETTINGS),
}
"""How a statement begins, by its keyword."""
_PADDED = "an input is written `input NAME: [64] below 20K padded`: its shape, its bound, and `padded` last"
_PRIOR = "only a choice has a prior: `param NAME in [16, 32] prior 32`, `slot NAME prior true { … }`"
_FUNCTIONS = frozenset({"ceil", "exp", "floor", "log2", "max", "min", "round", "sqrt", "sum"})
_UNITS = frozenset({"K", "M", "G", "us", "ms"})


def hint(failure: Failure) -> str | None:
    """The remedy; None if nothing is known but the tokens that are expected."""
    return _of_declaration(failure) or _of_layers(failure) or _of_values(failure) or _of_structure(failure)


def _of_declaration(failure: Failure) -> str | None:
    """Heads of statements and of blocks."""
    before_name = failure.before[-2].type if len(failure.before) > 1 else None
    if failure.accepts == {"IN", "_LSQB"} and before_name == "PARAM":
        return CHOICE
    if _in_indices(failure) or (failure.accepts == {"IN"} and failure.type in ("_LSQB", "_EQUAL", "_COLON")):
        return _INDICES
    if failure.accepts == {"_EQUAL"} and before_name in ("CARRY", "_COMMA"):
        return CARRIED
    if failure.accepts == {"_LPAR"} and before_name == "BLOCK":
        return ARGUMENTS
    if failure.accepts == {"_LBRACE"} and str(failure.previous) in ("train", "search", "meta"):
        return SETTINGS
    if "_COLON" in failure.accepts and before_name == "INPUT":
        return _INPUT
    words = tuple(str(token) for token in (*failure.before[-2:], failure.token))
    if "padded" in words and (words[-2:] in (("padded", "below"), (":", "padded")) or words[0] == "below"):
        return _PADDED
    return None


def _of_layers(failure: Failure) -> str | None:
    """Tensors and layers as other languages write them."""
    if failure.type == "_COMMA" and failure.last_keyword == "OUT" and not failure.in_brackets:
        return "only the body of a `repeat` with `carry` gives several tensors"
    if failure.type == "MULTIPLY" and str(failure.token) == "//":
        return "a comment begins with `#`"
    if wanted(failure.accepts) == "a stage":
        if failure.type == "ANY":
            return LAYERS
        return "a tensor flows into operators, blocks and structures" if failure.type == "NUMBER" else None
    before = [token.type for token in failure.before[-3:]]
    adjoins = failure.previous is not None and failure.previous.end_pos == failure.start
    called = before[-1:] == ["_RPAR"]
    method = failure.type == "_LPAR" and before == ["NAME", "_DOT", "NAME"]
    if method and str(failure.before[-3]) in ("hp", "trial"):
        return f"{SEARCHED}; a named choice is `param NAME in [16, 32]`"
    if method and str(failure.previous) in _FUNCTIONS:
        return f"a function is written alone: `{failure.previous}(…)`"
    if failure.stack.open and failure.stack.opened_by(failure.stack.open[-1][0]) in ("TRAIN", "SEARCH", "META"):
        modules = failure.type == "_LPAR" and adjoins and "_DOT" in [token.type for token in failure.before[-4:]]
        return "a setting names a value without its module: `optimizer = adam`" if modules else None
    if adjoins and (method or (called and failure.type in ("_LPAR", "_DOT"))):
        return ARROW
    return FORMS["repeat"] if called and failure.type == "MULTIPLY" else None


def _of_values(failure: Failure) -> str | None:
    """Numbers, and the values of a choice."""
    previous = failure.previous
    if previous is None:
        return None
    if failure.type == "ANY" and previous.type == "IN":
        return BARE
    if previous.type == "NUMBER" and str(failure.token) in _UNITS:
        return f"a unit follows its number without a space: `{previous}{failure.token}`"
    if previous.type == "NUMBER" and failure.type == "NAME" and previous.line == failure.token.line:
        unit = unit_hint(failure, f"{previous}{failure.token}")
        if unit is not None:
            return unit
    if failure.type == "_DOTS" and failure.last_keyword == "REPEAT":
        return FORMS["repeat"]
    if failure.type == "_DOTS":
        return "a range is allowed after `in` or `any`: `any 1..4`, `any 1e-4..1e-2 log`"
    after_any = any(token.type in ("ANY", "IN") for token in failure.before[-3:])
    if failure.type == "NUMBER" and str(previous) == "log":
        return DOMAIN if after_any else SEARCHED
    if "_DOTS" in failure.accepts or (failure.type == "_COMMA" and after_any):
        return DOMAIN
    if failure.type == "PRIOR":
        return _PRIOR
    if failure.type in ("STEP", "LOG") and any(token.type == "PRIOR" for token in failure.before[-3:]):
        return "the `prior` comes last, after the whole domain"
    return None


def _of_structure(failure: Failure) -> str | None:
    """The head of a structure whose braces are missing."""
    heads = (token for token in reversed(failure.before) if token.type in STRUCTURES | STATEMENTS | {"_LBRACE"})
    head = next(heads, None)
    return FORMS[str(head)] if head is not None and head.type in STRUCTURES else None


def _in_indices(failure: Failure) -> bool:
    """Whether the innermost open bracket is that behind the name of a `param`."""
    if not failure.stack.open:
        return False
    at = failure.stack.open[-1][0]
    head = [value.type for value in failure.stack.values[max(at - 2, 0) : at + 1] if isinstance(value, Token)]
    return head == ["PARAM", "NAME", "_LSQB"]
