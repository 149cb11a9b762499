"""A KerasTuner hypermodel of the space `unet`: 12 architectures.

It needs only Keras and KerasTuner. To search the space:

    from unet import Unet

    tuner = keras_tuner.RandomSearch(Unet(), objective="val_loss", max_trials=20)
    tuner.search(x, y, validation_data=(x_val, y_val))

Some layers may have other numbers in their names than in the models of sqsem.
"""

import keras
import keras_tuner
from keras import layers


def twice(x, c, name):
    x = layers.Conv2D(c, 3, padding="same", name=f"{name}.conv")(x)
    x = layers.Activation("relu")(x)
    x = layers.Conv2D(c, 3, padding="same", name=f"{name}.conv_2")(x)
    return layers.Activation("relu")(x)


def level(x, c, below, name):
    seen = twice(x, c, name=f"{name}.twice")
    if below > 0:
        branch = layers.MaxPooling2D(2, padding="same")(seen)
        branch = level(branch, 2 * c, below - 1, name=f"{name}.level")
        branch = layers.Conv2DTranspose(
            c, 2, strides=2, padding="same", name=f"{name}.conv_transpose"
        )(branch)
        x = layers.Concatenate()([seen, branch])
        x = twice(x, c, name=f"{name}.twice_2")
    else:
        x = seen
    return x


class Unet(keras_tuner.HyperModel):
    """U-Nets of one to four levels for a mask of the image's size."""

    def declare_hyperparameters(self, hp):
        hp.Choice("filters", [16, 32, 64])
        hp.Int("levels", 1, 4)
        hp.Float("train.learning_rate", 0.0001, 0.01, sampling="log")

    def build(self, hp):
        if "filters" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        levels = hp.get("levels")
        filters = hp.get("filters")
        image = keras.Input((128, 128, 1), name="image")
        x = level(image, filters, levels, name="level")
        x = layers.Conv2D(2, 1, padding="same", name="conv")(x)
        x = layers.Activation("softmax")(x)

        model = keras.Model(image, x, name="unet")
        model.compile(
            optimizer=keras.optimizers.Adam(
                learning_rate=hp.get("train.learning_rate")
            ),
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        )
        return model

    def fit(self, hp, model, *args, **kwargs):
        kwargs.setdefault("batch_size", 8)
        kwargs.setdefault("epochs", 50)
        return model.fit(*args, **kwargs)
