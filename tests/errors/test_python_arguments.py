"""Messages about the arguments of a search from Python, word for word. Their detection is tested in
tests/data/test_objects.py, tests/data/test_weights.py and tests/study/test_search_from_python.py."""

from __future__ import annotations

import pytest

from sqsem_dsl.data import errors_objects as objects
from sqsem_dsl.diagnostics.diagnostic import REGISTRY, Diagnostic
from sqsem_dsl.diagnostics.render import render_text
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.study import errors_arguments as arguments

MESSAGES: list[tuple[Diagnostic, str]] = [
    (
        objects.UnknownForm(NOWHERE, "data", "it is of type `int`"),
        """error[SQS780]: `data` is not data: it is of type `int`
  = help: give a pair `(x, y)`, a dict by the names of inputs and outputs, a data frame, a data set of Keras, \
TensorFlow or PyTorch, or a source such as `csv:FILE`""",
    ),
    (
        objects.UnreadableObject(NOWHERE, "x", "RuntimeError: it is on another device"),
        """error[SQS781]: `x` cannot be read: RuntimeError: it is on another device
  = help: give an array of numbers, with the samples on the first axis: `numpy.asarray(…)` must accept it""",
    ),
    (
        objects.TooLargeToRead(NOWHERE, "data", "it is infinite"),
        """error[SQS782]: `data` cannot be read into memory: it is infinite
  = help: every trial needs all samples, so they are read once: pass fewer (`.take(n)`), arrays, a folder \
(`images:DIR`), or objects that read samples on demand (`sqsem_dsl.data.dataset.Samples`)""",
    ),
    (
        objects.BadWeights(NOWHERE, "sample_weight", "sample 3 has the weight -1"),
        """error[SQS783]: `sample_weight` is not valid: sample 3 has the weight -1
  = help: give one number for each sample, 0 or larger""",
    ),
    (
        objects.UnknownClass(NOWHERE, "cats", "class", ("ant", "cat")),
        """error[SQS784]: `class_weight` has a weight for `cats`, but there is no such class
  = help: a class with a similar name exists: `cat`
  = note: known are `ant`, `cat`""",
    ),
    (
        objects.SplitTwice(NOWHERE, ("folds", "test_data")),
        """error[SQS785]: a `Dataset` is already split: `folds`, `test_data` cannot change it
  = help: pass the samples in another form, such as `(x, y)`; they are then split as requested""",
    ),
    (
        arguments.UnknownArgument(NOWHERE, "trails", ("trials", "epochs")),
        """error[SQS786]: `search` has no argument `trails`
  = help: an argument with a similar name exists: `trials`""",
    ),
    (
        arguments.UnknownArgument(NOWHERE, "verbosity", ("trials", "epochs")),
        """error[SQS786]: `search` has no argument `verbosity`
  = help: its arguments are `trials`, `epochs`""",
    ),
    (
        arguments.UnknownArgument(NOWHERE, "X_train", ("trials", "epochs")),
        """error[SQS786]: `search` has no argument `X_train`
  = help: give data and labels as one argument: `search(spec, (x, y))`""",
    ),
    (
        arguments.UnknownArgument(NOWHERE, "batch_size", ("trials", "epochs")),
        """error[SQS786]: `search` has no argument `batch_size`
  = help: it is a setting of the spec: write `batch_size = 32` in `train { }`""",
    ),
    (
        arguments.BadArgument(NOWHERE, "trials", "0", "a whole number from 1"),
        "error[SQS787]: `trials` is 0, but a whole number from 1 is expected",
    ),
    (
        arguments.NotForSpace(NOWHERE, ("define",)),
        """error[SQS788]: `define` cannot change a space that is already compiled
  = help: pass it to `load` or `loads`, or search the path or the text of the spec""",
    ),
    (
        arguments.BadCallbacks(NOWHERE, "`int` is not a Keras callback", "give a list of callbacks"),
        """error[SQS789]: `callbacks` cannot be used: `int` is not a Keras callback
  = help: give a list of callbacks""",
    ),
    (
        arguments.NoModel(NOWHERE, "runs/a", 7, (1, 3)),
        """error[SQS790]: the study `runs/a` has no model of trial 7
  = help: the models of the best trials are kept: search with a larger `keep`, or train its network again
  = note: it has those of 1, 3""",
    ),
    (
        arguments.NoModel(NOWHERE, "runs/a", None, ()),
        """error[SQS790]: the study `runs/a` has no model of the best trial: none has completed
  = help: the models of the best trials are kept: search with a larger `keep`, or train its network again
  = note: it has no models""",
    ),
]


@pytest.mark.parametrize(("diagnostic", "text"), MESSAGES, ids=[f"{d.code}-{i}" for i, (d, _) in enumerate(MESSAGES)])
def test_message(diagnostic: Diagnostic, text: str) -> None:
    assert render_text(diagnostic) == text


def test_every_code_is_here() -> None:
    modules = {objects.__name__, arguments.__name__}
    codes = {code for code, cls in REGISTRY.items() if cls.__module__ in modules}
    assert codes == {diagnostic.code for diagnostic, _ in MESSAGES}
