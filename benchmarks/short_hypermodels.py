"""The spaces of `short_searches.py` as written for KerasTuner, and one search by one of its tuners for some seconds.

Run by `short_searches.py`, which gives the arguments of `main` as JSON; prints, as JSON, when each trial ended (seconds
since 1970) and its score.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time

import keras
import keras_tuner as kt
import numpy as np
from keras import layers


def fire(tensor, squeeze):
    squeezed = layers.Conv2D(squeeze, 1, activation="relu", padding="same")(tensor)
    return layers.Concatenate()(
        [layers.Conv2D(4 * squeeze, size, activation="relu", padding="same")(squeezed) for size in (1, 3)]
    )


def squeeze_and_excite(tensor, ratio):
    channels = tensor.shape[-1]
    gate = layers.GlobalAveragePooling2D()(tensor)
    gate = layers.Dense(max(1, round(channels / ratio)), activation="relu")(gate)
    gate = layers.Dense(channels, activation="sigmoid")(gate)
    return layers.Multiply()([tensor, layers.Reshape((1, 1, channels))(gate)])


def mnist(hp):
    squeeze = hp.Choice("s", [4, 6, 8])
    image = keras.Input((14, 14, 1))
    tensor = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(image)
    for number in range(hp.Int("fires", 1, 4)):
        after = fire(tensor, squeeze * (1 + number // 2))
        if hp.Boolean(f"skip{number}"):
            skip = tensor
            if skip.shape[-1] != after.shape[-1]:
                skip = layers.BatchNormalization()(layers.Conv2D(after.shape[-1], 1, use_bias=False)(skip))
            after = layers.Add()([after, skip])
        tensor = after
        if hp.Boolean(f"se{number}"):
            tensor = squeeze_and_excite(tensor, hp.Choice(f"ratio{number}", [4, 8]))
        tensor = layers.BatchNormalization()(tensor)
    pool = layers.MaxPooling2D if hp.Choice("pool", ["max", "avg"]) == "max" else layers.AveragePooling2D
    tensor = layers.Dropout(hp.Float("dropout", 0.0, 0.5))(layers.Flatten()(pool(2, padding="same")(tensor)))
    model = keras.Model(image, layers.Dense(10, activation="softmax")(tensor))
    model.compile(adam(hp, 3e-4, 1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def diabetes(hp):
    measurements = keras.Input((10,))
    tensor = measurements
    for number in range(hp.Int("layers", 1, 3)):
        tensor = layers.Dense(hp.Choice(f"units{number}", [8, 16, 32, 64]))(tensor)
        if hp.Boolean(f"norm{number}"):
            tensor = layers.LayerNormalization()(tensor)
        tensor = layers.Activation(hp.Choice(f"activation{number}", ["relu", "tanh"]))(tensor)
    tensor = layers.Dropout(hp.Float("dropout", 0.0, 0.5))(tensor)
    model = keras.Model(measurements, layers.Dense(1)(tensor))
    model.compile(adam(hp, 1e-3, 3e-2), "mse", metrics=["mse"])
    return model


def faces(hp):
    image = keras.Input((24, 24, 3))
    width = hp.Choice("filters", [8, 16])
    tensor = layers.Conv2D(width, 3, strides=2, padding="same", activation="relu")(image)
    for number in range(hp.Int("blocks", 1, 3)):
        if hp.Choice(f"kind{number}", ["conv", "fire"]) == "conv":
            kernel = hp.Choice(f"kernel{number}", [3, 5])
            tensor = layers.Conv2D(8 * (number + 1), kernel, padding="same", activation="relu")(tensor)
        else:
            tensor = fire(tensor, 4 * (number + 1))
        if hp.Boolean(f"se{number}"):
            tensor = squeeze_and_excite(tensor, hp.Choice(f"ratio{number}", [4, 8]))
        tensor = layers.MaxPooling2D(2, padding="same")(layers.LayerNormalization()(tensor))
    tensor = layers.Dropout(hp.Float("dropout", 0.0, 0.5))(layers.Flatten()(tensor))
    model = keras.Model(image, layers.Dense(8, activation="softmax")(tensor))
    model.compile(adam(hp, 3e-4, 1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def adam(hp, low, high):
    return keras.optimizers.Adam(hp.Float("learning_rate", low, high, sampling="log"))


BUILD = {"mnist": mnist, "diabetes": diabetes, "faces": faces}


class OutOfTime(Exception):
    """Ends a search: KerasTuner has no time limit."""


def main(task, tuner, data, seconds, seed, folder, objective, epochs, batch_size) -> None:
    """`data`: a file with the arrays `train_x`, `train_y`, `valid_x` and `valid_y`. `objective`: a metric and `min` or
    `max`."""
    began = time.time()
    arrays = np.load(data)
    build = BUILD[task]
    common = {"objective": kt.Objective(*objective), "seed": seed, "directory": folder, "overwrite": True}
    match tuner:
        case "random":
            tuner = kt.RandomSearch(build, max_trials=1000, **common)
        case "hyperband":
            tuner = kt.Hyperband(build, max_epochs=epochs, hyperband_iterations=100, **common)
        case "bayesian":
            tuner = kt.BayesianOptimization(build, max_trials=1000, **common)
    found = []
    end_of_trial = tuner.on_trial_end

    def on_trial_end(trial):
        end_of_trial(trial)
        found.append((time.time(), trial.score))
        if time.time() - began > seconds:
            raise OutOfTime

    tuner.on_trial_end = on_trial_end
    with contextlib.suppress(OutOfTime):
        tuner.search(
            arrays["train_x"],
            arrays["train_y"],
            validation_data=(arrays["valid_x"], arrays["valid_y"]),
            epochs=epochs,
            batch_size=batch_size,
            verbose=0,
        )
    print(json.dumps([(ended, float(score)) for ended, score in found if score is not None]))


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
