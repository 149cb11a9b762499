"""Validation passes for correct models, and names each fault that is injected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.diagram import domains
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.layers import Layer, Network
from sqsem_dsl.operators.row import Weight

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")
from sqsem_dsl.backends.keras import layers as made  # noqa: E402
from sqsem_dsl.backends.keras.compare import disagreements  # noqa: E402
from sqsem_dsl.backends.keras.errors import BadPass, Disagrees, NotBuilt  # noqa: E402
from sqsem_dsl.backends.keras.validate import Validation, is_whole, sampled, validate, validations  # noqa: E402

SOUND = {
    "choices of every kind": """
        tied block side(v, n) { out v -> conv(n, any [1, 3]) -> batchnorm -> relu }
        space s {
          input x: [8, 8, 3]
          input z: [8, 8, 3]
          let met = add(x -> side(4), z -> side(4))
          let trunk = met -> repeat n in 1..2 { bypass b in [fit, project] { conv(4, 3, stride = any [1, 2]) } }
          output y = trunk -> dropout(any 0.0..0.5) -> gap -> dense(3) -> softmax
          output mask = merge(met, optional more { x -> conv(4, 3) }, how = any [concat, maximum])
            -> conv(1, 1) -> sigmoid
          output size = trunk -> gmp -> dense(2)
          train { loss.mask = dice  loss_weight.size = 0  optimizer = any [adam, sgd(momentum = 0.9)] }
        }""",
    "a squeeze that is often dead": """
        use se from std
        space s { input x: [6, 6, 2]  output y = x -> conv(4, 3) -> relu -> se(16) -> gap -> dense(2) -> softmax }""",
    "half precision": """
        space s {
          input x: [8]
          output y = x -> dense(any [4, 8]) -> relu -> dense(3) -> softmax
          train { precision = mixed_bfloat16  label_smoothing = 0.1  metrics = [accuracy, auc] }
        }""",
    "a repeat that carries two tensors": """
        space s {
          input x: [6, 6, 3]
          let p, c = repeat n in 1..2 carry previous = x, current = x -> conv(3, 3) {
            out current, add(previous, current -> conv(3, any [1, 3]) -> relu)
          }
          output y = concat(p, c) -> gap -> dense(2) -> softmax
        }""",
    "no weights at all": "space s { input x: [8]  output y = x -> relu }",
}


@pytest.fixture(autouse=True)
def _forget_models() -> Iterator[None]:
    yield
    keras.utils.clear_session()


@pytest.mark.parametrize("text", SOUND.values(), ids=list(SOUND))
def test_sound_spaces(text: str) -> None:
    done = list(validations(sqs.loads(text), 3))
    assert [v.problems for v in done] == [()] * len(done)
    assert done


NESTED = """
import keras

@keras.saving.register_keras_serializable(package="test")
class Nested(keras.layers.Layer):
    def __init__(self, **more):
        super().__init__(**more)
        self.inner = keras.layers.Dense(4)

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x):
        return self.inner(x)
"""


def test_a_layer_of_ones_own_is_compared_with_its_multiplications() -> None:
    """An imported dense layer: the compiler knows its weights and its MACs."""
    text = """space s {
      input x: [8]
      output y = x -> extern("keras.layers:Dense", units = 4) -> dense(2) -> softmax
    }"""
    architecture = sqs.loads(text, allow_extern=True).default()
    assert (architecture.params, architecture.macs) == (8 * 4 + 4 + 4 * 2 + 2, 8 * 4 + 4 * 2)
    assert validate(architecture).problems == ()


def test_weights_in_a_custom_layer_that_a_slice_cuts_away_are_a_warning_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nested_of_a_test.py").write_text(NESTED)
    monkeypatch.syspath_prepend(str(tmp_path))
    text = """space s {
      input x: [8]
      output y = concat(x -> dense(3), x -> extern("nested_of_a_test:Nested")) -> slice(0, 3) -> dense(2) -> softmax
    }"""
    found = validate(sqs.loads(text, allow_extern=True).default())
    assert found.problems == ()
    assert [warning.layer for warning in found.warnings] == ["nested"]


# ---- which architectures

TOY = "space s { input x: [4]  output y = x -> repeat n in 1..3 { dense(any [2, 3]) -> relu } -> dense(2) -> softmax }"


def test_a_small_space_is_sampled_whole() -> None:
    space = sqs.loads(TOY)
    assert is_whole(space, 14)
    assert [a.choices for a in sampled(space, 14)] == [space.at(n).choices for n in range(14)]


def test_of_a_larger_one_the_default_comes_first_and_none_twice() -> None:
    space = sqs.loads(TOY)
    some = [a.choices for a in sampled(space, 10, seed=3)]
    assert some[0] == space.default().choices
    assert len({tuple(choices.items()) for choices in some}) == len(some) == 10
    assert some == [a.choices for a in sampled(space, 10, seed=3)]
    assert some != [a.choices for a in sampled(space, 10, seed=4)]


def test_what_no_search_would_train_is_not_built() -> None:
    space = sqs.loads(TOY.replace("output", "require params >= 25  output"))
    assert not space.is_feasible(space.default())
    for number in (3, 14):
        some = list(sampled(space, number))
        assert some
        assert all(map(space.is_feasible, some))


def test_a_continuous_choice_has_no_whole() -> None:
    space = sqs.loads("space s { input x: [4]  output y = x -> dropout(any 0.1..0.5) -> dense(2) }")
    assert space.count == 1
    assert not is_whole(space, 5)
    assert len({a.choices["dropout.rate"] for a in sampled(space, 5)}) == 5


# ---- disagreements

NET = """space s {
  input x: [8, 8, 3]
  output y = x -> conv(any [4, 6], 3) @first -> relu -> conv(5, 1) @second -> gap -> dense(2) -> softmax
}"""


def wrong(kind: type[Any], space: sqs.Space | None = None) -> list[Any]:
    """The problems of the default architecture; all must be of one kind."""
    problems = validate((space or sqs.loads(NET)).default()).problems
    assert problems
    assert all(isinstance(problem, kind) for problem in problems)
    return list(problems)


def miscount(change: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the compiler miscount convolutions of 5 filters."""
    right = domains.count

    def count(row: Any, shapes: Any, attributes: Any) -> Any:
        counted = right(row, shapes, attributes)
        return change(counted) if attributes.get("filters") == 5 else counted

    monkeypatch.setattr(domains, "count", count)


def test_a_miscounted_weight_is_found_at_its_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    miscount(lambda counted: ((*counted[0], Weight("extra", (7,))), counted[1]), monkeypatch)
    (problem,) = wrong(Disagrees)
    assert (problem.layer, problem.what) == ("second", "parameters")
    assert problem.compiler == "32 (`kernel` [1, 1, 4, 5], `bias` [5], `extra` [7])"
    assert problem.keras == "25 (`kernel` [1, 1, 4, 5], `bias` [5])"
    assert problem.choices == (("first.filters", "4"),)
    assert (problem.span.text, problem.span.start) == ("conv", NET.index("conv(5, 1)"))
    assert problem.bug


def test_a_weight_that_is_trained_after_all_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    miscount(lambda counted: ((*counted[0][:1], replace(counted[0][1], trainable=False)), counted[1]), monkeypatch)
    (problem,) = wrong(Disagrees)
    assert problem.compiler.endswith("`bias` [5] not trained)")


def test_miscounted_multiplications_are_found_at_their_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    miscount(lambda counted: (counted[0], counted[1] + 1), monkeypatch)
    (problem,) = wrong(Disagrees)
    assert problem.title == "MACs of `second`: the compiler says 1,281, Keras says 1,280"


def test_another_shape_is_found_where_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    right = made.keras_layer

    def padded(layer: Layer, *rest: Any) -> Any:
        return right(replace(layer, attributes={**layer.attributes, "padding": "valid"}), *rest)

    monkeypatch.setattr("sqsem_dsl.backends.keras.model.keras_layer", lambda layer, *rest: (
        padded if layer.name == "first" else right)(layer, *rest))  # fmt: skip
    problems = wrong(Disagrees)
    assert problems[0].title == ("output shape of `first`: the compiler says [8, 8, 4], Keras says [6, 6, 4]")


def altered(architecture: Architecture, **changes: Any) -> Architecture:
    """The same with different layers or outputs."""
    right: Network = architecture.network
    return Architecture(architecture.space, architecture.choices, replace(right, **changes))


def test_layers_that_are_missing_or_too_many_are_found() -> None:
    architecture = sqs.loads(NET).default()
    model = architecture.build()
    renamed = tuple(
        replace(layer, name="activated") if layer.operator == "relu" else layer for layer in architecture.layers
    )
    found = disagreements(altered(architecture, layers=renamed), model)
    assert [(d.layer and d.layer.name, d.what) for d in found] == [("activated", "name"), (None, "layers")]
    assert found[1].keras == "a layer `relu`"


def test_totals_are_compared_where_the_layers_agree() -> None:
    class Miscounting(Architecture):
        params = 1  # type: ignore[assignment]

    right = sqs.loads(NET).default()
    model = right.build()
    (found,) = disagreements(Miscounting(right.space, right.choices, right.network), model)
    assert (found.layer, found.what, found.compiler, found.keras) == (None, "parameters", "1", f"{right.params}")


def test_outputs_under_another_name_are_found() -> None:
    two = sqs.loads("space s { input x: [4]  output a = x -> dense(2)  output b = x -> dense(3) }").default()
    swapped = altered(two, outputs=dict(zip(("b", "a"), two.outputs.values(), strict=True)))
    (found,) = disagreements(swapped, two.build())
    assert (found.what, found.compiler, found.keras) == ("outputs", "b [2], a [3]", "a [2], b [3]")


def test_a_model_that_keras_refuses_is_a_bug_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise ValueError("no such padding\nand more")

    monkeypatch.setattr("sqsem_dsl.backends.keras.model.keras_layer", refuse)
    (problem,) = wrong(NotBuilt)
    assert problem.title.startswith("the model cannot be built: ValueError: no such padding (test_validate.py:")
    assert problem.bug


# ---- passes

UNSOUND = {
    "a norm of one value": (
        "space s { input x: [4]  output y = x -> dense(1) -> layernorm -> dense(2) }",
        "no gradient reaches `dense/kernel`, `dense/bias`, `layernorm/gamma`",
    ),
    "a norm of one value, under a penalty": (
        "space s { input x: [4]  output y = x -> dense(1) -> layernorm -> dense(2)  train { regularize = l2(0.1) } }",
        "no gradient reaches `dense/kernel`, `dense/bias`, `layernorm/gamma`",
    ),
    "a relu of nothing above 0": (
        "space s { input x: [4]  output y = x -> dense(3) -> relu -> rescale(-1) -> relu6 -> dense(2) }",
        "no gradient reaches `dense/kernel`, `dense/bias`, `dense_2/kernel`",
    ),
    "a logarithm of what may be below 0": (
        "space s { input x: [4]  output y = x -> dense(8)  train { loss = poisson } }",
        "the loss is nan",
    ),
    "values that grow without bounds": (
        "space s { input x: [4]  output y = x -> rescale(1000) -> activation(exponential) -> dense(2) }",
        "`y`: the output is not finite",
    ),
    "a step into nowhere": (
        """space s { input x: [4]  output y = x -> dense(2)
                     train { optimizer = sgd  learning_rate = 1e38  loss_weight = 1e30 } }""",
        "`dense/kernel`: a step of `sgd` makes it infinite or NaN",
    ),
}


@pytest.mark.parametrize("case", UNSOUND)
def test_unsound_passes_are_the_specs_own_affair(case: str) -> None:
    text, message = UNSOUND[case]
    problems = wrong(BadPass, sqs.loads(text))
    assert message in [problem.title for problem in problems]
    assert not any(problem.bug for problem in problems)


def test_what_keras_raises_in_a_pass_is_shown_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **more: object) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr("sqsem_dsl.backends.keras.smoke_test.training.prepare", broken)
    (problem,) = wrong(BadPass)
    assert problem.title.startswith("a pass on random data fails: RuntimeError: no memory (")


def test_times_are_reported() -> None:
    one: Validation = validate(sqs.loads(NET).default())
    assert one.seconds_built > 0
    assert one.seconds_passed > 0
