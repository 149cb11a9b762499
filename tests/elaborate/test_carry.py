"""Repeats that carry several tensors: their networks, choices and counts, compared with other ways to write them."""

from __future__ import annotations

from itertools import pairwise, product

import pytest

import sqsem_dsl
from sqsem_dsl import loads
from sqsem_dsl.api.space import Compilation
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.format.format import format_text
from sqsem_dsl.format.json_form import spec_from_json, spec_json
from sqsem_dsl.ir.graph import Loop, Switch
from tests.reference.agreement import case_of, check

WAVENET = """sqs 1
space wavenet {{
  input sound: [16, 1]
  let start = sound -> conv(4, 1)
  let none = start -> zero -> conv(6, 1, bias = false)
  {total}
  output word = total -> relu -> gap -> dense(3) -> softmax
}}
"""
CARRIED = WAVENET.format(
    total="""let total = repeat depth in 0..3 as i carry x = start, skips = none {
    let h = x -> conv(any [2, 4], 2, dilation = 2 ** i, padding = causal) @filter -> tanh
    out add(x, h -> conv(4, 1)), add(skips, h -> conv(6, 1))
  }"""
)
UNROLLED = """let h{i} = x{i} -> conv({width}, 2, dilation = {dilation}, padding = causal) -> tanh
  let x{next} = add(x{i}, h{i} -> conv(4, 1))
  let s{next} = add(s{i}, h{i} -> conv(6, 1))
  """


def unrolled(widths: tuple[int, ...]) -> str:
    """The WaveNet of so many iterations, without a repeat."""
    lines = "let x0 = start -> identity  let s0 = none -> identity  "
    for i, width in enumerate(widths):
        lines += UNROLLED.format(i=i, next=i + 1, width=width, dilation=2**i)
    return WAVENET.format(total=f"{lines} let total = s{len(widths)} -> identity")


def test_the_networks_are_those_of_the_unrolled_text() -> None:
    space = loads(CARRIED)
    assert space.count == 1 + 2 + 4 + 8
    expected = {loads(unrolled(widths)).default().id for n in range(4) for widths in product((2, 4), repeat=n)}
    assert len(expected) == 15
    assert {space.at(number).id for number in range(15)} == expected


def test_what_no_output_needs_is_not_there() -> None:
    """The signal after the last iteration: its convolution and its sum."""
    layers = [layer.operator for layer in loads(CARRIED).at({"depth": 1, "depth[0].filter.filters": 4}).layers]
    assert layers.count("conv") == 3  # the start, the filter and the skip; the sum of zeros is the skip itself


def test_its_choices_exist_once_for_each_iteration() -> None:
    space = loads(CARRIED)
    assert [choice.path for choice in space.choices] == ["depth", *(f"depth[{i}].filter.filters" for i in range(3))]
    assert [choice.when for choice in space.choices[1:]] == [
        ((("depth", (1, 2, 3)),),),
        ((("depth", (2, 3)),),),
        ((("depth", (3,)),),),
    ]


PREVIOUS = """
space s {
  input x: [8]
  param late in [false, true]
  let start = x -> dense(any [3, 5]) @start
  let p, c = repeat n in 1..3 carry previous = start, current = x { out current, current -> dense(any [2, 4]) @d }
  output y = if late { c } else { p } -> dense(2)
}
"""


def test_the_tensor_before_the_last_needs_one_iteration_less() -> None:
    """After one iteration it is the input; the first tensor of `carry` is never part of the network then."""
    text = PREVIOUS.replace("let start = x -> dense(any [3, 5]) @start", "").replace("previous = start", "previous = x")
    space = loads(text)
    active = {
        (dict(a.choices)["n"], dict(a.choices)["late"]): set(a.choices) for a in map(space.at, range(space.count))
    }
    paths = [f"n[{i}].d.units" for i in range(3)]
    for (n, late), found in active.items():
        assert found == {"late", "n", *paths[: n if late else n - 1]}
    assert space.count == sum(2**n + 2 ** (n - 1) for n in (1, 2, 3))


def test_a_first_tensor_that_nothing_reads_has_no_choices() -> None:
    with pytest.raises(sqsem_dsl.SqsError) as raised:
        loads(PREVIOUS)
    assert [(found.code, found.title) for found in raised.value.diagnostics] == [
        ("SQS601", "the choice `start.units` is unused in every architecture")
    ]


def test_a_step_that_leaves_the_last_one_aside_does_not_make_its_choices() -> None:
    """In every iteration a new tensor from `x`: only the last iteration is part of the network."""
    text = """space s {
      input x: [8]
      let h, other = repeat n in 1..3 carry a = x, b = x { out x -> dense(any [2, 4]) @d, a }
      output y = h -> dense(2)
    }"""
    space = loads(text)
    assert space.count == 6
    assert [set(space.at(i).choices) for i in range(6)] == [{"n", f"n[{i // 2}].d.units"} for i in range(6)]
    assert any(isinstance(item, Switch) for item in space.graph.items)


def test_a_chain_is_one_loop() -> None:
    """Each iteration is evaluated once, not once for each number of iterations."""
    space = loads(CARRIED.replace("0..3", "0..40"))
    assert [type(item) for item in space.graph.items if isinstance(item, Loop | Switch)] == [Loop, Loop]
    assert space.count == 2**41 - 1


@pytest.mark.parametrize(
    ("head", "params"),
    [
        ("repeat 2", [8 * 8 + 8] * 2),
        ("repeat n in [0]", []),
        ("repeat layers", [8 * 8 + 8] * 3),
    ],
)
def test_any_count_of_a_repeat(head: str, params: list[int]) -> None:
    text = f"""space s {{
      input x: [8]
      const layers = 3
      output y = {head} carry a = x, b = x {{ out b, add(a, b -> dense(8)) }} -> relu -> dense(1)
    }}"""
    space = loads(text)
    assert space.count == 1
    assert space.default().params == sum(params) + 9


def test_shapes_may_change() -> None:
    text = """space s {
      input x: [4]
      let wide = repeat n in 1..4 as i carry a = x, b = x { out b, concat(a, b -> dense(2 ** i)) }
      output y = wide -> dense(1)
    }"""
    space = loads(text)
    widths = [4, 4]
    for i in range(4):
        widths = [widths[1], widths[0] + 2**i]
        assert space.at(i).layers[-1].params == widths[1] + 1


def test_it_is_that_of_the_braces_around() -> None:
    text = """space s {
      input x: [8]
      output y = x -> dense(4) -> slot deep {
        repeat 2 carry a = it, b = it -> dense(3) { out b, concat(a, b, it) } -> dense(channels(it))
      } -> dense(1)
    }"""
    space = loads(text)
    shapes = [layer.shape for layer in space.at({"deep": True}).layers if layer.operator == "concat"]
    assert shapes == [(3 + (4 + 3 + 4) + 4,)]  # two concats, one in the other, are one
    assert space.at({"deep": True}).params == space.at({"deep": False}).params + (4 * 3 + 3) + (18 * 4 + 4)


def test_rules_of_the_body_hold_in_each_iteration() -> None:
    text = """space s {
      input x: [8]
      let p, c = repeat n in 1..3 as i carry a = x, b = x {
        param w in [2, 4, 8]
        require i == 0 or w <= channels(b)
        out b, b -> dense(w)
      }
      output y = concat(p, c) -> dense(1)
    }"""
    space = loads(text)
    assert space.count == sum(
        all(after <= before for before, after in pairwise(w)) for n in (1, 2, 3) for w in product((2, 4, 8), repeat=n)
    )
    check(case_of(text))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [CARRIED, PREVIOUS.replace("if late { c } else { p }", "concat(c, p, start)")])
def test_every_assignment_agrees_with_the_reference(text: str) -> None:
    case = case_of(text)
    assert case is not None
    check(case)


def test_paths_of_its_choices_in_rules() -> None:
    text = CARRIED.replace("output word", "require count(depth[*].filter.filters == 4) <= 1\n  output word")
    assert loads(text).count == 1 + 2 + 3 + 4


def test_nested_repeats() -> None:
    text = """space s {
      input x: [4]
      let p, c = repeat n in 1..2 carry a = x, b = x {
        let d, e = repeat m in 1..2 as j carry f = a, g = b { out g, add(f, g -> dense(4)) }
        out d, e
      }
      output y = add(p, c) -> dense(1)
    }"""
    space = loads(text)
    assert [choice.path for choice in space.choices] == ["n", "n[0].m", "n[1].m"]
    assert [space.at(i).params for i in range(6)] == [5 + 20 * k for k in (1, 2, 2, 3, 3, 4)]


def test_two_names_of_one_tensor() -> None:
    """Two equal tensors of a repeat are one item."""
    text = "space s { input x: [4] let a, b = repeat n in 0..2 carry p = x, q = x { out p -> relu, q -> relu } %s }"
    assert loads(text % "output y = add(a, b) -> dense(2)").count == 3


def test_the_formatter_breaks_long_heads() -> None:
    text = """space s {
  input x: [8]

  let a_long_name, another = repeat n in 1..3 as i carry
      the_tensor_before_the_last = x -> dense(8) -> relu,
      the_last_tensor = x -> relu -> dense(8) {  # two of them
    # what follows
    out the_last_tensor,  # as it is
        add(the_tensor_before_the_last -> dense(8) -> relu, the_last_tensor -> dense(8) -> tanh)
  }
  output y = add(a_long_name, another) -> repeat 2 { relu -> dense(8) }
  output z = repeat 2 carry a = x, b = x { out b, a } -> relu
}
"""
    assert format_text(text) == text


def test_a_spec_in_json_form_comes_back() -> None:
    parsed = Compilation.from_text(CARRIED.replace("let total", "let signal, total")).read.spec
    assert parsed is not None
    assert spec_from_json(Source("spec.json", spec_json(parsed))) == (parsed, ())


def test_a_name_that_the_body_hides_is_an_error() -> None:
    with pytest.raises(sqsem_dsl.SqsError) as raised:
        loads("space s { input x: [4] output y = repeat 2 carry x = x, b = x { out b, x } -> dense(2) }")
    assert [found.code for found in raised.value.diagnostics] == ["SQS202"]


def test_a_number_cannot_be_carried() -> None:
    with pytest.raises(sqsem_dsl.SqsError) as raised:
        loads("space s { input x: [4] output y = repeat 2 carry c = 4, b = x { out c * 2, b -> dense(c) } }")
    (found,) = raised.value.diagnostics
    assert found.code == "SQS105"
    assert "compute a number of each iteration from its index" in str(found.help)
