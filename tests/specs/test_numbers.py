"""Networks of published size: the specs must have exactly those numbers.

MACs are of convolutions and dense layers for one sample. The header of each spec names its source and its numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

import sqsem_dsl
from tests.fakes.shipped import space_of

SPECS = Path(__file__).resolve().parents[2] / "specs"
SMALL = {"size": 32, "classes": 10, "padding": "same"}
THREES = {f"cell.e{edge}.op": "conv3" for edge in ("01", "02", "12", "03", "13", "23")}


@dataclass(frozen=True)
class Known:
    """`params` are the trainable ones; `total`, if different, all of them."""

    spec: str
    define: dict[str, object]
    params: int
    macs: int
    total: int | None = None
    at: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        settings = {**self.define, **self.at}
        return self.spec + (f"[{', '.join(f'{k}={v}' for k, v in settings.items())}]" if len(settings) < 6 else "[…]")


KNOWN = [
    Known("squeezenet_1_0", {}, 1_248_424, 777_221_152),
    Known("squeezenet_1_0", {"classes": 10}, 740_554, 704_230_432),
    Known("squeezenet_1_0", SMALL, 740_554, 16_084_992),
    Known("squeezenet_1_1", {}, 1_235_496, 349_151_936),
    Known("squeezenet_1_1", {"classes": 10}, 727_626, 263_489_216),
    Known("squeezenet_1_1", SMALL, 727_626, 5_877_760),
    # A simple bypass adds neither parameters nor multiplications.
    Known("squeezenet_bypass", {"classes": 1000}, 1_248_424, 777_221_152, at={"bypassed": True}),
    Known("squeezenet_bypass", SMALL, 740_554, 16_084_992, at={"bypassed": False}),
    Known("squeezenet_bypass", SMALL, 740_554, 16_084_992, at={"bypassed": True}),
    Known("cifar10_plain", {}, 740_554, 11_274_752),
    Known("mobilenet_v3_large", {}, 5_483_032, 216_589_760, total=5_507_432),
    Known("efficientnet_b0", {}, 5_288_548, 385_814_752, total=5_330_564),
    Known("mobilenet_v1", {}, 470_072, 13_570_048, total=475_544),
    Known("mobilenet_v1", {}, 4_231_976, 186_400_768, total=4_253_864, at={"width": 1}),
    Known("mobilenet_v1", {}, 4_231_976, 568_740_352, total=4_253_864, at={"resolution": 224, "width": 1}),
    Known("deit_tiny", {}, 5_717_416, 1_253_683_200),
    Known("se_resnet50", {}, 28_088_024, 4_091_699_200, total=28_141_144),
    Known("se_resnet50", {}, 35_635_688, 4_099_244_032, total=35_688_808, at={"ratio": 4}),
    Known("nas_bench_201", {}, 1_531_546, 220_119_680, total=1_538_810, at=THREES),
    Known("unet", {}, 31_030_658, 12_024_020_992, at={"levels": 4, "filters": 64}),
    Known("once_for_all", {}, 3_133_304, 115_985_744, total=3_143_224),
    Known("toy", {}, 186, 176),
]


@pytest.mark.parametrize("known", KNOWN, ids=str)
def test_size(known: Known) -> None:
    space = sqsem_dsl.load(SPECS / f"{known.spec}.sqs", define=known.define)
    default = space.default()
    architecture = space.at({**default.choices, **known.at}) if known.at else default
    assert architecture.trainable_params == known.params
    assert architecture.params == (known.total or known.params)
    assert architecture.macs == known.macs


ASSIGNMENTS = {
    "cifar10_plain": 2 * 3,
    "cifar10_random": 25_765_100,
    "darts_cell": 3_019_898_880**2,
    "landmarks_mlp": sum(6**layers for layers in range(4, 11)),
    "mobilenet_v1": 4 * 4,
    "nas_bench_201": 5**6,
    "once_for_all": 7371**5,
    "squeezenet_bypass": 2 * 3,
    "squeezenet_se_auto": 25_765_100,
    "squeezenet_se_multi": 25_765_100,
    "toy": 39,
    "unet": 4 * 3,
}


@pytest.mark.parametrize("spec", ASSIGNMENTS)
def test_assignments(spec: str) -> None:
    assert space_of(spec).count == ASSIGNMENTS[spec]
