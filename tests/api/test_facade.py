"""Every public object has the methods that lead to Keras, however it was obtained."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

import sqsem_dsl as sqs

TEXT = "space s { input x: [4]  output y = x -> dense(any [2, 3]) -> softmax }"
WAYS: dict[str, Callable[[sqs.Space], object]] = {
    "default": lambda space: space.default(),
    "number": lambda space: space.at(1),
    "choices": lambda space: space.at({"dense.units": 3}),
    "sample_one": lambda space: space.sample_one(0),
    "sample": lambda space: space.sample(1)[0],
    "resolve": lambda space: space.resolve({"dense.units": 3}),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_an_architecture_gives_one_that_can_be_built(way: str) -> None:
    found = WAYS[way](sqs.loads(TEXT))
    assert isinstance(found, sqs.Architecture)
    assert found.to_json()["params"] == found.params
    assert callable(found.build)


def test_an_architecture_is_the_same_after_a_pickle() -> None:
    found = sqs.loads(TEXT).at(1)
    again = pickle.loads(pickle.dumps(found))
    assert isinstance(again, sqs.Architecture)
    assert (again, again.id) == (found, found.id)


@pytest.mark.parametrize(("value", "said"), [("true", 'cannot be the text "true"'), (3, "cannot be 3")])
def test_a_text_that_looks_like_a_value_is_named_as_text(value: object, said: str) -> None:
    space = sqs.loads("space s { input x: [4]  output y = x -> slot more { dense(4) } -> dense(2) }")
    with pytest.raises(sqs.SqsError, match=said):
        space.at({"more": value})


def test_every_way_to_a_space_gives_one_that_makes_tuners(tmp_path: Path) -> None:
    path = tmp_path / "s.sqs"
    path.write_text(TEXT, encoding="utf-8")
    for space in (sqs.loads(TEXT), sqs.load(path), sqs.Compilation.from_file(path).space):
        assert isinstance(space, sqs.Space)
        assert callable(space.hypermodel)
        assert callable(space.tuner)


def test_a_study_has_such_a_space(tmp_path: Path) -> None:
    from tests.fakes.journals import make_study

    make_study(tmp_path)
    study = sqs.load_study(tmp_path)
    assert isinstance(study, sqs.Study)
    assert isinstance(study.space, sqs.Space)
    assert isinstance(study.architecture(study.trials[0].number), sqs.Architecture)
