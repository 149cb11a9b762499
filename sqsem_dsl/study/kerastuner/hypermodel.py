"""A space as an ordinary `keras_tuner.HyperModel`, for the tuners of KerasTuner and for ours."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from itertools import islice
from math import isfinite
from random import Random
from typing import Any

import keras
import keras_tuner
import numpy as np

from sqsem_dsl.backends.keras import training
from sqsem_dsl.backends.keras.model import build_model
from sqsem_dsl.backends.keras.precise_batchnorm import from_batches, has_batchnorm
from sqsem_dsl.backends.keras.standardize import Scale, resized, scales
from sqsem_dsl.backends.keras.unfreezing import first_epoch, has_phases, phase_callbacks
from sqsem_dsl.data.dataset import Dataset, Part
from sqsem_dsl.diagnostics.diagnostic import listing
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.ir.choices import Assignment
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.unfreezing import training_of
from sqsem_dsl.operators.row import WholeShape
from sqsem_dsl.settings.optimizers import WITHOUT_LENGTH
from sqsem_dsl.settings.options import Never, PerChannel
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.study.algorithms.candidates import SMALL, TRIES
from sqsem_dsl.study.algorithms.choice_tree import ChoiceTree
from sqsem_dsl.study.algorithms.protocols import SearchedSpace
from sqsem_dsl.study.errors import MissingPackage
from sqsem_dsl.study.kerastuner.arguments import (
    BATCHED,
    by_name,
    has_byte_images,
    length_of,
    read,
    searched_in_batches,
    steps_of,
)
from sqsem_dsl.study.kerastuner.hyperparameters import Declarations


class SpaceHyperModel(keras_tuner.HyperModel):  # type: ignore[misc]
    """Declares every choice in advance, builds and compiles the resulting model, and trains it according to `train {
    }`.

    It works with every tuner of KerasTuner: `keras_tuner.RandomSearch(space.hypermodel(), objective="val_accuracy")`.
    Choices of training apply, regardless of the other arguments of `search`; an explicit `batch_size`, `epochs`,
    `class_weight` or `EarlyStopping` overrides the settings. Labels may be class numbers or one-hot. Keras itself reads
    data that come in batches (a `tf.data.Dataset`, a `PyDataset`, a generator): labels must have the form that the loss
    expects, and bytes are not scaled. `batch_size`, `augment` and `class_weights` then have no effect: searching over
    them is an error, and setting them gives a warning.

    KerasTuner's own oracles do not know rules. A proposal that breaks a rule or a budget is replaced, before any model
    is built, and the trial's hyperparameters show the replacement: the next valid one if proposals come in order (grid
    search), otherwise a random one. (`space.tuner()` never proposes an invalid one.)
    """

    def __init__(self, space: SearchedSpace, *, epochs: int | None = None, seed: int | None = None) -> None:
        super().__init__(name=space.name)
        self.space = space
        self.tree, self.declarations = ChoiceTree(space.choices), Declarations.of(space.choices)
        self.epochs = epochs
        """The length of every training, which overrides choices; None: by the choices."""
        self.seed = seed
        self._optimizer: keras.optimizers.Optimizer | None = None
        self._grid = self.tree.finite
        """Whether all models were built in the order of the space, as in a grid search, which continues from there."""
        self._expected: set[frozenset[tuple[str, Any]]] = set()
        """The next requests of a possible grid search: the values built last, and those that follow."""

    def declare_hyperparameters(self, hp: Any) -> None:
        """Registers all choices. Tuners call this first, and then build a model to look for more; there are none."""
        _check_tensorboard()
        self.declarations.declare(hp)

    def architecture(self, hp: Any) -> Architecture | None:
        """The architecture of the hyperparameters' values; None outside rules and budgets."""
        return self.space.resolve(self.declarations.decode(hp.values))

    def build(self, hp: Any) -> keras.Model:
        """The compiled model of the hyperparameters' values, which are changed if they break a rule or a budget.

        Raises `keras_tuner.errors.FailedTrialError` if no valid values are found.
        """
        self.declarations.declare(hp)
        own = self._own(hp)
        self._grid &= own == self.declarations.encode({}) or frozenset(own.items()) in self._expected
        architecture = self.architecture(hp) or self._exchange(hp)
        if self._grid:
            following = next(self.tree.every(after=self.declarations.decode(hp.values)), None)
            after = {} if following is None else self.declarations.encode(following)
            self._expected |= {frozenset(self._own(hp).items()), frozenset(after.items())}
        train = training_of(architecture)
        with training.policy_scope(train, self.seed):
            model = build_model(architecture, scales=self._scales(architecture))
        training.prepare(model, train, self._unseen(train), epochs=self.epochs_of(architecture))
        self._optimizer = model.optimizer
        return model

    def fit(self, hp: Any, model: keras.Model, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """Trains a built model on a `Dataset`, or on the arguments of `keras.Model.fit`; returns the reported values by
        epoch.

        Raises `keras_tuner.errors.FatalValueError` for data that do not fit the space, and `FailedTrialError` if no
        epoch ended with a finite loss.
        """
        architecture = self.architecture(hp)
        if architecture is None:
            raise keras_tuner.errors.FailedTrialError("these choices break a rule or a budget of the space")
        given = by_name(args, kwargs)
        train = self._settings(architecture, given)
        whole = self.epochs_of(architecture) if "tuner/epochs" in hp.values else 0
        epochs = given.get("epochs") or self.epochs_of(architecture)
        found = read(self.space, given)
        if found is None:
            self._fit_batches(model, train, given, epochs, max(whole, epochs))
        else:
            dataset, more = found
            self._prepare(model, train, steps_of(train, dataset, more), max(whole, epochs))
            training.fit(
                model,
                train,
                dataset,
                seed=self.seed or 0,
                epochs=epochs,
                initial_epoch=given.get("initial_epoch", 0),
                callbacks=given.get("callbacks", []),
                verbose=given.get("verbose", "auto"),
                given=more,
            )
        losses = model.history.history.get("loss", [])
        if losses and not any(isfinite(float(loss)) for loss in losses):
            raise keras_tuner.errors.FailedTrialError("the loss was not a finite number in any epoch")
        return model.history

    def _prepare(self, model: keras.Model, train: TrainSettings, steps: int, epochs: int) -> None:
        """Compiles again with the schedule's length in steps, which is known only with the data; skipped if the tuner
        has compiled with a different optimizer."""
        if model.optimizer is self._optimizer:
            training.prepare(model, train, self._unseen(train, steps), epochs=epochs)
        elif has_phases(model):
            raise keras_tuner.errors.FatalValueError(
                "`unfreeze` trains with the optimizer of `train`, but the tuner has compiled the model with another "
                "one: remove the tuner's `optimizer`, or `unfreeze`"
            )

    def _fit_batches(
        self, model: keras.Model, train: TrainSettings, given: Mapping[str, Any], epochs: int, whole: int
    ) -> None:
        """Trains on data that come in batches."""
        searched = searched_in_batches(self.space)
        if searched:
            raise keras_tuner.errors.FatalValueError(
                f"`{searched[0]}` is searched, but data that come in batches do not support it: give arrays, "
                "or set it in `train`"
            )
        stated = [name for name in BATCHED if name in train.model_fields_set and name not in given]
        if stated:
            warnings.warn(
                f"{listing(stated)} of `train` {'does' if len(stated) == 1 else 'do'} not apply to data that come "
                "in batches",
                stacklevel=2,
            )
        if has_byte_images(given.get("x")):
            warnings.warn(
                "images of bytes that come in batches are not scaled: divide them by 255 in the data, or give arrays",
                stacklevel=2,
            )
        steps = given.get("steps_per_epoch") or length_of(given.get("x"))
        if steps is None and not isinstance(train.schedule, WITHOUT_LENGTH):
            raise keras_tuner.errors.FatalValueError(
                f"`schedule = {train.schedule.name}` needs the number of batches in an epoch: give `steps_per_epoch`"
            )
        self._prepare(model, train, steps or 1, whole)
        first = given.get("initial_epoch", 0)
        elapsed = first - first_epoch(model)
        if elapsed > 0 and steps and int(model.optimizer.iterations) == 0:  # Only weights were restored before.
            model.optimizer.iterations.assign(elapsed * steps)
        keras.utils.set_random_seed(self.seed or 0)
        callbacks = [
            *phase_callbacks(model),
            *self._statistics(model, train, given.get("x")),
            *training.stopping_callbacks(train),
            *training.user_callbacks(train),
            *given.get("callbacks", []),
        ]
        model.fit(**{**given, "epochs": epochs, "callbacks": callbacks})

    def _statistics(self, model: keras.Model, train: TrainSettings, data: Any) -> list[keras.callbacks.Callback]:
        """The callback that estimates batch normalization's statistics before each validation."""
        if train.batchnorm_statistics != "precise" or not (has_batchnorm(model) or has_phases(model)):
            return []
        callback = from_batches(data)
        if callback is None:
            warnings.warn(
                "batch normalization is validated with Keras's moving averages, which lag behind in short trainings: a "
                "generator cannot be read twice; a `tf.data.Dataset` or a `PyDataset` can",
                stacklevel=2,
            )
            return []
        return [callback]

    def _own(self, hp: Any) -> dict[str, Any]:
        """The values of the space's choices, without additional values of tuners."""
        return {item.name: hp.values[item.name] for item in self.declarations if item.name in hp.values}

    def _exchange(self, hp: Any) -> Architecture:
        """Replaces invalid values by the next valid ones in order, or by random ones."""
        random = Random(repr(sorted(self._own(hp).items())))
        draws = (self.tree.draw(random.random) for _ in range(TRIES))
        rest = self.tree.every(after=self.declarations.decode(hp.values)) if self._grid else draws
        for choices in islice(rest, SMALL):
            found = self.space.resolve(choices)
            if found is not None:
                self._put(hp, choices)
                return found
        if self._grid and next(rest, None) is None:
            self._put(hp, self.tree.last())  # No valid values are left: a grid search ends here.
        raise keras_tuner.errors.FailedTrialError(
            "these choices break a rule or a budget of the space, and so do all that were tried in their place"
        )

    def _put(self, hp: Any, choices: Assignment) -> None:
        for name in self._own(hp):
            del hp.values[name]
        hp.values.update(self.declarations.encode(choices))

    def epochs_of(self, architecture: Architecture) -> int:
        """The number of epochs of an architecture."""
        return self.epochs or architecture.train.epochs

    def _settings(self, architecture: Architecture, given: Mapping[str, Any]) -> TrainSettings:
        train, changes = training_of(architecture), dict[str, Any]()
        if given.get("batch_size"):
            changes["batch_size"] = given["batch_size"]
        callbacks = [*training.user_callbacks(train), *(given.get("callbacks") or [])]
        if any(isinstance(callback, keras.callbacks.EarlyStopping) for callback in callbacks):
            changes["early_stopping"] = Never()
        return train.model_copy(update=changes)

    def _scales(self, architecture: Architecture) -> Mapping[str, Scale]:
        """The standardization of the inputs, if it is known without the data."""
        train = architecture.train
        numbers = [name for name, shape in architecture.inputs.items() if not isinstance(shape, WholeShape)]
        derived = [name for name in numbers if isinstance(train.by_input.get(name, train.standardize), PerChannel)]
        if derived:
            raise keras_tuner.errors.FatalValueError(
                f"`standardize = per_channel` needs the data of `{derived[0]}`, which a tuner does not have when it "
                "builds a model: write the numbers, `stated(mean = […], stddev = […])`, or search with `sqsem search`"
            )
        return resized(scales(train, self._unseen(train), architecture.inputs), architecture.inputs, self.space.inputs)

    def _unseen(self, train: TrainSettings, steps: int = 1) -> Dataset:
        """A data set with so many batches, for compiling a model without its data."""
        part = Part({"": np.zeros((steps * train.batch_size, 0))}, {})
        return Dataset("unseen", self.space.outputs, part, part, part)


def _check_tensorboard() -> None:
    """On TensorFlow, KerasTuner's own tuners import tensorboard for every trial: without it all trials fail
    silently."""
    if keras.config.backend() == "tensorflow" and find_spec("tensorboard") is None:
        raise SqsError([MissingPackage(NOWHERE, "tensorboard", "KerasTuner on TensorFlow", "tensorflow")])
