"""The space of `short_searches.sqs` as written for KerasTuner, searched by one of its tuners for some seconds.

Run by `short_searches.py`; prints, as JSON, when each trial ended (seconds since 1970) and its score.
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


def build(hp):
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
    rate = hp.Float("learning_rate", 3e-4, 1e-2, sampling="log")
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class OutOfTime(Exception):
    """Ends a search: KerasTuner has no time limit."""


def main(name, data, seconds, seed, folder) -> None:
    began = time.time()
    held = np.load(data)
    x, y = held["image"].astype("float32") / 255, held["digit"]
    order = np.random.default_rng(0).permutation(len(x))
    train, valid = order[:3500], order[3500:4250]
    common = {"objective": "val_accuracy", "seed": seed, "directory": folder, "overwrite": True}
    match name:
        case "random":
            tuner = kt.RandomSearch(build, max_trials=1000, **common)
        case "hyperband":
            tuner = kt.Hyperband(build, max_epochs=6, hyperband_iterations=100, **common)
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
        tuner.search(x[train], y[train], validation_data=(x[valid], y[valid]), epochs=6, batch_size=64, verbose=0)
    print(json.dumps([(ended, float(score)) for ended, score in found if score is not None]))


if __name__ == "__main__":
    name, data, seconds, seed, folder = sys.argv[1:]
    main(name, data, float(seconds), int(seed), folder)
