"""Effects are at their choices, with their own shade and number."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sqsem_dsl
from sqsem_dsl.report.diagram import effects_picture
from sqsem_dsl.report.diagram.effects_picture import number
from sqsem_dsl.report.statistics.answer import Answer
from sqsem_dsl.space.space import Space
from tests.report.diagram.made import SPECS, SVG, answers, effect, marked, parsed

DIGITS = sqsem_dsl.load(SPECS / "digits.sqs")
VIEWS = sqsem_dsl.load(SPECS / "two_views.sqs")


def only(space: Space, path: str, difference: float | None) -> str:
    """The picture with a known effect of one choice."""
    return effects_picture(space, answers(space, lambda each, option: difference if each == path else None))


STRUCTURES = ("fires", "fires[0].skip", "fires[1].se", "fires[2].skip", "pool")


@pytest.mark.parametrize("path", STRUCTURES)
@pytest.mark.parametrize(
    ("difference", "tone"), [(0.02, "better"), (-0.02, "worse"), (0.001, "same"), (None, "unsure")]
)
def test_a_structure_has_the_tone_of_its_verdict(path: str, difference: float | None, tone: str) -> None:
    found = marked(parsed(only(DIGITS, path, difference)))
    others = {at for at, _, each in found if each in ("better", "worse", "same")}
    assert others <= {path}
    assert tone in {each for at, _, each in found if at == path}


def test_each_option_has_its_own() -> None:
    found = marked(parsed(effects_picture(DIGITS, answers(DIGITS, lambda path, at: (-1) ** at * 0.02))))
    assert {(option, tone) for path, option, tone in found if path == "fires" and option} == {
        ("2", "worse"),
        ("3", "better"),
    }


def test_what_is_shared_is_rendered_once_and_has_its_effects() -> None:
    path = "siamese.encoder.n[1].se"
    root = parsed(only(VIEWS, path, 0.02))
    assert [g.get("data-path") for g in root.iter(f"{SVG}g") if g.get("data-tone") == "better"] == [path]


def test_a_pick_is_marked_where_its_alternatives_meet() -> None:
    found = marked(parsed(only(VIEWS, "branches", 0.02)))
    assert ("branches", "[point, three]", "better") in found


def test_what_holds_for_all_places_is_at_the_repeat() -> None:
    known = answers(DIGITS, lambda path, at: None)
    (question,) = known.questions
    skip = next(choice for choice in DIGITS.choices if choice.path == "fires[1].skip")
    pooled = replace(effect(skip, "auto", "none", 0.03), at=skip.at.pooled, pooled=True)
    every = Answer(skip.at.pooled, "bypass", "skips", True, (pooled,), "…")
    known = replace(known, questions=(replace(question, answers=(*question.answers, every)),))
    root = parsed(effects_picture(DIGITS, known))
    (group,) = (g for g in root.iter(f"{SVG}g") if g.get("data-path") == "fires[*].skip")
    assert (group.get("data-tone"), [text.text for text in group.iter(f"{SVG}text")]) == (
        "better",
        ["every skip auto", "+0.030"],
    )


def test_the_stronger_an_effect_the_stronger_its_shade() -> None:
    strong = {"fires[0].se": 0.04, "fires[1].se": 0.02, "fires[2].se": 0.01}
    root = parsed(effects_picture(DIGITS, answers(DIGITS, lambda path, at: strong.get(path))))
    shades = {}
    for group in root.iter(f"{SVG}g"):
        shaded = [float(r.attrib["fill-opacity"]) for r in group.findall(f"{SVG}rect") if "fill-opacity" in r.attrib]
        if group.get("data-tone") == "better" and shaded:
            shades[group.get("data-path")] = shaded[0]
    assert list(shades) == list(strong)
    assert sorted(shades.values(), reverse=True) == list(shades.values())


def test_the_description_says_what_is_certain() -> None:
    desc = parsed(only(DIGITS, "fires[1].se", 0.02)).find(f"{SVG}desc")
    assert desc is not None
    assert desc.text is not None
    assert "fires[1].se = true: +0.020 (+0.016 … +0.024) against false, better" in desc.text


@given(st.floats(-1e6, 1e6), st.sampled_from(DIGITS.choices))
def test_a_number_has_a_sign(difference: float, choice: object) -> None:
    text = number(effect(choice, True, False, difference))  # type: ignore[arg-type]
    assert text[0] in "+−±"
    assert (text[0] == "±") == (float(text[1:]) == 0)
    assert len(text) <= 9


def test_special_characters_are_escaped() -> None:
    space = sqsem_dsl.loads(
        """space amp { param a in 1..3  input x: [8]
        output y = x -> if a < 2 { dense(4) } else { dense(5) -> dense(4) } -> dense(2) }"""
    )
    root = parsed(effects_picture(space, answers(space, lambda path, at: 0.02)))
    assert "if a < 2" in {text.text for text in root.iter(f"{SVG}text")}


def test_pictures_of_other_prefixes_share_no_id() -> None:
    known = answers(DIGITS, lambda path, at: 0.001)
    one, other = (parsed(effects_picture(DIGITS, known, prefix=prefix)) for prefix in ("a", "b"))
    ids = [{each.get("id") for each in root.iter()} - {None} for root in (one, other)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert "url(#b-hatch)" in {each.get("fill") for each in other.iter()}
    assert "url(#a-hatch)" not in {each.get("fill") for each in other.iter()}


def test_the_choices_in_a_box_stand_in_the_order_in_which_they_are_declared() -> None:
    arguments = ("filters = any [4, 8]", "kernel = any [3, 5]", "stride = any [1, 2]", "padding = any [same, valid]")
    for order in permutations(arguments):
        space = sqsem_dsl.loads(f"space s {{ input x: [16, 16, 3] output y = x -> conv({', '.join(order)}) -> gap }}")
        root = parsed(effects_picture(space, answers(space, lambda path, option: 0.01)))
        paths = [g.get("data-path") for g in root.iter(f"{SVG}g") if g.get("data-path")]
        assert list(dict.fromkeys(paths)) == [choice.path for choice in space.graph.choices]
