"""Every shipped spec compiles without diagnostics, names its source, and is unchanged by printing."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqsem_dsl.ast import outline
from sqsem_dsl.ast.read import read
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.format.printer import print_spec
from sqsem_dsl.format.read_file import read_file
from tests.fakes.shipped import compiled, space_of

ROOT = Path(__file__).resolve().parents[2]
SPECS = sorted((ROOT / "specs").glob("*.sqs"))
STD = sorted((ROOT / "sqsem_dsl" / "std").glob("*.sqs"))


def name_of(path: Path) -> str:
    return path.stem


def test_the_specs_are_there() -> None:
    assert {p.stem for p in SPECS} == {
        *(
            "cifar10_plain",
            "cifar10_random",
            "co2_forecast",
            "darts_cell",
            "deit_tiny",
            "digits",
            "digits_rows",
            "digits_transformer",
            "efficientnet_b0",
            "face_expression",
        ),
        *("face_multi", "landmarks_mlp", "mobilenet_v1", "mobilenet_v3_large"),
        *("nas_bench_201", "once_for_all", "se_resnet50", "squeezenet_1_0", "squeezenet_1_1", "squeezenet_bypass"),
        *("source_lines", "squeezenet_se_auto", "squeezenet_se_multi", "tips", "toy", "two_views", "unet"),
    }


@pytest.mark.parametrize("path", SPECS, ids=name_of)
def test_a_spec_compiles_without_diagnostics(path: Path) -> None:
    compilation = compiled(path.stem)
    assert compilation.findings() == ()
    assert compilation.space.default().params > 0


@pytest.mark.parametrize("path", SPECS, ids=name_of)
def test_random_architectures_come_out(path: Path) -> None:
    space = space_of(path.stem)
    for seed in range(5):
        architecture = space.sample_one(seed)
        assert space.is_feasible(architecture)
        assert space.at(architecture.choices).layers == architecture.layers


@pytest.mark.parametrize("path", SPECS, ids=name_of)
def test_a_spec_opens_with_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert "\nsqs 1\n" in text
    spaces = [d for d in spec_of(path).definitions if isinstance(d, outline.Space)]
    assert [space.name for space in spaces] == [path.stem]
    assert all(space.doc for space in spaces)


@pytest.mark.parametrize("path", [*SPECS, *STD], ids=name_of)
def test_printing_and_reading_gives_the_same_spec(path: Path) -> None:
    spec = spec_of(path)
    printed = print_spec(spec)
    again = read(Source("printed.sqs", printed))
    assert not again.diagnostics
    assert again.spec == spec
    assert print_spec(again.spec, again.tokens) == printed


@pytest.mark.parametrize("path", [*SPECS, *STD], ids=name_of)
def test_lines_fit_the_page(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [n for n, line in enumerate(lines, 1) if len(line) > 120 or line != line.rstrip() or "\t" in line] == []


def spec_of(path: Path) -> outline.Spec:
    result = read_file(path)
    assert not result.diagnostics
    assert result.spec is not None
    return result.spec
