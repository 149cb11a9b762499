"""A KerasTuner hypermodel of the space `squeezenet_se_auto`: 25,765,100 architectures.

It needs only Keras and KerasTuner. To search the space:

    from squeezenet_se_auto import SqueezenetSeAuto

    tuner = keras_tuner.RandomSearch(
        SqueezenetSeAuto(), objective="val_accuracy", max_trials=100
    )
    tuner.search(x, y, validation_data=(x_val, y_val))

A trial outside the `require`d conditions fails, and KerasTuner stops after three
failures in a row: give the tuner a larger `max_consecutive_failed_trials`.

Also declared in trials that may not use it: `pooled[*].fire_pair.ratio`,
`flat[*].fire_pair.ratio`. KerasTuner joins conditions only by `and`.
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


def fire_pair(hp, x, s, path, name):
    if hp.get(f"{path}.first") == "plain":
        x = fire(x, s, name=f"{name}.first.plain.fire")
    else:
        y = fire(x, s, name=f"{name}.first.se.fire")
        y = se(y, hp.get(f"{path}.ratio"), name=f"{name}.first.se")
        x = shortcut(
            x, y, hp.get(f"{path}.first.se.skip"), name=f"{name}.first.se.skip"
        )
    if hp.get(f"{path}.second") == "plain":
        y = fire(x, s, name=f"{name}.second.plain.fire")
        if hp.get(f"{path}.second.plain.inner") == "identity":
            y = layers.Add()([x, y])
        x = y
    else:
        y = fire(x, s, name=f"{name}.second.se.fire")
        if hp.get(f"{path}.second.se.inner") == "identity":
            y = layers.Add()([x, y])
        y = se(y, hp.get(f"{path}.ratio"), name=f"{name}.second.se")
        x = shortcut(
            x, y, hp.get(f"{path}.second.se.skip"), name=f"{name}.second.se.skip"
        )
    return x


class SqueezenetSeAuto(keras_tuner.HyperModel):
    """SqueezeNet of searchable depth, SE insertion points and bypasses, for CIFAR-10."""

    def declare_hyperparameters(self, hp):
        hp.Int("pooled", 1, 2)
        for i in range(2):
            with hp.conditional_scope("pooled", list(range(i + 1, 3))):
                hp.Choice(f"pooled[{i}].fire_pair.first", ["plain", "se"])
                with hp.conditional_scope(f"pooled[{i}].fire_pair.first", ["se"]):
                    hp.Choice(f"pooled[{i}].fire_pair.first.se.skip", ["none", "auto"])
                hp.Choice(f"pooled[{i}].fire_pair.second", ["plain", "se"])
                hp.Choice(f"pooled[{i}].fire_pair.ratio", [8, 16, 32])
                with hp.conditional_scope(f"pooled[{i}].fire_pair.second", ["plain"]):
                    hp.Choice(
                        f"pooled[{i}].fire_pair.second.plain.inner",
                        ["none", "identity"],
                    )
                with hp.conditional_scope(f"pooled[{i}].fire_pair.second", ["se"]):
                    hp.Choice(f"pooled[{i}].fire_pair.second.se.skip", ["none", "auto"])
                    hp.Choice(
                        f"pooled[{i}].fire_pair.second.se.inner", ["none", "identity"]
                    )
                hp.Choice(f"pooled[{i}].pool", ["max", "avg"])
        hp.Int("flat", 0, 2)
        for i in range(2):
            with hp.conditional_scope("flat", list(range(i + 1, 3))):
                hp.Choice(f"flat[{i}].fire_pair.first", ["plain", "se"])
                with hp.conditional_scope(f"flat[{i}].fire_pair.first", ["se"]):
                    hp.Choice(f"flat[{i}].fire_pair.first.se.skip", ["none", "auto"])
                hp.Choice(f"flat[{i}].fire_pair.second", ["plain", "se"])
                hp.Choice(f"flat[{i}].fire_pair.ratio", [8, 16, 32])
                with hp.conditional_scope(f"flat[{i}].fire_pair.second", ["plain"]):
                    hp.Choice(
                        f"flat[{i}].fire_pair.second.plain.inner", ["none", "identity"]
                    )
                with hp.conditional_scope(f"flat[{i}].fire_pair.second", ["se"]):
                    hp.Choice(f"flat[{i}].fire_pair.second.se.skip", ["none", "auto"])
                    hp.Choice(
                        f"flat[{i}].fire_pair.second.se.inner", ["none", "identity"]
                    )
        hp.Float("dropout.rate", 0.0, 0.8)
        hp.Choice("train.optimizer", ["rmsprop", "sgd"])
        hp.Choice("train.learning_rate", [0.001, 0.0001])

    def build(self, hp):
        if "pooled" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        pooled = hp.get("pooled")
        flat = hp.get("flat")
        image = keras.Input((32, 32, 3), name="image")
        stem = layers.Conv2D(96, 3, strides=2, padding="same", name="conv")(image)
        stem = layers.Activation("relu")(stem)
        stem = layers.MaxPooling2D(3, strides=2)(stem)
        trunk = stem
        for i in range(pooled):
            trunk = fire_pair(
                hp,
                trunk,
                16 * (i + 1),
                path=f"pooled[{i}].fire_pair",
                name=f"pooled.{i}.fire_pair",
            )
            if hp.get(f"pooled[{i}].pool") == "max":
                trunk = layers.MaxPooling2D(3, strides=2)(trunk)
            else:
                trunk = layers.AveragePooling2D(3, strides=2)(trunk)
        for j in range(flat):
            trunk = fire_pair(
                hp,
                trunk,
                16 * (pooled + j + 1),
                path=f"flat[{j}].fire_pair",
                name=f"flat.{j}.fire_pair",
            )
        x = layers.Dropout(hp.get("dropout.rate"))(trunk)
        x = layers.Conv2D(10, 1, padding="same", name="conv_2")(x)
        x = layers.GlobalAveragePooling2D()(x)
        x = layers.Activation("softmax")(x)

        model = keras.Model(image, x, name="squeezenet_se_auto")
        if hp.get("train.optimizer") == "rmsprop":
            optimizer = keras.optimizers.RMSprop(
                learning_rate=hp.get("train.learning_rate")
            )
        else:
            optimizer = keras.optimizers.SGD(
                learning_rate=hp.get("train.learning_rate")
            )
        model.compile(
            optimizer=optimizer,
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        )
        return model

    def fit(self, hp, model, *args, **kwargs):
        if model.count_params() > 1_250_000:
            raise keras_tuner.errors.FailedTrialError("require params <= 1.25M")
        kwargs.setdefault("batch_size", 32)
        kwargs.setdefault("epochs", 100)
        kwargs["callbacks"] = [
            keras.callbacks.EarlyStopping(
                "val_accuracy", patience=10, mode="max", restore_best_weights=True
            ),
            *kwargs.get("callbacks", []),
        ]
        return model.fit(*args, **kwargs)
