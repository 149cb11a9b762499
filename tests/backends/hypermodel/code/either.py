"""A KerasTuner hypermodel of the space `either`: 64 architectures.

It needs only Keras and KerasTuner. To search the space:

    from either import Either

    tuner = keras_tuner.RandomSearch(Either(), objective="val_loss", max_trials=20)
    tuner.search(x, y, validation_data=(x_val, y_val))

Targets are used as they are: standardize them as sqsem does, if their scale is large.
"""

import keras
import keras_tuner
from keras import layers


def in_order(x, backwards):
    """The places in their own order, after a recurrent layer that may read backwards."""
    return keras.ops.flip(x, axis=1) if backwards else x


def reader(hp, x, keep, path, name):
    x = in_order(
        layers.GRU(
            3,
            return_sequences=keep,
            go_backwards=hp.get(f"{path}.gru.backwards"),
            name=f"{name}.gru",
        )(x),
        hp.get(f"{path}.gru.backwards") and keep,
    )
    return layers.LayerNormalization(name=f"{name}.layernorm")(x)


class Either(keras_tuner.HyperModel):
    """The models of the space either."""

    def declare_hyperparameters(self, hp):
        hp.Boolean("keep", default=True)
        hp.Boolean("reader.gru.backwards")
        hp.Choice("last.units", [6, 5])
        hp.Boolean("pooled")
        hp.Boolean("other.sequences")
        hp.Boolean("lstm.sequences", default=True)

    def build(self, hp):
        if "keep" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        inputs = keras.Input((6, 4), name="x")
        keep = hp.get("keep")
        a = reader(hp, inputs, keep, path="reader", name="reader")
        a = layers.Dropout(0.1)(a)
        a = layers.Dense(4, name="dense")(a)
        a = layers.Activation("relu")(a)
        branch = layers.Dense(4, name="dense_2")(a)
        b = layers.Add()([a, branch])
        b = b[..., :3]
        b = layers.Concatenate()([b, b])
        y = layers.Dense(hp.get("last.units"), name="last")(b)
        if b.shape == y.shape:
            y = layers.Add()([b, y])
        b = y
        if keep:
            c = layers.Conv1D(2, 3, padding="same", name="conv")(b)
            c = layers.MaxPooling1D(2, padding="same")(c)
            c = layers.GlobalAveragePooling1D()(c)
        else:
            c = layers.Dense(2, name="dense_3")(b)
        d = inputs
        if hp.get("pooled"):
            d = layers.GlobalAveragePooling1D()(d)
        d = layers.Dense(3, name="each")(d)
        d = layers.Flatten()(d)
        branch = layers.Flatten()(a)
        branch_2 = in_order(
            layers.SimpleRNN(
                2,
                return_sequences=hp.get("other.sequences"),
                go_backwards=True,
                name="other",
            )(inputs),
            hp.get("other.sequences"),
        )
        branch_2 = layers.Flatten()(branch_2)
        branch_3 = layers.Bidirectional(
            layers.LSTM(2, return_sequences=hp.get("lstm.sequences")), name="lstm"
        )(inputs)
        branch_3 = layers.Flatten()(branch_3)
        x = layers.Concatenate()([branch, c, d, branch_2, branch_3])
        x = layers.Dense(2, name="dense_4")(x)

        model = keras.Model(inputs, x, name="either")
        model.compile(
            optimizer=keras.optimizers.Adam(),
            loss=keras.losses.MeanSquaredError(),
            metrics=[keras.metrics.MeanAbsoluteError(name="mae")],
        )
        return model

    def fit(self, hp, model, *args, **kwargs):
        kwargs.setdefault("batch_size", 32)
        kwargs.setdefault("epochs", 10)
        return model.fit(*args, **kwargs)
