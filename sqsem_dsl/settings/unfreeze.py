"""When the backbones are trained: the values of `unfreeze` in `train { }`."""

from typing import Annotated, Literal

from pydantic import Field

from sqsem_dsl.settings.base import Count, Option, Searched


class AtOnce(Option):
    """The layers that `trainable` names are trained from the first epoch."""

    name: Literal["none"] = "none"


class After(Option):
    """Backbones are frozen for `epochs` epochs; then they are trained, and the learning rate is multiplied by
    `rate`.
    """

    name: Literal["after"] = "after"
    epochs: Count
    rate: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False), Searched] = 0.1


Unfreeze = Annotated[After | AtOnce, Field(discriminator="name")]
