"""Settings of training that do not fit the inputs of a space."""

from __future__ import annotations

from collections.abc import Mapping

from sqsem_dsl.settings.options import AsTheyCome, Stated
from sqsem_dsl.settings.table import Problem
from sqsem_dsl.settings.train import TrainSettings
from sqsem_dsl.utils.shapes import Shape, WholeShape


def check_train_inputs(train: TrainSettings, inputs: Mapping[str, Shape]) -> list[Problem]:
    """Augmentation without an image, and standardization that does not fit its input. Nothing without inputs."""
    problems: list[Problem] = []
    if train.augment and inputs and not any(map(_can_be_image, inputs.values())):
        shapes = ", ".join(f"`{name}` is {list(shape)}" for name, shape in inputs.items())
        message = f"`augment` is for images, but no input is an image: {shapes}"
        problems.append(Problem(("augment",), message, "remove it, or declare `[height, width, channels]`"))
    return problems + _check_stated(train, inputs)


def _can_be_image(shape: Shape) -> bool:
    return len(shape) == 3 and not isinstance(shape, WholeShape)


def _check_stated(train: TrainSettings, inputs: Mapping[str, Shape]) -> list[Problem]:
    """Checks that each given mean and deviation has one number, or one for each channel of an input, and that inputs of
    whole numbers have none."""
    problems = []
    for name, shape in inputs.items():
        if isinstance(shape, WholeShape):
            if not isinstance(train.by_input.get(name, AsTheyCome()), AsTheyCome):
                message = f"`{name}` has whole numbers that stand for categories: they cannot be standardized"
                problems.append(Problem((f"standardize.{name}",), message, "remove it"))
            continue
        stated = train.by_input.get(name, train.standardize)
        if not isinstance(stated, Stated):
            continue
        key = f"standardize.{name}" if name in train.by_input else "standardize"
        for argument, numbers in (("mean", stated.mean), ("stddev", stated.stddev)):
            if len(numbers) not in (1, shape[-1]):
                message = f"`{argument}` has {len(numbers)} numbers, but `{name}` has {shape[-1]} channels"
                help = f"write one for each channel or one for all, with `standardize.{name}` for this input alone"
                problems.append(Problem((key, argument), message, help))
    return problems
