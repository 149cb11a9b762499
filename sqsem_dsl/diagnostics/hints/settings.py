"""Names that other tools use for settings of `train` and `search` and for their values."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqsem_dsl.diagnostics.hints.spelling import folded

_PENALTY = "write `regularize = l2(1e-4)`: all kernels; `weight_decay = 1e-4` decays weights in the optimizer"
_PLATEAU = "write `schedule = reduce_on_plateau(patience = 5)`"
_PATIENCE = "write `early_stopping = patience(5)`"
_STANDARDIZE = "write `standardize = per_channel`"
_AUGMENT = "write a list of steps: `augment = [flip, crop(4)]`"
_PRECISION = "write `precision = mixed_bfloat16`"
_OBJECTIVE = "write `objective = maximize(val_accuracy)`"
_CLIP = "write `clipnorm = 1.0`"
_EPOCH_STEPS = "an epoch is one pass over the training data; `epochs` and `batch_size` set how long it trains"
_DATA = "it is an option of the data, not of the spec: see `sqsem search --help`"
_BEST = "a study always keeps the best model, `best.keras`: leave it out"
_WARMUP = "it is an argument of the schedule: `schedule = cosine(warmup = 5)`"

RENAMED: Mapping[str, str] = {
    "lr": "learning_rate", "rate": "learning_rate", "eta": "learning_rate", "stepsize": "learning_rate",
    "batch": "batch_size", "batches": "batch_size", "bs": "batch_size", "minibatch": "batch_size",
    "epoch": "epochs", "numepochs": "epochs", "nepochs": "epochs", "maxepochs": "epochs", "iterations": "epochs",
    "opt": "optimizer", "optim": "optimizer", "solver": "optimizer", "criterion": "loss", "lossfunction": "loss",
    "lossfn": "loss", "metric": "metrics", "scheduler": "schedule", "lrschedule": "schedule",
    "lrscheduler": "schedule", "learningrateschedule": "schedule", "decay": "weight_decay", "wd": "weight_decay",
    "classweight": "class_weights", "lossweights": "loss_weight", "smoothing": "label_smoothing",
    "maxtrials": "trials", "ntrials": "trials", "numtrials": "trials", "budget": "trials", "numsamples": "trials",
    "executionspertrial": "executions", "repeats": "executions", "runs": "executions", "randomstate": "seed",
    "randomseed": "seed", "timeout": "hours", "time": "hours", "maxtime": "hours", "timebudget": "hours",
    "timelimit": "hours", "walltime": "hours", "maxhours": "hours", "deadline": "hours",
    "sampler": "algorithm", "tuner": "algorithm", "strategy": "algorithm", "method": "algorithm",
    "searchalgorithm": "algorithm", "pruner": "stopping", "pruning": "stopping", "trialscheduler": "stopping",
    "medianstop": "stopping", "standardise": "standardize", "standardization": "standardize",
    "standardisation": "standardize", "regularizer": "regularize", "regularization": "regularize",
    "regularise": "regularize", "regulariser": "regularize", "penalty": "regularize",
}  # fmt: skip
"""The setting of `train` or `search` for a word, by the folded word."""

ADVICE: Mapping[str, str] = {
    "patience": _PATIENCE, "earlystop": _PATIENCE, "earlystopping": _PATIENCE,
    "dropout": "dropout is a stage of the network: `-> dropout(0.5)`",
    "batchnorm": "normalization is a stage of the network: `-> batchnorm`",
    "activation": "an activation is a stage of the network: `-> relu`",
    "l1": _PENALTY, "l2": _PENALTY, "l1l2": _PENALTY, "kernelregularizer": _PENALTY, "kernell2": _PENALTY,
    "weightregularizer": _PENALTY, "biasregularizer": "only kernels have a penalty: `regularize = l2(1e-4)`",
    "activityregularizer": "only kernels have a penalty: `regularize = l2(1e-4)`",
    "reduceonplateau": _PLATEAU, "reducelronplateau": _PLATEAU, "reducelr": _PLATEAU, "plateau": _PLATEAU,
    "normalize": _STANDARDIZE, "normalise": _STANDARDIZE, "normalization": _STANDARDIZE, "normalisation": _STANDARDIZE,
    "scale": _STANDARDIZE, "rescale": _STANDARDIZE, "mean": "write `standardize = stated(mean = …, stddev = …)`",
    "stddev": "write `standardize = stated(mean = …, stddev = …)`",
    "std": "write `standardize = stated(mean = …, stddev = …)`",
    "augmentation": _AUGMENT, "augmentations": _AUGMENT, "dataaugmentation": _AUGMENT, "transforms": _AUGMENT,
    "transform": _AUGMENT, "flip": _AUGMENT, "crop": _AUGMENT, "cutout": _AUGMENT,
    "mixedprecision": _PRECISION, "fp16": _PRECISION, "amp": _PRECISION, "dtype": _PRECISION,
    "clip": _CLIP, "clipvalue": _CLIP, "gradientclip": _CLIP, "gradientclipping": _CLIP, "gradclip": _CLIP,
    "maxgradnorm": _CLIP, "globalclipnorm": _CLIP,
    "momentum": "it is an argument of the optimizer: `optimizer = sgd(momentum = 0.9)`",
    "nesterov": "it is an argument of the optimizer: `optimizer = sgd(momentum = 0.9, nesterov = true)`",
    "beta1": "it is an argument of the optimizer: `optimizer = adam(beta_1 = 0.9)`",
    "beta2": "it is an argument of the optimizer: `optimizer = adam(beta_2 = 0.999)`",
    "epsilon": "it is an argument of the optimizer: `optimizer = adam(epsilon = 1e-7)`",
    "warmup": _WARMUP, "warmupepochs": _WARMUP, "warmupsteps": _WARMUP,
    "stepsperepoch": _EPOCH_STEPS, "steps": _EPOCH_STEPS, "validationsteps": _EPOCH_STEPS,
    "shuffle": "training data is always shuffled: leave it out",
    "tensorboard": "it is an option of the command: `sqsem search --tensorboard`",
    "learningratescheduler": "write `schedule = cosine`",
    "callback": 'write a list: `callbacks = [extern("my_code:…")]`',
    "validationsplit": _DATA, "validationdata": _DATA, "validation": _DATA, "split": _DATA, "testsize": _DATA,
    "data": _DATA, "dataset": _DATA, "directory": _DATA, "folds": _DATA,
    "direction": _OBJECTIVE, "goal": _OBJECTIVE, "mode": _OBJECTIVE, "maximize": _OBJECTIVE, "minimize": _OBJECTIVE,
    "monitor": _OBJECTIVE, "objectives": _OBJECTIVE,
    "outputdir": _DATA, "logdir": _DATA, "checkpoint": _BEST, "checkpoints": _BEST, "modelcheckpoint": _BEST,
    "savebestonly": _BEST, "restorebestweights": "the best epoch of a trial counts: leave it out",
    "workers": "it is an option of the command: see `sqsem search --help`",
    "gpus": "it is an option of the command: see `sqsem search --help`",
    "verbose": "it is an option of the command: see `sqsem search --help`",
}  # fmt: skip
"""Help for words that are not a setting under another name, by the folded word."""

VALUES: Mapping[str, Mapping[str, str]] = {
    "loss": {
        "crossentropy": "categorical_crossentropy", "ce": "categorical_crossentropy",
        "crossentropyloss": "categorical_crossentropy", "sparsecategoricalcrossentropy": "categorical_crossentropy",
        "softmaxcrossentropy": "categorical_crossentropy", "nll": "categorical_crossentropy",
        "nllloss": "categorical_crossentropy", "logloss": "binary_crossentropy", "bce": "binary_crossentropy",
        "bceloss": "binary_crossentropy", "bcewithlogitsloss": "binary_crossentropy",
        "meansquarederror": "mse", "mseloss": "mse", "l2": "mse", "l2loss": "mse", "rmse": "mse",
        "meanabsoluteerror": "mae", "l1": "mae", "l1loss": "mae", "smoothl1": "huber", "smoothl1loss": "huber",
        "focalloss": "focal", "binaryfocalcrossentropy": "focal", "categoricalfocalcrossentropy": "focal",
        "diceloss": "dice", "kld": "kl_divergence", "kldivloss": "kl_divergence", "kl": "kl_divergence",
    },
    "metrics": {
        "acc": "accuracy", "categoricalaccuracy": "accuracy", "binaryaccuracy": "accuracy",
        "sparsecategoricalaccuracy": "accuracy", "top5": "top_k(5)", "topkcategoricalaccuracy": "top_k(5)",
        "sparsetopkcategoricalaccuracy": "top_k(5)", "rocauc": "auc", "f1score": "f1", "fscore": "f1",
        "iou": "mean_iou", "miou": "mean_iou", "jaccard": "mean_iou", "meanabsoluteerror": "mae",
        "meansquarederror": "mse", "rootmeansquarederror": "rmse", "r2score": "r2",
        "prauc": "pr_auc", "auprc": "pr_auc",
        "averageprecision": "pr_auc", "aucpr": "pr_auc", "meanabsolutepercentageerror": "mape",
        "meansquaredlogarithmicerror": "msle", "cosine": "cosine_similarity",
    },
    "early_stopping": {"earlystopping": "patience(5)", "true": "patience(5)", "yes": "patience(5)",
                       "false": "none", "off": "none", "no": "none"},
    "unfreeze": {"true": "after(epochs = 5)", "yes": "after(epochs = 5)", "false": "none", "no": "none",
                 "off": "none"},
    "standardize": {"true": "per_channel", "standard": "per_channel", "zscore": "per_channel",
                    "normalize": "per_channel",
                    "perimage": "per_channel", "perfeature": "per_channel", "imagenet": "stated(mean = …, stddev = …)",
                    "false": "none"},
    "schedule": {"none": "constant", "reducelronplateau": "reduce_on_plateau(patience = 5)",
                 "plateau": "reduce_on_plateau(patience = 5)", "reduceonplateau": "reduce_on_plateau(patience = 5)",
                 "cosineannealing": "cosine", "cosineannealinglr": "cosine",
                 "cosinedecay": "cosine",
                 "cosinedecayrestarts": "cosine_restarts", "steplr": "step", "multisteplr": "piecewise",
                 "piecewiseconstantdecay": "piecewise", "exponentialdecay": "exponential",
                 "exponentiallr": "exponential",
                 "polynomialdecay": "polynomial", "linear": "polynomial", "warmup": "cosine(warmup = 5)"},
    "augment": {"randomflip": "flip", "horizontalflip": "flip", "fliphorizontal": "flip", "hflip": "flip",
                "randomhorizontalflip": "flip", "verticalflip": "flip_vertical", "vflip": "flip_vertical",
                "randomcrop": "crop(4)", "translate": "shift(0.1)", "translation": "shift(0.1)",
                "randomtranslation": "shift(0.1)", "rotation": "rotate(10)", "randomrotation": "rotate(10)",
                "randomzoom": "zoom(0.1)", "randomerasing": "cutout(8)", "erasing": "cutout(8)",
                "gaussiannoise": "noise(0.1)"},
    "precision": {"float16": "mixed_float16", "fp16": "mixed_float16", "half": "mixed_float16",
                  "bfloat16": "mixed_bfloat16", "bf16": "mixed_bfloat16", "mixed": "mixed_bfloat16",
                  "fp32": "float32", "float": "float32", "single": "float32"},
    "regularize": {"ridge": "l2(1e-4)", "lasso": "l1(1e-4)", "elasticnet": "l1_l2(l1 = 1e-5, l2 = 1e-4)",
                   "true": "l2(1e-4)", "false": "none"},
    "class_weights": {"true": "balanced", "auto": "balanced", "false": "none"},
    "algorithm": {"randomsearch": "random", "gridsearch": "grid", "bo": "bayesian", "bayes": "bayesian",
                  "bayesianoptimization": "bayesian", "gp": "bayesian", "optuna": "tpe", "genetic": "evolution",
                  "evolutionary": "evolution", "regularizedevolution": "evolution", "ga": "evolution", "nsga": "nsga2",
                  "nsgaii": "nsga2", "successivehalving": "hyperband", "bohb": "hyperband"},
    "stopping": {"medianpruner": "median", "medianstopping": "median", "medianstoppingrule": "median",
                 "ashascheduler": "asha", "asynchyperband": "asha", "successivehalving": "asha",
                 "successivehalvingpruner": "asha", "sha": "asha", "hyperband": "asha", "false": "none", "off": "none",
                 "no": "none", "nopruner": "none"},
    "optimizer": {"rms": "rmsprop", "adamweightdecay": "adamw", "momentum": "sgd(momentum = 0.9)",
                  "nesterov": "sgd(momentum = 0.9, nesterov = true)", "lamb": "adamw"},
}  # fmt: skip
"""Values of settings under the names of other tools: setting, then folded word, to the value in the language."""


def setting_hint(section: str, name: str, sections: Mapping[str, Collection[str]]) -> str | None:
    """Help for a setting that `section` lacks; `sections` are the names of all settings by section.

    >>> setting_hint("train", "lr", {"train": ["learning_rate"]})
    'the setting is called `learning_rate`'
    """
    other = next((s for s, known in sections.items() if s != section and s != "meta" and name in known), None)
    if other is not None:
        return f"`{name}` is a setting of `{other}`"
    word = folded(name)
    renamed = RENAMED.get(word)
    if renamed is not None:
        home = next((s for s, known in sections.items() if renamed in known), section)
        return f"the setting is called `{renamed}`" + ("" if home == section else f" and belongs to `{home}`")
    return ADVICE.get(word)


def value_hint(setting: str, value: object) -> str | None:
    """Help for a value that a setting does not accept.

    >>> value_hint("early_stopping", 3)
    'write `early_stopping = patience(3)`'
    """
    if setting == "early_stopping" and isinstance(value, int) and not isinstance(value, bool):
        return f"write `early_stopping = patience({value})`"
    if setting == "unfreeze" and isinstance(value, int) and not isinstance(value, bool):
        return f"write `unfreeze = after({value})`"
    if setting == "schedule" and isinstance(value, list):
        return "a training has one schedule, and `reduce_on_plateau` is one: choose, or search them with `any […]`"
    if setting == "regularize" and isinstance(value, int | float) and not isinstance(value, bool):
        return f"write `regularize = l2({value:g})`"
    if setting == "class_weights" and isinstance(value, list):
        return f"write `class_weights = given({', '.join(map(str, value))})`"
    word = VALUES.get(setting, {}).get(folded(str(value)))
    if setting == "callbacks":
        return ADVICE.get(folded(str(value)))
    if word is None and setting == "algorithm":
        # Other tools name these beside samplers.
        rule = VALUES["stopping"].get(folded(str(value)), folded(str(value)))
        return f"write `stopping = {rule}`, beside any algorithm" if rule in ("asha", "median") else None
    if word is None:
        return None
    return f"write `{setting} = [{word}]`" if setting in ("metrics", "augment") else f"write `{setting} = {word}`"
