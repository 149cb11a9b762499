"""Messages about data, searches, trials and built models, word for word.

Their detection is tested in tests/data, tests/study, tests/cli and tests/backends.
"""

from __future__ import annotations

import pytest

from sqsem_dsl.backends.keras import errors as targets
from sqsem_dsl.data import errors as data
from sqsem_dsl.diagnostics.diagnostic import REGISTRY, Diagnostic
from sqsem_dsl.diagnostics.render import render_text
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.elaborate.errors.statements import ExternUnusable
from sqsem_dsl.study import errors as study
from sqsem_dsl.study import errors_files as files
from sqsem_dsl.study.baselines import UnlikeBaseline

MESSAGES: list[tuple[Diagnostic, str]] = [
    (
        data.UnknownData(NOWHERE, "digit", ("digits",)),
        """error[SQS701]: no data set `digit`
  = help: a data set with a similar name exists: `digits`""",
    ),
    (
        data.UnknownData(NOWHERE, "mnist", ("digits",)),
        """error[SQS701]: no data set `mnist`
  = help: use an `.npz` file, or built-in data: `digits`""",
    ),
    (
        data.UnreadableData(NOWHERE, "train.npz", "there is no such file"),
        """error[SQS702]: cannot read `train.npz`: there is no such file
  = help: write it with `numpy.savez(path, NAME = array, …)`, one array for each input and output""",
    ),
    (
        data.MissingArray(NOWHERE, "train.npz", "input", "image", ("images", "label")),
        """error[SQS703]: `train.npz` has no array for the input `image`
  = help: an array with a similar name exists: `images`
  = note: its arrays are `images`, `label`""",
    ),
    (
        data.MissingArray(NOWHERE, "train.npz", "output", "label", ()),
        """error[SQS703]: `train.npz` has no array for the output `label`
  = note: it has no arrays""",
    ),
    (
        data.UnequalLengths(NOWHERE, (("image", 100), ("label", 99))),
        """error[SQS704]: the arrays differ in their number of samples: `image` has 100, `label` has 99
  = help: the first axis of every array is that of the samples""",
    ),
    (
        data.WrongShape(NOWHERE, "image", ("[8, 8, 3]",), (3, 8, 8)),
        """error[SQS705]: the samples of `image` have the shape [3, 8, 8], but [8, 8, 3] is expected
  = help: channels come last: `array.transpose(0, 2, 3, 1)`""",
    ),
    (
        data.WrongShape(NOWHERE, "image", ("[8, 8, 1]",), (8, 8)),
        """error[SQS705]: the samples of `image` have the shape [8, 8], but [8, 8, 1] is expected
  = help: the channel axis is missing: `array[..., None]`""",
    ),
    (
        data.WrongShape(NOWHERE, "image", ("[8, 8, 3]",), (8, 3)),
        """error[SQS705]: the samples of `image` have the shape [8, 3], but [8, 8, 3] is expected
  = help: if it is one sample, add the axis of samples: `array[None]`""",
    ),
    (
        data.WrongShape(NOWHERE, "label", ("[]", "[10]"), (7,)),
        """error[SQS705]: the samples of `label` have the shape [7], but [] or [10] is expected
  = help: reshape the array, or declare the shape [7] in the spec""",
    ),
    (
        data.WrongType(NOWHERE, "label", "an array of numbers", "text"),
        """error[SQS706]: `label` holds text, but an array of numbers is expected
  = help: give numbers: `array.astype(float)` reads numbers that are written as text""",
    ),
    (
        data.NotFinite(NOWHERE, "image", 1, 4),
        """error[SQS707]: `image` has 1 value that is not a finite number, the first in sample 4
  = help: replace them or remove their samples: training cannot recover from them""",
    ),
    (
        data.LabelRange(NOWHERE, "label", "10", "0 to 9", 3),
        """error[SQS708]: `label` has the label 10 in sample 3, but 0 to 9 is expected
  = help: number the classes from 0, and give the output one unit per class""",
    ),
    (
        data.LabelRange(NOWHERE, "mask", "255", "0 or 1", 0, (0, 255)),
        """error[SQS708]: `mask` has the label 255 in sample 0, but 0 or 1 is expected
  = help: its values are 0, 255: give `mask == 255` instead, which is 0 and 1""",
    ),
    (
        data.LabelRange(NOWHERE, "mask", "127", "a class number from 0 to 2", 0, (0, 127, 255)),
        """error[SQS708]: `mask` has the label 127 in sample 0, but a class number from 0 to 2 is expected
  = help: its values are 0, 127, 255: number them from 0, as `numpy.searchsorted([0, 127, 255], mask)` does""",
    ),
    (
        data.TooFewSamples(NOWHERE, "train.npz", 2, 10),
        """error[SQS709]: `train.npz` has 2 samples, but a split into three sets needs at least 10
  = help: a split has a training, a validation and a test set""",
    ),
    (
        data.WrongSpace(NOWHERE, "digits", "10 classes", "an output of 3 units"),
        """error[SQS710]: `digits` has 10 classes, but the space has an output of 3 units
  = help: provide matching data as an `.npz` file: `--data FILE.npz`""",
    ),
    (
        data.MissingDataPackage(NOWHERE, "digits", "scikit-learn", "pip install scikit-learn"),
        """error[SQS711]: the data `digits` come with `scikit-learn`, which is not installed
  = help: install it with `pip install scikit-learn`""",
    ),
    (
        study.UnknownObjective(NOWHERE, "val_acuracy", ("val_accuracy", "val_loss")),
        """error[SQS751]: unknown objective metric `val_acuracy`
  = help: a metric with a similar name exists: `val_accuracy`""",
    ),
    (
        study.SeveralObjectives(NOWHERE, ("val_accuracy", "params")),
        """error[SQS752]: KerasTuner's tuner supports one objective, not several (`val_accuracy`, `params`)
  = help: use `sqsem search` for the Pareto front, or one objective and a `require` for the others
  = note: KerasTuner adds several objectives up to one number, which is not a Pareto search""",
    ),
    (
        study.MissingPackage(NOWHERE, "optuna", "`algorithm = tpe`", "optuna"),
        """error[SQS753]: `algorithm = tpe` needs `optuna`, which is not installed
  = help: install it with `pip install 'sqsem-dsl[optuna]'`""",
    ),
    (
        study.MissingPackage(NOWHERE, "keras_tuner", "a search", "tensorflow"),
        """error[SQS753]: a search needs `keras_tuner`, which is not installed
  = help: install it with `pip install 'sqsem-dsl[tensorflow]'`""",
    ),
    (
        study.NothingTrained(NOWHERE, ((0, "the loss is not finite"), (1, "out of memory"), (2, "out of memory"))),
        """error[SQS754]: all 3 trials failed
  = help: `sqsem trials --json` (`trace`) shows where each of them failed
  = note: trial 0: the loss is not finite; trial 1, 2: out of memory""",
    ),
    (
        study.NothingTrained(NOWHERE, ((1, "in none of 3 epochs was the loss a finite number"),), diverged=True),
        """error[SQS754]: the only trial failed
  = help: a smaller learning rate, or `clipnorm`, often helps
  = note: trial 1: in none of 3 epochs was the loss a finite number""",
    ),
    (
        study.NothingToTry(NOWHERE, "every proposal broke a rule"),
        """error[SQS755]: no trial was started: every proposal broke a rule
  = help: relax the `require`s, or widen the domains""",
    ),
    (
        study.CannotWrite(NOWHERE, "out/best.keras", "no space left on device"),
        """error[SQS756]: cannot write `out/best.keras`: no space left on device
  = help: free some space, or name another folder with `-o`""",
    ),
    (
        study.NoCluster(NOWHERE, "10.0.0.1:6379", "Connection refused"),
        """error[SQS758]: cannot run trials on the Ray cluster `10.0.0.1:6379`: Connection refused
  = help: start one with `ray start --head`, or run on this machine alone with `--workers`""",
    ),
    (
        study.CannotWrite(NOWHERE, "runs/digits/study.sqlite", "no space left on device", kept=True),
        """error[SQS756]: cannot write `runs/digits/study.sqlite`: no space left on device
  = help: free some space, then run the same command again to resume
  = note: every finished trial is in the journal""",
    ),
    (
        study.SameFailure(NOWHERE, 5, "OOM when allocating a tensor", "memory", "runs/digits"),
        """error[SQS757]: the search was stopped: 5 trials in a row failed with the same error: OOM when \
allocating a tensor
  = help: a smaller `batch_size`, fewer `--workers`, or a `require` on `activations` or `params` may help
  = note: run the same command again to continue with the next trial; all trials are kept in runs/digits""",
    ),
    (
        study.SameFailure(NOWHERE, 5, "ValueError: no such padding", "error", "runs/digits"),
        """error[SQS757]: the search was stopped: 5 trials in a row failed with the same error: ValueError: \
no such padding
  = help: `sqsem trials --json` shows where each of them failed (`trace`)
  = note: run the same command again to continue with the next trial; all trials are kept in runs/digits""",
    ),
    (
        study.NoWorker(NOWHERE, "its process ended with exit code 1: ImportError: cudart"),
        """error[SQS759]: no process for trials can be started: its process ended with exit code 1: ImportError: cudart
  = help: use `--workers 0`, which runs trials in the search process, to see what is wrong""",
    ),
    (
        study.NoStudy(NOWHERE, "runs", True),
        """error[SQS763]: there is no study in `runs`
  = help: name the folder of a study (the `-o` of `sqsem search`)""",
    ),
    (
        study.UnreadableStudy(NOWHERE, "runs/digits/study.sqlite", "file is not a database"),
        """error[SQS764]: cannot read the study `runs/digits/study.sqlite`: file is not a database
  = help: search into another folder with `-o`, or repair the file with SQLite's own tools""",
    ),
    (
        study.OtherStudy(NOWHERE, "runs/digits", "another seed", "5", "6"),
        """error[SQS765]: `runs/digits` holds a study with another seed: its scores are not comparable
  = help: name another folder with `-o`; `--reuse DIR` reuses identical trainings
  = note: there it is 5, here 6""",
    ),
    (
        study.NoStart(NOWHERE, "points.json", "the space has no choice `width`"),
        """error[SQS766]: cannot start from `points.json`: the space has no choice `width`
  = help: give `default`, `baseline`, a study's folder, or a JSON file with choices by path, as in `best.json`""",
    ),
    (
        UnlikeBaseline(NOWHERE, "net.sqs", "input", "x", (64, 64, 3), (48, 48, 3), ("x",)),
        """error[SQS768]: the input `x` of the baseline `net.sqs` is [64, 64, 3], that of the searched space [48, 48, 3]
  = help: set constants of the baseline after its name: `--baseline "net.sqs,NAME=VALUE,NAME=VALUE"`""",
    ),
    (
        UnlikeBaseline(NOWHERE, "net.sqs", "input", "imge", (48, 48, 3), None, ("image", "depth")),
        """error[SQS768]: the baseline `net.sqs` has the input `imge`, which the searched space does not have
  = help: an input with a similar name exists: `image`""",
    ),
    (
        UnlikeBaseline(NOWHERE, "net.sqs", "output", "risk", None, (1,), ("label", "risk")),
        """error[SQS768]: the baseline `net.sqs` lacks the output `risk` of the searched space
  = help: use another baseline, or search without that output""",
    ),
    (
        UnlikeBaseline(NOWHERE, "plain.sqs", "output", "label", (8,), (8,), ("label",)),
        """error[SQS768]: the output `label` of the baseline `plain.sqs` ends differently from that of the \
searched space
  = help: end it with the activation that the searched space has""",
    ),
    (
        study.UnreadableTrials(NOWHERE, "runs/digits/trials.csv", "no such file or directory"),
        """error[SQS761]: cannot read the trials in `runs/digits/trials.csv`: no such file or directory
  = help: name the folder of a study (the `-o` of `sqsem search`)""",
    ),
    (
        study.OtherTrials(NOWHERE, "run/trials.csv", "the space has no choice `width`"),
        """error[SQS762]: the trials in `run/trials.csv` are not of this space: the space has no choice `width`
  = help: compare with the spec that was searched: it is in the same folder as `spec.sqs`
  = note: constants that were set with `--define` must be set again""",
    ),
    (
        files.DamagedStudy(NOWHERE, "run/study.sqlite", ("trial 3: `params` is not a whole number", "note `goals`")),
        """error[SQS770]: the study `run/study.sqlite` is damaged: trial 3: `params` is not a whole number
  = help: `sqsem trials` shows the rest; search into another folder with `-o`
  = note: note `goals`""",
    ),
    (
        files.LinkInStudy(NOWHERE, "run/.reserve", "a link"),
        """error[SQS774]: `run/.reserve` is a link, and a study's own files are neither read nor written through one
  = help: remove it, or name another folder with `-o`; the study's folder itself may be a link""",
    ),
    (
        files.OutsideSources(NOWHERE, "../x.sqs"),
        """error[SQS775]: the study has a file named `../x.sqs`, which is not in the folder of its spec
  = help: no search writes such a study: do not trust it""",
    ),
    (
        targets.Disagrees(NOWHERE, "conv", "MACs", "9", "8", False, (("depth", "2"), ("conv.filters", "4"))),
        """error[SQS771]: MACs of `conv`: the compiler says 9, Keras says 8
  = help: this is a bug in sqsem, not in the spec: please report it with the spec and these choices
  = note: it happens with `depth` = 2, `conv.filters` = 4""",
    ),
    (
        targets.Disagrees(NOWHERE, None, "outputs", "a [2]", "b [2]", False, ()),
        """error[SQS771]: outputs of the model: the compiler says a [2], Keras says b [2]
  = help: this is a bug in sqsem, not in the spec: please report it with the spec and these choices
  = note: it happens in the only architecture""",
    ),
    (
        targets.Disagrees(NOWHERE, "own", "output shape", "[2]", "[3]", True, ()),
        """error[SQS771]: output shape of `own`: the compiler says [2], Keras says [3]
  = help: a layer's shape and weights may depend only on its arguments
  = note: it happens in the only architecture""",
    ),
    (
        targets.NotBuilt(NOWHERE, "ValueError: no such padding (layers.py:120)", (("depth", "2"),)),
        """error[SQS772]: the model cannot be built: ValueError: no such padding (layers.py:120)
  = help: this is a bug in sqsem, not in the spec: please report it with the spec and these choices
  = note: it happens with `depth` = 2""",
    ),
    (
        targets.BadPass(NOWHERE, "y", "the output is not finite", ()),
        """error[SQS773]: `y`: the output is not finite
  = help: check that the loss fits the outputs; a norm of one value, or a relu of values that are never above 0, \
passes no gradient
  = note: it happens in the only architecture""",
    ),
    (
        targets.Unread(NOWHERE, "cell.conv", ()),
        """warning[SQS776]: no output reads `cell.conv`: `slice` cuts its channels away
  = help: leave the layer out; it has parameters and takes time, and never learns
  = note: it happens in the only architecture""",
    ),
    (
        targets.NoWeights(NOWHERE, "vgg16", "imagenet", "Exception: URL fetch failure"),
        """error[SQS760]: the weights `imagenet` of vgg16 cannot be loaded: Exception: URL fetch failure
  = help: run `keras.applications.VGG16(include_top=False)` once on a machine with a network connection, and copy its \
folder `~/.keras/models`; or use `weights = none`""",
    ),
    (
        targets.NoWeights(NOWHERE, "vgg16", "faces.weights.h5", "ValueError: there is no such file"),
        """error[SQS760]: the weights `faces.weights.h5` of vgg16 cannot be loaded: ValueError: there is no such file
  = help: save them with `save_weights` of `keras.applications.VGG16(include_top=False)`, in the folder of the spec""",
    ),
    (
        targets.OtherNetwork(NOWHERE, "vgg16", "3.99.0"),
        """error[SQS769]: vgg16 of Keras 3.99.0 has other layers than sqsem knows, so its costs would be wrong
  = help: install Keras 3.15, or the newest sqsem; `python benchmarks/describe_backbones.py` updates its list""",
    ),
    (
        ExternUnusable(NOWHERE, "loss", "`extern` finds no `Focal` in `my_code`", "write it as `package.module:Loss`"),
        """error[SQS777]: `extern` finds no `Focal` in `my_code`
  = help: write it as `package.module:Loss`""",
    ),
]


@pytest.mark.parametrize(("diagnostic", "text"), MESSAGES, ids=[f"{d.code}-{i}" for i, (d, _) in enumerate(MESSAGES)])
def test_message(diagnostic: Diagnostic, text: str) -> None:
    assert render_text(diagnostic) == text


def test_every_code_of_data_and_searches_is_here() -> None:
    """Those of data sources (from SQS712 on) are in tests/data/test_messages.py, those of arguments (from SQS780 on) in
    test_python_arguments.py, and that of `emit hypermodel` (SQS778) is in tests/backends/hypermodel."""
    codes = {code for code in REGISTRY if "SQS7" <= code < "SQS780" and not "SQS712" <= code < "SQS751"} - {"SQS778"}
    assert codes == {diagnostic.code for diagnostic, _ in MESSAGES}
