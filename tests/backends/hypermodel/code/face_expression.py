"""A KerasTuner hypermodel of the space `face_expression`: 904,800 architectures.

It needs only Keras and KerasTuner. To search the space:

    from face_expression import FaceExpression, channel_statistics

    statistics = {
        "image": channel_statistics(x["image"]),
        "depth": channel_statistics(x["depth"]),
        "landmarks": channel_statistics(x["landmarks"]),
    }
    tuner = keras_tuner.RandomSearch(
        FaceExpression(statistics), objective="val_accuracy", max_trials=72
    )
    tuner.search(x, y, validation_data=(x_val, y_val))

x is a dict with the inputs `image`, `depth`, `landmarks`. A model ignores those that it
does not use.

A trial outside the `require`d conditions fails, and KerasTuner stops after three
failures in a row: give the tuner a larger `max_consecutive_failed_trials`.

Some layers may have other numbers in their names than in the models of sqsem.
"""

import math

import keras
import keras_tuner
from keras import layers

MERGES = {
    "add": layers.Add,
    "multiply": layers.Multiply,
    "average": layers.Average,
    "maximum": layers.Maximum,
    "concat": layers.Concatenate,
}


def project(x, y, name):
    """Gives x the shape of y: a 1x1 convolution without bias, and batch normalization."""
    extents = zip(x.shape[1:-1], y.shape[1:-1], strict=True)
    strides = [-(-n // m) for n, m in extents]
    x = layers.Conv2D(
        y.shape[-1],
        1,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}.conv",
    )(x)
    return layers.BatchNormalization(name=f"{name}.batchnorm")(x)


def shortcut(x, y, mode, name):
    """The output y of a body, with a shortcut from its input x if the mode says so."""
    if mode == "none":
        return y
    if mode == "auto" and x.shape != y.shape:
        x = project(x, y, name=name)
    return layers.Add()([x, y])


def channel_statistics(x):
    """The mean and the variance of each channel of an array of samples."""
    axes = tuple(range(x.ndim - 1))
    return x.mean(axes).tolist(), x.var(axes).tolist()


def stem(x, name):
    x = layers.Conv2D(32, 3, strides=2, padding="same", name=f"{name}.conv")(x)
    x = layers.GroupNormalization(8, name=f"{name}.groupnorm")(x)
    return layers.Activation("relu")(x)


def fire(x, s, name):
    """A fire module: a 1x1 squeeze to s channels, then 1x1 and 3x3 expansions to 4s
    each, concatenated to 8s.
    """
    squeezed = layers.Conv2D(s, 1, padding="same", name=f"{name}.conv")(x)
    squeezed = layers.Activation("relu")(squeezed)
    branch = layers.Conv2D(4 * s, 1, padding="same", name=f"{name}.conv_2")(squeezed)
    branch = layers.Activation("relu")(branch)
    branch_2 = layers.Conv2D(4 * s, 3, padding="same", name=f"{name}.conv_3")(squeezed)
    branch_2 = layers.Activation("relu")(branch_2)
    return layers.Concatenate()([branch, branch_2])


def se(x, ratio, name):
    """Squeeze and excitation: each channel is scaled by a gate that two dense layers
    compute from all channels' means.
    """
    gate = layers.GlobalAveragePooling2D()(x)
    gate = layers.Dense(
        max(1, math.floor(x.shape[-1] / ratio + 0.5)), name=f"{name}.dense"
    )(gate)
    gate = layers.Activation("relu")(gate)
    gate = layers.Dense(x.shape[-1], name=f"{name}.dense_2")(gate)
    gate = layers.Activation("sigmoid")(gate)
    return layers.Multiply()([x, gate])


def trunk(hp, x, name):
    """Fire modules of growing width, each with or without an SE block and a skip around
    both.
    """
    for i in range(hp.get("trunk.fires")):
        y = fire(x, 8 * (i + 1), name=f"{name}.fires.{i}.fire")
        if hp.get(f"trunk.fires[{i}].se"):
            y = se(y, hp.get(f"trunk.fires[{i}].se.ratio"), name=f"{name}.fires.{i}.se")
        x = shortcut(
            x, y, hp.get(f"trunk.fires[{i}].skip"), name=f"{name}.fires.{i}.skip"
        )
        x = layers.GroupNormalization(8, name=f"{name}.fires.{i}.groupnorm")(x)
        if hp.get(f"trunk.fires[{i}].pool") == "max":
            x = layers.MaxPooling2D(2, padding="same")(x)
        else:
            x = layers.AveragePooling2D(2, padding="same")(x)
    return x


def mlp(x, units, layers_=1, rate=0, *, name):
    """Dense layers of the same width, each with relu and, at a rate above 0, dropout."""
    for i in range(layers_):
        x = layers.Dense(units, name=f"{name}.layers.{i}.dense")(x)
        x = layers.Activation("relu")(x)
        x = layers.Dropout(rate)(x)
    return x


class FaceExpression(keras_tuner.HyperModel):
    """Image, and perhaps depth and landmarks, of a face: which inputs, merged where,
    into which network.
    """

    def __init__(self, statistics, **kwargs):
        super().__init__(**{"name": "face_expression", **kwargs})
        self.statistics = statistics

    def declare_hyperparameters(self, hp):
        hp.Choice("depth", ["unused", "early", "middle", "late"])
        hp.Int("trunk.fires", 1, 4)
        for i in range(4):
            with hp.conditional_scope("trunk.fires", list(range(i + 1, 5))):
                hp.Choice(f"trunk.fires[{i}].skip", ["none", "auto"])
                hp.Boolean(f"trunk.fires[{i}].se")
                with hp.conditional_scope(f"trunk.fires[{i}].se", [True]):
                    hp.Choice(f"trunk.fires[{i}].se.ratio", [4, 8])
                hp.Choice(f"trunk.fires[{i}].pool", ["max", "avg"])
        with hp.conditional_scope("depth", ["middle"]):
            hp.Choice("depth.middle.merge.how", ["add", "concat", "maximum"])
        with hp.conditional_scope("depth", ["late"]):
            hp.Choice("depth.late.merge.how", ["add", "concat", "maximum"])
        hp.Boolean("use_landmarks")
        with hp.conditional_scope("use_landmarks", [True]):
            hp.Int("use_landmarks.mlp.layers", 1, 2)
            hp.Choice("use_landmarks.mlp.units", [64, 128])

    def build(self, hp):
        if "depth" not in hp:  # called without a tuner
            self.declare_hyperparameters(hp)

        image = keras.Input((48, 48, 3), name="image")
        mean, variance = self.statistics["image"]
        standardized_image = layers.Normalization(mean=mean, variance=variance)(image)
        depth = keras.Input((48, 48, 1), name="depth")
        mean, variance = self.statistics["depth"]
        standardized_depth = layers.Normalization(mean=mean, variance=variance)(depth)
        landmarks = keras.Input((468, 3), name="landmarks")
        mean, variance = self.statistics["landmarks"]
        standardized_landmarks = layers.Normalization(mean=mean, variance=variance)(
            landmarks
        )
        depth_2 = hp.get("depth")
        if depth_2 == "unused":
            features = stem(standardized_image, name="depth.unused.stem")
            features = trunk(hp, features, name="depth.unused.trunk")
        elif depth_2 == "early":
            features = layers.Concatenate()([standardized_image, standardized_depth])
            features = stem(features, name="depth.early.stem")
            features = trunk(hp, features, name="depth.early.trunk")
        elif depth_2 == "middle":
            branch = stem(standardized_image, name="depth.middle.stem")
            branch_2 = stem(standardized_depth, name="depth.middle.depth_stem")
            features = MERGES[hp.get("depth.middle.merge.how")]()([branch, branch_2])
            features = trunk(hp, features, name="depth.middle.trunk")
        else:
            branch = stem(standardized_image, name="depth.late.stem")
            branch = trunk(hp, branch, name="depth.late.trunk")
            branch_2 = stem(standardized_depth, name="depth.late.depth_stem")
            branch_2 = trunk(hp, branch_2, name="depth.late.trunk_2")
            features = MERGES[hp.get("depth.late.merge.how")]()([branch, branch_2])
        features = layers.GlobalAveragePooling2D()(features)
        branches = [features]
        if hp.get("use_landmarks"):
            branch = layers.Flatten()(standardized_landmarks)
            branch = layers.BatchNormalization(name="use_landmarks.batchnorm")(branch)
            branch = mlp(
                branch,
                hp.get("use_landmarks.mlp.units"),
                hp.get("use_landmarks.mlp.layers"),
                0.3,
                name="use_landmarks.mlp",
            )
            branches.append(branch)
        if len(branches) == 1:
            x = branches[0]
        else:
            x = layers.Concatenate()(branches)
        x = layers.Dropout(0.3)(x)
        x = layers.Dense(8, name="dense")(x)
        x = layers.Activation("softmax")(x)

        model = keras.Model(
            {"image": image, "depth": depth, "landmarks": landmarks},
            x,
            name="face_expression",
        )
        model.compile(
            optimizer=keras.optimizers.Adam(learning_rate=0.002),
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        )
        return model

    def fit(self, hp, model, *args, **kwargs):
        if model.count_params() > 500_000:
            raise keras_tuner.errors.FailedTrialError("require params <= 500K")
        kwargs.setdefault("batch_size", 32)
        kwargs.setdefault("epochs", 25)
        kwargs["callbacks"] = [
            keras.callbacks.EarlyStopping(
                "val_accuracy", patience=10, mode="max", restore_best_weights=True
            ),
            *kwargs.get("callbacks", []),
        ]
        return model.fit(*args, **kwargs)
