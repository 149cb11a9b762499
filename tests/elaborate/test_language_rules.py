"""The rules of the language one by one: small spaces with their exact counts, paths and shapes, and errors.

`count` is the number of assignments; `paths` those of the choices that some architecture has.
"""

from __future__ import annotations

import pytest

from sqsem_dsl.api.space import Compilation, loads
from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.space.space import Space


def space(body: str, blocks: str = "") -> Space:
    return loads(f"{blocks}\nspace s {{ {body} }}")


def codes(body: str, blocks: str = "") -> list[str]:
    found = Compilation.from_text(f"{blocks}\nspace s {{ {body} }}").diagnostics
    return [d.code for d in found]


VECTOR = "input x: [8]  "
MAP = "input x: [8, 8, 3]  "

# ---- values

NUMBERS = {
    "1.25M": 1_250_000,
    "3K + 2": 3002,
    "1e2": 100,
    "7 // 2": 3,
    "-7 // 2 + 10": 6,
    "-7 % 3": 2,
    "10 - 2 ** 3": 2,
    "2 ** 3 ** 2": 512,
    "20 - -2 ** 2": 24,
    "round(2.5)": 3,
    "round(0.1 + 0.2 + 2.2)": 3,
    "(0.1 + 0.2) * 10": 3,
    "1 / 3 * 3": 1,
    "where(2 > 1, 5, 6)": 5,
    "where(3 in [1, 2], 5, 6)": 6,
    "where(true and not false, 5, 6)": 5,
    "where(false or 1 == 1, 5, 6)": 5,
    "where(valid == same, 5, 6)": 6,
    "where(2 == 2 or 1 / 0 == 1, 5, 6)": 5,
    "min(3, 1, 2) + max(1, 2)": 3,
    "widths[1]": 24,
    "tables[1][0]": 3,
    "channels(x) + height(x) * width(x)": 67,
}


@pytest.mark.parametrize("expression", NUMBERS)
def test_arithmetic_is_exact(expression: str) -> None:
    consts = "const widths = [16, 24, 40]  const tables = [[1, 2], [3, 4]]  "
    found = space(f"{MAP}{consts}output y = x -> conv({expression}, 1)").default()
    assert found.layers[-1].shape == (8, 8, NUMBERS[expression])


# ---- counts, and names of choices

COUNTED: dict[str, tuple[str, int, list[str]]] = {
    "a param is drawn once however often it is read": (
        "param w in [4, 6]  output y = x -> dense(w) -> dense(w)",
        2,
        ["w"],
    ),
    "an any in each place is a choice": (
        "output y = x -> dense(any [4, 6]) @a -> dense(any [4, 6]) @b",
        4,
        ["a.units", "b.units"],
    ),
    "a let is one tensor": ("let t = x -> dense(any [4, 6])  output y = add(t, t)", 2, ["dense.units"]),
    "a domain of one value draws nothing": (
        "param w in [4]  output y = x -> dense(w) -> repeat n in 3..3 { relu } -> bypass b in [auto] { dense(2) }",
        1,
        [],
    ),
    "slot": ("output y = x -> slot s { dense(any [4, 6]) }", 3, ["s", "s.dense.units"]),
    "choose": ("output y = x -> choose c { a: relu  b: dense(any [4, 6]) }", 3, ["c", "c.b.dense.units"]),
    "repeat": (
        "output y = x -> repeat n in 0..2 as i { dense(any [4, 6]) }",
        7,
        ["n", "n[0].dense.units", "n[1].dense.units"],
    ),
    "repeat of a param has its name": (
        "param n in 1..2  output y = x -> repeat n { dense(any [4, 6]) }",
        6,
        ["n", "n[0].dense.units", "n[1].dense.units"],
    ),
    "bypass": ("output y = x -> bypass b in [none, fit, project, auto] { dense(4) }", 4, ["b"]),
    "pick is one choice": (
        "output y = concat(pick p in 1..2 { a: x -> relu  b: x -> tanh  c: x -> dense(any [4, 6]) })",
        3 + 1 + 3 + 2,
        ["p", "p.c.dense.units"],
    ),
    "optional, and how is drawn where it matters": (
        "output y = merge(x, optional o { x -> tanh }, how = any [add, concat])",
        3,
        ["o", "merge.how"],
    ),
    "if without else leaves an argument out": (
        "param n in 1..3  output y = add(x, if n > 1 { x -> dense(8) -> slot s { tanh } })",
        1 + 2 * 2,
        ["n", "s"],
    ),
    "how is drawn where such an argument is there": (
        "param b in [false, true]  output y = merge(x, if b { x -> tanh }, how = any [add, concat]) -> dense(2)",
        1 + 2,
        ["b", "merge.how"],
    ),
    "an argument with several conditions": (
        "param n in 1..4  output y = concat(x, if n == 1 { x -> dense(any [1, 2]) } else if n == 2 { x -> tanh })",
        2 + 1 + 1 + 1,
        ["n", "dense.units"],
    ),
    "if adds no choice": (
        "param n in 1..4  output y = x -> dense(n) -> if n > 2 { dense(any [4, 6]) }",
        2 + 2 * 2,
        ["n", "dense.units"],
    ),
    "if on a shape": (
        "let t = x -> dense(any [4, 6])  output y = t -> if channels(t) > 4 { dense(any [1, 2]) @last }",
        1 + 2,
        ["dense.units", "last.units"],
    ),
    "a domain may have symbols of its own": (
        "param kind in [none, thin, wide]  output y = x -> if kind == wide { dense(any [4, 6]) }"
        " else if kind in [none] { relu } else { dense(2) }",
        2 + 1 + 1,
        ["kind", "dense.units"],
    ),
    "a continuous choice is not an assignment": ("output y = x -> dropout(any 0.0..0.5)", 1, ["dropout.rate"]),
    "a step makes a list": ("output y = x -> dropout(any 0.0..0.5 step 0.1)", 6, ["dropout.rate"]),
    "a rule cuts": (
        "param a in 1..4  param b in 1..4  require a < b  output y = x -> dense(a) -> dense(b)",
        6,
        ["a", "b"],
    ),
    "naming a choice in a rule does not draw it": (
        "param w in 1..4  require w > 2  output y = x -> slot s { dense(w) }",
        1 + 2,
        ["s", "w"],
    ),
    "a rule in a body, over a shape": (
        "output y = x -> dense(any [4, 8])"
        " -> { param w in 2..8 step 2  require w >= channels(it)  out it -> dense(w) }",
        3 + 1,
        ["dense.units", "w"],
    ),
    "a rule holds where its choice is not": (
        "output y = x -> choose c { a: relu  b: param w in 1..4  require w < 3  out dense(w) }",
        1 + 2,
        ["c", "c.b.w"],
    ),
    "labels name choices": ("output y = x -> dense(any [4, 6]) @head", 2, ["head.units"]),
}


@pytest.mark.parametrize("rule", COUNTED)
def test_counts_and_paths(rule: str) -> None:
    body, count, paths = COUNTED[rule]
    found = space(VECTOR + body)
    assert found.count == count
    assert [choice.path for choice in found.choices] == paths


def test_own_symbols_are_values_like_others() -> None:
    """They have priors, are given to blocks, and may have the names of blocks; a name that is bound has precedence."""
    blocks = "use se from std  block b(x, kind) { out x -> if kind == se { se(ratio = 2) } else { relu } }"
    found = space(f"{MAP}param kind in [plain, se] prior se  output y = x -> b(kind) -> b(se) @twice", blocks)
    assert found.choices[0].domain == Categorical(("plain", "se"))
    assert [len(found.at({"kind": kind}).layers) for kind in ("plain", "se")] == [8, 13]
    bound = space(VECTOR + "const few = 2  const many = 4  param n in [few, many]  output y = x -> dense(n)")
    assert bound.choices[0].domain == Categorical((2, 4))


BLOCKS: dict[str, tuple[str, str, int, list[str]]] = {
    "each use draws anew": (
        "block b(x) { out x -> dense(any [4, 6]) }",
        "x -> b @first -> b @second",
        4,
        ["first.dense.units", "second.dense.units"],
    ),
    "shared choices": ("shared block b(x) { out x -> dense(any [4, 6]) }", "x -> b -> b @other", 2, ["b.dense.units"]),
    "tied choices": (
        "tied block b(x) { out x -> dense(any [4, 6]) }",
        "concat(x -> b, x -> relu -> b)",
        2,
        ["b.dense.units"],
    ),
    "a structure and the thing in it of the same name are written once": (
        "block se(x) { out x -> dense(any [4, 6]) }",
        "x -> slot se { se }",
        3,
        ["se", "se.dense.units"],
    ),
    "an argument may be a choice": (
        "block b(x, n: int = 3) { out x -> dense(n) }",
        "x -> b -> b(any [4, 6]) @b2",
        2,
        ["b2.n"],
    ),
    "a block calls itself": (
        "block down(x, d: int) { out x -> dense(any [4, 6]) -> if d > 1 { down(d - 1) } }",
        "x -> down(3)",
        8,
        ["down.dense.units", "down.down.dense.units", "down.down.down.dense.units"],
    ),
    "to a depth that is searched": (
        "block down(x, d: int) { out x -> dense(d) -> if d > 1 { down(d - 1) } }",
        "x -> repeat n in 1..1 { down(any [1, 2, 3]) }",
        3,
        ["n[0].down.d"],
    ),
}


def test_an_argument_of_a_block_hides_what_is_outside() -> None:
    """In its body, and in the defaults of later arguments, but not in the blocks that it uses."""
    found = space(
        """input x: [8]  param w in [4, 6]  let t = x -> tanh
        block outer(t) { out t -> dense(w) }
        block inner(x, w, t: int = w) { out x -> dense(w) -> dense(t) -> outer }
        block recursive(relus, times: int) { out relus -> if times > 1 { recursive(times - 1) } else { relu } }
        output y = t -> inner(3) -> inner(w, t = 5) @again -> recursive(2)"""
    )
    widths = [layer.shape[0] for layer in found.at({"w": 6}).layers if layer.operator == "dense"]
    assert widths == [3, 3, 6, 6, 5, 6]


@pytest.mark.parametrize("rule", BLOCKS)
def test_blocks(rule: str) -> None:
    blocks, output, count, paths = BLOCKS[rule]
    found = space(f"{VECTOR}output y = {output}", blocks)
    assert found.count == count
    assert [choice.path for choice in found.choices] == paths


def test_recursion_goes_to_a_depth_of_64() -> None:
    block = "block down(x, d: int) { out x -> if d > 1 { down(d - 1) -> relu } }"
    assert space(VECTOR + "output y = x -> down(64)", block).count == 1
    assert codes(VECTOR + "output y = x -> down(65)", block) == ["SQS110"]


# ---- tensors flow

SHAPES: dict[str, tuple[str, tuple[int, ...]]] = {
    "a pipe passes the first argument": ("x -> conv(4, 3) -> relu", (8, 8, 4)),
    "padding is same, stride 1": ("x -> conv(4, 3)", (8, 8, 4)),
    "a pool's stride is its size": ("x -> maxpool(3)", (3, 3, 3)),
    "a stride for each axis": ("x -> conv(4, 3, stride = [2, 1])", (4, 8, 4)),
    "it grows": ("x -> { concat(it, it -> conv(5, 1)) }", (8, 8, 8)),
    "it is a residual": ("x -> conv(4, 1) @a -> { conv(4, 3) -> add(it) }", (8, 8, 4)),
    "a size of it is not a use of it": ("x -> { conv(channels(it) * 2, 1) }", (8, 8, 6)),
    "statements and out": ("x -> { let a = it -> conv(2, 1)  out concat(a, it) }", (8, 8, 5)),
    "bypass none": ("x -> bypass none { conv(4, 3) }", (8, 8, 4)),
    "bypass identity": ("x -> bypass identity { conv(3, 3) }", (8, 8, 3)),
    "bypass fit skips where shapes agree": ("x -> bypass fit { conv(4, 3, stride = 2) }", (4, 4, 4)),
    "bypass project": ("x -> bypass project { conv(4, 3, stride = 2) }", (4, 4, 4)),
    "merge of one passes it on": ("merge(x, how = concat)", (8, 8, 3)),
    "scale": ("scale(x, x -> gap -> dense(3) -> sigmoid)", (8, 8, 3)),
    "slice of the channels": ("x -> slice(1, 3)", (8, 8, 2)),
}


@pytest.mark.parametrize("rule", SHAPES)
def test_shapes(rule: str) -> None:
    output, shape = SHAPES[rule]
    found = space(f"{MAP}output y = {output}").default()
    assert found.layers[found.outputs["y"]].shape == shape


def layers(output: str) -> list[str]:
    return [layer.operator for layer in space(f"{MAP}output y = {output}").default().layers]


def test_bypass_modes_as_networks() -> None:
    assert layers("x -> bypass none { conv(3, 3) }") == ["input", "conv"]
    assert layers("x -> bypass fit { conv(3, 3) }") == ["input", "conv", "add"]
    assert layers("x -> bypass fit { conv(4, 3) }") == ["input", "conv"]
    assert layers("x -> bypass auto { conv(3, 3) }") == ["input", "conv", "add"]
    assert sorted(layers("x -> bypass auto { conv(4, 3) }")) == ["add", "batchnorm", "conv", "conv", "input"]
    assert sorted(layers("x -> bypass project { conv(3, 3) }")) == ["add", "batchnorm", "conv", "conv", "input"]


def test_tied_weights_are_counted_once_and_shared_are_not() -> None:
    body = "input a: [8]  input b: [8]  output y = concat(a -> t, b -> t)"
    tied = space(body, "tied block t(x) { out x -> dense(4) }").default()
    shared = space(body, "shared block t(x) { out x -> dense(4) }").default()
    assert (tied.params, tied.macs) == (36, 64)
    assert (shared.params, shared.macs) == (72, 64)


def test_a_model_has_only_the_inputs_that_its_architecture_uses() -> None:
    found = space("input a: [8]  input b: [8]  output y = merge(a, optional use_b { b }, how = add)")
    assert list(found.at({"use_b": False}).inputs) == ["a"]
    assert list(found.at({"use_b": True}).inputs) == ["a", "b"]


def test_an_argument_with_a_condition_is_left_out_where_it_does_not_hold() -> None:
    """Known conditions leave no trace: a merge of one tensor is that tensor."""
    block = "block b(x, n: int) { out concat(x, if n > 1 { x -> tanh }, if n == 3 { x } else if n > 3 { x -> relu }) }"
    widths = [space(f"{VECTOR}output y = x -> b({n})", block).default() for n in (1, 2, 3, 4)]
    assert [found.layers[-1].shape[-1] for found in widths] == [8, 16, 24, 24]
    assert [layer.operator for layer in widths[0].layers] == ["input"]
    found = space(VECTOR + "param n in 1..3  output y = average(x, if n > 1 { x -> tanh }, if n > 2 { x -> sigmoid })")
    assert [sorted(layer.operator for layer in found.at({"n": n}).layers) for n in (1, 2, 3)] == [
        ["input"],
        ["average", "input", "tanh"],
        ["average", "input", "sigmoid", "tanh"],
    ]


def test_conditions_that_cover_all_cases_give_an_argument_that_is_always_there() -> None:
    found = space(
        VECTOR + "param n in 1..2  output y = add(if n == 1 { x -> dense(4) } else if n == 2 { x -> dense(5) })"
    )
    assert [found.at({"n": n}).layers[-1].shape for n in (1, 2)] == [(4,), (5,)]


# ---- errors, and their codes

REFUSED: dict[str, tuple[str, str]] = {
    "a name before it is bound": ("output y = t  let t = x -> relu", "SQS201"),
    "the name of a repeat after its body": ("output y = x -> repeat n in 1..2 { relu } -> dense(n)", "SQS201"),
    "an index after its body": ("output y = x -> repeat n in 1..2 as i { relu } -> dense(i)", "SQS201"),
    "a name bound twice": ("let t = x  let t = x  output y = t", "SQS202"),
    "a name bound again inside": (
        "param w in [1, 2]  output y = x -> { param w in [1, 2]  out it -> dense(w) }",
        "SQS202",
    ),
    "two arguments of a block": ("block b(a, a = 2) { out a -> relu }  output y = x -> b", "SQS202"),
    "a name that an argument has": ("block b(a) { let a = x -> relu  out a }  output y = x -> b", "SQS202"),
    "an argument with an operator's name": ("block b(relu) { out x -> tanh }  output y = x -> b", "SQS203"),
    "an index that hides a name": ("param i in [1, 2]  output y = x -> repeat 2 as i { dense(i) }", "SQS202"),
    "two outputs of a name": ("output y = x  output y = x", "SQS202"),
    "a symbol that is not in the domain": ("param k in [thin, wide]  output y = x -> if k == wid { relu }", "SQS214"),
    "a symbol of another domain": (
        "param k in [thin, wide]  param m in [up, down]  output y = x -> if k == up or m == down { relu }",
        "SQS214",
    ),
    "a symbol where a number is needed": (
        "param k in [thin, wide]  output y = x -> if k == thin { dense(wide) }",
        "SQS201",
    ),
    "an own symbol among numbers": ("param k in [4, some]  output y = x -> dense(k)", "SQS201"),
    "an own symbol as an activation": ("param a in [relu, swihs]  output y = x -> activation(a)", "SQS403"),
    "an operator's name": ("let conv = x  output y = x", "SQS203"),
    "a quantity's name": ("const params = 3  output y = x", "SQS203"),
    "two choices of one path": ("output y = x -> dense(any [1, 2]) -> dense(any [1, 2])", "SQS207"),
    "an unnamed repeat with a choice": ("output y = x -> repeat 2 { dense(any [1, 2]) }", "SQS114"),
    "it outside braces": ("output y = it", "SQS208"),
    "braces that ignore what flows in": ("let t = x -> relu  output y = x -> slot s { t -> tanh }", "SQS209"),
    "a tensor as a stage": ("let t = x -> relu  output y = x -> t", "SQS210"),
    "arithmetic on tensors": ("let t = x -> relu  output y = t + x", "SQS105"),
    "a number as a condition": ("param n in [1, 2]  output y = x -> if n { relu }", "SQS105"),
    "a number or a truth value as a condition": ("param n in [true, 1]  output y = x -> if n { relu }", "SQS105"),
    "if without else where nothing flows in": ("param b in [true, false]  output y = if b { x }", "SQS111"),
    "optional outside merge": ("output y = x -> optional o { relu }", "SQS112"),
    "pick outside a combining operator": ("output y = x -> pick p in [1] { a: relu  b: tanh }", "SQS112"),
    "only arguments with conditions": ("param n in [1, 2]  output y = add(if n > 1 { x }, if n < 2 { x })", "SQS113"),
    "no argument whose condition holds": ("output y = add(if 1 > 2 { x })", "SQS106"),
    "a real value in the condition of an argument": (
        "param r in 0.1..0.5  output y = add(x, if r > 0.2 { x -> dropout(r) })",
        "SQS305",
    ),
    "a condition among arguments that combine nothing": ("output y = scale(x, if 1 > 2 { x -> gap })", "SQS111"),
    "only optional arguments": ("output y = merge(optional o { x }, how = add)", "SQS113"),
    "an empty range": ("param w in 4..2  output y = x -> dense(w)", "SQS301"),
    "a value twice": ("param w in [1, 2, 1]  output y = x -> dense(w)", "SQS302"),
    "log from 0": ("output y = x -> dropout(any 0.0..0.5 log)", "SQS303"),
    "a domain that reads a choice": ("param a in 1..3  param b in 1..a  output y = x -> dense(b)", "SQS304"),
    "a count that reads a shape": ("output y = x -> repeat channels(x) { relu }", "SQS304"),
    "a real value in a shape": ("param r in 1.0..4.0  output y = x -> dense(r)", "SQS305"),
    "a real value in a condition": ("param r in 0.1..0.5  output y = x -> dropout(r) -> if r > 0.2 { relu }", "SQS305"),
    "a real value in a rule": ("param r in 0.1..0.5  require r > 0.2  output y = x -> dropout(r)", "SQS305"),
    "a real value through arithmetic": (
        "param r in 1.0..4.0  output y = x -> dense(where(round(r) > 2, 3, 4))",
        "SQS305",
    ),
    "division by zero": ("const c = 1 / 0  output y = x -> dense(c)", "SQS306"),
    "a count that is not whole": ("output y = x -> repeat n in [0.5, 1] { relu }", "SQS307"),
    "a count below 0": ("param n in 1..3  output y = x -> repeat n - 2 { relu }", "SQS307"),
    "more alternatives than there are": ("output y = add(pick p in [3] { a: x  b: x })", "SQS308"),
    "a symbol compared with a number": (
        "param a in [add, concat]  output y = x -> if a == 3 { relu }",
        "SQS309",
    ),
    "an index past the table": ("const t = [1, 2]  output y = x -> dense(t[2])", "SQS310"),
    "a dimension that is not whole": ("param n in 1..3  output y = x -> dense(n / 2)", "SQS403"),
    "an identity that cannot add": ("output y = x -> bypass identity { dense(any [8, 9]) }", "SQS402"),
    "a choice that nothing draws": ("param w in [1, 2]  output y = x", "SQS601"),
    "a rule that nothing meets": ("param w in [1, 2]  require w > 2  output y = x -> dense(w)", "SQS602"),
    "a budget in a body": ("output y = x -> { require params < 3  out it -> dense(2) }", "SQS604"),
    "a budget that is not linear": ("require params * macs < 3  output y = x -> dense(2)", "SQS604"),
    "a budget with a choice": ("param w in [1, 2]  require params < w  output y = x -> dense(w)", "SQS604"),
    "a searched setting of search": ("output y = x -> dense(2)  search { trials = any [1, 2] }", "SQS304"),
    "a setting twice": ("output y = x -> dense(2)  train { epochs = 1  epochs = 2 }", "SQS202"),
    "an unknown setting": ("output y = x -> dense(2)  train { epoch = 1 }", "SQS201"),
    "a setting by a constant that is wrong": (
        "const o = sgdd  output y = x -> dense(2)  train { optimizer = o }",
        "SQS201",
    ),
    "a setting by the size of a map": (
        "const n = channels(x)  output y = x -> dense(2)  train { optimizer = n }",
        "SQS304",
    ),
    "a setting out of bounds": ("output y = x -> dense(2)  train { epochs = 0 }", "SQS116"),
}


@pytest.mark.parametrize("rule", REFUSED)
def test_refused(rule: str) -> None:
    """One mistake gives one message."""
    body, code = REFUSED[rule]
    assert codes(VECTOR + body) == [code]


def test_several_mistakes_are_reported_in_one_run() -> None:
    found = codes(
        VECTOR
        + "param w in 3..1  let t = x -> dens(4) -> dense(0) -> dropout(2)  output y = add(t, 3)"
        + "  output z = x -> tanh(1)  train { epoch = 1 }"
    )
    assert found == ["SQS301", "SQS204", "SQS403", "SQS403", "SQS105", "SQS107", "SQS201"]


def test_a_file_level_block_sees_its_arguments_alone() -> None:
    block = "block b(x) { out x -> dense(w) }"
    assert codes(VECTOR + "param w in [1, 2]  output y = x -> b -> dense(w)", block) == ["SQS201"]
    inside = "param w in [1, 2]  block b(t) { out t -> dense(w) }  output y = x -> b"
    assert space(VECTOR + inside).count == 2


def test_a_warning_for_a_rule_that_all_meet() -> None:
    assert codes(VECTOR + "param w in [1, 2]  require w > 0  output y = x -> dense(w)") == ["SQS603"]


def test_an_output_may_not_be_called_like_the_prefix_of_validation() -> None:
    diagnostics = Compilation.from_text("space s { input x: [4]  output val = x -> dense(2) -> softmax }").diagnostics
    assert [d.code for d in diagnostics] == ["SQS203"]


def test_numbers_of_architectures_may_be_numpys() -> None:
    import numpy as np

    space = loads("space s { input x: [4]  output y = x -> dense(any [2, 3]) }")
    assert space.at(np.int64(1)).choices == space.at({"dense.units": np.int64(3)}).choices
    with pytest.raises(TypeError, match="a mapping of paths to values"):
        space.at(True)  # type: ignore[arg-type]


def test_a_rule_that_is_not_certain_is_an_error() -> None:
    rule = "param w in [2, 3]  let r = sqrt(w)  require r * r <= w  output y = x -> dense(w)"
    assert codes(VECTOR + rule) == ["SQS309"]
