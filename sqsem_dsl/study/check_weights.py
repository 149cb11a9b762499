"""Loads the weights of a space's backbones before its search, so that no trial fails for want of them.

Another process does it: Keras fetches and keeps what is missing, and this process stays small and uses no GPU.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from hashlib import file_digest

from sqsem_dsl.analysis.weights import pretrained_weights
from sqsem_dsl.backends.keras.errors import NoWeights
from sqsem_dsl.diagnostics.errors import InternalError, SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators.backbone import BACKBONE, IMAGENET, NONE
from sqsem_dsl.operators.backbone_networks import weights_file
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.baselines import Baseline
from sqsem_dsl.study.own_process import command

Wanted = tuple[str, str, str | None]
"""A network, its weights as a spec writes them, and the folder of the spec."""


def check_weights(spaces: Iterable[Space | Baseline | Architecture], remark: Callable[[str], None]) -> None:
    """Loads all weights that these networks, and those of spaces, start from. Raises SqsError for all that are not
    available."""
    wanted = sorted({each for space in spaces for each in _wanted(space)}, key=repr)
    if not wanted:
        return
    remark("loading weights: " + ", ".join(f"{weights} of {network}" for network, weights, _ in wanted))
    done = subprocess.run(
        command(__name__, "main()"),
        input=json.dumps(wanted),
        capture_output=True,
        text=True,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    try:
        problems = json.loads(done.stdout.rpartition("\n")[2])
    except ValueError:
        raise InternalError(f"the process that loads weights ended with {done.returncode}: {done.stderr}") from None
    if problems:
        raise SqsError([NoWeights(NOWHERE, *problem) for problem in problems])


def _wanted(space: Space | Baseline | Architecture) -> Iterator[Wanted]:
    if isinstance(space, Space):
        for network, weights, _ in pretrained_weights(space.graph, space.shape_analysis):
            yield network, weights, space.graph.folder
        return
    architecture = space.architecture if isinstance(space, Baseline) else space
    for layer in architecture.layers:
        if layer.operator == BACKBONE and layer.attributes["weights"] != NONE:
            yield str(layer.attributes["network"]), str(layer.attributes["weights"]), architecture.network.folder


def weights_digests(space: object) -> dict[str, str]:
    """A digest of each file of weights that a space or a baseline starts from, by the name that its spec gives it.
    Files that are not there are left out: another check reports them."""
    found: dict[str, str] = {}
    for _, weights, folder in _wanted(space) if isinstance(space, Space | Baseline) else ():
        if weights in (NONE, IMAGENET):
            continue
        with suppress(OSError, ValueError), open(weights_file(weights, folder), "rb") as file:
            found[weights] = file_digest(file, "sha256").hexdigest()[:16]
    return found


def main() -> None:
    """The other process: loads what its input names, and writes the problems as the last line of its output."""
    from sqsem_dsl.backends.keras.pretrained import pretrained

    problems: list[tuple[str, str, str]] = []
    for network, weights, folder in json.load(sys.stdin):
        try:
            pretrained(network, weights, folder)
        except SqsError as error:
            problems += [(d.network, d.weights, d.reason) for d in error.diagnostics if isinstance(d, NoWeights)]
    print("\n" + json.dumps(problems), end="")
