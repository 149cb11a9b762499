"""A box is a use of a block in the source, not something that only looks like one."""

from __future__ import annotations

import sqsem_dsl
from sqsem_dsl.report.diagram.scene import Alternatives, Box, Bypass, Element, Join, Ladder, Lane, Repeat, lanes
from sqsem_dsl.report.diagram.scene_builder import compose

BLOCK = "block two(x) { out x -> conv(4, 3) -> conv(4, 3) }"


def elements(lane: Lane) -> list[Element]:
    return [each for own in lane.elements for each in (own, *(e for inner in lanes(own) for e in elements(inner)))]


def composed(text: str) -> list[Element]:
    return elements(compose(sqsem_dsl.loads(text)).main)


def test_a_bypass_in_an_alternative_is_rendered() -> None:
    found = composed(f"""
        {BLOCK}
        space s {{
          param bypassed in [true, false]
          block again(x) {{ out x -> if bypassed {{ bypass identity {{ two }} }} else {{ two }} }}
          input x: [8, 8, 4]
          output y = x -> again @third -> gap -> dense(2)
        }}
    """)
    assert [type(each) for each in found if isinstance(each, Alternatives | Bypass)] == [Alternatives, Bypass]
    assert [each.label for each in found if isinstance(each, Box) and each.kind == "block"] == ["two", "two"]


def test_an_operator_beside_a_block_of_its_name_is_no_part_of_it() -> None:
    found = composed(
        f"{BLOCK} space s {{ input x: [8, 8, 4] output y = x -> two -> conv(4, 1) @two -> gap -> dense(2) }}"
    )
    assert [each.label for each in found if isinstance(each, Box)][1:3] == ["two", "conv 1×1"]


def test_where_one_use_is_not_a_box_no_other_is() -> None:
    once = composed(f"{BLOCK} space s {{ input x: [8, 8, 4] output y = x -> two -> two -> gap -> dense(2) }}")
    assert len([each for each in once if isinstance(each, Box) and each.kind == "block"]) == 2
    more = composed("""
        block two(x, n) { out x -> conv(4, 3) -> repeat n { conv(4, 3) } }
        space s { param n in 1..2  input x: [8, 8, 4] output y = x -> two(n) -> two(2) -> gap -> dense(2) }
    """)
    assert not [each for each in more if isinstance(each, Box) and each.kind == "block"]


def test_an_argument_with_a_condition_has_its_label() -> None:
    """The conditions of an `else if` are joined; a choice is named as that of an `optional` is."""
    found = composed("""
        space s {
          param n in 1..4
          param deep in [false, true]
          input x: [8]
          output y = add(x, if n == 1 { x -> tanh } else if n > 3 { x -> relu }, if deep { x -> sigmoid }) -> dense(2)
        }
    """)
    (join,) = (each for each in found if isinstance(each, Join))
    labels = [(part.label, part.always, str(part.path or "")) for part in join.parts]
    assert labels == [("", True, ""), ("if n == 1 or n > 3", False, ""), ("deep", False, "deep")]
    assert [str(path) for path in join.values] == ["n"]


def test_a_repeat_that_carries_two_tensors_is_unrolled() -> None:
    """Each tensor is rendered once, with its inputs; the end has the tensors after one, two and three iterations."""
    (found,) = (
        each
        for each in composed("""
        space s {
          input x: [8]
          let p, c = repeat n in 1..3 carry a = x, b = x -> tanh { out b, add(a, b -> dense(8)) }
          output y = c -> dense(2)
        }
    """)
        if isinstance(each, Ladder)
    )
    labels = [each.element.label if isinstance(each.element, Box | Alternatives) else "" for each in found.steps]
    assert labels == ["tanh", *(["dense 8", "add"] * 3), "b of n"]
    assert [each.reads for each in found.steps] == [(-1,), (0,), (-1, 1), (2,), (0, 3), (4,), (2, 5), (2, 4, 6)]
    end = found.steps[-1].element
    assert isinstance(end, Alternatives)
    assert [(case.option, case.label) for case in end.cases] == [(1, "after 1"), (2, "after 2"), (3, "after 3")]


def test_the_ends_of_a_repeat_have_the_names_of_what_it_carries() -> None:
    found = composed("""
        space s {
          input x: [8]
          let p, c = repeat n in 1..3 carry before = x, last = x -> tanh { out last, add(before, last -> dense(8)) }
          output y = concat(p, c) -> dense(2)
        }
    """)
    (ladder,) = (each for each in found if isinstance(each, Ladder))
    ends = [each.element.label for each in ladder.steps if isinstance(each.element, Alternatives)]
    assert ends == ["before of n", "last of n"]


def test_a_repeat_that_carries_a_chain_is_a_repeat() -> None:
    """What follows from one tensor alone is rendered as in a repeat without names."""
    texts = ("x -> repeat n in 1..3 { dense(8) -> relu }", "repeat n in 1..3 carry h = x { h -> dense(8) -> relu }")
    one, other = (composed(f"space s {{ input x: [8] output y = {text} -> dense(2) }}") for text in texts)
    assert [type(each) for each in one].count(Repeat) == 1
    assert one == other
