"""A KerasTuner hypermodel of the space `two_views`: 377,424 architectures.

It needs only Keras and KerasTuner. To search the space:

    from two_views import TwoViews

    tuner = keras_tuner.RandomSearch(
        TwoViews(), objective="val_accuracy", max_trials=20
    )
    tuner.search(x, y, validation_data=(x_val, y_val))

x is a dict with the inputs `left`, `right`. A model ignores those that it does not use.

A trial outside the `require`d conditions fails, and KerasTuner stops after three
failures in a row: give the tuner a larger `max_consecutive_failed_trials`.

Also declared in trials that may not use it: `encoders.own.left.n[*].se`,
`encoders.own.left.n[*].se.ratio`, `encoders.own.right.n[*].se`,
`encoders.own.right.n[*].se.ratio`, `siamese.encoder.n[*].se`,
`siamese.encoder.n[*].se.ratio`. KerasTuner joins conditions only by `and`.

Some layers may have other numbers in their names than in the models of sqsem.
"""

import math

import keras
import keras_tuner
from keras import layers

MERGES = {
    "add": layers.Add,
    "multiply": layers.Multiply,
    "average": layers.Average,
    "maximum": layers.Maximum,
    "concat": layers.Concatenate,
}


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


def encoder(hp, x, n, path, name):
    for i in range(n):
        x = layers.Conv2D(
            16 * 2**i, 3, strides=2, padding="same", name=f"{name}.n.{i}.conv"
        )(x)
        x = layers.Activation("relu")(x)
        if hp.get(f"{path}.n[{i}].se"):
            x = se(x, hp.get(f"{path}.n[{i}].se.ratio"), name=f"{name}.n.{i}.se")
    return x


def siamese(hp, x, n, tied, name):
    if "siamese" not in tied:
        inputs = keras.Input(x.shape[1:])
        y = encoder(hp, inputs, n, path="siamese.encoder", name=f"{name}.encoder")
        tied["siamese"] = keras.Model(inputs, y, name=name)
    return tied["siamese"](x)


class TwoViews(keras_tuner.HyperModel):
    """Two images, one or two encoders, one answer."""

    def declare_hyperparameters(self, hp):
        hp.Choice(
            "branches",
            ["point", "three", "pool", "point+three", "point+pool", "three+pool"],
        )
        hp.Choice("encoders", ["own", "one"])
        hp.Int("at", 1, 3)
        for i in range(3):
            with hp.conditional_scope("encoders", ["own"]):
                hp.Boolean(f"encoders.own.left.n[{i}].se")
                with hp.conditional_scope(f"encoders.own.left.n[{i}].se", [True]):
                    hp.Choice(f"encoders.own.left.n[{i}].se.ratio", [4, 8])
        for i in range(3):
            with hp.conditional_scope("encoders", ["own"]):
                hp.Boolean(f"encoders.own.right.n[{i}].se")
                with hp.conditional_scope(f"encoders.own.right.n[{i}].se", [True]):
                    hp.Choice(f"encoders.own.right.n[{i}].se.ratio", [4, 8])
        with hp.conditional_scope("encoders", ["own"]):
            hp.Choice("encoders.own.merge.how", ["add", "concat"])
        for i in range(3):
            with hp.conditional_scope("encoders", ["one"]):
                hp.Boolean(f"siamese.encoder.n[{i}].se")
                with hp.conditional_scope(f"siamese.encoder.n[{i}].se", [True]):
                    hp.Choice(f"siamese.encoder.n[{i}].se.ratio", [4, 8])
        with hp.conditional_scope("encoders", ["one"]):
            hp.Choice("encoders.one.merge.how", ["add", "concat"])
        hp.Int("units", 1, 3)
        for i in range(3):
            with hp.conditional_scope("units", list(range(i + 1, 4))):
                hp.Int(f"units[{i}].w", 16, 128, step=16)
        hp.Float("train.learning_rate", 0.0001, 0.01, sampling="log")

    def build(self, hp):
        if "branches" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        tied = {}  # the models of tied blocks, each made at its first use
        at = hp.get("at")
        left = keras.Input((32, 32, 3), name="left")
        right = keras.Input((32, 32, 3), name="right")
        if hp.get("encoders") == "own":
            branch = encoder(
                hp, left, at, path="encoders.own.left", name="encoders.own.left"
            )
            branch_2 = encoder(
                hp, right, at, path="encoders.own.right", name="encoders.own.right"
            )
            met = MERGES[hp.get("encoders.own.merge.how")]()([branch, branch_2])
        else:
            branch = siamese(hp, left, at, tied=tied, name="encoders.one.siamese")
            branch_2 = siamese(hp, right, at, tied=tied, name="encoders.one.siamese_2")
            met = MERGES[hp.get("encoders.one.merge.how")]()([branch, branch_2])
        wide = met
        for i in range(hp.get("units")):
            w = hp.get(f"units[{i}].w")
            if w < wide.shape[-1]:
                raise keras_tuner.errors.FailedTrialError("require w >= channels(it)")
            wide = layers.Conv2D(w, 3, padding="same", name=f"units.{i}.conv")(wide)
            wide = layers.Activation("relu")(wide)
        branches = []
        branches_2 = hp.get("branches").split("+")
        if "point" in branches_2:
            branch = layers.Conv2D(64, 1, padding="same", name="branches.point.conv")(
                wide
            )
            branches.append(branch)
        if "three" in branches_2:
            branch = layers.Conv2D(64, 3, padding="same", name="branches.three.conv")(
                wide
            )
            branches.append(branch)
        if "pool" in branches_2:
            branch = layers.MaxPooling2D(3, strides=1, padding="same")(wide)
            branch = layers.Conv2D(64, 1, padding="same", name="branches.pool.conv")(
                branch
            )
            branches.append(branch)
        if len(branches) == 1:
            x = branches[0]
        else:
            x = layers.Add()(branches)
        x = layers.GlobalAveragePooling2D()(x)
        x = layers.Dense(1, name="dense")(x)
        x = layers.Activation("sigmoid")(x)

        model = keras.Model({"left": left, "right": right}, x, name="two_views")
        model.compile(
            optimizer=keras.optimizers.Adam(
                learning_rate=hp.get("train.learning_rate")
            ),
            loss=keras.losses.BinaryCrossentropy(),
            metrics=[keras.metrics.BinaryAccuracy(name="accuracy")],
        )
        return model

    def fit(self, hp, model, *args, **kwargs):
        kwargs.setdefault("batch_size", 32)
        kwargs.setdefault("epochs", 30)
        return model.fit(*args, **kwargs)
