"""The models of emitted hypermodels: the same layers, weights and outputs as those of the package, for all choices."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings

import sqsem_dsl
from sqsem_dsl.api.space import Compilation
from sqsem_dsl.backends.hypermodel.module import class_name, space_code
from sqsem_dsl.diagnostics.errors import SqsError
from tests.backends.hypermodel.comparing import built, check_same, hypermodel_of, outcomes_of
from tests.reference.random_specs import specs
from tests.reference.sequence_specs import sequence_specs
from tests.test_imports import run

pytest.importorskip("keras")
pytest.importorskip("keras_tuner")
import keras_tuner

pytestmark = pytest.mark.keras

ROOT = Path(__file__).resolve().parents[3]
FORMS = Path(__file__).with_name("every_form.sqs")
SMALL = """
space small {
  input x: [6]
  output y = x -> repeat layers in 1..2 { dense(any [4, 8]) -> slot norm { batchnorm } }
    -> choose end { plain: relu  wide: dense(any [8, 16, 32]) } -> dense(3) -> softmax
  train { optimizer = any [adam, sgd(momentum = any [0.5, 0.9])] }
}
"""


UNUSED_TENSOR = """
space unused_tensor {
  input x: [6, 6, 3]
  let aside = x -> conv(4, 1)
  require channels(aside) <= 2  # holds: no architecture uses the tensor
  output y = x -> conv(3, 1)
}
"""


@pytest.mark.parametrize(
    ("name", "define", "samples"),
    [
        ("toy", {}, 3),
        ("digits", {}, 3),
        ("squeezenet_se_auto", {}, 2),
        ("cifar10_plain", {}, 1),
        ("unet", {"size": 32}, 2),
        ("landmarks_mlp", {}, 1),
        ("face_multi", {"size": 64}, 2),
        ("once_for_all", {"size": 32, "classes": 4}, 0),
    ],
)
def test_the_models_are_the_same(name: str, define: dict[str, int], samples: int) -> None:
    space = sqsem_dsl.load(ROOT / "specs" / f"{name}.sqs", define=define)
    hypermodel = hypermodel_of(space)
    for architecture in (space.default(), *space.sample(samples, seed=3)):
        check_same(space, architecture, built(hypermodel, space, architecture))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mobilenet_v3_large", "efficientnet_b0", "se_resnet50", "squeezenet_1_1"])
def test_large_models_are_the_same(name: str) -> None:
    space = sqsem_dsl.load(ROOT / "specs" / f"{name}.sqs", define={"size": 64, "classes": 4})
    architecture = space.default()
    check_same(space, architecture, built(hypermodel_of(space), space, architecture))


def test_every_form_of_the_language() -> None:
    space = sqsem_dsl.load(FORMS)
    hypermodel = hypermodel_of(space)
    for architecture in space.sample(5, seed=1):
        check_same(space, architecture, built(hypermodel, space, architecture))


@settings(max_examples=40, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
@given(specs())
@example(UNUSED_TENSOR)
def test_random_specs(text: str) -> None:
    check_default(text)


@settings(max_examples=15, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(sequence_specs())
def test_random_specs_of_sequences(text: str) -> None:
    check_default(text)


def check_default(text: str) -> None:
    """The default architecture, if the space can be written."""
    compilation = Compilation.from_text(text)
    if compilation.failed:
        return
    space = compilation.space
    try:
        hypermodel = hypermodel_of(space)
    except SqsError as error:
        codes = {found.code for found in error.diagnostics}
        assert codes == {"SQS778"}, text
        return
    architecture = space.default()
    check_same(space, architecture, built(hypermodel, space, architecture))


ARGUMENTS = """
space arguments {
  input x: [8, 8, 4]
  param size in [[3, 3], [1, 3]]
  output y = x -> conv(4, size, bias_init = 0.5)
    -> batchnorm(scale = false, epsilon = 1e-5, momentum = 0.9) -> prelu(0.1)
    -> depthwise(3, dilation = any [1, 2]) -> maxpool(any [[1, 2], [2, 2]]) -> rmsnorm
    -> layernorm(epsilon = 1e-6) -> leaky_relu(any [0.1, 0.3])
    -> relu(max = 3) -> groupnorm(2, epsilon = 1e-4) -> conv(multiple(9, 4), 1) -> gap
    -> dense(floor(sqrt(10)), bias_init = -1) -> softmax
}"""


def test_arguments_of_layers() -> None:
    space = sqsem_dsl.loads(ARGUMENTS)
    hypermodel = hypermodel_of(space)
    for number in range(space.count or 0):
        architecture = space.at(number)
        check_same(space, architecture, built(hypermodel, space, architecture))
    model = built(hypermodel, space, space.default())
    configs = {layer.name: layer.get_config() for layer in model.layers}
    assert (configs["batchnorm"]["epsilon"], configs["batchnorm"]["momentum"]) == (1e-5, 0.9)
    assert configs["dense"]["bias_initializer"]["config"] == {"value": -1.0}


def test_the_training_is_compiled_as_in_the_spec() -> None:
    space = sqsem_dsl.load(FORMS)
    model = built(hypermodel_of(space), space, space.default())
    own = space.hypermodel()
    hp = keras_tuner.HyperParameters()
    own.declare_hyperparameters(hp)
    other = own.build(hp)
    configs = [each.optimizer.get_config() for each in (model, other)]
    for config in configs:
        del config["learning_rate"], config["name"]
    assert configs[0] == configs[1]
    schedule = model.optimizer._learning_rate.get_config()
    assert (schedule["warmup_steps"], schedule["decay_steps"], schedule["warmup_target"]) == (6, 3, 1e-4)
    losses = [
        {name: (type(loss).__name__, loss.get_config()) for name, loss in each._compile_loss._user_loss.items()}
        for each in (model, other)
    ]
    assert losses[0] == losses[1]
    assert model._compile_loss._user_loss_weights == other._compile_loss._user_loss_weights


def test_kerastuner_sees_as_many_assignments_as_the_space_has() -> None:
    space = sqsem_dsl.loads(SMALL)
    assert space.count is not None
    count = space.count * (1 + 2)  # adam, or sgd with one of two momentums
    oracle = keras_tuner.oracles.GridSearchOracle(objective=keras_tuner.Objective("loss", "min"), max_trials=10 * count)
    hp = oracle.get_space()
    hypermodel_of(space).declare_hyperparameters(hp)
    oracle.update_space(hp)
    oracle._set_project_dir("/nonexistent", "none")
    oracle.save = lambda *_, **__: None  # type: ignore[method-assign]
    seen = set()
    while True:
        trial = oracle.create_trial("tuner")
        if trial.status == "STOPPED":
            break
        assert frozenset(trial.hyperparameters.values.items()) not in seen
        seen.add(frozenset(trial.hyperparameters.values.items()))
        trial.status = "COMPLETED"
        oracle.update_trial(trial.trial_id, {"loss": 0.0})
        oracle.end_trial(trial)
    assert len(seen) == count


SEARCH = """
import numpy, keras_tuner
from {name} import {made}
tuner = keras_tuner.RandomSearch(
    {made}(), objective="val_loss", max_trials=2, seed=1, directory="found", max_consecutive_failed_trials=50
)
random = numpy.random.default_rng(0)
x, y = random.random({shape}, numpy.float32), random.integers(0, {classes}, 16)
tuner.search(x, y, validation_data=(x, y), epochs=1, verbose=0)
best = tuner.get_best_hyperparameters(1)[0]
assert tuner.hypermodel.build(best).count_params() > 0
print(sorted(trial.status for trial in tuner.oracle.trials.values()), tuner.oracle.trials["0"].message)
"""


@pytest.mark.search
@pytest.mark.parametrize(("name", "shape", "classes"), [("toy", (16, 20), 2), ("digits", (16, 16, 16, 1), 10)])
def test_a_search_needs_no_sqsem(name: str, shape: tuple[int, ...], classes: int, tmp_path: Path) -> None:
    space = sqsem_dsl.load(ROOT / "specs" / f"{name}.sqs")
    (tmp_path / f"{name}.py").write_text(space_code(space), encoding="utf-8")
    script = SEARCH.format(name=name, made=class_name(name), shape=shape, classes=classes)
    blocked = "import sys; sys.modules['sqsem_dsl'] = None\n"
    done = subprocess.run(
        [sys.executable, "-c", blocked + script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "['COMPLETED', 'COMPLETED'] None" in done.stdout


def test_a_broken_rule_or_budget_fails_the_trial() -> None:
    space = sqsem_dsl.loads(
        "space s { param a in 1..3  param b in 1..3  input x: [4]  require a <= b  require params <= 20 "
        "output y = x -> dense(a) -> dense(b) }"
    )
    hypermodel = hypermodel_of(space)
    hp = keras_tuner.HyperParameters()
    hp.values.update(a=3, b=1)
    hypermodel.declare_hyperparameters(hp)
    with pytest.raises(keras_tuner.errors.FailedTrialError, match="require a <= b"):
        hypermodel.build(hp)
    hp.values.update(a=3, b=3)
    model = hypermodel.build(hp)
    with pytest.raises(keras_tuner.errors.FailedTrialError, match="require params <= 20"):
        hypermodel.fit(hp, model)


def test_flash_is_checked_and_memory_is_named() -> None:
    space = sqsem_dsl.loads(
        "space s { input x: [4]  output y = x -> dense(any [3, 4]) -> dense(1) "
        "require flash <= 79 and memory / 4 <= 100 }"
    )
    assert "Not checked: `require memory / 4 <= 100`, which Keras does not count." in space.hypermodel_code()
    hypermodel = hypermodel_of(space)
    hp = keras_tuner.HyperParameters()
    hp.values.update({"dense.units": 4})
    hypermodel.declare_hyperparameters(hp)
    with pytest.raises(keras_tuner.errors.FailedTrialError, match="require flash <= 79"):
        hypermodel.fit(hp, hypermodel.build(hp))  # 25 parameters


@pytest.mark.parametrize(
    ("lines", "refused"),
    [
        ("require channels(t) <= 3", None),
        ("require t1 or channels(t) <= 3", None),
        ("require channels(x) <= 3", None),
        ("let u = t -> conv(5, 1)  require channels(u) <= 3", "`u` may be a tensor that an architecture does not use"),
        ("require channels(t -> conv(5, 1)) <= 3", "`t -> conv(5, 1)` may be a tensor"),
    ],
)
def test_a_rule_on_a_tensor_that_is_not_always_used_is_refused(lines: str, refused: str | None) -> None:
    head = "space s { param t1 in [true, false]  input x: [6, 6, 3]  let t = x -> conv(where(t1, 3, 4), 1)"
    compilation = Compilation.from_text(f"{head}  {lines}  output y = t -> conv(2, 1) }}")
    if refused is None:
        assert "raise keras_tuner.errors.FailedTrialError" in space_code(compilation.space)
    else:
        with pytest.raises(SqsError, match=re.escape(refused)):
            space_code(compilation.space)


def test_the_body_of_a_tensor_that_only_some_choices_use_has_its_rules_there() -> None:
    space = sqsem_dsl.loads(
        "space s { input x: [6, 6, 3]  param c in [2, 4]  let t = x -> { require c <= 2  out conv(c, 1) }"
        "  output y = choose k { used: t -> conv(3, 1)  not_used: x -> conv(c, 1) } }"
    )
    hypermodel = hypermodel_of(space)
    assert space.count == 3
    for architecture in map(space.at, range(3)):
        check_same(space, architecture, built(hypermodel, space, architecture))


def test_writing_needs_no_framework() -> None:
    text = "space s { input x: [4]  output y = x -> dense(any [2, 3]) -> dense(2) }"
    script = f"import sqsem_dsl; print(sqsem_dsl.loads({text!r}).hypermodel_code())"
    assert "class S(keras_tuner.HyperModel):" in run(script, "keras", "keras_tuner", "tensorflow", "jax").stdout


RESOLUTION = """
space sizes {
  param r in [8, 12, 6]
  input image: [r, any [12, 8], 3]
  input other: [2 * r, 2 * r, 1]
  require width(image) <= r or r == 6
  output y = concat(image -> conv(any [2, 3], 3) -> gap, other -> flatten -> dense(4)) -> dense(2) -> softmax
  train { standardize.image = stated(mean = [0.5], stddev = [0.25]) }
}
"""


def test_images_are_resized_to_a_chosen_resolution() -> None:
    space = sqsem_dsl.loads(
        RESOLUTION.replace("train { standardize.image = stated(mean = [0.5], stddev = [0.25]) }", "")
    )
    hypermodel = hypermodel_of(space)
    assert space.count == (1 + 2 + 2) * 2
    for architecture in map(space.at, range(0, 10, 3)):
        model = built(hypermodel, space, architecture)
        assert {tensor.name: tensor.shape[1:] for tensor in model.inputs} == space.inputs
        check_same(space, architecture, model)
    assert outcomes_of(space, hypermodel, 20) == {True, False}
    standardized = space_code(sqsem_dsl.loads(RESOLUTION))
    assert 'resized_image = layers.Resizing(r, hp.get("image.width"))(image)' in standardized
    assert "layers.Normalization(mean=[0.5] * 3, variance=[0.0625] * 3)(resized_image)" in " ".join(
        standardized.split()
    ).replace("( ", "(").replace(" )", ")")


def test_a_resolution_that_may_not_be_active_is_refused() -> None:
    text = """space s { param r in [8, 12]  input x: [4]  input image: [r, r, 3]
      output y = concat(x, optional seen { image -> gap }) -> dense(2) }"""
    with pytest.raises(SqsError, match="the resolution of `image` cannot be written as a hypermodel") as raised:
        space_code(sqsem_dsl.loads(text))
    assert [found.code for found in raised.value.diagnostics] == ["SQS778"]
