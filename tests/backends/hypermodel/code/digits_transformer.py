"""A KerasTuner hypermodel of the space `digits_transformer`: 84 architectures.

It needs only Keras and KerasTuner. To search the space:

    from digits_transformer import DigitsTransformer

    tuner = keras_tuner.RandomSearch(
        DigitsTransformer(), objective="val_accuracy", max_trials=6
    )
    tuner.search(x, y, validation_data=(x_val, y_val))

A trial outside the `require`d conditions fails, and KerasTuner stops after three
failures in a row: give the tuner a larger `max_consecutive_failed_trials`.
"""

import math

import keras
import keras_tuner
from keras import layers

ACTIVATIONS = {
    "swish": "silu",
    "hswish": "hard_silu",
    "hsigmoid": "hard_sigmoid",
    "hard_swish": "hard_silu",
}


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


def activation(name):
    return layers.Activation(ACTIVATIONS.get(name, name))


def patches(x, size, c, name):
    """An image as a sequence: each patch of size x size pixels becomes a place of c
    channels.
    """
    map = layers.Conv2D(c, size, strides=size, name=f"{name}.conv")(x)
    return layers.Reshape((map.shape[-3] * map.shape[-2], c))(map)


def transformer_mlp(x, expand=4, rate=0, act="gelu", *, name):
    """A perceptron with one hidden layer at each place, around a shortcut."""
    c = x.shape[-1]
    y = layers.LayerNormalization(name=f"{name}.layernorm")(x)
    y = layers.Dense(expand * c, name=f"{name}.dense")(y)
    y = activation(act)(y)
    y = layers.Dropout(rate)(y)
    y = layers.Dense(c, name=f"{name}.dense_2")(y)
    y = layers.Dropout(rate)(y)
    return layers.Add()([x, y])


def transformer_encoder(x, heads, expand=4, rate=0, act="gelu", *, name):
    """Attention of the places to each other, then a perceptron at each place, both
    around a shortcut.
    """
    y = layers.LayerNormalization(name=f"{name}.layernorm")(x)
    y = layers.MultiHeadAttention(
        heads, y.shape[-1] // heads, name=f"{name}.attention"
    )(y, y)
    y = layers.Dropout(rate)(y)
    x = layers.Add()([x, y])
    return transformer_mlp(x, expand, rate, act, name=f"{name}.transformer_mlp")


class DigitsTransformer(keras_tuner.HyperModel):
    """How deep should a small transformer be, and must it learn where the patches are?"""

    def declare_hyperparameters(self, hp):
        hp.Choice("width", [16, 24])
        hp.Choice("place", ["learned", "sine", "none"])
        hp.Int("depth", 1, 3)
        for i in range(3):
            with hp.conditional_scope("depth", list(range(i + 1, 4))):
                hp.Choice(f"depth[{i}].transformer_encoder.heads", [2, 4])
        hp.Float("train.learning_rate", 0.001, 0.01, sampling="log")

    def build(self, hp):
        if "width" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        image = keras.Input((8, 8, 1), name="image")
        width = hp.get("width")
        x = patches(image, 2, width, name="patches")
        place = hp.get("place")
        if place == "learned":
            x = Positions(name="place.learned.positions")(x)
        elif place == "sine":
            x = SinePositions()(x)
        for i in range(hp.get("depth")):
            x = transformer_encoder(
                x,
                hp.get(f"depth[{i}].transformer_encoder.heads"),
                2,
                0.1,
                name=f"depth.{i}.transformer_encoder",
            )
        x = layers.LayerNormalization(name="layernorm")(x)
        x = layers.GlobalAveragePooling1D()(x)
        x = layers.Dense(10, name="dense")(x)
        x = layers.Activation("softmax")(x)

        model = keras.Model(image, x, name="digits_transformer")
        model.compile(
            optimizer=keras.optimizers.AdamW(
                learning_rate=hp.get("train.learning_rate")
            ),
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        )
        return model

    def fit(self, hp, model, *args, **kwargs):
        if model.count_params() > 12_000:
            raise keras_tuner.errors.FailedTrialError("require params <= 12K")
        kwargs.setdefault("batch_size", 64)
        kwargs.setdefault("epochs", 12)
        return model.fit(*args, **kwargs)
