"""The line of an exception that names the cause."""

from __future__ import annotations

import pytest

from sqsem_dsl.utils.exceptions import LONGEST, in_a_line, telling_line

GRAPH = """Graph execution error:

Detected at node functional_1/embedding_1/GatherV2 defined at (most recent call last):
  File "<frozen runpy>", line 198, in _run_module_as_main

  File "/env/keras/src/layers/layer.py", line 1002, in __call__

indices[1,0] = 142 is not in [0, 100)
\t [[{{node functional_1/embedding_1/GatherV2}}]] [Op:__inference_multi_step_on_iterator_1234]"""
TWO_ROOTS = """Graph execution error:

Detected at node f/Softmax defined at (most recent call last):
<stack traces unavailable>
Detected at node f/Softmax defined at (most recent call last):
<stack traces unavailable>
2 root error(s) found.
  (0) RESOURCE_EXHAUSTED:  OOM when allocating tensor with shape[8,12] and type float
\t [[{{node f/Softmax}}]]
  (1) CANCELLED:  Function was cancelled before it was started
0 successful operations."""
LAYER = """Exception encountered when calling Bad.call().

\x1b[1m{{function_node __wrapped__MatMul_device_/job:localhost}} Matrix size-incompatible: In[0]: [2,4], In[1]: [7,7] \
[Op:MatMul] name: \x1b[0m

Arguments received by Bad.call():
  • x=tf.Tensor(shape=(2, 4), dtype=float32)"""
LOADING = """<class 'keras.src.models.functional.Functional'> could not be deserialized properly. Please ensure that …

config={'module': 'keras.src.models.functional'}.

Exception encountered: Could not locate class 'Twice'. Make sure … Full object config: {'a'}"""
AUTOGRAPH = """in user code:

    File "/home/me/layers.py", line 31, in call  *
        if tf.reduce_sum(x) > 0: raise ValueError("nope")

    ValueError: nope
"""
SHAPES = """Exception encountered when calling Bad.call().

\x1b[1mCould not automatically infer the output shape / dtype of 'bad' (of type Bad). Either … Error encountered:

Dimensions must be equal, but are 4 and 7\x1b[0m

Arguments received by Bad.call():
  • args=()"""


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (GRAPH, "indices[1,0] = 142 is not in [0, 100)"),
        (TWO_ROOTS, "OOM when allocating tensor with shape[8,12] and type float"),
        (LAYER, "Matrix size-incompatible: In[0]: [2,4], In[1]: [7,7]"),
        (LOADING, "Could not locate class 'Twice'. Make sure …"),
        (AUTOGRAPH, "ValueError: nope"),
        (SHAPES, "Dimensions must be equal, but are 4 and 7"),
        (
            "Exception encountered: Error when deserializing class 'A'.\n\nException encountered: no `factor`",
            "no `factor`",
        ),
        ("the first line\nthe second", "the first line"),
        ("\n\n  the first line that says anything", "the first line that says anything"),
        (
            "RESOURCE_EXHAUSTED: Out of memory: 8 bytes.",
            "RESOURCE_EXHAUSTED: Out of memory: 8 bytes.",
        ),
        ("Graph execution error:", "Graph execution error:"),
        ("", ""),
        ("x" * 1000, "x" * LONGEST),
    ],
)
def test_the_line_that_names_the_cause(message, line):
    assert telling_line(message) == line


def test_the_type_of_an_exception_stands_once_before_its_line():
    assert in_a_line(ValueError(AUTOGRAPH)) == "ValueError: nope"
    assert in_a_line(TypeError(AUTOGRAPH)) == "TypeError: ValueError: nope"
    assert in_a_line(RuntimeError(GRAPH)) == "RuntimeError: indices[1,0] = 142 is not in [0, 100)"
    assert in_a_line(KeyError()) == "KeyError"
