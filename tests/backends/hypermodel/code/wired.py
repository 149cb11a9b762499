"""A KerasTuner hypermodel of the space `wired`: 94 architectures.

It needs only Keras and KerasTuner. To search the space:

    from wired import Wired

    tuner = keras_tuner.RandomSearch(Wired(), objective="val_accuracy", max_trials=20)
    tuner.search(x, y, validation_data=(x_val, y_val))

A trial outside the `require`d conditions fails, and KerasTuner stops after three
failures in a row: give the tuner a larger `max_consecutive_failed_trials`.

Also declared in trials that may not use it: `edge[*][*]`, `op[*]`. KerasTuner joins
conditions only by `and`.
"""

import functools

import keras
import keras_tuner
from keras import layers


class Reads:
    """Hyperparameters that remember which of them a model reads."""

    def __init__(self, hp):
        self.values, self.is_active = hp.values, hp.is_active
        self.hp, self.read = hp, set()

    def get(self, name):
        self.read.add(name)
        return self.hp.get(name)


def node(hp, x, a, b, k, name):
    branch = layers.Conv2D(8, 1, padding="same", name=f"{name}.conv")(x)
    branches = [branch]
    if k > 1 and hp.get(f"edge[1][{k}]"):
        branches.append(a())
    if k > 2 and hp.get(f"edge[2][{k}]"):
        branches.append(b())
    if len(branches) == 1:
        seen = branches[0]
    else:
        seen = layers.Add()(branches)
    if hp.get(f"op[{k}]") == "conv3":
        x = layers.Conv2D(8, 3, padding="same", name=f"{name}.conv_2")(seen)
        x = layers.Activation("relu")(x)
    else:
        x = layers.MaxPooling2D(3, strides=1, padding="same")(seen)
    return x


class Wired(keras_tuner.HyperModel):
    """Which of three layers does each later one, or the output, read, and what do they
    do?
    """

    def declare_hyperparameters(self, hp):
        hp.Boolean("edge[1][4]")
        hp.Boolean("edge[2][4]")
        hp.Boolean("edge[3][4]", default=True)
        with hp.conditional_scope("edge[3][4]", [True]):
            hp.Boolean("edge[1][3]")
            hp.Boolean("edge[2][3]", default=True)
        hp.Boolean("edge[1][2]", default=True)
        hp.Choice("op[1]", ["conv3", "pool"])
        hp.Choice("op[2]", ["conv3", "pool"])
        with hp.conditional_scope("edge[3][4]", [True]):
            hp.Choice("op[3]", ["conv3", "pool"])

    def build(self, hp):
        if "edge[1][4]" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        hp = Reads(hp)  # for the rules, which are checked when all choices were read
        image = keras.Input((16, 16, 3), name="image")
        stem = layers.Conv2D(8, 3, padding="same", name="conv")(image)
        stem = layers.Activation("relu")(stem)

        @functools.cache
        def n1():
            return node(hp, stem, lambda: stem, lambda: stem, 1, name="n1")

        @functools.cache
        def n2():
            return node(hp, stem, n1, lambda: stem, 2, name="n2")

        branch = layers.Conv2D(8, 1, padding="same", name="conv_2")(stem)
        branches = [branch]
        if hp.get("edge[1][4]"):
            branches.append(n1())
        if hp.get("edge[2][4]"):
            branches.append(n2())
        if hp.get("edge[3][4]"):
            n3 = node(hp, stem, n1, n2, 3, name="n3")
            branches.append(n3)
        if len(branches) == 1:
            x = branches[0]
        else:
            x = layers.Add()(branches)
        x = layers.GlobalAveragePooling2D()(x)
        x = layers.Dense(10, name="dense")(x)
        x = layers.Activation("softmax")(x)

        model = keras.Model(image, x, name="wired")
        count = 0
        for n in range(1, 4):
            for m in range(2, 5):
                if m > n and f"edge[{n}][{m}]" in hp.read and hp.get(f"edge[{n}][{m}]"):
                    count += 1
        if count > 4:
            raise keras_tuner.errors.FailedTrialError("require count(edge[*][*]) <= 4")
        count = 0
        for n in range(1, 4):
            if f"op[{n}]" in hp.read and hp.get(f"op[{n}]") == "pool":
                count += 1
        if count > 1:
            raise keras_tuner.errors.FailedTrialError(
                "require count(op[*] == pool) <= 1"
            )
        model.compile(
            optimizer=keras.optimizers.Adam(),
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        )
        return model

    def fit(self, hp, model, *args, **kwargs):
        kwargs.setdefault("batch_size", 32)
        kwargs.setdefault("epochs", 10)
        return model.fit(*args, **kwargs)
