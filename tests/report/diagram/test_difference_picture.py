"""One architecture: only differences from the plain one are marked; shapes and parameters are its own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sqsem_dsl
from sqsem_dsl.report.diagram import difference_picture
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.warm_start import baseline
from tests.report.diagram.made import SPECS, SVG, marked, parsed

DIGITS = sqsem_dsl.load(SPECS / "digits.sqs")
FACES = sqsem_dsl.load(SPECS / "face_multi.sqs")
VIEWS = sqsem_dsl.load(SPECS / "two_views.sqs")
PLAIN = dict(baseline(DIGITS).choices)


def changed(space: Space, choices: dict[str, Any]) -> set[str]:
    """The marked paths of a picture."""
    picture = difference_picture(space, space.at(choices), baseline(space))
    return {path for path, _, tone in marked(parsed(picture)) if tone in ("new", "gone")}


@pytest.mark.parametrize("space", [DIGITS, FACES], ids=["digits", "face_multi"])
def test_the_plain_network_differs_in_nothing(space: Space) -> None:
    assert changed(space, dict(baseline(space).choices)) == set()


@pytest.mark.parametrize(
    ("choices", "paths"),
    [
        ({"s": 6}, {"s"}),
        ({"pool": "avg"}, {"pool"}),
        ({"fires[0].skip": "auto"}, {"fires[0].skip"}),
        ({"fires[0].se": True, "fires[0].se.ratio": 8}, {"fires[0].se"}),
        ({"fires": 2, "fires[1].skip": "none", "fires[1].se": False}, {"fires"}),
        ({"fires": 2, "fires[1].skip": "auto", "fires[1].se": False}, {"fires", "fires[1].skip"}),
    ],
)
def test_what_differs_is_marked(choices: dict[str, Any], paths: set[str]) -> None:
    assert changed(DIGITS, {**PLAIN, **choices}) == paths


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_marks_are_the_choices_that_differ(seed: int) -> None:
    sampled = FACES.sample_one(seed)
    nothing = {"slot": False, "optional": False}
    plain = dict(baseline(FACES).choices)
    kinds = {choice.path: choice.kind for choice in FACES.choices if choice.section == "architecture"}
    expected = {
        path
        for path, kind in kinds.items()
        if (old := plain.get(path, nothing.get(kind))) is not None
        and (value := sampled.choices.get(path, nothing.get(kind))) is not None
        and value != old
    }
    found = marked(parsed(difference_picture(FACES, sampled, baseline(FACES))))
    assert {path for path, _, tone in found if tone in ("new", "gone")} == expected


def test_what_neither_takes_is_not_marked() -> None:
    """Only the legend has the color of differences, as many times in each picture."""
    pictures = [difference_picture(s, s.default(), s.default()) for s in (DIGITS, VIEWS)]
    assert pictures[0].count("--new") == pictures[1].count("--new") > 0


def test_an_argument_whose_condition_does_not_hold_is_pale() -> None:
    space = sqsem_dsl.loads(
        "space s { input x: [8]  param n in 1..2  output y = add(x, if n > 1 { x -> tanh }) -> dense(2) }"
    )
    one, two = (difference_picture(space, space.at({"n": n}), None) for n in (1, 2))
    assert one.count("stroke-dasharray") > two.count("stroke-dasharray")


def test_without_a_plain_network_nothing_is_marked() -> None:
    found = marked(parsed(difference_picture(DIGITS, DIGITS.sample_one(1), None)))
    assert {tone for _, _, tone in found} <= {"plain", "absent"}


def test_shapes_and_parameters_are_written() -> None:
    network = DIGITS.at({**PLAIN, "s": 6})
    texts = [text.text for text in parsed(difference_picture(DIGITS, network, None)).iter(f"{SVG}text")]
    conv = next(layer for layer in network.layers if layer.name == "conv")
    assert f"{conv.params} params" in texts
    assert [text for text in texts if text and text.startswith("[")] == [
        "[16, 16, 1]",
        "[16, 16, 16]",
        "[8, 8, 16]",
        "[8, 8, 48]",
        "[4, 4, 48]",
        "[768]",
        "[10]",
    ]


def test_the_description_names_the_differences() -> None:
    desc = parsed(difference_picture(DIGITS, DIGITS.at({**PLAIN, "s": 6}), baseline(DIGITS))).find(f"{SVG}desc")
    assert desc is not None
    assert desc.text is not None
    assert desc.text.endswith("Different from the plain network: s = 6, not 4.")
