"""Arithmetic in emitted hypermodels gives the exact numbers of the language. No framework is needed here."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache

import pytest

from sqsem_dsl.api.space import Compilation
from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.backends.hypermodel.bodies import DISPATCH
from sqsem_dsl.backends.hypermodel.emitted import Module
from sqsem_dsl.backends.hypermodel.functions import decimals_of
from sqsem_dsl.backends.hypermodel.scalars import scalar
from sqsem_dsl.backends.hypermodel.scope import Scope
from sqsem_dsl.backends.hypermodel.values import Kind, Scalar, known, number
from sqsem_dsl.backends.hypermodel.writer import Writer
from sqsem_dsl.operators.row import Value


@cache
def value_of(expression: str) -> nodes.Value:
    """The syntax tree of an expression."""
    text = f"space s {{ const k = 3  const w = 0.5  input x: [4]  let y = {expression}  output z = x -> dense(2) }}"
    spec = Compilation.from_text(text).read.spec
    assert spec is not None
    space = next(item for item in spec.definitions if isinstance(item, outline.Space))
    found = next(item for item in space.items if isinstance(item, nodes.Let))
    return found.value  # type: ignore[return-value]


def coded(expression: str, module: Module, **names: Scalar) -> Scalar:
    return scalar(Writer(module), value_of(expression), Scope(names=dict(names)))


def new_module() -> Module:
    return Module(DISPATCH, frozenset(), lambda *_: True, lambda *_: True, lambda *_: True)


WHOLE = [*range(1, 200), *(2**n + d for n in range(8, 20) for d in (-1, 0, 1)), 2**32 - 1, 2**32, 10**12]
WIDTHS = [Fraction(n, 20) for n in range(1, 60)]


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("floor(log2(k))", "k.bit_length() - 1"),
        ("ceil(log2(k))", "(k - 1).bit_length()"),
        ("floor(sqrt(k))", "math.isqrt(k)"),
        ("ceil(sqrt(k))", "ceil_sqrt(k)"),
        ("floor((log2(k) + 1) / 2)", "k.bit_length() // 2"),
        ("ceil((sqrt(k) - 3) / 4)", "-(-(ceil_sqrt(k) - 3) // 4)"),
        ("floor(k / 7)", "k // 7"),
        ("ceil(k / 7)", "-(-k // 7)"),
        ("ceil((k + 1) / 7 - 2)", "-(-(k + 1) // 7) - 2"),
        ("floor(2 + k / 3)", "k // 3 + 2"),
        ("round(k / 8)", "math.floor(k / 8 + 0.5)"),
        ("multiple(k, 8)", "multiple(k, 8)"),
        ("multiple(3 * k / 4, 8)", "multiple(3 * k / 4, 8)"),
        ("floor(0.1 * k + 0.2)", "math.floor(round(0.1 * k + 0.2, 1))"),
        ("ceil(k * 1.25)", "math.ceil(round(k * 1.25, 2))"),
        ("round(0.3 * k + 0.05)", "math.floor(round(0.3 * k + 0.05, 2) + 0.5)"),
        ("where(0.1 * k >= 2.3, 1, 0)", "1 if round(0.1 * k, 1) >= 2.3 else 0"),
        ("floor(max(0.1 * k, 4))", "math.floor(max(round(0.1 * k, 1), 4))"),
    ],
)
def test_whole_numbers(expression: str, code: str) -> None:
    check(expression, code, "int", list(WHOLE), "k")


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("multiple(24 * w, 8)", "multiple(round(24 * w, 2), 8)"),
        ("round(10 * w)", "math.floor(round(10 * w, 2) + 0.5)"),
        ("floor(w / 0.05)", "math.floor(round(w / 0.05, 2))"),
        ("where(w * 3 == 0.45, 1, 0)", "1 if round(w * 3, 2) == 0.45 else 0"),
        ("floor(w ** 2 * 100)", "math.floor(round(w**2 * 100, 4))"),
        ("ceil(-w)", "math.ceil(-w)"),
    ],
)
def test_numbers_with_decimals(expression: str, code: str) -> None:
    check(expression, code, "number", WIDTHS, "w")


def check(expression: str, code: str, kind: Kind, values: list[Value], name: str) -> None:
    """The code, and its values where a name has some values, compared with those of the language."""
    module = new_module()
    decimals = 2 if kind == "number" else None
    found = coded(expression, module, **{name: Scalar(name, kind, decimals=decimals)})
    assert (found.code, found.kind, module.problems) == (code, "int", {})
    space: dict[str, object] = {"math": math}
    for lines in module.helpers.values():
        exec("\n".join(lines), space)
    compiled = compile(found.code, expression, "eval")
    for value in values:
        exact = coded(expression, module, **{name: known(value)})
        own = float(number(value)) if isinstance(value, Fraction) else value
        assert eval(compiled, {**space, name: own}) == exact.value, (expression, value)


@pytest.mark.parametrize(
    "expression", ["floor(log2(k) * 2)", "round(sqrt(k))", "where(exp(k) > 5, 1, 0)", "round(k ** 0.5)"]
)
def test_what_is_not_exact_is_refused(expression: str) -> None:
    module = new_module()
    coded(expression, module, k=Scalar("k", "int"))
    assert [problem.what for problem in module.problems.values()] != []


def test_decimals() -> None:
    assert [decimals_of(Fraction(1, n)) for n in (1, 2, 3, 4, 5, 80, 10**7)] == [0, 1, None, 2, 1, 4, None]
