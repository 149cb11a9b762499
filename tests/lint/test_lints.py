"""Each lint beside similar code that is correct: a false alarm is worse than silence.

The messages are in `tests/errors/SQS8xx`, word for word; `test_lints_agree` checks that no claim is false.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import sqsem_dsl
from sqsem_dsl.compiler import check_file

ROOT = Path(__file__).resolve().parents[2]
INPUT = "input x: [16, 16, 8]"
END = "-> gap -> dense(4) -> softmax"


def codes(text: str, thorough: bool = True) -> list[str]:
    compilation = sqsem_dsl.Compilation.from_text(text)
    assert not compilation.failed, compilation.diagnostics
    return sorted(d.code for d in compilation.findings(thorough))


def flow(stages: str, *statements: str, head: str = "") -> str:
    """A space in which an image flows through some stages to four classes."""
    return f"{head} space s {{ {INPUT} {' '.join(statements)} output y = x -> {stages} {END} }}"


def lints(stages: str, *statements: str, head: str = "") -> list[str]:
    return codes(flow(stages, *statements, head=head))


# ---- choices


@pytest.mark.parametrize(
    "stages",
    [
        "slot s { identity }",
        "slot s { dropout(0) -> upsample(1) }",
        "slot s { slot t { zeropad(0) } }",
        "choose c { a: relu  b: activation(relu) }",
        "choose c { a: conv(8, 3) -> relu  b: conv(4 * 2, [3, 3], bias = true) -> relu }",
        "choose c { a: conv(8, any [3, 5])  b: conv(8, any [3, 5]) }",
        "conv(8, 1, dilation = any [1, 2])",
        "conv(8, 1, padding = any [same, valid])",
        "repeat n in 1..3 { identity }",
        "bypass b in [none, fit] { conv(16, 3) }",
        "bypass b in [identity, auto] { conv(8, 3) }",
        "maxpool(16) -> maxpool(any [2, 3])",
    ],
)
def test_a_choice_that_changes_nothing(stages: str) -> None:
    assert "SQS801" in lints(stages)


@pytest.mark.parametrize(
    "stages",
    [
        "slot s { relu }",
        "slot s { dropout(any [0, 0.5]) }",
        "slot s { conv(8, 1) }",
        "choose c { a: relu  b: relu6 }",
        "choose c { a: conv(8, 3)  b: conv(8, 3, bias = false) }",
        "choose c { a: conv(8, any [3, 5])  b: conv(8, any [3, 7]) }",
        "choose c { a: conv(8, 3) -> dropout(0.5)  b: conv(8, 3) -> dropout(0.4) }",
        "conv(8, any [1, 3], dilation = any [1, 2])",
        "conv(8, 3, padding = any [same, valid])",
        "conv(8, 3) -> maxpool(any [2, 3], stride = 2)",
        "repeat n in 1..3 { relu -> conv(8, 3) }",
        "bypass b in [none, identity] { conv(8, 3) }",
        "conv(any [8, 16], 3) -> bypass b in [none, fit] { conv(8, 3) }",
        "bypass b in [identity, project] { conv(8, 3) }",
    ],
)
def test_a_choice_that_changes_something(stages: str) -> None:
    assert lints(stages) == []


def test_alternatives_with_one_set_of_weights_and_with_two_differ() -> None:
    shared = "{ let c = it -> conv(8, 3)  out add(c, c) }"
    apart = "{ add(it -> conv(8, 3), it -> conv(8, 3)) }"
    assert lints(f"choose c {{ a: relu -> {shared}  b: relu -> {apart} }}") == []
    assert lints(f"choose c {{ a: relu -> {shared}  b: relu -> {shared} }}") == ["SQS801"]


def test_an_alternative_that_shares_its_layer_with_the_rest_differs_from_one_of_its_own() -> None:
    statements = "let seen = x -> conv(8, 3)"
    beside = "add(seen, choose c { a: seen -> relu  b: x -> conv(8, 3) -> relu })"
    text = f"space s {{ {INPUT} {statements} output y = {beside} {END} }}"
    assert codes(text) == []


def test_alternatives_are_distinguished_where_a_rule_reads_the_choice() -> None:
    rule = "param w in [8, 16]  param c in [relu, swish]  require c == relu or w == 8"
    assert lints("conv(w, 3) -> activation(c)", rule) == []
    same = "param c in [relu, gelu]  param w in [8, 16]  require c == relu or w == 8"
    assert lints("conv(w, 1) -> if c == relu { relu } else { activation(relu) }", same) == []


def test_a_choice_that_training_reads_matters() -> None:
    text = (
        f"space s {{ {INPUT} param n in [1, 2] output y = x -> conv(8, 1, dilation = n) {END} train {{ epochs = n }} }}"
    )
    assert codes(text) == []


def test_some_alternatives_are_the_same() -> None:
    assert lints("choose c { a: relu  b: identity  d: dropout(0) }") == ["SQS802"]
    assert lints("bypass b in [none, identity, auto] { conv(8, 3) }") == ["SQS802"]
    assert lints("bypass b in [none, identity, project] { conv(8, 3) }") == []


def test_alternatives_that_are_the_same_in_one_iteration_alone() -> None:
    stages = "repeat 2 as i { choose c { a: relu  b: if i == 0 { relu } else { swish } } -> conv(8, 3) }"
    assert lints(stages.replace("repeat 2", "repeat n in [2, 3]")) == []


def test_branches_of_a_pick_with_weights_of_their_own_are_several() -> None:
    pick = "add(pick p in 1..2 {{ a: x -> {}  b: x -> {}  c: x -> relu }})"
    space = f"space s {{ {INPUT} output y = %s {END} }}"
    assert codes(space % pick.format("conv(8, 3)", "conv(8, 3)")) == []
    assert codes(space % pick.format("maxpool(2, stride = 1)", "maxpool([2, 2], stride = 1)")) == ["SQS802"]
    ordered = pick.replace("add", "concat").format("tanh", "swish").replace("c: x -> relu", "c: x -> tanh")
    assert codes(space % ordered) == []


@pytest.mark.parametrize(
    ("ratios", "found"),
    [("[4, 8]", []), ("[8, 16]", ["SQS801"]), ("[2, 4, 8, 16]", ["SQS803"]), ("[3, 4, 5]", ["SQS803"])],
)
def test_ratios_of_eight_channels(ratios: str, found: list[str]) -> None:
    assert lints("conv(8, 3) -> { conv(max(1, 8 // r), 1) } -> conv(8, 3)", f"param r in {ratios}") == found


def test_ratios_that_are_the_same_for_some_channels_only() -> None:
    assert lints("conv(any [8, 32], 3) -> se(any [16, 32])", head="use se from std") == []
    assert lints("conv(any [8, 16], 3) -> se(any [16, 32])", head="use se from std") == ["SQS801"]


def test_a_value_that_a_rule_excludes() -> None:
    assert lints("conv(w, 3)", "param w in [8, 16, 32]  require w > 8") == ["SQS804"]
    assert lints("conv(v, 3) -> conv(w, 3)", "param v in [8, 16]  param w in [8, 16]  require w >= v") == []


def test_a_value_that_one_iteration_alone_takes() -> None:
    stages = "conv(8, 3) -> repeat n in 1..2 { param w in [8, 16]  require w >= channels(it)  out it -> conv(w, 3) }"
    assert lints(stages) == []
    assert lints(stages.replace("conv(8, 3)", "conv(16, 3)")) == ["SQS804"]


def test_a_value_that_a_budget_excludes() -> None:
    assert lints("conv(any [8, 512], 3)", "require params <= 10K") == ["SQS804"]
    assert lints("conv(any [8, 16], 3) @a -> conv(any [8, 16], 3) @b", "require params <= 3K") == []
    assert lints("conv(any [8, 512], 3)", "require params >= 10K") == ["SQS804"]


# ---- budgets and outputs


@pytest.mark.parametrize(
    ("budget", "found"),
    [
        ("params <= 1M", ["SQS811"]),
        ("params <= 621", ["SQS804"]),
        ("params <= 620", ["SQS804"]),
        ("params <= 619", ["SQS812"]),
        ("params >= 620", ["SQS811"]),
        ("params != 620", ["SQS804"]),
        ("params != 100", ["SQS811"]),
        ("activations >= 2048", ["SQS811"]),
        ("activations <= 2047", ["SQS812"]),
        ("weighted_layers == 2", ["SQS811"]),
        ("weighted_layers > 2", ["SQS812"]),
        ("macs - 100 * params <= 0", ["SQS812"]),
        ("trainable_params + params <= 1240", ["SQS804"]),
    ],
)
def test_budgets_of_two_networks(budget: str, found: list[str]) -> None:
    """With 8 filters there are 584 + 36 parameters, with 16 there are 1,236."""
    assert lints("conv(any [8, 16], 3)", f"require {budget}") == found


def test_budgets_that_exclude_each_other() -> None:
    statements = "require params <= 700  require macs >= {}"
    assert lints("conv(any [8, 16], 3)", statements.format("200K")) == ["SQS813"]
    assert lints("conv(any [8, 16], any [1, 3])", statements.format("100K")) == ["SQS804", "SQS804"]


def test_budgets_between_which_no_sum_lies() -> None:
    """Three kernels of 1x1 or 3x3 give 228, 740, 1,252 or 1,764 parameters; every option can still lead to less than
    800 and to more than 1,200, so only their distribution shows the gap."""
    stages = " -> ".join(f"conv(8, any [1, 3], bias = false) @{name}" for name in "abc")
    for least, most, found in ((700, 1200, []), (800, 1200, ["SQS813"]), (800, 1300, [])):
        assert lints(stages, f"require params >= {least} and params <= {most}") == found


def test_constant_outputs() -> None:
    assert lints("zero -> conv(8, 3)") == ["SQS814"]
    assert lints("choose c { a: relu  b: zero }") == ["SQS814"]
    assert lints("{ add(it, it -> choose c { a: relu  b: zero }) }") == []
    assert lints("conv(8, 3) -> slot s { relu }") == []


def test_a_space_too_large_for_its_costs_is_judged_by_its_default() -> None:
    cell = "shared block cell(x) { out add(x -> edge @a, x -> edge @b, x -> edge @c, x -> edge @d, x -> edge @e) }"
    edge = (
        "block edge(x) { out x -> choose op { none: zero  relu: relu  conv: conv(8, 3)  more: conv(8, 5) tanh: tanh } }"
    )
    assert lints("repeat 3 { cell }", head=f"{edge} {cell}") == ["SQS814"]
    assert lints("repeat 3 { cell }", head=f"{edge.replace('none: zero', 'skip: identity')} {cell}") == []


# ---- operators


def test_bypasses_around_nothing() -> None:
    assert lints("bypass auto { dropout(0) }") == ["SQS821"]
    assert lints("bypass auto { slot s { relu } }") == []
    assert lints("bypass project { relu }") == []


def test_bypasses_that_never_fit() -> None:
    assert lints("bypass fit { conv(16, 3) }") == ["SQS822"]
    assert lints("bypass fit { conv(any [8, 16], 3) }") == []
    assert lints("bypass auto { conv(16, 3) }") == []
    assert lints("down", head="block down(x) { out x -> bypass fit { conv(16, 3, stride = 2) } }") == []


KERNELS = [
    (1, 3, 1, 1), (2, 3, 1, 1), (2, 5, 1, 1), (3, 7, 1, 1), (2, 3, 2, 1), (3, 5, 2, 1), (5, 4, 3, 1), (2, 7, 2, 1),
    (4, 3, 1, 4), (4, 3, 1, 2), (5, 5, 1, 3), (3, 2, 1, 3), (6, 4, 1, 2),
]  # fmt: skip


@pytest.mark.parametrize(
    ("extent", "window", "found"),
    [
        (1, "3", ["SQS823"]),
        (1, "1", []),
        (2, "3", []),
        (2, "5", ["SQS823"]),
        (3, "5", []),
        (3, "7", ["SQS823"]),
        (4, "3, dilation = 2", []),
        (4, "3, dilation = 4", ["SQS823"]),
        (2, "3, stride = 2", ["SQS823"]),
        (3, "3, stride = 2", []),
        (3, "any [1, 7]", []),
        (3, "any [7, 9]", ["SQS823"]),
    ],
)
def test_kernels_on_small_maps(extent: int, window: str, found: list[str]) -> None:
    text = f"space s {{ input x: [{extent}, 16, 4] output y = x -> conv(4, {window}) {END} }}"
    assert codes(text) == found


@pytest.mark.keras
@pytest.mark.parametrize(("extent", "kernel", "stride", "dilation"), KERNELS)
def test_keras_sees_the_same_part_of_a_kernel(extent: int, kernel: int, stride: int, dilation: int) -> None:
    """A weight is used where a map of ones gives a nonzero output with only that weight."""
    keras = pytest.importorskip("keras")
    layer = keras.layers.Conv1D(1, kernel, stride, "same", dilation_rate=dilation, use_bias=False)
    ones = keras.ops.ones((1, extent, 1))
    layer.build(ones.shape)
    taps = keras.ops.reshape(keras.ops.eye(kernel), (kernel, kernel, 1, 1))
    met = sum(bool(keras.ops.any(layer.convolution_op(ones, tap) != 0)) for tap in taps)
    written = f"conv(1, {kernel}, stride = {stride}, dilation = {dilation})"
    compilation = sqsem_dsl.Compilation.from_text(f"space s {{ input x: [{extent}, 1] output y = x -> {written} }}")
    found = [d for d in compilation.findings() if d.code == "SQS823"]
    assert [d.seen for d in found] == ([(met,)] if met < kernel else [])  # type: ignore[attr-defined]


def test_a_kernel_that_is_too_large_in_the_last_iteration_alone() -> None:
    assert lints("repeat 5 { conv(8, 3, stride = 2) }") == []
    assert lints("repeat 5 { maxpool(2) } -> conv(8, 3)") == ["SQS823"]


def test_attention_to_one_place() -> None:
    sequence = "reshape([256, 8]) -> "
    for memory, found in (("gap -> reshape([1, 8])", ["SQS829"]), ("maxpool(128)", [])):
        assert lints(sequence + f"{{ attention(it, 1, memory = it -> {memory}) -> add(it) }}") == found
    assert lints(sequence + "gmp -> reshape([1, 8]) -> attention(1)") == ["SQS829"]
    rows = sequence + "gmp -> reshape([1, 4, 2]) -> "
    assert lints(rows + "attention(1, axis = height)") == ["SQS829"]
    assert lints(rows + "attention(1, axis = width)") == []
    assert lints(sequence + "slot s { gmp -> reshape([1, 8]) } -> attention(1)") == []


def test_pools_of_one_value() -> None:
    assert lints("maxpool(16) -> avgpool(2)") == ["SQS824"]
    assert lints("maxpool(8) -> avgpool(2)") == []
    assert lints("slot s { maxpool(16) } -> avgpool(2)") == []


@pytest.mark.parametrize(
    ("stages", "found"),
    [
        ("conv(8, 3) -> batchnorm", 1),
        ("conv(8, 3) -> identity -> slot s { dropout(0) } -> batchnorm", 1),
        ("conv(8, 3) -> choose n { a: batchnorm  b: batchnorm -> relu }", 1),
        ("depthwise(3) -> batchnorm -> separable(8, 3) -> batchnorm -> conv_transpose(8, 3) -> batchnorm", 3),
        ("conv(8, 3, bias = false) -> batchnorm", 0),
        ("conv(8, 3, bias = any [true, false]) -> batchnorm", 0),
        ("conv(8, 3) -> relu -> batchnorm", 0),
        ("conv(8, 3) -> layernorm", 0),
        ("conv(8, 3) -> groupnorm(2)", 0),
        ("conv(8, 3) -> slot n { batchnorm }", 0),
        ("conv(8, 3) -> { add(it, it -> batchnorm) }", 0),
        ("conv(8, 3) -> bypass auto { batchnorm }", 0),
        ("conv(8, 3, bias = true) -> batchnorm", 0),
    ],
)
def test_biases_before_batch_normalisation(stages: str, found: int) -> None:
    assert lints(stages).count("SQS825") == found


def test_a_bias_of_a_block_that_is_used_in_two_ways() -> None:
    block = "block c(x) { out x -> conv(8, 3) }"
    assert lints("c -> batchnorm", head=block) == ["SQS825"]
    assert lints("c -> batchnorm -> c", head=block) == []
    two = f"{block} space a {{ {INPUT} output y = x -> c -> batchnorm {END} }}"
    assert codes(two) == ["SQS825"]
    both = f"{two} space b {{ {INPUT} output y = x -> c {END} }}"
    assert codes(both) == []
    assert sqsem_dsl.Compilation.from_text(both, space="a").findings() == ()


@pytest.mark.parametrize(
    ("stages", "found"),
    [
        ("dropout(0.2) -> dropout(0.2)", ["SQS826"]),
        ("dropout(0.2) -> slot s { relu } -> dropout(0.2)", []),
        ("dropout(0.2) -> dropout(any [0, 0.2])", []),
        ("dropout(0.2) -> spatial_dropout(0.2)", []),
        ("repeat n in 1..2 { dropout(0.2) }", []),
        ("sigmoid -> softmax", ["SQS827"]),
        ("sigmoid -> activation(hard_sigmoid)", ["SQS827"]),
        ("sigmoid -> conv(8, 3) -> sigmoid", []),
        ("slot s { sigmoid } -> sigmoid", []),
        ("tanh -> sigmoid", []),
    ],
)
def test_operators_in_a_row(stages: str, found: list[str]) -> None:
    assert lints(stages) == found


@pytest.mark.parametrize(
    ("end", "found"),
    [
        ("dense(4) -> relu -> softmax", ["SQS828"]),
        ("dense(4) -> activation(relu) -> sigmoid", ["SQS828"]),
        ("relu -> dense(4) -> softmax", []),
        ("dense(4) -> leaky_relu -> softmax", []),
        ("dense(4) -> slot s { relu } -> softmax", []),
        ("dense(4) -> { scale(it, it -> relu -> softmax) }", []),
    ],
)
def test_a_cut_before_an_output(end: str, found: list[str]) -> None:
    assert codes(f"space s {{ input x: [8] output y = x -> {end} }}") == found


# ---- training


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ("optimizer = sgd(nesterov = true)", ["SQS831"]),
        ("optimizer = sgd(momentum = 0, nesterov = any [true, false])", ["SQS831"]),
        ("optimizer = sgd(momentum = any [0, 0.9], nesterov = true)", []),
        ("optimizer = sgd(momentum = 0.9, nesterov = true)", []),
        ("metrics = [top_k(4)]", ["SQS832"]),
        ("metrics = [top_k(3)]", []),
        ("metrics = [top_k(any [3, 4])]", []),
        ("schedule = step(every = 10)", ["SQS833"]),
        ("schedule = step(every = 9)", []),
        ("schedule = step(every = 10)  epochs = any [10, 20]", []),
        ("schedule = piecewise([4, 10], [0.1, 0.01])", ["SQS833"]),
        ("schedule = cosine_restarts(5)", []),
    ],
)
def test_training(settings: str, found: list[str]) -> None:
    assert codes(f"space s {{ input x: [8] output y = x -> dense(4) -> softmax train {{ {settings} }} }}") == found


def test_a_schedule_for_the_longest_trial_of_a_hyperband() -> None:
    text = "space s {{ input x: [8] output y = x -> dense(4) -> softmax train {{ schedule = step(every = 20) }} {} }}"
    assert codes(text.format("")) == ["SQS833"]
    assert codes(text.format("search { algorithm = hyperband(max_epochs = 30) }")) == []


def test_top_k_of_the_outputs_that_it_is_for() -> None:
    outputs = "output a = x -> dense(4) -> softmax output b = x -> dense(5) -> softmax"
    text = f"space s {{{{ input x: [8] {outputs} train {{{{ {{}} }}}} }}}}"
    assert codes(text.format("metrics = [top_k(4)]")) == []
    assert codes(text.format("metrics.a = [top_k(4)]")) == ["SQS832"]
    assert codes(text.format("metrics = [top_k(4)]  metrics.b = [accuracy]")) == ["SQS832"]


# ---- names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("use se from std " + flow("relu"), 1),
        ("use se, fire from std " + flow("fire(2)"), 1),
        (flow("relu", "const a = 1"), 1),
        (flow("relu", "const a = 1  const b = a"), 1),
        (flow("conv(b, 3)", "const a = 1  const b = a"), 0),
        (flow("relu", "let t = x -> relu"), 1),
        (flow("relu", "param p in [1]"), 1),
        (flow("relu", "block b(x) { out x -> slot s { b } }"), 1),
        (flow("relu", "block b(x) { out x -> relu }  block c(x) { out x -> b }"), 1),
        (flow("{ repeat 2 carry a = it, b = it { let t = a -> conv(8, 3)  out b, add(a, t) } }"), 0),
        (flow("{ repeat 2 carry a = it, b = it { let t = a -> conv(8, 3)  out b, a } }"), 1),
        ("block b(x) { out x -> relu } " + flow("relu"), 0),  # another file may use it
        ("block b(x, c: int = 3) { out x -> relu } " + flow("b"), 0),
        (flow("repeat 2 as i { conv(8, 3) }"), 0),
        (flow("{ let t = it -> relu  out it -> tanh }"), 1),
        (flow("{ const c = 8  out it -> conv(c, 3) }"), 0),
        (f"space s {{ const e = 4 {INPUT} output y = x {END} train {{ epochs = e }} }}", 0),
        (f"space s {{ const e = [16, 16, 8] input x: e output y = x {END} }}".replace("input x: e", INPUT), 1),
    ],
)
def test_names_that_are_never_used(text: str, found: int) -> None:
    assert codes(text).count("SQS841") == found


def test_a_space_that_is_not_proved_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    text = flow("conv(any [4, 8], 3) -> batchnorm")
    assert codes(text) == ["SQS825"]
    monkeypatch.setattr("sqsem_dsl.diagram.shape_analysis.MAX_STATES", 0)
    assert codes(text) == ["SQS503"]


# ---- which warnings are reported


ALLOWED = """\
space s {
  input x: [16, 16, 3]
  output y = x
    -> conv(8, 3) -> batchnorm BEHIND
    ABOVE
    -> conv(8, 3) -> batchnorm -> relu -> gap -> dense(4) -> softmax
}
"""


@pytest.mark.parametrize(
    ("behind", "above", "left"),
    [
        ("", "", [4, 6]),
        ("# sqs: allow SQS825", "", [6]),
        ("# sqs: allow SQS825 as in the paper", "", [6]),
        ("", "# sqs: allow SQS825", [4]),
        ("", "# sqs: allow SQS801, SQS825\n    # as in the paper", [4]),
        ("", "# sqs: allow SQS825\n", [4, 7]),
        ("# sqs: allow SQS801", "# SQS825", [4, 6]),
    ],
)
def test_a_comment_allows_a_warning(behind: str, above: str, left: list[int]) -> None:
    compilation = sqsem_dsl.Compilation.from_text(ALLOWED.replace("BEHIND", behind).replace("ABOVE", above))
    lines = [d.span.source.line_col(d.span.start)[0] for d in compilation.findings()]
    assert lines == [line + (above.count("\n") and line == 6) for line in left]


@pytest.mark.parametrize(
    ("search", "warned"),
    [
        ("algorithm = grid", True),
        ("algorithm = random(over = assignments)", True),
        ("algorithm = random", False),
        ("algorithm = random(over = choices)", False),
        ("algorithm = bayesian", False),
        ("trials = 3", False),
    ],
)
def test_priors_that_a_search_does_not_read(search: str, warned: bool) -> None:
    believed = flow("conv(any [8, 16] prior 16, 3)").replace(" }", f"  search {{ {search} }} }}")
    assert ("SQS836" in codes(believed)) == warned
    assert "SQS836" not in codes(believed.replace("prior 16", ""))


def test_a_prior_on_one_value_warns_only_if_no_use_has_more_values() -> None:
    block = "block most(x, c: int) { out x -> repeat n in 1..c prior 1 { conv(8, 3) } }"
    assert lints("most(1) @a -> most(1) @b", head=block) == ["SQS314"]
    assert lints("most(1) @a -> most(2) @b", head=block) == []
    assert lints("most(2) @a -> most(1) @b", head=block) == []


def test_a_comment_allows_any_warning_and_no_error() -> None:
    warned = flow("conv(8, 3)", "\nparam w in [1, 2]\nrequire w > 0  # sqs: allow SQS603\n").replace("8, 3", "w, 3")
    assert codes(warned) == []
    wrong = "space s {\n  input x: [8]\n  output y = x -> dens(3)  # sqs: allow SQS204\n}"
    assert [d.code for d in sqsem_dsl.Compilation.from_text(wrong).findings()] == ["SQS204"]


def test_a_quick_check_does_without_the_costs() -> None:
    text = flow("conv(8, 3) -> batchnorm -> choose c { a: relu  b: zero }", "require params <= 1M")
    assert codes(text, thorough=False) == ["SQS825"]
    assert codes(text) == ["SQS811", "SQS814", "SQS825"]


def test_a_wrong_spec_is_not_linted() -> None:
    compilation = sqsem_dsl.Compilation.from_text(flow("conv(8, 3) -> batchnorm -> flatten -> conv(8, 3)"))
    assert compilation.findings() == compilation.diagnostics


def test_a_place_in_another_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "blocks.sqs").write_text("block norm(x) { out x -> conv(8, 3) -> batchnorm }\n")
    (tmp_path / "net.sqs").write_text(flow("norm", head='use norm from "blocks.sqs"'))
    assert check_file(tmp_path / "net.sqs") == []


@pytest.mark.parametrize("path", sorted((ROOT / "sqsem_dsl" / "std").glob("*.sqs")), ids=lambda path: path.stem)
def test_the_library_is_as_it_is_meant(path: Path) -> None:
    assert check_file(path) == []
