"""Spaces as KerasTuner code: what it looks like, and what it refuses. No framework is needed here."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sqsem_dsl
from sqsem_dsl.api.space import Compilation
from sqsem_dsl.backends.hypermodel.layout import WIDTH, layout
from sqsem_dsl.backends.hypermodel.module import space_code
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.render import render_text
from sqsem_dsl.format.json_form import spec_json
from sqsem_dsl.operators import TABLE

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).parent
CODE = HERE / "code"
SPECS = {
    "toy": ROOT / "specs" / "toy.sqs",
    "digits": ROOT / "specs" / "digits.sqs",
    "squeezenet_se_auto": ROOT / "specs" / "squeezenet_se_auto.sqs",
    "unet": ROOT / "specs" / "unet.sqs",
    "digits_rows": ROOT / "specs" / "digits_rows.sqs",
    "digits_transformer": ROOT / "specs" / "digits_transformer.sqs",
    "face_expression": ROOT / "specs" / "face_expression.sqs",
    "mobilenet_v1": ROOT / "specs" / "mobilenet_v1.sqs",
    "nas_bench_201": ROOT / "specs" / "nas_bench_201.sqs",
    "two_views": ROOT / "specs" / "two_views.sqs",
    "wavenet": ROOT / "tests" / "specs" / "wavenet.sqs",
    "wired": HERE / "wired.sqs",
    "pretrained": HERE / "pretrained.sqs",
    "padded": HERE / "padded.sqs",
    "either": HERE / "either.sqs",
    "views": HERE / "views.sqs",
    "every_form": HERE / "every_form.sqs",
}


@pytest.mark.parametrize("name", SPECS)
def test_the_code_reads_like_written_by_hand(name: str, update_golden: bool) -> None:
    code = sqsem_dsl.load(SPECS[name]).hypermodel_code()
    path = CODE / f"{name}.py"
    if update_golden:
        path.write_text(code, encoding="utf-8")
    assert code == path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the modules of all shipped specs."""
    folder = tmp_path_factory.mktemp("written")
    for path in [
        *sorted((ROOT / "specs").glob("*.sqs")),
        *(SPECS[name] for name in ("every_form", "wavenet", "wired", "pretrained", "padded", "either", "views")),
    ]:
        (folder / f"{path.stem}.py").write_text(space_code(sqsem_dsl.load(path)), encoding="utf-8")
    return folder


def test_the_modules_import_only_keras_and_the_standard_library(written: Path) -> None:
    found: set[str] = set()
    for path in written.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Import(names=names):
                    found |= {each.name for each in names}
                case ast.ImportFrom(module=module):
                    found.add(str(module))
                case _:
                    pass
    assert found == {"keras", "keras_tuner", "math", "dataclasses", "functools", "numpy", "collections"}


@pytest.mark.parametrize("arguments", [["format", "--diff"], ["check", "--select", "E4,E7,E9,F,I"]])
def test_ruff_changes_nothing(arguments: list[str], written: Path) -> None:
    pytest.importorskip("ruff")
    ruff = [sys.executable, "-m", "ruff", arguments[0], "--isolated", "--no-cache", *arguments[1:], str(written)]
    done = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_rule_is_refused_if_its_choice_may_be_read_unnoticed() -> None:
    """The argument of a block that reads it in a slot alone: code cannot tell whether a trial used the choice."""
    text = """
        block gated(x, width: int) { out x -> slot one { dense(width) } }
        space s {
          input x: [4]
          param two in [true, false]
          param c in [2, 3]
          require c < 3
          let t = choose k { a: x -> dense(c)  b: x -> relu }
          let u = t -> if two { USE }
          output y = u -> dense(2)
        }"""
    assert "in hp.read" in space_code(sqsem_dsl.loads(text.replace("USE", "dense(c)")))
    with pytest.raises(SqsError) as caught:
        space_code(sqsem_dsl.loads(text.replace("USE", "gated(c)")))
    assert "it reads `c`, which code also gives to a block that may not need it" in str(caught.value)


def test_a_spec_in_json_form_gives_the_same_code(tmp_path: Path) -> None:
    compilation = Compilation.from_file(SPECS["digits"])
    assert compilation.read.spec is not None
    path = tmp_path / "digits.json"
    path.write_text(spec_json(compilation.read.spec), encoding="utf-8")
    assert space_code(sqsem_dsl.load(path)) == space_code(compilation.space)


def test_defined_constants_are_in_the_code() -> None:
    space = sqsem_dsl.load(SPECS["digits"], define={"classes": 7})
    assert 'x = layers.Dense(7, name="dense")(x)' in space_code(space)


def test_names_that_the_code_needs_are_renamed() -> None:
    space = sqsem_dsl.loads(
        "space s { input layers: [4]  param hp in [2, 3]  param lambda in 1..2 "
        "output y = layers -> repeat lambda as range { dense(hp + range) } -> dense(2) }"
    )
    code = space_code(space)
    ast.parse(code)
    assert 'layers_ = keras.Input((4,), name="layers")' in code
    assert "for range_ in range(lambda_):" in code
    assert 'hp_ = hp.get("hp")' in code


def test_everything_in_the_way_is_said_at_once(update_golden: bool) -> None:
    path = HERE / "wrong.sqs"
    with pytest.raises(SqsError) as caught:
        space_code(sqsem_dsl.load(path))
    text = "\n".join(render_text(found) for found in caught.value.diagnostics).replace(str(path), path.name)
    assert {found.code for found in caught.value.diagnostics} == {"SQS778"}
    golden = path.with_suffix(".err")
    if update_golden:
        golden.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("statement", "lines"),
    [
        ("x = relu(x)", ["x = relu(x)"]),
        (
            f"x = layers.Dense({'u' * 60}, name='d')(x)",
            ["x = layers.Dense(", f"    {'u' * 60}, name='d'", ")(x)"],
        ),
        (
            f"x = f([{'a' * 50}, {'b' * 50}])",
            ["x = f(", "    [", f"        {'a' * 50},", f"        {'b' * 50},", "    ]", ")"],
        ),
        (f"x['({'a' * 40}'] = f({'b' * 50})", [f"x['({'a' * 40}'] = f(", f"    {'b' * 50}", ")"]),
    ],
)  # fmt: skip
def test_layout(statement: str, lines: list[str]) -> None:
    assert layout(statement) == lines
    assert max(map(len, lines)) <= WIDTH


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            "input x: [9, 2] padded  output y = x -> slot n { zero } -> conv(3, 3) -> gap -> dense(2)",
            "`x`, a padded input,",
        ),
        ("input x: [64, 64, 3]  output y = x -> backbone(any [vgg16, resnet50]) -> gap -> dense(2)", "`backbone`"),
        ("input x: [8, 4]  output y = x -> reshape(any [[4, 8], [4, 4, 2]]) -> gap -> dense(2)", "`reshape`"),
        ("input x: [8, 4]  output y = x -> gap(any [length, all]) -> flatten -> dense(2)", "`gap(axis)`"),
        (
            "input x: [8, 4]  output y = x -> lstm(3, sequences = any [true, false]) -> prelu -> flatten -> dense(2)",
            "`prelu`",
        ),
        (
            "input x: [8, 4]  output y = x -> gru(3, sequences = any [true, false]) -> bypass auto { dense(4) } "
            "-> flatten -> dense(2)",
            "`bypass auto`",
        ),
        (
            "input x: [8, 8, 4]  output y = x -> choose k { a: reshape([16, 16])  b: relu } -> conv(4, 3) -> flatten "
            "-> dense(2)",
            "`conv`",
        ),
        (
            "input x: [8, 4]  output y = x -> slot n { zero } -> bypass s in [none, auto] { conv(4, 3) } -> gap",
            "`bypass s`",
        ),
        ("input x: [8, 4]  output y = x -> slot n { zero } -> conv(4, 3, bias = any [true, false]) -> gap", "`conv`"),
        (
            "input x: [8]  output y = merge(x -> slot n { zero }, x, how = any [add, concat]) -> dense(2)",
            "`merge`",
        ),
        (
            "input x: [8]  let z = x -> dense(3)  tied block t(a) { out concat(a, z) -> dense(2) } "
            "output y = add(x -> t, x -> t)",
            "`t`, a tied block, `t`, a tied block,",
        ),
        (
            "input x: [8]  tied block t(a) { out a -> dense(2) } output y = add(x -> slot n { zero } -> t, x -> t)",
            "`t`, a tied block,",
        ),
    ],
)
def test_parts_without_code(text: str, what: str) -> None:
    with pytest.raises(SqsError) as caught:
        sqsem_dsl.loads(f"space s {{ {text} }}").hypermodel_code()
    assert " ".join(vars(found)["what"] for found in caught.value.diagnostics) == what


@pytest.mark.parametrize(
    ("ending", "weights", "code"),
    [
        ("dense(3) -> softmax", "class_weights = given(1.0, 12.5, 3)", "{0: 1.0, 1: 12.5, 2: 3.0}"),
        ("dense(1) -> sigmoid", "class_weights.y = given(2.0, 4)", "{0: 2.0, 1: 4.0}"),
        ("dense(3) -> sigmoid", "class_weights = given(2.0, 1.0)", None),
    ],
)
def test_weights_of_classes(ending: str, weights: str, code: str | None) -> None:
    space = sqsem_dsl.loads(f"space s {{ input x: [4]  output y = x -> {ending}  train {{ {weights} }} }}")
    if code is not None:
        assert f'kwargs.setdefault("class_weight", {code})' in space_code(space)
        return
    with pytest.raises(SqsError) as caught:
        space_code(space)
    assert [vars(found)["what"] for found in caught.value.diagnostics] == ["the setting `class_weights`"]


def test_variables_do_not_hide_functions() -> None:
    code = sqsem_dsl.loads(
        "block project(x, n: int) { out x -> dense(n) } block se(x) { out x -> project(4) } "
        "space s { input x: [4]  "
        "output y = x -> choose se { one: se  two: project(5)  three: dense(6) } -> bypass auto { dense(3) } }"
    ).hypermodel_code()
    assert "def project_2(x, n, name):" in code
    assert 'se_2 = hp.get("se")' in code
    assert 'x = se(inputs, name="se.one.se")' in code
    assert 'x = project_2(inputs, 5, name="se.two.project")' in code


def test_choices_that_are_read_only_under_others() -> None:
    """A block that reads an argument only in a slot, a repeat that may have no iteration, and a param used in one."""
    code = sqsem_dsl.loads(
        "block gated(x, units: int, layers: int) { out x -> slot gate { dense(units) -> repeat layers { dense(4) } } } "
        "space s { input x: [4]  param w in [2, 3]  param v in [5, 6] "
        "output y = x -> gated(any [2, 3], layers = any 0..2) -> slot wide { dense(w) } -> dense(v) -> dense(2) }"
    ).hypermodel_code()
    assert 'v = hp.get("v")' in code
    assert 'x = layers.Dense(hp.get("w"), name="wide.dense")(x)' in code
    assert 'hp.values.get("gated.units")' in code
    assert 'hp.values.get("gated.layers")' in code


def test_a_pick_of_all_alternatives_is_no_choice() -> None:
    code = sqsem_dsl.loads(
        "space s { input x: [6]  output y = add(pick k in [2] { a: x -> dense(4)  b: x -> dense(4) }) -> dense(2) }"
    ).hypermodel_code()
    assert "hp.get" not in code
    assert "layers.Add()(branches)" in code


def test_an_axis_is_counted_with_that_of_the_samples() -> None:
    stages = (
        "concat(x, x, axis = height) -> concat(x, axis = 0) -> { concat(it, it, axis = channels) } -> gap -> dense(2)"
    )
    code = sqsem_dsl.loads(f"space s {{ input x: [6, 4, 2]  output y = {stages} }}").hypermodel_code()
    assert code.count("layers.Concatenate(axis=1)(") == 2
    assert code.count("layers.Concatenate()(") == 1


def test_an_axis_without_a_chosen_merge_is_refused() -> None:
    text = """space s {
      input x: [6, 4, 2]
      output y = merge(x, optional o { x -> relu }, how = any [concat, add], axis = channels) -> gap -> dense(2)
    }"""
    with pytest.raises(SqsError) as caught:
        space_code(sqsem_dsl.loads(text))
    assert [vars(found)["what"] for found in caught.value.diagnostics] == ["`merge(axis)`"]


def test_repeats_with_choices_that_the_last_iteration_does_not_use_are_refused() -> None:
    text = """space s {
      input x: [8]
      let a, b = repeat n in 1..3 as i carry p = x, c = x -> dense(8) {
        param u in [4, 8]
        out c -> dense(u), concat(p, c) -> dense(where(i == 2, u, 8))
      }
      output y = b -> dense(2)
    }"""
    with pytest.raises(SqsError) as caught:
        sqsem_dsl.loads(text).hypermodel_code()
    assert [(found.code, found.span.start) for found in caught.value.diagnostics] == [("SQS778", text.index("n in"))]
    assert "a repeat with `carry`" in str(caught.value)


def test_arguments_that_nothing_reads_are_left_out() -> None:
    text = """block inner(x, w: int, unused: int = 1) { out x -> dense(w) }
    block outer(x, w: int, axis = length) { out x -> attention(1, axis = axis) -> inner(w, unused = w) }
    space s { input x: [6, 4]  param w in [2, 3]  output y = x -> outer(w, axis = length) -> gap -> dense(2) }"""
    code = space_code(sqsem_dsl.loads(text))
    assert "def inner(x, w, name):" in code
    assert "def outer(x, w, name):" in code
    assert 'x = outer(inputs, w, name="outer")' in code


def test_a_name_in_a_block_does_not_hide_that_a_choice_is_conditional() -> None:
    code = sqsem_dsl.loads(
        "block own(x) { let a = x -> dense(4)  out a -> relu } "
        "space s { input x: [4]  param a in [2, 3]  output y = x -> own -> slot wide { dense(a) } -> dense(2) }"
    ).hypermodel_code()
    assert 'x = layers.Dense(hp.get("a"), name="wide.dense")(x)' in code


def test_paths_have_code_only_in_rules() -> None:
    text = """space s {
      input x: [4]
      let t = x -> slot s { relu }
      output y = t -> dense(2 + count(s)) -> dense(2)
    }"""
    with pytest.raises(SqsError) as caught:
        space_code(sqsem_dsl.loads(text))
    assert {vars(found)["what"] for found in caught.value.diagnostics} >= {"the path `s`"}


ARGUMENTS = """
attention heads dim value groups causal dropout bias axis
lstm units sequences backwards bidirectional
gru units sequences backwards bidirectional
rnn units sequences backwards bidirectional
positions kind
class_token
layer_scale init
slice from to axis
shuffle groups
crop before after
transpose order
conv filters kernel stride padding dilation groups bias init bias_init
depthwise kernel stride padding multiplier bias dilation bias_init
separable filters kernel stride padding dilation multiplier bias bias_init
conv_transpose filters kernel stride padding bias bias_init
dense units bias init bias_init
embedding width
batchnorm scale center epsilon momentum
layernorm epsilon
groupnorm groups epsilon
rmsnorm epsilon
prelu init
relu max
leaky_relu slope
activation name
maxpool size stride padding
avgpool size stride padding
reshape shape
upsample factor
resize size
zeropad n after
gap axis
gmp axis
concat axis
weighted_add epsilon
dot axis other normalize
dropout rate
spatial_dropout rate
drop_path rate
noise stddev
rescale scale offset
"""


PADDED = """
conv depthwise separable maxpool avgpool gap gmp lstm gru rnn attention dense embedding layernorm rmsnorm
layer_scale prelu positions relu relu6 leaky_relu elu selu gelu swish hswish sigmoid hsigmoid tanh softmax
activation slice shuffle dropout spatial_dropout drop_path noise rescale add multiply subtract average maximum
weighted_add concat scale broadcast_like identity zero
"""


def test_operators_that_take_padded_sequences() -> None:
    """A new one of these must hand on the mask of its input, see `masks.py`; then it stands here."""
    assert {name for name, row in TABLE.items() if row.padding != "mixes"} == set(PADDED.split())


def test_no_argument_of_an_operator_is_left_out() -> None:
    """A new argument of one of these needs code in `operators.py`, or must be refused there; then it stands here."""
    arguments = {line.split()[0]: line.split()[1:] for line in ARGUMENTS.strip().splitlines()}
    for name, known in arguments.items():
        assert [attribute.name for attribute in TABLE[name].attributes] == known
