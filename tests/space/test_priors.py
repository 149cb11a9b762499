"""`prior` in a spec: the priors of choices, and what they do not change."""

from __future__ import annotations

import json
import re
from fractions import Fraction

import pytest

import sqsem_dsl as sqs
from sqsem_dsl.ast.read import read
from sqsem_dsl.compiler import check_file
from sqsem_dsl.diagnostics.source import Source
from sqsem_dsl.format.format import format_text
from sqsem_dsl.format.json_form import spec_from_json, spec_json
from sqsem_dsl.ir.draws import likeliest, show_prior

SPEC = """sqs 1
space beliefs {
  input image: [32, 32, 3]
  const best = 24
  param s in [16, 24, 32]{ prior best}
  param w in [1, 2, 3]{ prior [1, 4, 1]}
  param rate in 1e-4..1e-2 log{ prior 1e-3}
  let x = image
    -> conv(any [8, 16, 32]{ prior 8 + 8}, 3)
    -> slot se{ prior true} { conv(8, 1) }
    -> repeat n in 1..2{ prior 2} as i {
         conv(s * w, 3) -> bypass skip in [none, auto]{ prior auto} { relu -> conv(s * w, 3) }
       }
    -> choose kind{ prior conv} { relu: relu  conv: conv(8, 3) }
    -> dropout(rate)
  let z = merge(x -> gap, optional extra{ prior false} { image -> gap }, how = any [concat]{ prior [1]})
  output y = z -> dense(10) -> softmax
  train {
    optimizer  = any [sgd(momentum = 0.9), adam]{ prior sgd(momentum = 0.9)}
    batch_size = any [16, 32, 64]{ prior [0, 1, 1]}
    loss       = any [categorical_crossentropy, focal]{ prior focal}
  }
}
"""


def written(believed):
    """The spec with its priors, or without."""
    return re.sub(r"\{( prior [^}]*)\}", r"\1" if believed else "", SPEC)


@pytest.fixture(scope="module")
def spaces():
    return sqs.loads(written(True)), sqs.loads(written(False))


def test_every_kind_of_choice_has_the_prior_that_is_written(spaces):
    found = {choice.path: show_prior(choice.domain, choice.prior) for choice in spaces[0].choices}
    assert found == {
        "s": "prior 24",
        "w": "prior [1, 4, 1]",
        "rate": "prior 0.001",
        "conv.filters": "prior 16",
        "se": "prior true",
        "n": "prior 2",
        "n[0].skip": "prior auto",
        "n[1].skip": "prior auto",
        "kind": "prior conv",
        "extra": "prior false",
        "train.optimizer": "prior sgd",
        "train.batch_size": "prior [0, 1, 1]",
        "train.loss": "prior focal",
    }


def test_a_prior_changes_no_count_cost_or_id(spaces):
    believed, plain = spaces
    assert believed.count == plain.count
    assert {c.path: (c.kind, c.domain, c.when, c.default) for c in believed.choices} == {
        c.path: (c.kind, c.domain, c.when, c.default) for c in plain.choices
    }
    assert believed.analysis.ranges == plain.analysis.ranges
    assert believed.default().id == plain.default().id
    for number in range(0, believed.count, 97):
        one, other = believed.at(number), plain.at(number)
        assert (one.id, one.choices, one.params, one.macs) == (other.id, other.choices, other.params, other.macs)


def test_a_uniform_sample_does_not_read_priors(spaces):
    believed, plain = spaces
    for seed in range(3):
        assert [a.choices for a in believed.sample(20, seed)] == [a.choices for a in plain.sample(20, seed)]
        assert believed.sample_one(seed).choices == plain.sample_one(seed).choices


def test_a_sample_choice_by_choice_draws_by_priors():
    space = sqs.loads("""sqs 1
space s {
  input x: [4]
  param rate in 0.0..1.0 prior 0.3
  let y = x -> dense(any 1..40, bias = any [true, false] prior false) -> repeat n in 1..4 prior 3 { dense(any 1..40) }
  output z = y -> dropout(rate) -> dense(2) -> softmax
  train { batch_size = any [16, 32, 64] prior [1, 0, 3]  epochs = 1 }
}""")
    found = space.sample(3_000, seed=2, over="choices")

    def share(holds):
        return sum(map(holds, found)) / len(found)

    assert share(lambda a: a.choices["n"] == 3) == pytest.approx(0.5, abs=0.03)
    assert share(lambda a: a.choices["dense.bias"] is False) == pytest.approx(0.75, abs=0.03)
    assert share(lambda a: a.choices["train.batch_size"] == 16) == pytest.approx(0.25, abs=0.03)
    assert share(lambda a: a.choices["train.batch_size"] == 32) == 0.0
    assert share(lambda a: 0.1 <= a.choices["rate"] <= 0.5) == pytest.approx(0.5 * 0.956 + 0.5 * 0.4, abs=0.03)


def test_priors_are_printed_read_and_written_as_json():
    text = written(True)
    spec = read(Source("<test>", text)).spec
    assert spec is not None
    made, errors = spec_from_json(Source("<json>", spec_json(spec)))
    assert not errors
    assert made == spec
    printed = format_text(text)
    assert printed == format_text(printed)
    assert read(Source("<test>", printed)).spec == spec


def test_a_constant_has_no_prior_in_json():
    spec = read(Source("<test>", "sqs 1 space s { const a = [1, 2] }")).spec
    data = json.loads(spec_json(spec))
    data["definitions"][0]["items"][0]["prior"] = {"kind": "number", "text": "1"}
    _, errors = spec_from_json(Source("<json>", json.dumps(data)))
    assert ["there is no such field" in error.title for error in errors] == [True]


@pytest.mark.parametrize("stage", ["bypass auto { dense(4) }", "repeat 2 { relu }"])
def test_what_is_no_choice_has_no_prior_in_json(tmp_path, stage):
    spec = read(Source("<test>", f"sqs 1 space s {{ input x: [4] output y = x -> {stage} }}")).spec
    data = json.loads(spec_json(spec))
    data["definitions"][0]["items"][1]["value"]["stages"][0]["prior"] = {"kind": "number", "text": "2"}
    path = tmp_path / "s.json"
    path.write_text(json.dumps(data))
    (found,) = check_file(path)
    assert "only a choice has a prior" in str(found.help)


def test_uses_of_a_shared_block_have_one_prior():
    text = """sqs 1
shared block cell(x, best: int) { param k in [3, 5] prior best  out x -> conv(8, k) }
space s {
  input image: [8, 8, 3]
  output y = image -> cell(3) -> cell(BEST) -> gap -> dense(2) -> softmax
}"""
    (choice,) = sqs.loads(text.replace("BEST", "3")).choices
    assert choice.prior.of == (Fraction(3, 4), Fraction(1, 4))
    with pytest.raises(sqs.SqsError) as caught:
        sqs.loads(text.replace("BEST", "5"))
    assert len(caught.value.diagnostics) == 1


def test_a_name_of_an_alternative_means_the_alternative():
    (choice,) = sqs.loads("""sqs 1
space s {
  input x: [4]
  let a = x -> dense(8)
  output y = a -> choose kind prior a { a: relu  b: tanh } -> dense(2) -> softmax
}""").choices
    assert likeliest(choice) == "a"


def test_prior_is_a_name_elsewhere():
    space = sqs.loads("""sqs 1
space s {
  input prior: [4]
  output y = prior -> dense(4) -> slot prior { relu } -> dense(2) -> softmax
  meta { prior = 3  widths = [1, 2]  title = "none" }
}""")
    assert [choice.path for choice in space.choices] == ["prior"]
