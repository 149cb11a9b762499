"""An image whose resolution is a choice: the same architectures as those of one spec for each resolution."""

from __future__ import annotations

from itertools import product

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.api.space import Compilation
from sqsem_dsl.compare.architectures import ALL
from sqsem_dsl.compare.difference import diff
from sqsem_dsl.format.format import format_text
from sqsem_dsl.report.diagram.scene_builder import compose
from sqsem_dsl.report.text.style import Style
from sqsem_dsl.report.text.summary import card
from tests.reference.agreement import case_of, check, forgetting

SPEC = """space s {{
  {param}
  input image: [{shape}, 3]
  param width in [4, 8]
  output y = image -> conv(width, 3, stride = 2) -> relu
    -> repeat n in 1..2 {{ conv(width, any [3, 5]) -> relu }} -> gap -> dense(4) -> softmax
  {rest}
}}"""
CHOSEN = SPEC.format(param="param r in [12, 16, 8]", shape="r, r", rest="")


def fixed(size: str) -> sqs.Space:
    return sqs.loads(SPEC.format(param="", shape=size, rest=""))


def test_each_resolution_has_the_architectures_of_its_own_spec() -> None:
    """Ids, costs and memory are those of a spec whose input has that shape."""
    space = sqs.loads(CHOSEN)
    assert (space.count, space.choices[0].path) == (3 * 2 * (2 + 4), "r")
    for at, size in enumerate((12, 16, 8)):
        alone = fixed(f"{size}, {size}")
        assert alone.count == 12
        for number in range(alone.count):
            one, other = space.at(12 * at + number), alone.at(number)
            assert dict(one.choices) == {"r": size, **other.choices}
            assert one.inputs == {"image": (size, size, 3)}
            assert (one.id, one.params, one.macs, one.memory) == (other.id, other.params, other.macs, other.memory)
            assert (one.activations, one.weighted_layers) == (other.activations, other.weighted_layers)


def test_the_costs_of_the_space_are_those_of_its_architectures() -> None:
    space = sqs.loads(CHOSEN)
    every = [space.at(number) for number in range(space.count)]
    for name in ("params", "macs", "activations"):
        values = sorted(getattr(each, name) for each in every)
        found = space.costs(range(space.count))[name]
        assert sorted(found) == values
    within = sqs.loads(SPEC.format(param="param r in [12, 16, 8]", shape="r, r", rest="require macs <= 40K"))
    feasible = sum(each.macs <= 40_000 for each in every)
    assert within.analysis.feasible.count == feasible
    assert space.analysis.architectures.count == len({each.id for each in every}) == 36


def test_networks_that_zeros_cut_off() -> None:
    """A network without a path to an input keeps the first one, at the resolution of the samples: one network for
    each number of channels."""
    text = """space s {
      input image: [any [8, 6], any [8, 6], 3]
      require image.height <= image.width
      output y = image -> choose c { a: zero  b: conv(8, 3, stride = 2) -> zero  c: conv(4, 1) } -> gap -> dense(4)
    }"""
    space = sqs.loads(text)
    assert space.count == 3 * 3
    costs = space.costs(range(9))
    every = [space.at(number) for number in range(9)]
    for name in ("params", "macs", "activations"):
        assert list(costs[name]) == [getattr(each, name) for each in every]
    assert {each.inputs["image"] for each in every if each.choices["c"] != "c"} == {(8, 8, 3)}
    assert space.analysis.architectures.count == len({each.id for each in every}) == 2 + 3


def test_the_samples_have_the_largest_resolution() -> None:
    space = sqs.loads(CHOSEN)
    assert space.inputs == {"image": (16, 16, 3)}
    assert space.default().inputs == {"image": (12, 12, 3)}


@pytest.mark.parametrize(
    ("param", "shape", "paths", "sizes"),
    [
        ("", "any [12, 8], any [12, 8]", ["image.height", "image.width"], [*product((12, 8), (12, 8))]),
        ("", "12, any [12, 8]", ["image.width"], [(12, 12), (12, 8)]),
        ("param r in [4, 6] prior 6", "2 * r, 12", ["r"], [(8, 12), (12, 12)]),
        ("param r in [4, 6]  let side = r + 4", "side, max(side, 9)", ["r"], [(8, 9), (10, 10)]),
        ("param tall in [false, true]", "where(tall, 12, 8), 8", ["tall"], [(8, 8), (12, 8)]),
        ("const sides = [8, 12]  param i in 0..1", "sides[i], sides[i]", ["i"], [(8, 8), (12, 12)]),
        ("param r in [8, 8.0 + 4]", "r, 8", ["r"], [(8, 8), (12, 8)]),
    ],
)
def test_forms(param: str, shape: str, paths: list[str], sizes: list[tuple[int, int]]) -> None:
    space = sqs.loads(SPEC.format(param=param, shape=shape, rest=""))
    assert [choice.path for choice in space.choices][: len(paths)] == paths
    found = [space.at(number).inputs["image"][:2] for number in range(0, space.count, 12)]
    assert found == sizes
    assert space.inputs["image"] == (max(h for h, _ in sizes), max(w for _, w in sizes), 3)


CASES = {
    "one choice": (
        18,
        "param r in [6, 4, 2] input x: [r, r, 1] output y = x -> conv(any [2, 3], any [1, 3, 5]) -> gap",
    ),
    "two inputs with one choice": (
        4,
        """param r in [6, 4] input x: [r, r, 1] input z: [2 * r, 2 * r, 1]
        output y = add(x -> conv(2, 1), z -> conv(2, any [1, 3], stride = 2)) -> gap""",
    ),
    "an input that may be left out": (
        3,
        """param r in [6, 4] input x: [4] input z: [r, r, 1]
        output y = concat(x, optional seen { z -> conv(2, 1) -> gap }) -> dense(2)""",
    ),
    "a rule on the size of the image": (
        3,
        "input x: [any [4, 6], any [4, 6], 1] require height(x) <= width(x) output y = x -> gap",
    ),
    "a rule on the choice": (
        5,
        """param r in [6, 4, 2] param k in [3, 5] require k <= r + 1 or k == 5 and r > 2
        input x: [r, r, 1] output y = x -> conv(2, k) -> gap""",
    ),
    "the resolution is read again": (
        3,
        "param r in [6, 4, 2] input x: [r, r, 1] output y = x -> flatten -> dense(r) -> dense(height(x) + channels(x))",
    ),
    "all of the image is read more than once": (
        4,
        """param r in [6, 4] input x: [r, r, 2]
        output y = add(x -> conv(2, any [1, 3]), x) -> bypass auto { conv(2, 1) } -> gap""",
    ),
    "resized to one size": (
        4,
        "param r in [6, 4] input x: [r, r, 2] output y = x -> resize(any [6, 5]) -> flatten -> dense(2)",
    ),
    "resolutions that are equal": (3, "param r in [6, 7, 9] input x: [r // 3, r // 3, 2] output y = x -> gap"),
}


@pytest.mark.parametrize("title", CASES)
@pytest.mark.parametrize("large", [False, True])
def test_counts_by_enumeration(title: str, large: bool) -> None:
    count, text = CASES[title]
    if large:
        with forgetting():
            case = case_of(f"space s {{ {text} }}")
    else:
        case = case_of(f"space s {{ {text} }}")
    assert case is not None
    assert (len(case.allowed), case.rejected) == (count, False)
    check(case)


def test_a_misfit_of_one_resolution_names_it() -> None:
    text = "space s { param r in [8, 6] input x: [r, r, 1] output y = x -> reshape([64]) -> dense(2) }"
    [found] = Compilation.from_text(text).findings()
    assert (found.code, found.choices) == ("SQS403", (("r", "6"),))
    assert "[6, 6, 1] has 36" in found.title


def test_a_choice_that_gives_the_resolution_changes_the_network() -> None:
    """No lint; but values that give one resolution are one network."""
    assert Compilation.from_text(CHOSEN).findings() == ()
    text = "space s { param r in [6, 7, 9] input x: [r // 3, r // 3, 2] output y = x -> gap -> dense(2) }"
    assert [found.code for found in Compilation.from_text(text).findings()] == ["SQS803"]
    assert sqs.loads(text).analysis.architectures.count == 2


def test_the_shape_is_shown_as_it_is_written() -> None:
    text = SPEC.format(param="param r in [4, 6]", shape="2 * r, any [12, 8]", rest="")
    space = sqs.loads(text)
    assert "[2 * r, image.width, 3]" in str(compose(space))
    assert card("s.sqs", space, Style(100))[1].split() == [
        "inputs",
        *["image", "[2", "*", "r,", "image.width,", "3]", "from", "[12,", "12,", "3]"],
    ]


def test_formatting_keeps_it() -> None:
    text = "space s {\n  input image: [any [12, 8] prior 8, any 4..8, 3]\n\n  output y = image -> gap\n}\n"
    assert format_text(text) == text


def test_difference() -> None:
    """More resolutions keep all architectures, which is proved for spaces of any size."""
    old, new = sqs.loads(CHOSEN), sqs.loads(CHOSEN.replace("16, 8]", "16, 8, 20]"))
    found = diff(old, new)
    [domain], [shape] = found.choices, found.altered
    assert (type(domain).__name__, domain.added) == ("DomainChanged", (20,))
    assert (shape.what, shape.name) == ("input", "image")
    assert (shape.old, shape.new) == ("[r, r, 3] from [16, 16, 3]", "[r, r, 3] from [20, 20, 3]")
    assert (found.architectures.kept, found.architectures.old, found.architectures.new) == (36, 36, 48)
    assert diff(old, new, enumerate=0).architectures.kept == ALL
    assert diff(fixed("16, 16"), new, enumerate=0).architectures.kept == ALL
    assert diff(fixed("14, 14"), new, enumerate=0).architectures.kept != ALL
    alone = diff(fixed("16, 16"), old).architectures
    assert (alone.kept, alone.old, alone.new) == (12, 12, 36)
    other = diff(sqs.loads(CHOSEN.replace("[r, r, 3]", "[r, 16, 3]")), old)
    assert (other.architectures.kept, [each.old for each in other.altered]) == (12, ["[r, 16, 3] from [16, 16, 3]"])


def test_choices_that_all_give_one_resolution() -> None:
    """`r` is read and changes nothing in the shape of the input."""
    text = "space s { param r in [16, 24]  input image: [min(r, 16), r - r + 16, 1]  output y = "
    space = sqs.loads(text + "image -> conv(r // 4, 3) -> gap }")
    assert space.inputs == {"image": (16, 16, 1)}
    assert [space.at(at).params for at in range(2)] == [4 * 10, 6 * 10]
