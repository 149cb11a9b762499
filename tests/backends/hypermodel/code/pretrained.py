"""A KerasTuner hypermodel of the space `pretrained`: 9 architectures.

It needs only Keras and KerasTuner. To search the space:

    from pretrained import Pretrained

    tuner = keras_tuner.RandomSearch(
        Pretrained(), objective="val_accuracy", max_trials=20
    )
    tuner.search(x, y, validation_data=(x_val, y_val))
"""

import keras
import keras_tuner
from keras import layers


@keras.saving.register_keras_serializable()
class Cutout(layers.Layer):
    """Sets a square at a random place of each image to 0, in training."""

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size
        self.seeds = keras.random.SeedGenerator()

    def call(self, x, training=False):
        if not training:
            return x
        samples, cut = keras.ops.shape(x)[0], True
        for axis in (1, 2):
            size = min(self.size, x.shape[axis])
            ends = 0, x.shape[axis] - size + 1
            first = keras.random.randint((samples, 1, 1, 1), *ends, seed=self.seeds)
            places = keras.ops.arange(x.shape[axis])
            places = keras.ops.reshape(places, (-1, 1, 1) if axis == 1 else (1, -1, 1))
            inside = keras.ops.logical_and(places >= first, places < first + size)
            cut = keras.ops.logical_and(cut, inside)
        return keras.ops.where(cut, 0.0, x)

    def get_config(self):
        return {**super().get_config(), "size": self.size}


def mobilenet(x, name):
    """MobileNet of keras.applications up to `conv_pw_2_relu`, for images with values from 0 to 1."""
    network = keras.applications.MobileNet(
        include_top=False, weights="imagenet", input_shape=x.shape[1:]
    )
    for layer in network.operations:
        if isinstance(layer, layers.Dropout):
            layer.rate = 0.0
        elif isinstance(layer, layers.Layer):
            layer.trainable = False
    end = network.operations[16].output
    cut = keras.Model(network.inputs, end, name="mobilenet")
    image = keras.Input(x.shape[1:], name="image")
    scaled = layers.Rescaling(2.0, -1.0, name="scaled")(image)
    return keras.Model(image, cut(scaled), name=name)(x)


def resnet50(x, name):
    """ResNet50 of keras.applications, for images with values from 0 to 1."""
    network = keras.applications.ResNet50(
        include_top=False, weights="imagenet", input_shape=x.shape[1:]
    )
    for layer in network.operations[:143]:
        if isinstance(layer, layers.Dropout):
            layer.rate = 0.0
        elif isinstance(layer, layers.Layer):
            layer.trainable = False
    end = network.operations[174].output
    cut = keras.Model(network.inputs, end, name="resnet50")
    image = keras.Input(x.shape[1:], name="image")
    scaled = layers.Rescaling(255.0, name="scaled")(keras.ops.flip(image, axis=-1))
    mean, variance = [103.939, 116.779, 123.68], [1.0, 1.0, 1.0]
    scaled = layers.Normalization(mean=mean, variance=variance, name="centered")(scaled)
    return keras.Model(image, cut(scaled), name=name)(x)


def efficientnet_b0(x, name):
    """EfficientNetB0 of keras.applications, for images with values from 0 to 1."""
    trained = keras.applications.EfficientNetB0(
        include_top=False, weights="imagenet", input_shape=x.shape[1:]
    )
    network = keras.applications.EfficientNetB0(
        include_top=False, weights=None, input_shape=x.shape[1:]
    )
    network.set_weights(trained.get_weights())
    # With these weights, Keras divides once more by the square root of each channel's deviation.
    variance = next(weight for weight in network.weights if weight.name == "variance")
    variance.assign(variance * keras.ops.array([0.229, 0.224, 0.225]))
    end = network.operations[236].output
    cut = keras.Model(network.inputs, end, name="efficientnet_b0")
    image = keras.Input(x.shape[1:], name="image")
    scaled = layers.Rescaling(255.0, name="scaled")(image)
    return keras.Model(image, cut(scaled), name=name)(x)


class Pretrained(keras_tuner.HyperModel):
    """The models of the space pretrained."""

    def declare_hyperparameters(self, hp):
        hp.Choice("network", ["mobile", "residual", "efficient"])
        hp.Boolean("wide")
        with hp.conditional_scope("wide", [True]):
            hp.Choice("wide.dense.units", [32, 64])

    def build(self, hp):
        if "network" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        image = keras.Input((64, 64, 3), name="image")
        augmented_image = layers.RandomFlip("horizontal")(image)
        augmented_image = Cutout(8)(augmented_image)
        network = hp.get("network")
        if network == "mobile":
            x = mobilenet(augmented_image, name="network.mobile.backbone")
        elif network == "residual":
            x = resnet50(augmented_image, name="network.residual.backbone")
        else:
            x = efficientnet_b0(augmented_image, name="network.efficient.backbone")
        x = layers.GlobalAveragePooling2D()(x)
        if hp.get("wide"):
            x = layers.Dense(hp.get("wide.dense.units"), name="wide.dense")(x)
            x = layers.Activation("relu")(x)
        x = layers.Dense(4, name="dense")(x)
        x = layers.Activation("softmax")(x)

        model = keras.Model(image, x, name="pretrained")
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
