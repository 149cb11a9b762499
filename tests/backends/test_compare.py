"""The compiler's statements about an architecture, compared with the model that Keras builds.

Every layer's output shape, every weight's name, shape and trainability, all and trainable parameters, and the
multiply-accumulates counted from Keras's own kernels: for random architectures of every spec, and of random specs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings

import sqsem_dsl
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators.row import WholeShape
from tests.reference.random_specs import specs
from tests.reference.sequence_specs import sequence_specs

pytestmark = pytest.mark.keras

SPECS = Path(__file__).resolve().parents[2] / "specs"
ARCHITECTURES = 200
SMALL: dict[str, dict[str, object]] = {
    "darts_cell": {"c": 4},
    "deit_tiny": {"size": 32, "width": 24, "depth": 2, "classes": 10},
    "face_multi": {"size": 64},
    "efficientnet_b0": {"size": 32, "classes": 10},
    "mobilenet_v1": {"classes": 10},
    "mobilenet_v3_large": {"size": 32, "classes": 10},
    "nas_bench_201": {"n": 1},
    "once_for_all": {"size": 32, "classes": 10},
    "se_resnet50": {"size": 32, "classes": 10},
    "squeezenet_1_0": {"size": 64, "classes": 10},
    "squeezenet_1_1": {"size": 64, "classes": 10},
    "squeezenet_bypass": {"size": 64},
    "squeezenet_se_multi": {"size": 32},
    "unet": {"size": 16},
}
"""Smaller images and fewer repeats for large specs: as varied, and minutes faster."""

LARGE = {
    *("cifar10_plain", "cifar10_random", "darts_cell", "deit_tiny", "efficientnet_b0", "face_expression", "face_multi"),
    *("mobilenet_v1", "mobilenet_v3_large", "nas_bench_201", "once_for_all", "se_resnet50", "two_views"),
    *("squeezenet_se_auto", "squeezenet_se_multi"),
}
"""Specs whose models take more than a few seconds even so."""
PATHS = sorted(SPECS.glob("*.sqs"))


def slow_if_large(value: Any, name: str, title: str) -> Any:
    return pytest.param(value, id=title, marks=pytest.mark.slow if name in LARGE else ())


def agree(architecture: Architecture) -> Any:
    """Builds the model, checks it against the compiler, and returns it."""
    from sqsem_dsl.backends.keras.compare import disagreements
    from sqsem_dsl.backends.keras.model import build_model

    model = build_model(architecture)
    assert disagreements(architecture, model) == ()
    return model


@pytest.fixture(autouse=True)
def _forget_models() -> Any:
    yield
    import keras

    keras.utils.clear_session()


@pytest.mark.parametrize("path", [slow_if_large(path, path.stem, path.stem) for path in PATHS])
def test_architectures_of_every_spec(path: Path) -> None:
    """About 200 in all: the first and the last of each spec, and random ones."""
    space = sqsem_dsl.load(path, define=SMALL.get(path.stem, {}))
    assert space.count is not None
    each = -(-ARCHITECTURES // len(PATHS))
    if space.count <= each:
        numbers = range(space.count)
        architectures = [space.at(number) for number in numbers]
    else:
        architectures = [space.at(0), space.at(space.count - 1), *(space.sample_one(seed) for seed in range(each - 2))]
    for architecture in architectures:
        agree(architecture)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_architectures_of_random_specs(text: str) -> None:
    check_architectures(text)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(sequence_specs())
def test_architectures_of_sequence_specs(text: str) -> None:
    check_architectures(text)


def check_architectures(text: str) -> None:
    """The first, the last and one between."""
    import keras
    import numpy as np

    compilation = sqsem_dsl.Compilation.from_text(text)
    event("compiles" if not compilation.failed else "is refused")
    if compilation.failed:
        return
    space = compilation.space
    assert space.count is not None
    for number in {0, space.count // 2, space.count - 1}:
        architecture = space.at(number)
        if not architecture.inputs:
            continue  # its outputs are constant
        model = agree(architecture)
        batch = {
            name: np.ones((2, *shape), "int32" if isinstance(shape, WholeShape) else "float32")
            for name, shape in architecture.inputs.items()
        }
        for training in (False, True):
            result = model(batch, training=training)
            tensors = result if isinstance(result, dict) else {next(iter(architecture.outputs)): result}
            for name, at in architecture.outputs.items():
                assert tuple(keras.ops.shape(tensors[name])) == (2, *architecture.layers[at].shape)
                assert np.isfinite(keras.ops.convert_to_numpy(tensors[name])).all()


FITTED = {
    "everything": """
        tied block side(v, n) { out v -> conv(n, any [1, 3]) -> batchnorm -> relu }
        shared block cell(v) { param act in [relu, tanh]  out v -> conv(4, 3) -> activation(act) }
        space s {
          input x: [8, 8, 3]
          input z: [8, 8, 3]
          let met = add(x -> side(4), z -> side(4))
          let trunk = met -> cell
            -> repeat n in 1..2 { bypass b in [fit, project] { conv(4, 3, stride = any [1, 2]) } }
            -> cell
          output y = trunk -> dropout(any 0.0..0.5) -> gap -> dense(3) -> softmax
          output mask = merge(met, optional more { x -> conv(4, 3) }, how = any [concat, maximum])
            -> conv(1, 1) -> sigmoid
        }""",
    "a pick and a rule": """
        space s {
          input x: [8, 8, 3]
          output y = x -> { param w in 2..8 step 2  require w >= channels(it)  out it -> conv(w, 3) }
            -> { add(pick k in 1..2 { a: it -> conv(4, 1)  b: it -> depthwise(3) -> conv(4, 1) }) }
            -> gap -> dense(3) -> softmax
        }""",
}


@pytest.mark.parametrize("text", FITTED.values(), ids=list(FITTED))
def test_one_batch_of_training(text: str) -> None:
    import numpy as np

    space = sqsem_dsl.loads(text)
    assert space.count is not None
    for seed in range(2):
        architecture = space.sample_one(seed)
        model = agree(architecture)
        inputs = {name: np.ones((4, *shape), "float32") for name, shape in architecture.inputs.items()}
        targets = {
            name: np.zeros((4, *architecture.layers[at].shape), "float32") for name, at in architecture.outputs.items()
        }
        model.compile("sgd", "mean_squared_error")
        history = model.fit(inputs, targets if len(targets) > 1 else next(iter(targets.values())), verbose=0)
        assert np.isfinite(history.history["loss"][0])


# ---- networks with published numbers


@dataclass(frozen=True)
class Known:
    spec: str
    define: dict[str, object]
    trainable: int
    total: int
    macs: int
    at: dict[str, object] = field(default_factory=dict)


KNOWN = [
    Known("squeezenet_1_0", {}, 1_248_424, 1_248_424, 777_221_152),
    Known("squeezenet_1_1", {}, 1_235_496, 1_235_496, 349_151_936),
    Known("squeezenet_1_0", {"size": 32, "classes": 10, "padding": "same"}, 740_554, 740_554, 16_084_992),
    Known("squeezenet_1_1", {"size": 32, "classes": 10, "padding": "same"}, 727_626, 727_626, 5_877_760),
    Known("squeezenet_bypass", {"classes": 1000}, 1_248_424, 1_248_424, 777_221_152, {"bypassed": True}),
    Known("se_resnet50", {}, 28_088_024, 28_141_144, 4_091_699_200),
    Known("mobilenet_v3_large", {}, 5_483_032, 5_507_432, 216_589_760),
    Known("deit_tiny", {}, 5_717_416, 5_717_416, 1_253_683_200),
    Known("efficientnet_b0", {}, 5_288_548, 5_330_564, 385_814_752),
]


@pytest.mark.parametrize("known", [slow_if_large(k, k.spec, k.spec + str(len(k.define) or "")) for k in KNOWN])
def test_published_networks(known: Known) -> None:
    import keras

    space = sqsem_dsl.load(SPECS / f"{known.spec}.sqs", define=known.define)
    architecture = space.default()
    if known.at:
        architecture = space.at({**architecture.choices, **known.at})
    model = agree(architecture)
    assert sum(keras.ops.size(w) for w in model.trainable_weights) == known.trainable
    assert model.count_params() == known.total
    assert architecture.macs == known.macs
