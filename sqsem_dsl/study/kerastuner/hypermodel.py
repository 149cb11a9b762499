"""A space as an ordinary `keras_tuner.HyperModel`, for the tuners of KerasTuner and for ours."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from itertools import islice
from math import isfinite
from random import Random
from typing import Any

import keras
import keras_tuner
import numpy as np

from sqsem_dsl.data.dataset import Dataset, Part
from sqsem_dsl.data.errors import DataError
from sqsem_dsl.diagnostics import SqsError
from sqsem_dsl.source import NOWHERE
from sqsem_dsl.space.architecture import Architecture
from sqsem_dsl.spec.settings_options import Never, PerChannel
from sqsem_dsl.spec.settings_train import TrainSettings
from sqsem_dsl.study.algorithms.conditions import hyperparameter
from sqsem_dsl.study.algorithms.proposals import SMALL, TRIES
from sqsem_dsl.study.algorithms.searchable import SearchedSpace
from sqsem_dsl.study.errors import MissingPackage
from sqsem_dsl.study.kerastuner.arrays import are_arrays, dataset_of, split
from sqsem_dsl.targets import training
from sqsem_dsl.targets.hyperparameters import Declarations
from sqsem_dsl.targets.standardise import Scale, scales

OURS = frozenset(
    {"epochs", "initial_epoch", "batch_size", "callbacks", "verbose", "validation_data", "validation_split"}
)
"""The arguments of `fit` that are understood here; any other goes to Keras as it is."""


class SpaceHyperModel(keras_tuner.HyperModel):  # type: ignore[misc]
    """Declares every choice up front, builds and compiles what they give, and trains it as `train { }` says.

    It works with every tuner of KerasTuner: `keras_tuner.RandomSearch(space.hypermodel(), objective="val_accuracy")`.
    What the choices say of training holds unless `search` is given `batch_size`, `epochs` or an `EarlyStopping` of its
    own. Labels may be class numbers or one-hot. From data sets and generators, which Keras reads itself, labels must
    come as the loss takes them, and there is no augmentation.

    KerasTuner's own oracles know no rules. A proposal that breaks a rule or a budget is exchanged, before any model is
    built, for one that breaks none, and the trial says so in its hyperparameters: for the next in order where proposals
    come in order (grid search), else for a random one. (`space.tuner()` never proposes a wrong one.)
    """

    def __init__(self, space: SearchedSpace, *, epochs: int | None = None, seed: int | None = None) -> None:
        super().__init__(name=space.name)
        self.space = space
        self.declarations = Declarations.of(space.choices)
        self.epochs = epochs
        """The length of every training, whatever the choices say; None: what they say."""
        self.seed = seed
        self._optimizer: keras.optimizers.Optimizer | None = None
        self._grid = self.declarations.finite
        """Whether all that was built came in the order of the space, as in a grid search, which goes on from it."""
        self._expected: set[frozenset[tuple[str, Any]]] = set()
        """What a grid search may ask for next: what was built, and what follows that."""

    def declare_hyperparameters(self, hp: Any) -> None:
        """Register all choices. Tuners call this first, and then build a model to look for more; there are none."""
        _check_tensorboard()
        self.declarations.declare(hp, hyperparameter)

    def architecture(self, hp: Any) -> Architecture | None:
        """The architecture of the hyperparameters' values; None outside rules and budgets."""
        return self.space.propose(self.declarations.read(hp.values))

    def build(self, hp: Any) -> keras.Model:
        """The compiled model of the hyperparameters' values, which are changed where they break a rule or a budget.

        Raises `keras_tuner.errors.FailedTrialError` where nothing is found that breaks none.
        """
        self.declarations.declare(hp, hyperparameter)
        own = self._own(hp)
        self._grid &= own == self.declarations.write({}) or frozenset(own.items()) in self._expected
        architecture = self.architecture(hp) or self._exchange(hp)
        if self._grid:
            own = self._own(hp)
            after = next(self.declarations.every(after=own), {})
            self._expected |= {frozenset(own.items()), frozenset(after.items())}
        train = architecture.train
        with training.policy_scope(train, self.seed):
            model = architecture.build(self._scales(architecture))
        training.prepare(model, train, self._unseen(train), epochs=self.epochs_of(architecture))
        self._optimizer = model.optimizer
        return model

    def fit(self, hp: Any, model: keras.Model, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """Train a built model on a `Dataset`, or on what `keras.Model.fit` takes; what was reported, by epoch.

        Raises `keras_tuner.errors.FatalValueError` for data that do not fit the space, and `FailedTrialError` where no
        epoch ended with a finite loss.
        """
        architecture = self.architecture(hp)
        if architecture is None:
            raise keras_tuner.errors.FailedTrialError("these choices break a rule or a budget of the space")
        train = self._settings(architecture, kwargs)
        whole = self.epochs_of(architecture) if "tuner/epochs" in hp.values else 0
        epochs = kwargs.get("epochs") or self.epochs_of(architecture)
        dataset = self._dataset(args, kwargs)
        if dataset is None:
            callbacks = [*training.stopping_callbacks(train), *(kwargs.get("callbacks") or [])]
            model.fit(*args, **{**kwargs, "epochs": epochs, "callbacks": callbacks})
        else:
            if model.optimizer is self._optimizer:  # Not where the tuner has compiled with one of its own.
                # The schedule's length in steps is known only with the data.
                training.prepare(model, train, dataset, epochs=max(whole, epochs))
            training.fit(
                model,
                train,
                dataset,
                seed=self.seed or 0,
                epochs=epochs,
                initial_epoch=kwargs.get("initial_epoch", 0),
                callbacks=kwargs.get("callbacks") or [],
                verbose=kwargs.get("verbose", "auto"),
            )
        losses = model.history.history.get("loss", [])
        if losses and not any(isfinite(float(loss)) for loss in losses):
            raise keras_tuner.errors.FailedTrialError("the loss was not a finite number in any epoch")
        return model.history

    def _own(self, hp: Any) -> dict[str, Any]:
        """The values of the space's choices; tuners keep some of their own beside them."""
        return {item.name: hp.values[item.name] for item in self.declarations if item.name in hp.values}

    def _exchange(self, hp: Any) -> Architecture:
        """Change values outside the rules to the next in order, or to random ones, that are within them."""
        wrong = self._own(hp)
        random = Random(repr(sorted(wrong.items())))
        draws = (self.declarations.draw(random.random) for _ in range(TRIES))
        rest = self.declarations.every(after=wrong) if self._grid else draws
        for values in islice(rest, SMALL):
            found = self.space.propose(self.declarations.read(values))
            if found is not None:
                self._put(hp, values)
                return found
        if self._grid and next(rest, None) is None:
            self._put(hp, self.declarations.last())  # Nothing allowed is left: a grid is to end here.
        raise keras_tuner.errors.FailedTrialError(
            "these choices break a rule or a budget of the space, and so do all that were tried in their place"
        )

    def _put(self, hp: Any, values: Mapping[str, Any]) -> None:
        for name in self._own(hp):
            del hp.values[name]
        hp.values.update(values)

    def epochs_of(self, architecture: Architecture) -> int:
        """How long an architecture trains."""
        return self.epochs or architecture.train.epochs

    def _settings(self, architecture: Architecture, given: Mapping[str, Any]) -> TrainSettings:
        train, changes = architecture.train, dict[str, Any]()
        if given.get("batch_size"):
            changes["batch_size"] = given["batch_size"]
        if any(isinstance(c, keras.callbacks.EarlyStopping) for c in given.get("callbacks") or []):
            changes["early_stopping"] = Never()
        return train.model_copy(update=changes)

    def _dataset(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Dataset | None:
        """The data as a `Dataset`; None where Keras must read them itself."""
        if len(args) == 1 and isinstance(args[0], Dataset):
            return args[0]
        x, y = (*args, None, None)[:2]
        x, y = kwargs.get("x", x), kwargs.get("y", y)
        if y is None or len(args) > 2 or set(kwargs) - OURS - {"x", "y"} or not are_arrays(x, y):
            return None
        validation = kwargs.get("validation_data")
        if validation is None and kwargs.get("validation_split"):
            x, y, validation = split(x, y, kwargs["validation_split"])
        if validation is None:
            raise keras_tuner.errors.FatalValueError(
                "give `validation_data` or `validation_split`: trials are compared on them"
            )
        if not isinstance(validation, tuple | list) or len(validation) != 2 or not are_arrays(*validation):
            return None
        try:
            return dataset_of(self.space.inputs, self.space.outputs, x, y, (validation[0], validation[1]))
        except DataError as problem:
            raise keras_tuner.errors.FatalValueError(str(problem)) from None

    def _scales(self, architecture: Architecture) -> Mapping[str, Scale]:
        """How the inputs are standardised, where that is known without the data."""
        train = architecture.train
        derived = [n for n in architecture.inputs if isinstance(train.by_input.get(n, train.standardise), PerChannel)]
        if derived:
            raise keras_tuner.errors.FatalValueError(
                f"`standardise = per_channel` needs the data of `{derived[0]}`, which a tuner has not when it builds a "
                "model: state the numbers, `stated(mean = […], stddev = […])`, or search with `sqsem search`"
            )
        return scales(train, self._unseen(train), architecture.inputs)

    def _unseen(self, train: TrainSettings) -> Dataset:
        """A data set of one batch, by which a model can be compiled before its data are known."""
        part = Part({"": np.zeros((train.batch_size, 0))}, {})
        return Dataset("unseen", self.space.outputs, part, part, part)


def _check_tensorboard() -> None:
    """On TensorFlow, KerasTuner's own tuners import tensorboard for every trial: without it all fail, and silently."""
    if keras.config.backend() == "tensorflow" and find_spec("tensorboard") is None:
        raise SqsError([MissingPackage(NOWHERE, "tensorboard", "KerasTuner on TensorFlow", "tensorflow")])
