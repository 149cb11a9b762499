"""A KerasTuner hypermodel of the space `padded`: 1,248 architectures.

It needs only Keras and KerasTuner. To search the space:

    from padded import Padded, channel_statistics

    statistics = {"sound": channel_statistics(x["sound"])}
    tuner = keras_tuner.RandomSearch(
        Padded(statistics), objective="val_accuracy", max_trials=20
    )
    tuner.search(x, y, validation_data=(x_val, y_val))

x is a dict with the inputs `sound`, `title`, `more`. A model ignores those that it does
not use.

Some layers may have other numbers in their names than in the models of sqsem.

Sequences are padded at their ends: with NaN in all channels in `sound` and with -1 in
`title`, `more`.
"""

import math

import keras
import keras_tuner
import numpy
from keras import layers


@keras.saving.register_keras_serializable()
class Padding(layers.Layer):
    """Masks the places of padding, in which all channels are NaN, and fills them with 0."""

    def call(self, x):
        return keras.ops.where(keras.ops.isnan(x), 0.0, x)

    def compute_mask(self, x, mask=None):
        return keras.ops.logical_not(keras.ops.all(keras.ops.isnan(x), axis=-1))


@keras.saving.register_keras_serializable()
class PaddedEmbedding(layers.Embedding):
    """A vector for each whole number; the places with -1 are padding, which is masked."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.supports_masking = True

    def call(self, numbers):
        return super().call(keras.ops.maximum(numbers, 0))

    def compute_mask(self, numbers, mask=None):
        return keras.ops.greater_equal(numbers, 0)


@keras.saving.register_keras_serializable()
class Positions(layers.Layer):
    """Adds a learned vector to each place of a sequence."""

    def build(self, shape):
        self.table = self.add_weight(
            shape=shape[1:],
            initializer=keras.initializers.RandomNormal(stddev=0.02),
            name="embeddings",
        )

    def call(self, x):
        return x + self.table

    def compute_mask(self, x, mask=None):
        return mask


@keras.saving.register_keras_serializable()
class SinePositions(layers.Layer):
    """Adds sines and cosines of different frequencies, in alternating channels."""

    def call(self, x):
        length, channels = x.shape[1:]
        places = [[float(place)] for place in range(length)]
        rates = [10_000.0 ** (-(at // 2 * 2) / channels) for at in range(channels)]
        phases = [math.pi / 2 * (at % 2) for at in range(channels)]
        angles = keras.ops.array(places) * keras.ops.array(rates)
        table = keras.ops.sin(angles + keras.ops.array(phases))
        return x + keras.ops.cast(table, x.dtype)

    def compute_mask(self, x, mask=None):
        return mask


def positions(x, kind, name):
    """Adds a vector to each place: a learned one, or sines and cosines."""
    return Positions(name=name)(x) if kind == "learned" else SinePositions()(x)


@keras.saving.register_keras_serializable()
class MaskedConv1D(layers.Conv1D):
    """A convolution that reads zeros in the places of padding."""

    def call(self, x, mask=None):
        if mask is not None:
            x = keras.ops.where(mask[..., None], x, 0.0)
        return super().call(x)

    def compute_mask(self, x, mask=None):
        return None if mask is None else mask[:, :: self.strides[0]]


@keras.saving.register_keras_serializable()
class KeepMask(layers.Layer):
    """The first tensor, with the mask of the second."""

    def call(self, tensors):
        return tensors[0]

    def compute_mask(self, tensors, masks):
        return masks[1]


@keras.saving.register_keras_serializable()
class MaskedSeparableConv1D(layers.SeparableConv1D):
    """A convolution that reads zeros in the places of padding."""

    def call(self, x, mask=None):
        if mask is not None:
            x = keras.ops.where(mask[..., None], x, 0.0)
        return super().call(x)

    def compute_mask(self, x, mask=None):
        return None if mask is None else mask[:, :: self.strides[0]]


@keras.saving.register_keras_serializable()
class MaskedMaxPooling1D(layers.MaxPooling1D):
    """The maximum of the places in a window that are not padding."""

    def call(self, x, mask=None):
        if mask is None:
            return super().call(x)
        pooled = super().call(keras.ops.where(mask[..., None], x, -math.inf))
        return keras.ops.where(self.compute_mask(x, mask)[..., None], pooled, 0.0)

    def compute_mask(self, x, mask=None):
        return None if mask is None else mask[:, :: self.strides[0]]


@keras.saving.register_keras_serializable()
class MaskedDepthwiseConv1D(layers.DepthwiseConv1D):
    """A convolution that reads zeros in the places of padding."""

    def call(self, x, mask=None):
        if mask is not None:
            x = keras.ops.where(mask[..., None], x, 0.0)
        return super().call(x)

    def compute_mask(self, x, mask=None):
        return None if mask is None else mask[:, :: self.strides[0]]


@keras.saving.register_keras_serializable()
class MaskedAveragePooling1D(layers.AveragePooling1D):
    """The average of the places in a window that are not padding."""

    def call(self, x, mask=None):
        if mask is None:
            return super().call(x)
        share = super().call(keras.ops.cast(mask[..., None], x.dtype))
        pooled = super().call(keras.ops.where(mask[..., None], x, 0.0))
        return pooled / keras.ops.maximum(share, 1 / self.pool_size[0])

    def compute_mask(self, x, mask=None):
        return None if mask is None else mask[:, :: self.strides[0]]


@keras.saving.register_keras_serializable()
class MaskedRMSNormalization(layers.RMSNormalization):
    """The same layer, which hands on the mask of its input."""

    def compute_mask(self, x, mask=None):
        return mask


@keras.saving.register_keras_serializable()
class MaskedEinsumDense(layers.EinsumDense):
    """The same layer, which hands on the mask of its input."""

    def compute_mask(self, x, mask=None):
        return mask


@keras.saving.register_keras_serializable()
class MaskedGlobalMaxPooling1D(layers.GlobalMaxPooling1D):
    """The maximum of the places that are not padding."""

    def call(self, x, mask=None):
        if mask is not None:
            x = keras.ops.where(mask[..., None], x, -math.inf)
        return super().call(x)

    def compute_mask(self, x, mask=None):
        return None


def broadcast_like(x, y):
    """Repeats x along the spatial axes of y."""
    missing = len(y.shape) - len(x.shape)
    x = layers.Reshape((1,) * missing + tuple(x.shape[1:]))(x)
    for axis in range(1, len(y.shape) - 1):
        x = keras.ops.repeat(x, y.shape[axis] // x.shape[axis], axis=axis)
    return x


def shuffle(x, groups):
    """Interleaves the channels of the groups, as in ShuffleNet."""
    *extents, channels = x.shape[1:]
    x = keras.ops.reshape(x, (-1, *extents, groups, channels // groups))
    return keras.ops.reshape(keras.ops.swapaxes(x, -1, -2), (-1, *extents, channels))


def in_order(x, backwards):
    """The places in their own order, after a recurrent layer that may read backwards."""
    return KeepMask()([keras.ops.flip(x, axis=1), x]) if backwards else x


@keras.saving.register_keras_serializable()
class SharedModel(keras.Model):
    """A model as a layer, whose output has the mask that its last layer gives it."""

    def compute_mask(self, inputs, mask=None):
        return None


@keras.saving.register_keras_serializable()
class WeightedAdd(layers.Layer):
    """The sum of tensors, each times its share of learned weights, as in EfficientDet."""

    def __init__(self, epsilon=0.0001, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, shapes):
        self.shares = self.add_weight(shape=(1, len(shapes)), initializer="ones")

    def call(self, tensors):
        positive = keras.ops.relu(self.shares[0])
        shares = positive / (keras.ops.sum(positive) + self.epsilon)
        return sum(x * shares[at] for at, x in enumerate(tensors))

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}

    def compute_mask(self, tensors, masks):
        return masks[0]


def channel_statistics(x):
    """The mean and the variance of each channel of an array of samples, without its padding."""
    axes = tuple(range(x.ndim - 1))
    return numpy.nanmean(x, axes).tolist(), numpy.nanvar(x, axes).tolist()


def se(x, ratio, name):
    """Squeeze and excitation: each channel is scaled by a gate that two dense layers
    compute from all channels' means.
    """
    gate = layers.GlobalAveragePooling1D()(x)
    gate = layers.Dense(
        max(1, math.floor(x.shape[-1] / ratio + 0.5)), name=f"{name}.dense"
    )(gate)
    gate = layers.Activation("relu")(gate)
    gate = layers.Dense(x.shape[-1], name=f"{name}.dense_2")(gate)
    gate = layers.Activation("sigmoid")(gate)
    return KeepMask()([layers.Multiply()([x, gate]), x])


def stage(hp, x, c, path, name):
    kind = hp.get(f"{path}.kind")
    if kind == "conv":
        x = MaskedConv1D(
            c,
            3,
            strides=hp.get(f"{path}.kind.conv.stride"),
            padding="same",
            name=f"{name}.kind.conv",
        )(x)
        x = layers.Activation("relu")(x)
        if hp.get(f"{path}.kind.conv.gate"):
            x = se(x, 2, name=f"{name}.kind.conv.gate.se")
    elif kind == "separable":
        x = MaskedSeparableConv1D(
            c, 5, strides=2, padding="same", name=f"{name}.kind.separable"
        )(x)
        x = MaskedMaxPooling1D(2, strides=1, padding="same")(x)
    else:
        x = MaskedDepthwiseConv1D(3, padding="same", name=f"{name}.kind.depthwise")(x)
        x = layers.Dense(c, name=f"{name}.kind.depthwise.dense")(x)
        x = MaskedAveragePooling1D(3, strides=2, padding="same")(x)
    return x


def reader(x, units, tied, name):
    if "reader" not in tied:
        inputs = keras.Input(x.shape[1:])
        y = layers.GRU(units, return_sequences=True, name=f"{name}.gru")(inputs)
        y = layers.LayerNormalization(name=f"{name}.layernorm")(y)
        tied["reader"] = SharedModel(inputs, y, name=name)
    return tied["reader"](x)


class Padded(keras_tuner.HyperModel):
    """Spoken commands with a title of words."""

    def __init__(self, statistics, **kwargs):
        super().__init__(**{"name": "padded", **kwargs})
        self.statistics = statistics

    def declare_hyperparameters(self, hp):
        hp.Int("stages", 1, 2)
        for i in range(2):
            with hp.conditional_scope("stages", list(range(i + 1, 3))):
                hp.Choice(f"stages[{i}].stage.kind", ["conv", "separable", "depthwise"])
                hp.Choice(f"stages[{i}].stage.c", [4, 8])
                with hp.conditional_scope(f"stages[{i}].stage.kind", ["conv"]):
                    hp.Int(f"stages[{i}].stage.kind.conv.stride", 1, 2)
                    hp.Boolean(f"stages[{i}].stage.kind.conv.gate")
        hp.Choice("positions.kind", ["sine", "learned"])
        hp.Boolean("lstm.backwards")
        hp.Choice("pool", ["mean", "most"])

    def build(self, hp):
        if "stages" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        tied = {}  # the models of tied blocks, each made at its first use
        sound = keras.Input((32, 2), name="sound")
        mean, variance = self.statistics["sound"]
        standardized_sound = layers.Normalization(mean=mean, variance=variance)(sound)
        masked_sound = Padding()(standardized_sound)
        title = keras.Input((9,), name="title", dtype="int32")
        more = keras.Input((9,), name="more", dtype="int32")
        words = PaddedEmbedding(20, 8, name="words")(title)
        words = positions(words, hp.get("positions.kind"), name="positions")
        heard = masked_sound
        for i in range(hp.get("stages")):
            heard = stage(
                hp,
                heard,
                hp.get(f"stages[{i}].stage.c"),
                path=f"stages[{i}].stage",
                name=f"stages.{i}.stage",
            )
        y = MaskedRMSNormalization(name="rmsnorm")(heard)
        y = layers.MultiHeadAttention(2, 3, name="attention")(y, words)
        y = MaskedEinsumDense(
            "nxc,c->nxc",
            y.shape[1:],
            kernel_initializer=keras.initializers.Constant(0.5),
            name="layer_scale",
        )(y)
        heard = layers.Add()([heard, y])
        branch = MaskedGlobalMaxPooling1D()(heard)
        branch = KeepMask()([broadcast_like(branch, heard), heard])
        heard = layers.Concatenate()([heard, branch])
        heard = KeepMask()([shuffle(heard, 2), heard])
        heard = KeepMask()([heard[..., :6], heard])
        heard = in_order(
            layers.LSTM(
                4,
                return_sequences=True,
                go_backwards=hp.get("lstm.backwards"),
                name="lstm",
            )(heard),
            hp.get("lstm.backwards"),
        )
        if hp.get("pool") == "mean":
            heard = layers.GlobalAveragePooling1D()(heard)
        else:
            heard = MaskedGlobalMaxPooling1D()(heard)
        branch = reader(words, 3, tied=tied, name="reader")
        branch = layers.GlobalAveragePooling1D()(branch)
        branch_2 = PaddedEmbedding(20, 8, name="others")(more)
        branch_2 = reader(branch_2, 3, tied=tied, name="reader_2")
        branch_3 = layers.Activation("relu")(branch_2)
        branch_2 = WeightedAdd(name="weighted_add")([branch_2, branch_3])
        branch_2 = layers.Bidirectional(layers.GRU(2), name="gru")(branch_2)
        read = layers.Concatenate()([branch, branch_2])
        x = layers.Concatenate()([heard, read])
        x = layers.Dropout(0.1)(x)
        x = layers.Dense(5, name="dense")(x)
        x = layers.Activation("softmax")(x)

        model = keras.Model(
            {"sound": sound, "title": title, "more": more}, x, name="padded"
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
