"""Metrics: the values of `metrics` in `train { }`. Each is reported under its name.

The fields of an option are its arguments in positional order.
"""

from typing import Annotated, Literal

from pydantic import Field

from sqsem_dsl.settings.base import Count, Option
from sqsem_dsl.settings.extern import Extern


class Accuracy(Option):
    """The share of correct classes; of correct labels (threshold 0.5) for a sigmoid output."""

    name: Literal["accuracy"] = "accuracy"


class TopK(Option):
    """The share of samples whose class is among the `k` likeliest."""

    name: Literal["top_k"] = "top_k"
    k: Count = 5


class Auc(Option):
    name: Literal["auc"] = "auc"


class PrAuc(Option):
    """The area under the curve of precision and recall, which shows more than `auc` where a class is rare."""

    name: Literal["pr_auc"] = "pr_auc"


class Precision(Option):
    name: Literal["precision"] = "precision"


class Recall(Option):
    name: Literal["recall"] = "recall"


class F1(Option):
    """The macro average over classes, or over labels for a sigmoid output."""

    name: Literal["f1"] = "f1"


class MeanIou(Option):
    """The mean intersection over union of the classes."""

    name: Literal["mean_iou"] = "mean_iou"


class MaeMetric(Option):
    name: Literal["mae"] = "mae"


class MseMetric(Option):
    name: Literal["mse"] = "mse"


class Rmse(Option):
    name: Literal["rmse"] = "rmse"


class Mape(Option):
    """The mean absolute error in percent of the labels, which should not be near 0."""

    name: Literal["mape"] = "mape"


class Msle(Option):
    """The mean squared difference of log(1 + x), for numbers of at least 0."""

    name: Literal["msle"] = "msle"


class CosineSimilarity(Option):
    """The cosine of the angle between the output and the label: 1 for the same direction."""

    name: Literal["cosine_similarity"] = "cosine_similarity"


class R2(Option):
    name: Literal["r2"] = "r2"


Metric = Annotated[
    Accuracy
    | TopK
    | Auc
    | PrAuc
    | Precision
    | Recall
    | F1
    | MeanIou
    | MaeMetric
    | MseMetric
    | Rmse
    | Mape
    | Msle
    | CosineSimilarity
    | R2
    | Extern,
    Field(discriminator="name"),
]
