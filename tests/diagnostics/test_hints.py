"""Names from other libraries: each hint leads to something that exists."""

from __future__ import annotations

import inspect
import re

import pytest

from sqsem_dsl.api.space import Compilation
from sqsem_dsl.diagnostics.hints import (
    argument_hint,
    arguments,
    layer_hint,
    layers,
    setting_hint,
    settings,
    value_hint,
)
from sqsem_dsl.operators import TABLE
from sqsem_dsl.settings.table import SECTIONS

SETTINGS = {section: tuple(rows) for section, rows in SECTIONS.items()}


def test_every_layer_of_keras_leads_to_something() -> None:
    keras = pytest.importorskip("keras")
    public = [name for name, value in vars(keras.layers).items() if inspect.isclass(value)]
    assert len(public) > 100
    assert [name for name in public if layer_hint(name) is None and name not in TABLE] == []


def test_every_layer_of_keras_leads_to_something_in_snake_case() -> None:
    keras = pytest.importorskip("keras")
    public = [name for name, value in vars(keras.layers).items() if inspect.isclass(value)]
    snakes = [re.sub(r"(?<=[a-z])(?=[A-Z0-9])", "_", name).lower() for name in public]
    assert "batch_normalization" in snakes
    assert [name for name in snakes if layer_hint(name) is None and name not in TABLE] == []


@pytest.mark.parametrize("name", sorted(layers.EXTERN))
def test_a_layer_for_extern_is_made_with_the_arguments_of_its_hint(name: str) -> None:
    keras = pytest.importorskip("keras")
    layer = getattr(keras.layers, name, None)
    if layer is None:
        pytest.skip(f"this Keras has no {name}")
    hint = layer_hint(name)
    assert hint is not None
    written = hint.split("`")[1]
    text = f"space s {{ input x: [4]  output y = x -> {written} -> dense(2) }}"
    compilation = Compilation.from_text(text)
    assert {d.code for d in compilation.diagnostics} == {"SQS117"}, written  # rejected only because the flag is missing
    arguments = dict(re.findall(r"(\w+) = (\[[^]]*\]|\"[^\"]*\"|[^,)]+)", layers.EXTERN[name]))
    made = layer(**{key: eval(value) for key, value in arguments.items()})
    assert isinstance(made, keras.layers.Layer)


@pytest.mark.parametrize("word", sorted(layers.OPERATORS))
def test_a_word_for_an_operator_names_one(word: str) -> None:
    assert layers.OPERATORS[word].partition("(")[0] in TABLE


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Conv2d", "conv("), ("BatchNorm2d", "batchnorm"), ("Linear", "dense("), ("MaxPool2d", "maxpool("),
        ("AdaptiveAvgPool2d", "gap"), ("SiLU", "swish"), ("ConvTranspose2d", "conv_transpose("),
        ("Dropout2d", "dropout("), ("InstanceNorm2d", "groupnorm("), ("GELU", "gelu"), ("Upsample", "upsample("),
        ("MultiheadAttention", "attention(heads)"), ("LSTM", "lstm(units)"), ("LSTMCell", "lstm("),
        ("Embedding", "embedding(width)"), ("ZeroPad2d", "zeropad("),
        ("global_average_pooling", "gap"), ("softmax_layer", "softmax"), ("timedistributed", "extern("),
        ("normalization", "standardize"), ("conv_lstm", "ConvLSTM2D"),
    ],
)  # fmt: skip
def test_words_of_other_tools(name: str, written: str) -> None:
    hint = layer_hint(name)
    assert hint is not None
    assert written in hint


def test_an_argument_is_led_to_one_that_some_operator_has() -> None:
    known = {attribute.name for row in TABLE.values() for attribute in row.attributes}
    for name, others in arguments.RENAMED.items():
        assert set(others) <= known, name
    for row in TABLE.values():
        names = [attribute.name for attribute in row.attributes]
        for name in names:
            hint = argument_hint(row.name, name, names)
            assert hint is None or name not in hint.split("`"), "a hint must lead away from the word itself"


def test_a_setting_is_led_to_one_that_there_is() -> None:
    known = {*SECTIONS["train"], *SECTIONS["search"]}
    for name, other in settings.RENAMED.items():
        assert other in known, name
        assert name not in known
    for setting, words in settings.VALUES.items():
        row = SECTIONS["train"].get(setting) or SECTIONS["search"][setting]
        for word, value in words.items():
            assert value.partition("(")[0] in row.words, (setting, word)
            assert value_hint(setting, word) is not None


@pytest.mark.parametrize("name", sorted(settings.ADVICE))
def test_what_a_settings_hint_writes_compiles(name: str) -> None:
    """The text in backticks of a hint is valid as it stands if it is a setting or a stage."""
    hint = setting_hint("train", name, SETTINGS)
    assert hint is not None
    for written in re.findall(r"`([^`]+)`", hint):
        if "…" in written or "sqsem" in written or not re.search(r"=|->", written):
            continue
        stage, setting = (written, "epochs = 1") if written.startswith("->") else ("", written)
        section = "search" if setting.startswith("objective") else "train"
        text = (
            "space s { input x: [8, 8, 3]  "
            f"output y = x -> conv(4, 3) {stage} -> gap -> dense(2) -> softmax  {section} {{ {setting} }} }}"
        )
        assert [d.title for d in Compilation.from_text(text).diagnostics if d.severity == "error"] == [], written
