"""A box is a use of a block in the source, not something that only looks like one."""

from __future__ import annotations

import sqsem_dsl
from sqsem_dsl.report.diagram.scene import Alternatives, Box, Bypass, Element, Join, Lane, lanes
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
