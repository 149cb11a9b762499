"""Spaces of recurrent layers and attention: the analysis of all assignments, compared with each network."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sqsem_dsl
from tests.analysis import test_architectures, test_enumeration
from tests.reference import agreement
from tests.reference.sequence_specs import sequence_specs

pytestmark = pytest.mark.slow

RECURRENT = """space s {
  input x: [any_length, 3]
  param units in [2, 4]
  let read = x -> repeat n in 0..2 { gru(units, sequences = true, backwards = any [false, true]) }
  output y = read -> choose last {
      both: lstm(units, bidirectional = true)
      one: choose cell { rnn: rnn(units, backwards = any [false, true])  lstm: lstm(2 * units) }
      none: zero -> flatten
    } -> dense(2)
}"""


ATTENDING = """space s {
  input x: [6, 4]
  input z: [3, 6]
  param heads in [1, 2]
  let one = x -> attention(heads, causal = any [false, true]) @own
  let two = choose memory {
      own: one -> attention(heads, memory = one) @read
      other: one -> attention(heads, memory = z) @read
    }
  output y = concat(
    two -> slot more { attention(2, groups = any [1, 2], dim = any [2, 3], bias = false) } -> gap,
    zero(x) -> attention(2, bias = any [false, true]) @idle -> gap,
  ) -> dense(2)
  output other = z -> gap -> dense(1)
}"""


PLACED = """space s {
  input x: [6, 4]
  tied block placed(t) { out t -> positions -> dense(4) }
  let one = x -> slot first { class_token } -> slot place { positions(kind = any [learned, sine]) }
  let two = x -> repeat n in 1..2 { placed } -> positions(kind = any [learned, sine])
  output y = concat(one -> attention(2) -> gap, two -> gap) -> dense(2)
}"""
ALL = [PLACED, ATTENDING, *(RECURRENT.replace("any_length", length) for length in ("1", "5"))]


@pytest.mark.parametrize("text", ALL)
def test_the_analysis_agrees_with_each_network(text: str) -> None:
    case = agreement.case_of(text)
    assert case is not None
    agreement.check(case)
    space = sqsem_dsl.loads(text)
    test_enumeration.check(space, test_enumeration.rows_of(space), ["params <= 60", "weighted_layers <= 3"])
    test_architectures.check(space)


@settings(max_examples=25)
@given(sequence_specs(), st.sampled_from(test_enumeration.QUANTITIES), st.floats(0, 1), st.booleans())
def test_random_specs(text: str, quantity: str, place: float, forgetting: bool) -> None:
    with agreement.forgetting() if forgetting else nullcontext():
        case = agreement.case_of(text)
    if case is None:
        return
    agreement.check(case)
    if case.rejected or not case.allowed:
        return
    rows = test_enumeration.rows_of(case.space)
    values = sorted(getattr(row, quantity) for row in rows)
    test_enumeration.check(case.space, rows, [f"{quantity} <= {values[int(place * (len(values) - 1))]}"])
    test_architectures.check(case.space)
