"""A KerasTuner hypermodel of the space `digits_rows`: 24 architectures.

It needs only Keras and KerasTuner. To search the space:

    from digits_rows import DigitsRows

    tuner = keras_tuner.RandomSearch(
        DigitsRows(), objective="val_accuracy", max_trials=6
    )
    tuner.search(x, y, validation_data=(x_val, y_val))

A trial outside the `require`d conditions fails, and KerasTuner stops after three
failures in a row: give the tuner a larger `max_consecutive_failed_trials`.
"""

import keras
import keras_tuner
from keras import layers


def directions(layer, both):
    """A recurrent layer, or if `both`, one that reads in both directions."""
    return layers.Bidirectional(layer, name=layer.name) if both else layer


class DigitsRows(keras_tuner.HyperModel):
    """Which recurrent layers read a digit best, and do they need both directions?"""

    def declare_hyperparameters(self, hp):
        hp.Boolean("first")
        hp.Choice("cell", ["lstm", "gru"])
        hp.Choice("units", [8, 16, 24])
        with hp.conditional_scope("cell", ["lstm"]):
            hp.Boolean("cell.lstm.bidirectional")
        with hp.conditional_scope("cell", ["gru"]):
            hp.Boolean("cell.gru.bidirectional")
        hp.Float("dropout.rate", 0.0, 0.5)
        hp.Float("train.learning_rate", 0.001, 0.01, sampling="log")

    def build(self, hp):
        if "first" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        image = keras.Input((8, 8, 1), name="image")
        units = hp.get("units")
        x = layers.Reshape((8, 8))(image)
        if hp.get("first"):
            x = layers.GRU(units, return_sequences=True, name="first.gru")(x)
        if hp.get("cell") == "lstm":
            x = directions(
                layers.LSTM(units, name="cell.lstm"),
                both=hp.get("cell.lstm.bidirectional"),
            )(x)
        else:
            x = directions(
                layers.GRU(units, name="cell.gru"),
                both=hp.get("cell.gru.bidirectional"),
            )(x)
        x = layers.Dropout(hp.get("dropout.rate"))(x)
        x = layers.Dense(10, name="dense")(x)
        x = layers.Activation("softmax")(x)

        model = keras.Model(image, x, name="digits_rows")
        model.compile(
            optimizer=keras.optimizers.Adam(
                learning_rate=hp.get("train.learning_rate")
            ),
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        )
        return model

    def fit(self, hp, model, *args, **kwargs):
        if model.count_params() > 10_000:
            raise keras_tuner.errors.FailedTrialError("require params <= 10K")
        kwargs.setdefault("batch_size", 64)
        kwargs.setdefault("epochs", 12)
        return model.fit(*args, **kwargs)
