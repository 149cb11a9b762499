"""The effect of an option on the mean cost, compared with the mean over all assignments."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given

from sqsem_dsl.analysis.costs.effects import effects
from sqsem_dsl.diagram.decision_diagram import DecisionDiagram, Edge
from tests.analysis.costs.diagrams import assignments, chain, diagrams


@given(diagrams())
def test_effects_are_differences_of_means(diagram: DecisionDiagram) -> None:
    every = assignments(diagram)
    found = effects(diagram)
    assert [(e.choice, e.option) for e in found] == sorted({draw for draws in every for draw in draws})
    for effect in found:
        takes = [path for draws, path in every.items() if (effect.choice, effect.option) in draws]
        draws_it = [path for draws, path in every.items() if effect.choice in dict(draws)]
        assert (effect.count, effect.drawn) == (len(takes), len(draws_it))
        for name in ("params", "trainable_params", "macs"):
            with_it, anyway = (
                Fraction(sum(getattr(path, name) for path in these), len(these)) for these in (takes, draws_it)
            )
            assert getattr(effect, name) == with_it - anyway


def test_an_option_in_numbers() -> None:
    """Options of 10, 20 and 60 parameters: the mean is 30."""
    diagram = DecisionDiagram(2, tuple(Edge(0, 0, i, 1, (p, p, 0, 0)) for i, p in enumerate((10, 20, 60))), (1,))
    assert [effect.params for effect in effects(diagram)] == [-20, -10, 30]
    assert [effect.macs for effect in effects(diagram)] == [0, 0, 0]


def test_effects_in_a_large_space() -> None:
    found = {(effect.choice, effect.option): effect for effect in effects(chain())}
    assert found[0, 0].drawn == 7371**5
    assert found[0, 0].count == 81 * 7371**4
    fourth_layer = found[7, 1]
    assert fourth_layer.drawn == 9**4 * 7371**4
