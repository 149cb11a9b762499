"""A walk that drops what nothing reads again gives the same network, in the same number of steps."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given, settings

import sqsem_dsl as sqs
import sqsem_dsl.diagram.evaluate as evaluate_module
from sqsem_dsl.api.space import Space
from sqsem_dsl.utils.effort import Effort
from tests.reference.random_specs import specs

MOST = 10**9


def walked(space: Space, few: int) -> list[tuple[object, int]]:
    """The network of each of the first assignments, and the steps to it, if a walk carries so many slots along."""
    found: list[tuple[object, int]] = []
    with patch.object(evaluate_module, "FEW_SLOTS", few):
        for index in range(min(space.count or 0, 12)):
            effort = Effort(MOST)
            network = space.generic(index, effort).network
            found.append(((network.layers, network.outputs), effort.left))
    return found


@pytest.mark.slow
@settings(max_examples=60)
@given(specs())
def test_random_specs(text: str) -> None:
    compilation = sqs.Compilation.from_text(text)
    if not any(diagnostic.severity == "error" for diagnostic in compilation.diagnostics):
        assert walked(compilation.space, 0) == walked(compilation.space, MOST)


def test_a_deep_network() -> None:
    space = sqs.loads("""
      space s {
        input x: [8]
        output y = x -> repeat n in [60] { bypass identity { dense(8) -> slot act { relu } } } -> dense(any [2, 3])
      }""")
    assert walked(space, 0) == walked(space, 20) == walked(space, MOST)
