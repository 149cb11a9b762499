"""A KerasTuner hypermodel of the space `every_form`: 117,780,480 architectures.

It needs only Keras and KerasTuner. To search the space:

    from every_form import EveryForm

    tuner = keras_tuner.RandomSearch(
        EveryForm(steps_per_epoch=math.ceil(samples / 32)),
        objective=keras_tuner.Objective("val_a_accuracy", "max"),
        max_trials=20,
    )
    tuner.search(x, y, validation_data=(x_val, y_val))

x is a dict with the inputs `image`, `words`. A model ignores those that it does not
use.

y is a dict with the outputs `a`, `b`.

Labels of `a` are one-hot vectors.

Not checked: `require macs <= 10M`, which Keras does not count.

A trial outside the `require`d conditions fails, and KerasTuner stops after three
failures in a row: give the tuner a larger `max_consecutive_failed_trials`.

Also declared in trials that may not use it: `depth`, `depth[*].u`,
`depth[*].unit.kernel`, `depth[*].unit.act`, `depth[*].unit.times[*].norm`, `w`, `k`,
`cell.op`. KerasTuner joins conditions only by `and`.

Some layers may have other numbers in their names than in the models of sqsem.

Targets are used as they are: standardize them as sqsem does, if their scale is large.
"""

import keras
import keras_tuner
from keras import layers

ACTIVATIONS = {
    "swish": "silu",
    "hswish": "hard_silu",
    "hsigmoid": "hard_sigmoid",
    "hard_swish": "hard_silu",
}

MERGES = {
    "add": layers.Add,
    "multiply": layers.Multiply,
    "average": layers.Average,
    "maximum": layers.Maximum,
    "concat": layers.Concatenate,
}

REGULARIZER = keras.regularizers.L2(0.0001)

WIDTHS = [4, 8, 16]


def activation(name):
    return layers.Activation(ACTIVATIONS.get(name, name))


def project_vector(x, y, name):
    """Gives x the shape of y: a dense layer without bias, and batch normalization."""
    x = layers.Dense(
        y.shape[-1],
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}.dense",
    )(x)
    return layers.BatchNormalization(name=f"{name}.batchnorm")(x)


def shortcut_vector(x, y, mode, name):
    """The output y of a body, with a shortcut from its input x if the mode says so."""
    if mode == "none":
        return y
    if mode == "fit" and x.shape != y.shape:
        return y
    if mode == "project":
        x = project_vector(x, y, name=name)
    return layers.Add()([x, y])


def unit(hp, x, c, act="relu", times=1, *, path, name):
    """Convolutions with an activation."""
    for i in range(times):
        x = layers.Conv2D(
            c,
            hp.get(f"{path}.kernel"),
            padding="same",
            kernel_regularizer=REGULARIZER,
            name=f"{name}.times.{i}.conv",
        )(x)
        x = activation(act)(x)
        if hp.get(f"{path}.times[{i}].norm"):
            x = layers.BatchNormalization(name=f"{name}.times.{i}.norm.batchnorm")(x)
    return x


def halved(x, k, w, name):
    return layers.Conv2D(
        w // 2,
        k,
        strides=2,
        padding="same",
        kernel_regularizer=REGULARIZER,
        name=f"{name}.conv",
    )(x)


def narrow(image, rate, c=None, *, k, w, name):
    image = layers.Conv2D(
        rate, 1, padding="same", kernel_regularizer=REGULARIZER, name=f"{name}.conv"
    )(image)
    image = halved(image, k=k, w=w, name=f"{name}.halved")
    return layers.Conv2D(
        c, 1, padding="same", kernel_regularizer=REGULARIZER, name=f"{name}.conv_2"
    )(image)


def cell(hp, x, c, name):
    if hp.get("cell.op") == "conv":
        x = layers.Conv2D(
            c, 3, padding="same", kernel_regularizer=REGULARIZER, name=f"{name}.op.conv"
        )(x)
    else:
        x = layers.AveragePooling2D(3, strides=1, padding="same")(x)
        x = layers.Conv2D(
            c,
            1,
            padding="same",
            kernel_regularizer=REGULARIZER,
            name=f"{name}.op.pool.conv",
        )(x)
    return x


class EveryForm(keras_tuner.HyperModel):
    """The models of the space every_form."""

    def __init__(self, steps_per_epoch, **kwargs):
        super().__init__(**{"name": "every_form", **kwargs})
        self.steps_per_epoch = steps_per_epoch

    def declare_hyperparameters(self, hp):
        hp.Int("depth", 1, 2)
        hp.Int("depth[0].u", 1, 8)
        hp.Choice("depth[0].unit.kernel", [1, 3])
        hp.Choice("depth[0].unit.act", ["relu", "hswish"])
        hp.Boolean("depth[0].unit.times[0].norm")
        with hp.conditional_scope("depth", [2]):
            hp.Int("depth[1].u", 1, 8)
            hp.Choice("depth[1].unit.kernel", [1, 3])
            hp.Choice("depth[1].unit.act", ["relu", "hswish"])
        for j in range(2):
            with hp.conditional_scope("depth", [2]):
                hp.Boolean(f"depth[1].unit.times[{j}].norm")
        hp.Int("w", 8, 32, step=8)
        hp.Choice("k", [3, 5])
        hp.Choice("cell.op", ["conv", "pool"])
        hp.Int("conv.filters", 4, 16, step=4)
        hp.Choice("skip", ["none", "project", "fit"])
        hp.Int("layers", 0, 2)
        hp.Choice("parts", ["one", "two", "three", "one+two", "one+three", "two+three"])
        with hp.conditional_scope("parts", ["two", "one+two", "two+three"]):
            hp.Choice("rate", [0.25, 0.5])
        hp.Boolean("more")
        hp.Choice("merge.how", ["add", "maximum"])
        hp.Choice("train.optimizer", ["sgd", "adamw"])
        with hp.conditional_scope("train.optimizer", ["sgd"]):
            hp.Float("train.optimizer.sgd.momentum", 0.5, 0.9)
        hp.Float("train.learning_rate", 0.0001, 0.01, sampling="log")
        hp.Choice("train.label_smoothing", [0.0, 0.1])
        hp.Choice("train.epochs", [3, 5])

    def build(self, hp):
        if "depth" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        w = hp.get("w")
        k = hp.get("k")
        depth = hp.get("depth")
        image = keras.Input((12, 12, 3), name="image")
        words = keras.Input((5,), name="words", dtype="int32")
        if w * k > 120:
            raise keras_tuner.errors.FailedTrialError("require w * k <= 120")
        v = image
        for d in range(depth):
            u = hp.get(f"depth[{d}].u")
            if 2 * u > w:
                raise keras_tuner.errors.FailedTrialError("require 2 * u <= w")
            v = unit(
                hp,
                v,
                2 * u,
                hp.values.get(f"depth[{d}].unit.act"),
                d + 1,
                path=f"depth[{d}].unit",
                name=f"depth.{d}.unit",
            )
            y = layers.Conv2D(
                2 * u,
                3,
                padding="same",
                kernel_regularizer=REGULARIZER,
                name=f"depth.{d}.conv",
            )(v)
            if v.shape == y.shape:
                y = layers.Add()([v, y])
            v = y
        small = narrow(v, 6, c=6, k=k, w=w, name="narrow")
        small = cell(hp, small, w, name="cell")
        small = cell(hp, small, w, name="cell_2")
        if small.shape[-1] > 8:
            seen = layers.Conv2D(
                8, 1, padding="same", kernel_regularizer=REGULARIZER, name="conv"
            )(small)
        else:
            seen = layers.Conv2D(
                v.shape[-1],
                3,
                padding="same",
                kernel_regularizer=REGULARIZER,
                name="conv_2",
            )(small)
            seen = layers.Activation("relu")(seen)
        read = layers.Embedding(50, 8, name="embedding")(words)
        read = layers.Conv1D(
            hp.get("conv.filters"),
            3,
            padding="same",
            kernel_regularizer=REGULARIZER,
            name="conv_3",
        )(read)
        read = layers.GlobalAveragePooling1D()(read)
        branch = layers.GlobalAveragePooling2D()(seen)
        branches = [branch]
        if w > 16 and depth == 2:
            branch_2 = layers.Activation("relu")(read)
            branches.append(branch_2)
        elif depth == 1:
            branch_3 = layers.Activation("tanh")(read)
            branches.append(branch_3)
        branches.append(read)
        joined = layers.Concatenate()(branches)
        x = layers.Dense(16, kernel_regularizer=REGULARIZER, name="dense")(joined)
        x = shortcut_vector(joined, x, hp.get("skip"), name="skip")
        for i in range(hp.get("layers")):
            x = layers.Dense(
                WIDTHS[i], kernel_regularizer=REGULARIZER, name=f"layers.{i}.dense"
            )(x)
            x = layers.Activation("relu")(x)
        x = layers.Dense(4, kernel_regularizer=REGULARIZER, name="dense_2")(x)
        x = layers.Activation("softmax")(x)
        branches_2 = []
        parts = hp.get("parts").split("+")
        if "one" in parts:
            branch_4 = layers.Dense(
                6, kernel_regularizer=REGULARIZER, name="parts.one.dense"
            )(joined)
            branches_2.append(branch_4)
        if "two" in parts:
            branch_4 = layers.Dense(
                6, kernel_regularizer=REGULARIZER, name="parts.two.dense"
            )(read)
            branch_4 = layers.Dropout(hp.get("rate"))(branch_4)
            branches_2.append(branch_4)
        if "three" in parts:
            branch_4 = layers.Flatten()(seen)
            branch_4 = layers.Dense(
                6, kernel_regularizer=REGULARIZER, name="parts.three.dense"
            )(branch_4)
            branches_2.append(branch_4)
        if len(branches_2) == 1:
            x_2 = branches_2[0]
        else:
            x_2 = layers.Add()(branches_2)
        branch_4 = layers.Dense(6, kernel_regularizer=REGULARIZER, name="dense_3")(
            joined
        )
        branches_3 = [x_2, branch_4]
        if hp.get("more"):
            branch_5 = layers.Dense(
                6, kernel_regularizer=REGULARIZER, name="more.dense"
            )(read)
            branches_3.append(branch_5)
        x_2 = MERGES[hp.get("merge.how")]()(branches_3)
        x_2 = layers.Dense(1, kernel_regularizer=REGULARIZER, name="dense_4")(x_2)

        model = keras.Model(
            {"image": image, "words": words}, {"a": x, "b": x_2}, name="every_form"
        )
        learning_rate = keras.optimizers.schedules.CosineDecay(
            0.0,
            (hp.get("train.epochs") - 2) * self.steps_per_epoch,
            warmup_target=hp.get("train.learning_rate"),
            warmup_steps=2 * self.steps_per_epoch,
        )
        if hp.get("train.optimizer") == "sgd":
            optimizer = keras.optimizers.SGD(
                learning_rate=learning_rate,
                weight_decay=1e-05,
                momentum=hp.get("train.optimizer.sgd.momentum"),
                nesterov=True,
            )
        else:
            optimizer = keras.optimizers.AdamW(
                learning_rate=learning_rate, weight_decay=1e-05
            )
        model.compile(
            optimizer=optimizer,
            loss={
                "a": keras.losses.CategoricalCrossentropy(
                    label_smoothing=hp.get("train.label_smoothing")
                ),
                "b": keras.losses.Huber(delta=2.0),
            },
            loss_weights={"a": 1.0, "b": 0.5},
            metrics={
                "a": [
                    keras.metrics.CategoricalAccuracy(name="accuracy"),
                    keras.metrics.F1Score(average="macro", name="f1"),
                ],
                "b": [keras.metrics.MeanAbsoluteError(name="mae")],
            },
        )
        return model

    def fit(self, hp, model, *args, **kwargs):
        if model.count_params() > 100_000:
            raise keras_tuner.errors.FailedTrialError("require params <= 100K")
        kwargs.setdefault("batch_size", 32)
        kwargs.setdefault("epochs", hp.get("train.epochs"))
        kwargs["callbacks"] = [
            keras.callbacks.EarlyStopping(
                "val_loss", patience=3, mode="min", restore_best_weights=True
            ),
            *kwargs.get("callbacks", []),
        ]
        return model.fit(*args, **kwargs)
