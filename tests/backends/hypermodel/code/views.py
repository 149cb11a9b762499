"""A KerasTuner hypermodel of the space `views`: 1 architecture.

It needs only Keras and KerasTuner. To search the space:

    from views import Views

    tuner = keras_tuner.RandomSearch(
        Views(classes=classes),
        objective=keras_tuner.Objective("val_a_accuracy", "max"),
        max_trials=20,
    )
    tuner.search(x, y, validation_data=(x_val, y_val))

x is a dict with the inputs `row`, `left`, `right`. A model ignores those that it does
not use.

y is a dict with the outputs `a`, `b`.

classes is a dict by output with lists of the names of the classes, in the order of
their numbers.

Classes are weighted by the labels that `tuner.search` gets, which must be arrays.

Images are augmented by Keras's layers, one after another: borders and the distribution
of zooms differ a little from those of sqsem, and changes of colors clip values to 0 to
1.
"""

import collections

import keras
import keras_tuner
import numpy
from keras import layers


def classes_of(labels):
    """The class of each sample, whose labels may be one-hot."""
    labels = keras.ops.convert_to_numpy(labels)
    if labels.ndim == 2 and labels.shape[1] > 1:
        labels = labels.argmax(axis=1)
    return labels.reshape(-1).astype(int).tolist()


def weights_of(labels, weights):
    """The weight of each sample by its class."""
    return numpy.array([weights[each] for each in classes_of(labels)])


def labels_of(args, kwargs):
    """The labels among the arguments of `fit`, which must be arrays."""
    labels = kwargs.get("y", args[1] if len(args) > 1 else None)
    if labels is None:
        raise keras_tuner.errors.FatalValueError(
            "classes are weighted by their labels: give arrays, as in `tuner.search(x, y)`, not batches, "
            "or batches with weights, and `class_weight={}`"
        )
    return labels


def balanced(labels):
    """A weight for each class: the inverse of its frequency, 1 on average."""
    counts = collections.Counter(classes_of(labels))
    return {each: counts.total() / len(counts) / n for each, n in counts.items()}


def by_number(weights, classes):
    """Weights of classes by their numbers, from those by their names; 1 for the others."""
    return {at: weights.get(name, 1.0) for at, name in enumerate(classes)}


class Views(keras_tuner.HyperModel):
    """The models of the space views."""

    def __init__(self, classes, **kwargs):
        super().__init__(**{"name": "views", **kwargs})
        self.classes = classes

    def declare_hyperparameters(self, hp):
        hp.Choice("train.class_weights.a", ["none", "balanced", "given"])

    def build(self, hp):
        if "train.class_weights.a" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        row = keras.Input((2,), name="row")
        left = keras.Input((6, 6, 2), name="left")
        right = keras.Input((6, 6, 1), name="right")
        images = layers.Concatenate()([left, right])
        images = layers.RandomFlip("horizontal")(images)
        images = layers.RandomRotation(20.0 / 360, fill_mode="constant")(images)
        augmented_left = images[..., :2]
        augmented_left = layers.GaussianNoise(0.1)(augmented_left)
        augmented_left = layers.RandomBrightness(0.2, value_range=(0, 1))(
            augmented_left
        )
        augmented_right = images[..., 2:]
        augmented_right = layers.GaussianNoise(0.1)(augmented_right)
        augmented_right = layers.RandomBrightness(0.2, value_range=(0, 1))(
            augmented_right
        )
        standardized_left = layers.Normalization(mean=[0.5] * 2, variance=[0.0625] * 2)(
            augmented_left
        )
        seen = layers.GlobalAveragePooling2D()(standardized_left)
        branch = layers.GlobalAveragePooling2D()(augmented_right)
        branch_2 = layers.Flatten()(standardized_left)
        branch_3 = layers.Flatten()(augmented_right)
        both = layers.Concatenate()([row, seen, branch, branch_2, branch_3])
        x = layers.Dense(3, name="dense")(both)
        x = layers.Activation("softmax")(x)
        x_2 = layers.Dense(1, name="dense_2")(both)
        x_2 = layers.Activation("sigmoid")(x_2)

        model = keras.Model(
            {"row": row, "left": left, "right": right}, {"a": x, "b": x_2}, name="views"
        )
        model.compile(
            optimizer=keras.optimizers.Adam(),
            loss={
                "a": keras.losses.SparseCategoricalCrossentropy(),
                "b": keras.losses.BinaryCrossentropy(),
            },
            metrics={
                "a": [keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
                "b": [keras.metrics.BinaryAccuracy(name="accuracy")],
            },
        )
        return model

    def fit(self, hp, model, *args, **kwargs):
        kwargs.setdefault("batch_size", 32)
        kwargs.setdefault("epochs", 10)
        if "sample_weight" not in kwargs:
            labels = labels_of(args, kwargs)
            weights = {name: numpy.ones(len(each)) for name, each in labels.items()}
            if hp.get("train.class_weights.a") == "balanced":
                weights["a"] = weights_of(labels["a"], balanced(labels["a"]))
            if hp.get("train.class_weights.a") == "given":
                weights["a"] = weights_of(
                    labels["a"], by_number({"cat": 2.0}, self.classes["a"])
                )
            weights["b"] = weights_of(
                labels["b"], by_number({"no": 0.5, "yes": 2.0}, self.classes["b"])
            )
            kwargs["sample_weight"] = weights
        return model.fit(*args, **kwargs)
