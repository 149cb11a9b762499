"""A KerasTuner hypermodel of the space `nas_bench_201`: 15,625 architectures.

It needs only Keras and KerasTuner. To search the space:

    from nas_bench_201 import NasBench201

    tuner = keras_tuner.RandomSearch(
        NasBench201(steps_per_epoch=math.ceil(samples / 256)),
        objective="val_accuracy",
        max_trials=100,
    )
    tuner.search(x, y, validation_data=(x_val, y_val))

Some layers may have other numbers in their names than in the models of sqsem.
"""

import dataclasses
import math

import keras
import keras_tuner
from keras import layers


@dataclasses.dataclass
class Zeros:
    """Zeros in place of a tensor, so that the layers that they pass can be left out.

    `source` is an input of the model, which tells the size of a batch.
    """

    source: keras.KerasTensor
    shape: tuple


def through(layer, x):
    """The output of a layer that keeps zeros."""
    if isinstance(x, Zeros):
        return Zeros(x.source, layer(keras.Input(x.shape[1:])).shape)
    return layer(x)


def filled(x):
    """A tensor; for zeros, one that holds them."""
    if not isinstance(x, Zeros):
        return x
    one = keras.ops.zeros_like(layers.Flatten()(x.source)[:, :1], dtype="float32")
    return layers.Reshape(x.shape[1:])(layers.RepeatVector(math.prod(x.shape[1:]))(one))


def zeros_like(x):
    """Zeros in place of a tensor."""
    if isinstance(x, Zeros):
        return x
    return Zeros(keras.utils.get_source_inputs(x)[0], x.shape)


def add(tensors):
    """The sum of those tensors that are not zeros."""
    rest = [x for x in tensors if not isinstance(x, Zeros)]
    return layers.Add()(rest) if len(rest) > 1 else (rest or tensors)[0]


def edge(hp, x, c, path, name):
    op = hp.get(f"{path}.op")
    if op == "conv3":
        x = through(layers.Activation("relu"), x)
        x = through(
            layers.Conv2D(
                c, 3, padding="same", use_bias=False, name=f"{name}.op.conv3.conv"
            ),
            x,
        )
        x = layers.BatchNormalization(name=f"{name}.op.conv3.batchnorm")(filled(x))
    elif op == "conv1":
        x = through(layers.Activation("relu"), x)
        x = through(
            layers.Conv2D(
                c, 1, padding="same", use_bias=False, name=f"{name}.op.conv1.conv"
            ),
            x,
        )
        x = layers.BatchNormalization(name=f"{name}.op.conv1.batchnorm")(filled(x))
    elif op == "pool":
        x = through(layers.AveragePooling2D(3, strides=1, padding="same"), x)
    elif op == "skip":
        pass
    else:
        x = zeros_like(x)
    return x


def cell(hp, x, c, name):
    n1 = edge(hp, x, c, path="cell.e01", name=f"{name}.e01")
    branch = edge(hp, x, c, path="cell.e02", name=f"{name}.e02")
    branch_2 = edge(hp, n1, c, path="cell.e12", name=f"{name}.e12")
    n2 = add([branch, branch_2])
    branch = edge(hp, x, c, path="cell.e03", name=f"{name}.e03")
    branch_2 = edge(hp, n1, c, path="cell.e13", name=f"{name}.e13")
    branch_3 = edge(hp, n2, c, path="cell.e23", name=f"{name}.e23")
    return add([branch, branch_2, branch_3])


def reduction(x, c, name):
    shortcut = through(layers.AveragePooling2D(2, padding="same"), x)
    shortcut = through(
        layers.Conv2D(c, 1, padding="same", use_bias=False, name=f"{name}.conv"),
        shortcut,
    )
    branch = through(layers.Activation("relu"), x)
    branch = through(
        layers.Conv2D(
            c, 3, strides=2, padding="same", use_bias=False, name=f"{name}.conv_2"
        ),
        branch,
    )
    branch = layers.BatchNormalization(name=f"{name}.batchnorm")(filled(branch))
    branch = layers.Activation("relu")(branch)
    branch = layers.Conv2D(c, 3, padding="same", use_bias=False, name=f"{name}.conv_3")(
        branch
    )
    branch = layers.BatchNormalization(name=f"{name}.batchnorm_2")(branch)
    return add([shortcut, branch])


class NasBench201(keras_tuner.HyperModel):
    """Three stages of one searched cell, for 32x32 images."""

    def __init__(self, steps_per_epoch, **kwargs):
        super().__init__(**{"name": "nas_bench_201", **kwargs})
        self.steps_per_epoch = steps_per_epoch

    def declare_hyperparameters(self, hp):
        hp.Choice("cell.e03.op", ["conv3", "conv1", "pool", "skip", "none"])
        hp.Choice("cell.e01.op", ["conv3", "conv1", "pool", "skip", "none"])
        hp.Choice("cell.e13.op", ["conv3", "conv1", "pool", "skip", "none"])
        hp.Choice("cell.e02.op", ["conv3", "conv1", "pool", "skip", "none"])
        hp.Choice("cell.e12.op", ["conv3", "conv1", "pool", "skip", "none"])
        hp.Choice("cell.e23.op", ["conv3", "conv1", "pool", "skip", "none"])

    def build(self, hp):
        if "cell.e03.op" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        image = keras.Input((32, 32, 3), name="image")
        augmented_image = layers.RandomFlip("horizontal")(image)
        augmented_image = layers.RandomTranslation(
            4.5 / 32, 4.5 / 32, fill_mode="constant", interpolation="nearest"
        )(augmented_image)
        x = layers.Conv2D(16, 3, padding="same", use_bias=False, name="conv")(
            augmented_image
        )
        x = layers.BatchNormalization(name="batchnorm")(x)
        for i in range(5):
            x = cell(hp, x, 16, name=f"n.{i}.cell")
        x = reduction(x, 32, name="reduction")
        for j in range(5):
            x = cell(hp, x, 32, name=f"n.{j}.cell_2")
        x = reduction(x, 64, name="reduction_2")
        for k in range(5):
            x = cell(hp, x, 64, name=f"n.{k}.cell_3")
        x = layers.BatchNormalization(name="batchnorm_2")(filled(x))
        x = layers.Activation("relu")(x)
        x = layers.GlobalAveragePooling2D()(x)
        x = layers.Dense(10, name="dense")(x)
        x = layers.Activation("softmax")(x)

        model = keras.Model(image, x, name="nas_bench_201")
        learning_rate = keras.optimizers.schedules.CosineDecay(
            0.1, 200 * self.steps_per_epoch
        )
        model.compile(
            optimizer=keras.optimizers.SGD(
                learning_rate=learning_rate,
                weight_decay=0.0005,
                momentum=0.9,
                nesterov=True,
            ),
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        )
        return model

    def fit(self, hp, model, *args, **kwargs):
        kwargs.setdefault("batch_size", 256)
        kwargs.setdefault("epochs", 200)
        return model.fit(*args, **kwargs)
