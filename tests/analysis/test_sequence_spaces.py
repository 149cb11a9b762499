"""Spaces of recurrent layers and attention: the analysis of all assignments, compared with each network."""

from __future__ import annotations

import pytest

import sqsem_dsl
from tests.analysis import test_architectures, test_enumeration
from tests.reference import agreement

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


@pytest.mark.parametrize("text", [RECURRENT.replace("any_length", "1"), RECURRENT.replace("any_length", "5")])
def test_the_analysis_agrees_with_each_network(text: str) -> None:
    case = agreement.case_of(text)
    assert case is not None
    agreement.check(case)
    space = sqsem_dsl.loads(text)
    test_enumeration.check(space, test_enumeration.rows_of(space), ["params <= 60", "weighted_layers <= 3"])
    test_architectures.check(space)
