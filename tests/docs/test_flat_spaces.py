"""The page on flat spaces: the compiler's numbers for the list, and the results of random samples from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import prod
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.cli import compile_main
from tests.docs.examples import run
from tests.docs.scripts import ROOT, page, script

pytestmark = pytest.mark.slow

PAGE = page("flat-spaces.md")
flat, searched = script("flat_space"), script("flat_search")


def test_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(PAGE, tmp_path)


def test_the_message_is_the_one_that_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert compile_main(["docs/squeezenet_flat.sqs"]) == 1
    assert capsys.readouterr().err.strip() in PAGE


@pytest.mark.parametrize(("optimizers", "code"), [("rmsprop sgd", "SQS013"), ("RMSpropsgd", "SQS206")])
def test_a_missing_comma(optimizers: str, code: str) -> None:
    text = flat.SPEC.read_text(encoding="utf-8").replace(flat.DEAD, "").replace("rmsprop, sgd", optimizers)
    assert [diagnostic.code for diagnostic in sqs.Compilation.from_text(text).diagnostics] == [code]


def test_twelve_trainings() -> None:
    facts = sqs.load(ROOT / "specs" / "squeezenet_bypass.sqs").analysis
    assert (facts.assignments, facts.configurations) == (6, 12)


def table(start: str) -> list[list[str]]:
    """The cells of the table that starts with this text, without its header."""
    lines = PAGE[PAGE.index(start) :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("ratio_each", [False, True])
def test_what_the_list_amounts_to(ratio_each: bool) -> None:
    space = flat.flat_space(ratio_each)
    found, size = flat.groups(space), flat.sizes(space)
    points, alive = prod(size.values()), float(sum(group.share * group.alive for group in found))
    said = [row[1 + ratio_each] for row in table("| the structural choices")]
    assert said == [
        str(len(size)),
        f"{points:,}",
        f"{space.count:,}",
        f"{points / space.count:.1f}",
        f"{alive:g}",
    ]
    assert sum(group.architectures for group in found) == space.count
    assert sum(group.share for group in found) == 1
    assert space.analysis.architectures.count == space.count
    assert space.analysis.architectures.exact


@pytest.mark.parametrize("ratio_each", [False, True])
def test_where_the_draws_land(ratio_each: bool) -> None:
    space = flat.flat_space(ratio_each)
    for pairs, share, *said in table("| pairs |"):
        inside = [g for g in flat.groups(space) if g.counts == tuple(map(int, pairs.split(" + ")))]
        here = sum(group.architectures for group in inside)
        assert said[2 * ratio_each :][:2] == [f"{here:,}", f"{here / space.count:.5%}".replace("%", " %")]
        assert f"{sum(group.share for group in inside)}" == share


@pytest.mark.parametrize("ratio_each", [False, True])
def test_repeats(ratio_each: bool) -> None:
    space = flat.flat_space(ratio_each)
    found = flat.groups(space)
    expected = 1_000 - flat.different(found, 1_000)
    assert f"{expected:.1f}" == ("103.3" if ratio_each else "113.3")
    assert f"{expected:.1f}" in PAGE
    draws = [[flat.read(space, point) for point in flat.uniform(space, 300, seed)] for seed in range(10)]
    measured = mean(len(sample) - len(set(sample)) for sample in draws)
    assert measured == pytest.approx(300 - flat.different(found, 300), rel=0.3)


def test_a_draw_reads_what_its_architecture_draws() -> None:
    space = flat.flat_space()
    paths = [choice.path for choice in space.graph.choices]
    for point in flat.uniform(space, 20, seed=3):
        read = flat.read(space, point)
        values = {paths[choice]: space.graph.choices[choice].domain.values[option] for choice, option in point.items()}
        architecture = space.resolve({**values, "dropout_rate": 0.5, "train.optimizer": "sgd"})
        active = set(architecture.choices) - {"dropout_rate", "train.optimizer"}
        assert {paths[choice] for choice, _ in read} == active
        assert all(architecture.choices[path] == values[path] for path in active)


def structured(flat: dict[str, object]) -> dict[str, object]:
    """The assignment of specs/squeezenet_se_auto.sqs for a point of the list."""
    pooled, after = flat["fire_module"], flat["num_fire_2"]
    found = {"pooled": pooled, "flat": after, "dropout.rate": flat["dropout_rate"]}
    for pair in range(pooled + after):
        at = f"pooled[{pair}]" if pair < pooled else f"flat[{pair - pooled}]"
        bypass = flat[f"use_bypass{pair}" if pair < pooled else f"use_bypass_2{pair - pooled}"]
        first, second = ("se" if flat[f"SE_add{2 * pair + fire}"] else "plain" for fire in (2, 3))
        found |= {f"{at}.fire_pair.first": first, f"{at}.fire_pair.second": second}
        found[f"{at}.fire_pair.second.{second}.inner"] = "identity" if bypass else "none"
        for fire, name, block in ((2, "first", first), (3, "second", second)):
            if block == "se":
                found[f"{at}.fire_pair.{name}.se.skip"] = "auto" if flat[f"SE_skip{2 * pair + fire}"] else "none"
                found[f"{at}.fire_pair.ratio"] = flat[f"squeeze_ratio{2 * pair + 2}"]
        if pair < pooled:
            found[f"{at}.pool"] = flat[f"pooling{pair}"]
    return found


def test_the_networks_of_the_list_are_those_of_the_space_with_structure() -> None:
    space, clean = flat.flat_space(), sqs.load(ROOT / "specs" / "squeezenet_se_auto.sqs")
    for point in flat.uniform(space, 30, seed=5):
        values = {space.graph.choices[c].path: space.graph.choices[c].domain.values[o] for c, o in point.items()}
        values["dropout_rate"] = 0.25
        listed = space.resolve({**values, "train.optimizer": "sgd"})
        assert listed.id == clean.at(structured(values)).id
    for quantity, of_list in space.analysis.distributions.items():
        assert dict(of_list) == dict(clean.analysis.distributions[quantity])


def test_the_space_of_the_searches_is_the_one_with_structure() -> None:
    searched_space, clean = (sqs.load(ROOT / "specs" / f"{n}.sqs") for n in ("cifar10_random", "squeezenet_se_auto"))
    assert [c.path for c in searched_space.choices] == [c.path for c in clean.choices if "learning_rate" not in c.path]
    for number in (0, 12_345_678, clean.count - 1):
        assert searched_space.at(number).id == clean.at(number).id


class SampledHyperparameters:
    """Hyperparameters at random values, each name sampled at its first declaration."""

    def __init__(self, seed: int) -> None:
        self.random, self.values = Random(seed), dict[str, Any]()

    def Choice(self, name: str, values: Iterable[Any], default: Any = None) -> Any:  # noqa: N802
        return self.values.setdefault(name, self.random.choice(list(values)))

    def Int(self, name: str, low: int, high: int, default: Any = None) -> Any:  # noqa: N802
        return self.Choice(name, range(low, high + 1))

    def Boolean(self, name: str) -> Any:  # noqa: N802
        return self.Choice(name, (0, 1))  # as KerasTuner stores them

    def Float(self, name: str, low: float, high: float) -> Any:  # noqa: N802
        return self.values.setdefault(name, self.random.uniform(low, high))


KINDS = ("Add", "AveragePooling2D", "Concatenate", "Conv2D", "Dense", "Dropout", "MaxPooling2D", "Multiply")


def signature(model: Any) -> tuple[int, list[tuple[int, ...]], Counter[str]]:
    """The common properties of equal networks: parameters, shapes of trainable weights, layers of each kind."""
    shapes = sorted(tuple(weight.shape) for weight in model.trainable_weights)
    kinds = Counter(type(layer).__name__ for layer in model.layers)
    return model.count_params(), shapes, Counter({kind: kinds[kind] for kind in KINDS})


@pytest.mark.keras
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("case", "build"), [("auto", "squeezenet_se_auto"), ("plain", "plain_squeezenet")])
def test_the_transcription_builds_what_the_spec_says(case: str, build: str, seed: int) -> None:
    pytest.importorskip("keras")
    hp = SampledHyperparameters(seed)
    model = getattr(script("flat_hypermodels"), build)(hp)
    found = searched.of_list(case)(hp.values)
    assert signature(model) == signature(found.build())
    assert (model.count_params(), hp.values["optimizer"]) == (found.params, found.choices["train.optimizer"])


def test_the_page_says_what_the_searches_gave() -> None:
    for part in searched.report(searched.kept()).split("\n\n"):
        assert part in PAGE
