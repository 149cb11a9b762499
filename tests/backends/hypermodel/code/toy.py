"""A KerasTuner hypermodel of the space `toy`: 39 architectures.

It needs only Keras and KerasTuner. To search the space:

    from toy import Toy

    tuner = keras_tuner.RandomSearch(Toy(), objective="val_accuracy", max_trials=20)
    tuner.search(x, y, validation_data=(x_val, y_val))
"""

import keras
import keras_tuner
from keras import layers


class Toy(keras_tuner.HyperModel):
    """The smallest space with a trap: widths of layers that are not there must not
    count.
    """

    def declare_hyperparameters(self, hp):
        hp.Int("layers", 1, 3)
        for i in range(3):
            with hp.conditional_scope("layers", list(range(i + 1, 4))):
                hp.Choice(f"layers[{i}].dense.units", [8, 16, 32])

    def build(self, hp):
        if "layers" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        inputs = keras.Input((20,), name="x")
        x = inputs
        for i in range(hp.get("layers")):
            x = layers.Dense(
                hp.get(f"layers[{i}].dense.units"), name=f"layers.{i}.dense"
            )(x)
            x = layers.Activation("relu")(x)
        x = layers.Dense(2, name="dense")(x)
        x = layers.Activation("softmax")(x)

        model = keras.Model(inputs, x, name="toy")
        model.compile(
            optimizer=keras.optimizers.Adam(learning_rate=0.001),
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        )
        return model

    def fit(self, hp, model, *args, **kwargs):
        kwargs.setdefault("batch_size", 32)
        kwargs.setdefault("epochs", 5)
        return model.fit(*args, **kwargs)
