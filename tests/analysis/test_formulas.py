"""Shapes, parameters, products and budgets of random networks, compared with formulas of Keras's documentation."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

import sqsem_dsl
from tests.reference import sequence_specs as written
from tests.reference.formulas import check_formulas, total
from tests.reference.random_specs import specs
from tests.reference.sequence_specs import UNITS, sequence_specs, spelled

MOST = 12
"""The architectures of a space that are compared."""


def check(text: str) -> None:
    compilation = sqsem_dsl.Compilation.from_text(text)
    event("is refused" if compilation.failed else "compiles")
    if compilation.failed:
        return
    space = compilation.space
    assert space.count is not None
    for number in range(0, space.count, -(-space.count // MOST)):
        check_formulas(space.at(number))


@settings(max_examples=25)
@given(sequence_specs())
def test_networks_of_sequences(text: str) -> None:
    check(text)


@settings(max_examples=25)
@given(specs())
def test_networks_of_maps(text: str) -> None:
    check(text)


@settings(max_examples=15)
@given(sequence_specs(), st.sampled_from(["params", "macs"]), st.floats(0, 1), st.sampled_from(sorted(UNITS)))
def test_budgets_in_units(text: str, quantity: str, place: float, unit: str) -> None:
    """The architectures within a budget are those that the formulas count so."""
    compilation = sqsem_dsl.Compilation.from_text(text)
    if compilation.failed:
        return
    space = compilation.space
    assert space.count is not None
    values = [total(space.at(number))[quantity] for number in range(space.count)]
    bound = sorted(values)[int(place * (len(values) - 1))]
    budget = f"require {quantity} <= {spelled(bound, unit)}"
    within = sqsem_dsl.loads(text.rstrip().removesuffix("}") + f"  {budget}\n}}\n")
    expected = {number for number, value in enumerate(values) if value <= bound}
    feasible = within.analysis.feasible
    assert feasible is not None
    assert feasible.count == len(expected)
    assert {within.index(a.choices) for a in within.sample(len(values))} == expected
    share = space.analysis.share(f"{quantity} < {spelled(bound, unit)}")
    assert share is not None
    assert share.count == sum(value < bound for value in values)


def test_numbers_are_spelled_exactly() -> None:
    assert doctest.testmod(written).failed == 0


@pytest.mark.parametrize(
    ("layer", "params", "macs"),
    [
        ("x -> lstm(4)", 4 * (3 + 4 + 1) * 4, 6 * 4 * (3 + 4) * 4),
        ("x -> gru(4)", 3 * (3 + 4 + 2) * 4, 6 * 3 * (3 + 4) * 4),
        ("x -> rnn(4, bidirectional = true)", 2 * (3 + 4 + 1) * 4, 2 * 6 * (3 + 4) * 4),
        ("x -> attention(1)", 4 * (3 * 3 + 3), 6 * 4 * 9 + 2 * 6 * 6 * 3),
        ("x -> dot(x)", 0, 6 * 6 * 3),
    ],
)
def test_known_numbers(layer: str, params: int, macs: int) -> None:
    """The formulas themselves: as in Keras's `count_params` of these layers over 6 places of 3 channels."""
    architecture = sqsem_dsl.loads(f"space s {{ input x: [6, 3]  output y = {layer} }}").default()
    check_formulas(architecture)
    assert total(architecture) == {"params": params, "macs": macs}
