"""Samples with the same content in two sets: the scores on one of them are then too high.

Samples are compared by a hash of their inputs: of the bytes of image files, and of the values of arrays.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import blake2b
from itertools import combinations
from pathlib import Path

import numpy as np

from sqsem_dsl.data.arrays import Bytes
from sqsem_dsl.data.dataset import Dataset, Held, Part
from sqsem_dsl.data.images import ImageFiles

MOST_BYTES, MOST_SAMPLES = 2 << 30, 1_000_000
"""Larger data are not compared."""
PIECE = 1024
"""Samples that are read at once."""


def copies(dataset: Dataset) -> list[str]:
    """A line for each two sets, and for the folds, that have samples in common; none for data above a size, and for
    `Samples` of other kinds, which are not read for it.
    """
    sets = dict(dataset.sets)
    if dataset.developed is not None:
        del sets["training"], sets["validation"]
        sets = {"folds": dataset.developed, **sets}
    held = [held for part in sets.values() for held in part.inputs.values()]
    if not all(map(_is_comparable, held)) or sum(map(len, sets.values())) > MOST_SAMPLES:
        return []
    if sum(map(_size, held)) > MOST_BYTES:
        return []
    try:
        digests = {name: list(_digests(part)) for name, part in sets.items()}
    except OSError:  # a file has gone since it was checked: the training reports it
        return []
    found = [_between_folds(dataset, digests["folds"])] if dataset.developed is not None else []
    for one, other in combinations(sets, 2):
        first = {digest: at for at, digest in reversed(list(enumerate(digests[one])))}
        pairs = {digest: (first[digest], at) for at, digest in enumerate(digests[other]) if digest in first}
        where = f"in the {one} and in the {other} set"
        found.append(_line(list(pairs.values()), where, sets[one], sets[other]))
    return [line for line in found if line is not None]


def _between_folds(dataset: Dataset, digests: list[bytes]) -> str | None:
    assert dataset.developed is not None
    seen: dict[bytes, tuple[int, int]] = {}
    pairs: dict[bytes, tuple[int, int]] = {}
    for number, fold in enumerate(dataset.folds):
        for at in map(int, fold):
            before, place = seen.setdefault(digests[at], (number, at))
            if before != number:
                pairs.setdefault(digests[at], (place, at))
    return _line(list(pairs.values()), "in two folds", dataset.developed, dataset.developed)


def _line(pairs: list[tuple[int, int]], where: str, first: Part, second: Part) -> str | None:
    """The line about pairs of positions of equal samples, one pair for each content."""
    if not pairs:
        return None
    at, other = pairs[0]
    example = f", such as `{first.ids[at]}` and `{second.ids[other]}`" if first.ids and second.ids else ""
    count = f"{len(pairs)} samples have" if len(pairs) > 1 else "1 sample has"
    return (
        f"{count} the same inputs {where}{example}: scores on copies are too high "
        "(remove them, or keep them in one set with `--group`)"
    )


def _is_comparable(held: Held) -> bool:
    return isinstance(held, np.ndarray | Bytes | ImageFiles)


def _size(held: Held) -> int:
    """The number of bytes that are hashed."""
    if isinstance(held, ImageFiles):
        return sum(_bytes_of(Path(held.folder) / held.files[at]) for at in held.indices)
    return held.nbytes


def _bytes_of(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _digests(part: Part) -> Iterator[bytes]:
    """A hash of all inputs of each sample."""
    each = [_contents(part.inputs[name]) for name in sorted(part.inputs)]
    for contents in zip(*each, strict=True):
        digest = blake2b(digest_size=16)
        for content in contents:
            digest.update(len(content).to_bytes(8, "little"))
            digest.update(content)
        yield digest.digest()


def _contents(held: Held) -> Iterator[bytes]:
    if isinstance(held, ImageFiles):
        for at in held.indices:
            yield (Path(held.folder) / held.files[at]).read_bytes()
        return
    for begin in range(0, len(held), PIECE):
        for sample in np.asarray(held[begin : begin + PIECE]) + np.float32(0):  # -0 becomes 0, which equals it
            yield sample.tobytes()
