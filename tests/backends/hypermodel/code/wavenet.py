"""A KerasTuner hypermodel of the space `wavenet`: 62 architectures.

It needs only Keras and KerasTuner. To search the space:

    from wavenet import Wavenet

    tuner = keras_tuner.RandomSearch(Wavenet(), objective="val_accuracy", max_trials=20)
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


def zeros_like(x):
    """Zeros in place of a tensor."""
    if isinstance(x, Zeros):
        return x
    return Zeros(keras.utils.get_source_inputs(x)[0], x.shape)


def through(layer, x):
    """The output of a layer that keeps zeros."""
    if isinstance(x, Zeros):
        return Zeros(x.source, layer(keras.Input(x.shape[1:])).shape)
    return layer(x)


def add(tensors):
    """The sum of those tensors that are not zeros."""
    rest = [x for x in tensors if not isinstance(x, Zeros)]
    return layers.Add()(rest) if len(rest) > 1 else (rest or tensors)[0]


def filled(x):
    """A tensor; for zeros, one that holds them."""
    if not isinstance(x, Zeros):
        return x
    one = keras.ops.zeros_like(layers.Flatten()(x.source)[:, :1], dtype="float32")
    return layers.Reshape(x.shape[1:])(layers.RepeatVector(math.prod(x.shape[1:]))(one))


class Wavenet(keras_tuner.HyperModel):
    """Gated convolutions over a sound, with one to five dilations, and the sum of what
    each adds.
    """

    def declare_hyperparameters(self, hp):
        hp.Int("depth", 1, 5)
        for i in range(5):
            with hp.conditional_scope("depth", list(range(i + 1, 6))):
                hp.Int(f"depth[{i}].kernel", 2, 3)

    def build(self, hp):
        if "depth" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        sound = keras.Input((64, 1), name="sound")
        start = layers.Conv1D(16, 1, padding="same", name="conv")(sound)
        none = zeros_like(start)
        none = through(
            layers.Conv1D(32, 1, padding="same", use_bias=False, name="conv_2"), none
        )
        signal, skips = start, none
        for i in range(hp.get("depth")):
            kernel = hp.get(f"depth[{i}].kernel")
            branch = layers.Conv1D(
                16,
                kernel,
                padding="causal",
                dilation_rate=2**i,
                name=f"depth.{i}.filter",
            )(signal)
            branch = layers.Activation("tanh")(branch)
            branch_2 = layers.Conv1D(
                16, kernel, padding="causal", dilation_rate=2**i, name=f"depth.{i}.gate"
            )(signal)
            branch_2 = layers.Activation("sigmoid")(branch_2)
            gated = layers.Multiply()([branch, branch_2])
            branch = layers.Conv1D(16, 1, padding="same", name=f"depth.{i}.residual")(
                gated
            )
            signal = layers.Add()([signal, branch])
            branch = layers.Conv1D(32, 1, padding="same", name=f"depth.{i}.skip")(gated)
            skips = add([skips, branch])
        x = through(layers.Activation("relu"), skips)
        x = layers.Conv1D(32, 1, padding="same", name="head")(filled(x))
        x = layers.Activation("relu")(x)
        x = layers.GlobalAveragePooling1D()(x)
        x = layers.Dense(10, name="dense")(x)
        x = layers.Activation("softmax")(x)

        model = keras.Model(sound, x, name="wavenet")
        model.compile(
            optimizer=keras.optimizers.Adam(),
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        )
        return model

    def fit(self, hp, model, *args, **kwargs):
        kwargs.setdefault("batch_size", 8)
        kwargs.setdefault("epochs", 1)
        return model.fit(*args, **kwargs)
