"""One spelling for all variants of a name: `BatchNormalization`, `batch_normalization` and `batchnormalization`."""

from __future__ import annotations

import re

_DIMENSIONS = re.compile(r"[123]d")


def folded(name: str) -> str:
    """A name in lower case and without underscores.

    >>> folded("Global_AveragePooling2D")
    'globalaveragepooling2d'
    """
    return name.replace("_", "").lower()


def without_dimensions(name: str) -> str:
    """A folded name without `1d`, `2d` or `3d`: operators get the number of dimensions from their tensor.

    >>> without_dimensions("conv2dtranspose")
    'convtranspose'
    """
    return _DIMENSIONS.sub("", name)
