"""Every spec can be rendered: each choice has a place, each layer a box, and nothing fails."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st

import sqsem_dsl
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagram.walk import walk
from sqsem_dsl.ir.graph import Input, Merge, Op, Residual
from sqsem_dsl.ir.liveness import Liveness
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.report.diagram import difference_picture, effects_picture
from sqsem_dsl.report.diagram.places import unplaced
from sqsem_dsl.report.diagram.scene import items
from sqsem_dsl.report.diagram.scene_builder import compose
from sqsem_dsl.space.space import Space
from tests.reference.random_specs import specs
from tests.report.diagram.made import answers, marked, parsed

QUICK = settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # Generated specs are short.
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def space_of(text: str) -> Space:
    try:
        space = sqsem_dsl.loads(text)
        space.default()
    except SqsError:
        assume(False)
    return space


def walked(space: Space, architecture: Architecture) -> list[str]:
    """The layers as written: before the reduction of the network, which renames some. Without tensors of which only an
    extent is read."""
    numbers = {choice.path: number for number, choice in enumerate(space.graph.choices)}
    values = {numbers[path]: value for path, value in architecture.choices.items()}
    liveness = Liveness(space.graph.items, tuple(item for _, item in space.graph.outputs), space.graph.rules)
    made = walk(space.graph, liveness, lambda choice: values[choice])
    read, pending = set(made.outputs.values()), list(made.outputs.values())
    while pending:
        below = set(made.layers[pending.pop()].inputs) - read
        read |= below
        pending.extend(below)
    return [layer.name for at, layer in enumerate(made.layers) if at in read]


EXTENTS = """sqs 1
space s {
  input x: [6, 6, 3]
  input word: [6, 6] below 5
  let t1 = word -> embedding(any [2, 3]) @c2
  let t2 = t1 -> slot s4 { conv(4, 1) -> slot s5 { dense(6) } }
  output y = x -> conv(channels(t2), 1) @c3
}
"""
"""Only the channels of `t2` are read: its choices belong to the layer that reads them."""


@pytest.mark.slow
@QUICK
@given(specs(), st.integers(0, 100))
@example(EXTENTS, 4)
def test_every_choice_has_a_place_and_every_layer_a_box(text: str, seed: int) -> None:
    space = space_of(text)
    scene = compose(space)
    wanted = {choice.path for choice in space.choices if choice.section == "architecture"}
    assert unplaced(space, scene) == ()
    known = answers(space, lambda path, option: 0.01 * option)
    assert {path for path, _, _ in marked(parsed(effects_picture(space, known)))} == wanted
    lanes = [scene.main, *(lane for shared in scene.shared for lane in shared.places)]
    shown = [space.graph.items[item] for lane in lanes for each in lane.elements for item in items(each)]
    layers = [item.name for item in shown if isinstance(item, Op)]
    assert len(layers) == len(set(layers))  # Each occurs once.
    names = {item.name for item in shown if isinstance(item, Input | Op | Residual | Merge)}
    architecture = space.default() if space.count is None else space.at(seed % space.count)
    assert all(name in names or name.rsplit(".", 1)[0] in names for name in walked(space, architecture))


@pytest.mark.slow
@QUICK
@given(specs(), st.integers(0, 100))
def test_no_architecture_differs_from_itself(text: str, seed: int) -> None:
    space = space_of(text)
    architecture = space.default() if space.count is None else space.at(seed % space.count)
    found = marked(parsed(difference_picture(space, architecture, architecture)))
    assert {tone for _, _, tone in found} <= {"plain", "absent"}
