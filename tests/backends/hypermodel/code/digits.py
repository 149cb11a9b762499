"""A KerasTuner hypermodel of the space `digits`: 1,032 architectures.

It needs only Keras and KerasTuner. To search the space:

    from digits import Digits

    tuner = keras_tuner.RandomSearch(Digits(), objective="val_accuracy", max_trials=8)
    tuner.search(x, y, validation_data=(x_val, y_val))

A trial outside the `require`d conditions fails, and KerasTuner stops after three
failures in a row: give the tuner a larger `max_consecutive_failed_trials`.
"""

import math

import keras
import keras_tuner
from keras import layers


def project(x, y, name):
    """Gives x the shape of y: a 1x1 convolution without bias, and batch normalization."""
    extents = zip(x.shape[1:-1], y.shape[1:-1], strict=True)
    strides = [-(-n // m) for n, m in extents]
    x = layers.Conv2D(
        y.shape[-1],
        1,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}.conv",
    )(x)
    return layers.BatchNormalization(name=f"{name}.batchnorm")(x)


def shortcut(x, y, mode, name):
    """The output y of a body, with a shortcut from its input x if the mode says so."""
    if mode == "none":
        return y
    if mode == "auto" and x.shape != y.shape:
        x = project(x, y, name=name)
    return layers.Add()([x, y])


def fire(x, s, name):
    """A fire module: a 1x1 squeeze to s channels, then 1x1 and 3x3 expansions to 4s
    each, concatenated to 8s.
    """
    squeezed = layers.Conv2D(s, 1, padding="same", name=f"{name}.conv")(x)
    squeezed = layers.Activation("relu")(squeezed)
    branch = layers.Conv2D(4 * s, 1, padding="same", name=f"{name}.conv_2")(squeezed)
    branch = layers.Activation("relu")(branch)
    branch_2 = layers.Conv2D(4 * s, 3, padding="same", name=f"{name}.conv_3")(squeezed)
    branch_2 = layers.Activation("relu")(branch_2)
    return layers.Concatenate()([branch, branch_2])


def se(x, ratio, name):
    """Squeeze and excitation: each channel is scaled by a gate that two dense layers
    compute from all channels' means.
    """
    gate = layers.GlobalAveragePooling2D()(x)
    gate = layers.Dense(
        max(1, math.floor(x.shape[-1] / ratio + 0.5)), name=f"{name}.dense"
    )(gate)
    gate = layers.Activation("relu")(gate)
    gate = layers.Dense(x.shape[-1], name=f"{name}.dense_2")(gate)
    gate = layers.Activation("sigmoid")(gate)
    return layers.Multiply()([x, gate])


class Digits(keras_tuner.HyperModel):
    """Fire modules with optional skips and SE blocks, for 8x8 digits resized to 16x16."""

    def declare_hyperparameters(self, hp):
        hp.Int("fires", 1, 3)
        for i in range(3):
            with hp.conditional_scope("fires", list(range(i + 1, 4))):
                hp.Choice(f"fires[{i}].skip", ["none", "auto"])
                hp.Boolean(f"fires[{i}].se")
                with hp.conditional_scope(f"fires[{i}].se", [True]):
                    hp.Choice(f"fires[{i}].se.ratio", [4, 8])
        hp.Choice("s", [4, 6])
        hp.Choice("pool", ["max", "avg"])
        hp.Float("dropout.rate", 0.0, 0.5)
        hp.Float("train.learning_rate", 0.001, 0.01, sampling="log")

    def build(self, hp):
        if "fires" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        image = keras.Input((16, 16, 1), name="image")
        s = hp.get("s")
        x = layers.Conv2D(16, 3, padding="same", name="conv")(image)
        x = layers.Activation("relu")(x)
        x = layers.MaxPooling2D(2, padding="same")(x)
        for i in range(hp.get("fires")):
            y = fire(x, s * (1 + i // 2), name=f"fires.{i}.fire")
            x = shortcut(x, y, hp.get(f"fires[{i}].skip"), name=f"fires.{i}.skip")
            if hp.get(f"fires[{i}].se"):
                x = se(x, hp.get(f"fires[{i}].se.ratio"), name=f"fires.{i}.se")
            x = layers.LayerNormalization(name=f"fires.{i}.layernorm")(x)
        if hp.get("pool") == "max":
            x = layers.MaxPooling2D(2, padding="same")(x)
        else:
            x = layers.AveragePooling2D(2, padding="same")(x)
        x = layers.Flatten()(x)
        x = layers.Dropout(hp.get("dropout.rate"))(x)
        x = layers.Dense(10, name="dense")(x)
        x = layers.Activation("softmax")(x)

        model = keras.Model(image, x, name="digits")
        model.compile(
            optimizer=keras.optimizers.Adam(
                learning_rate=hp.get("train.learning_rate")
            ),
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        )
        return model

    def fit(self, hp, model, *args, **kwargs):
        if model.count_params() > 32_000:
            raise keras_tuner.errors.FailedTrialError("require params <= 32K")
        kwargs.setdefault("batch_size", 64)
        kwargs.setdefault("epochs", 12)
        return model.fit(*args, **kwargs)
