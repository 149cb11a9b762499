"""The probable intention of an invalid objective."""

from __future__ import annotations

from typing import Literal

from sqsem_dsl.diagnostics.diagnostic import closest

COUNTS = ("params", "macs", "memory", "flash", "latency")
"""Objectives besides metrics: known before training."""
LESS_IS_BETTER = frozenset(("loss", "mse", "mae", "rmse", "mape", "msle"))
"""Reported names for which lower is better; for all others higher is better."""

Mode = Literal["auto", "min", "max"]
"""Whether less or more of a monitored value is better; `auto` derives it from the name."""

_RISING = ("accuracy", "top_k", "auc", "precision", "recall", "f1", "mean_iou", "r2", "cosine_similarity")


def rises(monitor: str, mode: Mode = "auto") -> bool:
    """Whether a higher value of a monitored name is better.

    >>> rises("val_label_accuracy"), rises("val_loss"), rises("loss")
    (True, False, False)
    """
    return monitor.endswith(_RISING) if mode == "auto" else mode == "max"


def objective_meant(word: str, of: str | None = None) -> str:
    """The probable intention of an invalid objective: usually the bare name of a metric, or another direction word.
    `of` is the metric that the word is written with, as in `max(val_auc)`.

    >>> objective_meant("val_accuracy"), objective_meant("val_mae"), objective_meant("max")
    ('write `maximize(val_accuracy)`', 'write `minimize(val_mae)`', 'write `maximize(val_accuracy)`')
    >>> objective_meant("val_kappa")
    'write `maximize(val_kappa)` or `minimize(val_kappa)`'
    >>> objective_meant("max", "val_auc"), objective_meant("minimal", "params"), objective_meant("max val_auc")
    ('write `maximize(val_auc)`', 'write `minimize(params)`', 'write `maximize(val_auc)`')
    """
    first, _, rest = word.partition(" ")
    of = of or rest.strip(" ()") or None
    if of is not None and first.startswith(("max", "min")):
        return f"write `{first[:3]}imize({_validated(of)})`"
    near = closest(word, ("maximize", "minimize"))
    if near or word in ("max", "min"):
        way = near or f"{word}imize"
        return f"write `{way}({'val_accuracy' if way == 'maximize' else 'val_loss'})`"
    metric = _validated(word)
    less = metric in COUNTS or metric.rpartition("_")[2] in LESS_IS_BETTER
    if not less and not metric.endswith(_RISING):
        return f"write `maximize({metric})` or `minimize({metric})`"
    return f"write `{'minimize' if less else 'maximize'}({metric})`"


def _validated(metric: str) -> str:
    """The name of a metric on the validation set; costs have none."""
    return metric if metric.startswith("val_") or metric in COUNTS else f"val_{metric}"
