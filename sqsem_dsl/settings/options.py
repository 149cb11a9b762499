"""Losses, weights of classes, stopping, penalties and augmentations: the values of these settings in `train { }`.

The fields of an option are its arguments in positional order.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sqsem_dsl.settings.base import Amount, Count, Decay, Option, Positive, Searched, Share
from sqsem_dsl.settings.extern import Extern
from sqsem_dsl.settings.objective_meant import Mode, rises

Finite = Annotated[float, Field(allow_inf_nan=False)]
Deviation = Annotated[float, Field(gt=0, allow_inf_nan=False)]

# ---- standardization of inputs


class AsTheyCome(Option):
    """Inputs are used as they are in the data."""

    name: Literal["none"] = "none"


class PerChannel(Option):
    """Each channel of an input is scaled to mean 0 and deviation 1 over the training set."""

    name: Literal["per_channel"] = "per_channel"


class Stated(Option):
    """The mean is subtracted, then divided by the deviation: for each channel, or one for all."""

    name: Literal["stated"] = "stated"
    mean: Annotated[tuple[Finite, ...], Field(min_length=1, strict=False)]
    stddev: Annotated[tuple[Deviation, ...], Field(min_length=1, strict=False)]


Standardization = Annotated[AsTheyCome | PerChannel | Stated, Field(discriminator="name")]


# ---- losses


class CategoricalCrossentropy(Option):
    """For softmax outputs; labels may be class numbers or one-hot."""

    name: Literal["categorical_crossentropy"] = "categorical_crossentropy"


class BinaryCrossentropy(Option):
    name: Literal["binary_crossentropy"] = "binary_crossentropy"


class Focal(Option):
    """The focal loss: categorical on a softmax output, else binary."""

    name: Literal["focal"] = "focal"
    gamma: Amount = 2.0
    alpha: Share = 0.25


class Dice(Option):
    name: Literal["dice"] = "dice"


class Tversky(Option):
    name: Literal["tversky"] = "tversky"
    alpha: Share = 0.5
    beta: Share = 0.5


class Mse(Option):
    name: Literal["mse"] = "mse"


class Mae(Option):
    name: Literal["mae"] = "mae"


class Huber(Option):
    name: Literal["huber"] = "huber"
    delta: Positive = 1.0


class LogCosh(Option):
    name: Literal["log_cosh"] = "log_cosh"


class Poisson(Option):
    name: Literal["poisson"] = "poisson"


class KlDivergence(Option):
    name: Literal["kl_divergence"] = "kl_divergence"


Loss = Annotated[
    CategoricalCrossentropy
    | BinaryCrossentropy
    | Focal
    | Dice
    | Tversky
    | Mse
    | Mae
    | Huber
    | LogCosh
    | Poisson
    | KlDivergence
    | Extern,
    Field(discriminator="name"),
]
SMOOTHED = ("categorical_crossentropy", "binary_crossentropy", "focal")
"""The losses that `label_smoothing` affects."""


# ---- weights of classes


class EqualClasses(Option):
    """Every class has the weight 1."""

    name: Literal["none"] = "none"


class Balanced(Option):
    """The inverse of each class's frequency, with mean 1 over the training samples."""

    name: Literal["balanced"] = "balanced"


class GivenWeights(Option):
    """A weight for each class by its number (`0`, `1`, …), or by its name; a class without one has the weight 1."""

    rest: ClassVar = "weights"
    rest_by_position: ClassVar = True

    name: Literal["given"] = "given"
    weights: Annotated[Mapping[str, Amount], Field(min_length=1)]

    @property
    def by_number(self) -> bool:
        """Whether the keys are class numbers: no class name of a spec begins with a digit."""
        return all(key.isdigit() for key in self.weights)


ClassWeights = Annotated[EqualClasses | Balanced | GivenWeights, Field(discriminator="name")]


# ---- early stopping


class Patience(Option):
    """Stops after `epochs` epochs in a row that did not improve `monitor` by `min_delta`, and restores the best
    weights.
    """

    name: Literal["patience"] = "patience"
    epochs: Count
    monitor: str = "val_loss"
    min_delta: Amount = 0.0
    mode: Mode = "auto"

    @property
    def rises(self) -> bool:
        """Whether a higher value of `monitor` is better."""
        return rises(self.monitor, self.mode)


class Never(Option):
    name: Literal["none"] = "none"


Stopping = Annotated[Patience | Never, Field(discriminator="name")]


# ---- penalties for large weights, added to the loss: Keras's regularizers with their arguments and defaults


class NoPenalty(Option):
    name: Literal["none"] = "none"


class L1(Option):
    """`l1` times the sum of the absolute values of every kernel."""

    name: Literal["l1"] = "l1"
    l1: Amount = 0.01


class L2(Option):
    """`l2` times the sum of the squares of every kernel."""

    name: Literal["l2"] = "l2"
    l2: Amount = 0.01


class L1L2(Option):
    """Both."""

    name: Literal["l1_l2"] = "l1_l2"
    l1: Amount = 0.0
    l2: Amount = 0.0


Regularizer = Annotated[NoPenalty | L1 | L2 | L1L2, Field(discriminator="name")]


# ---- augmentations of image inputs in training; pixels outside of the image are 0


class Flip(Option):
    """Left and right exchanged in half of the samples."""

    name: Literal["flip"] = "flip"


class FlipVertical(Option):
    """Top and bottom exchanged in half of the samples."""

    name: Literal["flip_vertical"] = "flip_vertical"


class Crop(Option):
    """Padded by `pixels` on every side and cropped at random to the size it had."""

    name: Literal["crop"] = "crop"
    pixels: Count


class Shift(Option):
    """Moved along each axis by up to `fraction` of its length."""

    name: Literal["shift"] = "shift"
    fraction: Share


class Rotate(Option):
    """Turned about the centre by up to `degrees` either way."""

    name: Literal["rotate"] = "rotate"
    degrees: Annotated[float, Field(ge=0, le=180, allow_inf_nan=False), Searched]


class Zoom(Option):
    """Enlarged or shrunk about the centre by a factor from 1 - `fraction` to 1 + `fraction`."""

    name: Literal["zoom"] = "zoom"
    fraction: Decay


class Brightness(Option):
    """A number from -`delta` to `delta` added, the same over a sample."""

    name: Literal["brightness"] = "brightness"
    delta: Share


class Contrast(Option):
    """Distances from each channel's mean multiplied by a factor from 1 - `delta` to 1 + `delta`."""

    name: Literal["contrast"] = "contrast"
    delta: Share


class Cutout(Option):
    """A square of `size` pixels, somewhere on the image, set to 0."""

    name: Literal["cutout"] = "cutout"
    size: Count


class Noise(Option):
    """Gaussian noise of this deviation added."""

    name: Literal["noise"] = "noise"
    stddev: Amount


Augmentation = Annotated[
    Flip | FlipVertical | Crop | Shift | Rotate | Zoom | Brightness | Contrast | Cutout | Noise,
    Field(discriminator="name"),
]
