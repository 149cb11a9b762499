"""Settings of `train` may read choices of the network: they have the values that the network has."""

from __future__ import annotations

import pytest

import sqsem_dsl as sqs

SPEC = """space s {
  input x: [8, 8, 3]
  param w in [8, 16]
  param s in [3, 5, 7]
  output y = x -> conv(w, s) -> gap -> dense(2) -> softmax
  REQUIRE
  train { learning_rate = w / 1000  epochs = s  batch_size = any [4, 8] }
}"""


def agrees(architecture: sqs.Architecture) -> bool:
    """Whether choices, network and settings belong together."""
    width, side = architecture.choices["w"], architecture.choices["s"]
    conv = architecture.network.layers[1]
    assert isinstance(width, int)
    return (
        conv.attributes["filters"] == width
        and conv.attributes["kernel"] == (side, side)
        and architecture.train.learning_rate == pytest.approx(width / 1000)
        and architecture.train.epochs == side
        and architecture.train.batch_size == architecture.choices["train.batch_size"]
    )


@pytest.mark.parametrize("rule", ["", "require w == 8 or s < 7"])
def test_settings_have_the_values_of_the_network(rule: str) -> None:
    space = sqs.loads(SPEC.replace("REQUIRE", rule))
    assert space.count == (6 if not rule else 5)
    every = [space.at(at) for at in range(space.count)]
    assert len({(each.choices["w"], each.choices["s"]) for each in every}) == space.count
    sampled = list(space.sample(20, seed=1))
    assert {each.choices["train.batch_size"] for each in sampled} == {4, 8}
    assert all(map(agrees, [*every, *sampled, space.default()]))
    for each in sampled:
        assert space.at(each.choices).choices == each.choices
        assert agrees(space.at({"w": each.choices["w"], "s": each.choices["s"]}))


def test_configurations_count_choices_of_the_network_once() -> None:
    assert sqs.loads(SPEC.replace("REQUIRE", "")).num_train_settings == 2
