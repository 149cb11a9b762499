"""The case study's hypermodels, as its notebooks write them for KerasTuner.

Names, ranges and defaults are transcribed, in the order and loops of their declaration. The tuner knows no conditions:
it samples every name that it has met in any model, even if the next model does not read it. No model reads
`learning_rate`. docs/squeezenet_flat.sqs is the first of the two as a spec.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

CLASSES, SHAPE = 10, (32, 32, 3)
OPTIMIZERS = ["rmsprop", "sgd"]


def squeezenet_se_auto(hp: Any) -> keras.Model:
    """SqueezeNetSEAuto: one to four pairs of fire modules, each with bypasses, SE blocks and skips around them."""
    hp.Choice("learning_rate", [1e-3, 1e-4])
    image = keras.Input(SHAPE, name="image")
    x = layers.Conv2D(96, 3, strides=2, padding="same", activation="relu")(image)
    x = layers.MaxPooling2D(3, strides=2)(x)
    pooled = hp.Int("fire_module", 1, 2, default=2)
    bypassed = [hp.Boolean(f"use_bypass{n}") for n in range(pooled)]
    pools = [hp.Choice(f"pooling{n}", ["max", "avg"]) for n in range(pooled)]
    for pair in range(pooled):
        x = fire_pair(hp, x, pair, bypassed[pair])
        pool = layers.MaxPooling2D if pools[pair] == "max" else layers.AveragePooling2D
        x = pool(3, strides=2)(x)
    after = hp.Int("num_fire_2", 0, 2, default=2)
    bypassed = [hp.Boolean(f"use_bypass_2{n}") for n in range(after)]
    for pair in range(after):
        x = fire_pair(hp, x, pooled + pair, bypassed[pair])
    dropout = hp.Float("dropout_rate", 0.0, 0.8)
    return compiled(image, x, dropout, hp.Choice("optimizer", OPTIMIZERS))


def plain_squeezenet(hp: Any) -> keras.Model:
    """SqueezeNet 1.0 with bypasses on fires 3, 5, 7 and 9 or without any."""
    hp.Choice("learning_rate", [1e-3, 1e-4])
    bypassed = hp.Boolean("use_bypass")
    image = keras.Input(SHAPE, name="image")
    x = layers.Conv2D(96, 7, strides=2, padding="same", activation="relu")(image)
    x = layers.MaxPooling2D(3, strides=2)(x)
    for number, squeeze in enumerate((16, 16, 32, 32, 48, 48, 64, 64), start=2):
        x = fire(x, squeeze, bypassed and number % 2 == 1)
        if number in (4, 8):
            x = layers.MaxPooling2D(3, strides=2)(x)
    dropout = hp.Choice("dropout_rate", [0.0, 0.5, 0.8])
    return compiled(image, x, dropout, hp.Choice("optimizer", OPTIMIZERS))


def fire_pair(hp: Any, x: Any, pair: int, bypassed: bool) -> Any:
    """Two fire modules, the second with its input added on request; after each an optional SE block."""
    squeeze, first = 16 * (pair + 1), 2 * pair + 2
    ratio = hp.Choice(f"squeeze_ratio{first}", [8, 16, 32], default=32)
    for number, passed in ((first, False), (first + 1, bypassed)):
        before = x
        x = fire(x, squeeze, passed)
        if hp.Boolean(f"SE_add{number}"):
            x = squeeze_and_excite(x, ratio)
            if hp.Boolean(f"SE_skip{number}"):
                x = add_projected(before, x)
    return x


def fire(x: Any, squeeze: int, bypassed: bool) -> Any:
    """A 1x1 squeeze, parallel 1x1 and 3x3 expansions to four times its channels, and the input added on request."""
    squeezed = layers.Conv2D(squeeze, 1, activation="relu")(x)
    one = layers.Conv2D(4 * squeeze, 1, activation="relu")(squeezed)
    three = layers.Conv2D(4 * squeeze, 3, padding="same", activation="relu")(squeezed)
    found = layers.Concatenate()([one, three])
    return layers.Add()([x, found]) if bypassed else found


def squeeze_and_excite(x: Any, ratio: int) -> Any:
    """Scales each channel by a gate that two dense layers compute from the means of all channels."""
    channels = x.shape[-1]
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.Dense(channels // ratio, activation="relu")(gate)
    gate = layers.Dense(channels, activation="sigmoid")(gate)
    return layers.Multiply()([x, gate])


def add_projected(before: Any, x: Any) -> Any:
    """The skip: unchanged, or through a 1x1 convolution and batch normalisation if the channels differ.

    The notebooks' convolution also has a bias, which the normalisation cancels.
    """
    if before.shape[-1] != x.shape[-1]:
        before = layers.Conv2D(x.shape[-1], 1, use_bias=False, kernel_initializer="he_normal")(before)
        before = layers.BatchNormalization()(before)
    return layers.Add()([before, x])


def compiled(image: Any, x: Any, dropout: float, optimizer: str) -> keras.Model:
    """The model with the head that all of them share, compiled with only an optimizer's name."""
    if dropout:
        x = layers.Dropout(dropout)(x)
    x = layers.Conv2D(CLASSES, 1)(x)
    x = layers.Softmax()(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(image, x)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
