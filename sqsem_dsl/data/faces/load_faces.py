"""The built-in data set `faces`: rendered faces of eight expressions, for spaces of images, depth images and landmarks.

All content is synthetic; docs/faces.md describes the scene and the content of each input.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from sqsem_dsl.data.dataset import Loaded, Part
from sqsem_dsl.data.errors import DataError, UnknownData, WrongSpace
from sqsem_dsl.data.faces.draw import Faces, draw_faces
from sqsem_dsl.data.faces.draws import Floats
from sqsem_dsl.data.faces.expression import EXPRESSIONS
from sqsem_dsl.data.faces.landmarks import COUNT
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact

NAME = "faces"
SAMPLES = 1504
"""The default: 188 of each expression."""
OFFERS = "an `image`, a `depth` image, `landmarks` [468, 3] and one of 8 expressions for each sample"

SEED = 1
"""The seed of all faces; the seed of a search only splits them."""
_SMALLEST = 16
_PIXELS_AT_ONCE = 16 * 96 * 96

Shape = tuple[int, ...]


def load_faces(inputs: Mapping[str, Shape], outputs: Mapping[str, OutputFact], text: str = "") -> Loaded:
    """The inputs that the space names, with values from 0 to 1 except the landmarks' z, and eight classes.

    The name of an input selects its content: `image` (`[h, w, 3]`, or gray `[h, w, 1]`), `depth` (`[h, w, 1]`, or in
    three equal channels), or `landmarks` (`[468, 3]`, or `[1404]`). `text` follows the data's name: empty, or `:4000`
    for that many samples. A smaller number gives the first of them.

    All samples are in memory: a sample of image, depth and landmarks at 48x48 takes 42 kB, at 224x224 with three
    channels for the depth 1.2 MB, so that the default 1,504 samples take 63 MB and 1.8 GB. Each process renders them
    again, about 200 per second on one core at 48x48, and 8 at 224x224.

    Raises DataError for another space, and for a text that is not a number of samples.
    """
    samples = _samples(text)
    _check_space(inputs, outputs)
    output = next(iter(outputs))
    return Loaded(NAME + text, _draw(inputs, output, samples), {output: tuple(EXPRESSIONS)})


def _samples(text: str) -> int:
    if text == "":
        return SAMPLES
    match = re.fullmatch(r":([1-9][0-9]{0,6})", text)
    if match is None:
        raise DataError([UnknownData(NOWHERE, NAME + text, (NAME, f"{NAME}:4000"))])
    return int(match[1])


def _draw(inputs: Mapping[str, Shape], output: str, samples: int) -> Part:
    """All samples, rendered in groups. Each picture size is rendered once."""
    sizes = {shape[:2] for name, shape in inputs.items() if _kind(name) != "landmarks"} or {(48, 48)}
    arrays = {name: np.empty((samples, *shape), np.float32) for name, shape in inputs.items()}
    labels = np.arange(samples, dtype=np.int32) % len(EXPRESSIONS)
    for height, width in sorted(sizes):
        step = max(1, _PIXELS_AT_ONCE // (height * width * (4 if max(height, width) <= 96 else 1)))
        for start in range(0, samples, step):
            group = range(start, min(samples, start + step))
            faces = draw_faces(SEED, group, height, width)
            for name, shape in inputs.items():
                if shape[:2] == (height, width) or _kind(name) == "landmarks":
                    arrays[name][group.start : group.stop] = _shaped(faces, _kind(name), shape)
    return Part(arrays, {output: labels})


def _shaped(faces: Faces, kind: str, shape: Shape) -> Floats:
    match kind:
        case "landmarks":
            return faces.landmarks.reshape(-1, *shape)
        case "depth":
            return np.repeat(faces.depth[..., None], shape[2], axis=3)
        case _ if shape[2] == 3:
            return faces.image
        case _:
            return np.asarray(faces.image @ np.asarray([[0.299], [0.587], [0.114]], np.float32), np.float32)


def _kind(name: str) -> str:
    """The kind of an input by its name, or nothing. If two kinds match, as in `depth_image`, the rarer one."""
    return next((kind for kind in ("landmarks", "depth", "image") if kind in name.lower()), "")


def _check_space(inputs: Mapping[str, Shape], outputs: Mapping[str, OutputFact]) -> None:
    found = [problem for name, shape in inputs.items() if (problem := _input_problem(name, shape))]
    facts = list(outputs.values())
    if len(facts) != 1:
        found.append(f"{len(facts)} outputs")
    elif facts[0].ending != "softmax":
        found.append(f"an output that ends with {f'`{facts[0].ending}`' if facts[0].ending else 'no softmax'}")
    elif facts[0].shape != (len(EXPRESSIONS),):
        found.append(f"an output of shape {list(facts[0].shape)}")
    if found:
        raise DataError([WrongSpace(NOWHERE, NAME, OFFERS, problem) for problem in found])


def _input_problem(name: str, shape: Shape) -> str | None:
    match _kind(name):
        case "":
            return f"an input `{name}`"
        case "landmarks":
            right = shape in ((COUNT, 3), (COUNT * 3,))
        case _:
            right = len(shape) == 3 and min(shape[:2]) >= _SMALLEST and shape[2] in (1, 3)
    return None if right else f"an input `{name}` of shape {list(shape)}"
