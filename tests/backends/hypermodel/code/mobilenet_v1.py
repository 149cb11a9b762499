"""A KerasTuner hypermodel of the space `mobilenet_v1`: 16 architectures.

It needs only Keras and KerasTuner. To search the space:

    from mobilenet_v1 import MobilenetV1

    tuner = keras_tuner.RandomSearch(
        MobilenetV1(), objective="val_accuracy", max_trials=6
    )
    tuner.search(x, y, validation_data=(x_val, y_val))

Not checked: `require macs <= 200M`, which Keras does not count.
"""

import keras
import keras_tuner
from keras import layers

CHANNELS_OF = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024]

STRIDES = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]


def separable_block(x, c, kernel=3, stride=1, *, name):
    """A depthwise convolution and a 1x1 convolution to c channels, each with batch
    normalization and relu.
    """
    x = layers.DepthwiseConv2D(
        kernel, strides=stride, padding="same", use_bias=False, name=f"{name}.depthwise"
    )(x)
    x = layers.BatchNormalization(name=f"{name}.batchnorm")(x)
    x = layers.Activation("relu")(x)
    x = layers.Conv2D(round(c), 1, padding="same", use_bias=False, name=f"{name}.conv")(
        x
    )
    x = layers.BatchNormalization(name=f"{name}.batchnorm_2")(x)
    return layers.Activation("relu")(x)


class MobilenetV1(keras_tuner.HyperModel):
    """Which resolution of the image and which width are best within 200M
    multiplications?
    """

    def declare_hyperparameters(self, hp):
        hp.Int("resolution", 128, 224, step=32)
        hp.Choice("width", [0.25, 0.5, 0.75, 1.0])
        hp.Float("train.learning_rate", 0.001, 0.1, sampling="log")

    def build(self, hp):
        if "resolution" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        resolution = hp.get("resolution")
        width = hp.get("width")
        image = keras.Input((224, 224, 3), name="image")
        augmented_image = layers.RandomFlip("horizontal")(image)
        resized_image = layers.Resizing(resolution, resolution)(augmented_image)
        x = layers.Conv2D(
            round(32 * width), 3, strides=2, padding="same", use_bias=False, name="conv"
        )(resized_image)
        x = layers.BatchNormalization(name="batchnorm")(x)
        x = layers.Activation("relu6")(x)
        for i in range(13):
            x = separable_block(
                x,
                CHANNELS_OF[i] * width,
                stride=STRIDES[i],
                name=f"blocks.{i}.separable_block",
            )
        x = layers.GlobalAveragePooling2D()(x)
        x = layers.Dropout(0.001)(x)
        x = layers.Dense(1000, name="dense")(x)
        x = layers.Activation("softmax")(x)

        model = keras.Model(image, x, name="mobilenet_v1")
        model.compile(
            optimizer=keras.optimizers.RMSprop(
                learning_rate=hp.get("train.learning_rate")
            ),
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        )
        return model

    def fit(self, hp, model, *args, **kwargs):
        kwargs.setdefault("batch_size", 96)
        kwargs.setdefault("epochs", 60)
        return model.fit(*args, **kwargs)
