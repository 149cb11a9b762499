"""The position of a choice or a layer in a space: the enclosing structures, outermost first, and its own name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

Index = int | str
"""An iteration of a repeat or an entry of a list. As text it may stand for several: `*`, `0..2`."""
EVERY: Final = "*"


@dataclass(frozen=True, slots=True)
class Segment:
    """The name of a structure or of an item in it, `width`; with an index if it is one of several, `fires[2]`."""

    name: str
    indices: tuple[Index, ...] = ()

    def __str__(self) -> str:
        return self.name + "".join(f"[{index}]" for index in self.indices) if self.indices else self.name


@dataclass(frozen=True, slots=True)
class Path:
    """The parts of a path. Journals, reports and papers quote its text.

    >>> path = Path((Segment("fires", (2,)), Segment("se"), Segment("ratio")))
    >>> str(path), path.leaf, str(path.parent), str(path.family), str(path.pooled), path.dotted
    ('fires[2].se.ratio', 'ratio', 'fires[2].se', 'fires[].se.ratio', 'fires[*].se.ratio', 'fires.2.se.ratio')
    """

    parts: tuple[Segment, ...]

    def __str__(self) -> str:
        return ".".join(map(str, self.parts))

    @classmethod
    def parse(cls, text: str) -> Path:
        """The path with the given text, as stored in a journal.

        >>> Path.parse("fires[2].se.ratio").parts
        (Segment(name='fires', indices=(2,)), Segment(name='se', indices=()), Segment(name='ratio', indices=()))
        """
        return cls(tuple(map(_part, text.split("."))))

    # ---- parts

    @property
    def leaf(self) -> str:
        """The last part."""
        return str(self.parts[-1])

    @property
    def name(self) -> str:
        """The last part without its indices."""
        return self.parts[-1].name

    @property
    def parent(self) -> Path:
        """The path without its last part: the enclosing structure. The space itself has no parts."""
        return Path(self.parts[:-1])

    def last(self, count: int) -> Path:
        """The last `count` parts, or all if there are fewer."""
        return Path(self.parts[-count:])

    @property
    def indices(self) -> tuple[Index, ...]:
        """All indices, from outside in."""
        return tuple(index for part in self.parts for index in part.indices)

    @property
    def dotted(self) -> str:
        """The path for places that do not allow brackets, such as names of layers and other programs: `fires.2.se`."""
        return ".".join(str(each) for part in self.parts for each in (part.name, *part.indices))

    # ---- other iterations

    @property
    def family(self) -> Path:
        """The same in all iterations: `fires[].se`."""
        return self.with_indices(("",) * len(self.indices))

    @property
    def pooled(self) -> Path:
        """The same over all iterations: `fires[*].se`."""
        return self.with_indices((EVERY,) * len(self.indices))

    @property
    def repeated(self) -> Path | None:
        """The name of the outermost enclosing repeat: `fires` of `fires[2].se`; None if there is none."""
        for at, part in enumerate(self.parts):
            if part.indices:
                return Path((*self.parts[:at], Segment(part.name)))
        return None

    @property
    def within_iteration(self) -> Path:
        """The part of the path inside the innermost iteration: `se.ratio` of `fires[2].se.ratio`."""
        inner = max((at for at, part in enumerate(self.parts[:-1]) if part.indices), default=-1)
        return Path(self.parts[inner + 1 :])

    def with_indices(self, indices: Sequence[Index]) -> Path:
        """The same path with other indices."""
        left = iter(indices)
        return Path(tuple(Segment(part.name, tuple(next(left) for _ in part.indices)) for part in self.parts))


def ranges(several: Sequence[tuple[Index, ...]]) -> tuple[tuple[str, ...], int]:
    """Combines index tuples that differ only in their numbers: at each position a range if there is no gap, otherwise a
    list. Also returns the number of combinations.

    >>> ranges([(0, 1), (1, 1), (2, 1)]), ranges([(0,), (1,), (3,)])
    ((('0..2', '1'), 3), (('0, 1, 3',), 3))
    """
    found = [sorted({int(number) for number in numbers}) for numbers in zip(*several, strict=True)]
    return tuple(map(_range, found)), prod(map(len, found))


def together(paths: Sequence[Path]) -> str:
    """The text of several paths of one family.

    >>> together([Path.parse(f"fires[{k}].se") for k in range(3)])
    'fires[0..2].se'
    >>> together([Path.parse("a[0].b[1]"), Path.parse("a[1].b[0]")])
    'a[0..1].b[0..1] (2 of 4)'
    """
    texts, every = ranges([path.indices for path in paths])
    text = str(paths[0].with_indices(texts))
    return text if len(paths) == every else f"{text} ({len(paths)} of {every})"


def _range(numbers: Sequence[int]) -> str:
    if len(numbers) > 1 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]}..{numbers[-1]}"
    return ", ".join(map(str, numbers))


def _part(text: str) -> Segment:
    name, *indices = text.split("[")
    return Segment(name, tuple(_index(index.removesuffix("]")) for index in indices))


def _index(text: str) -> Index:
    return int(text) if text.isdigit() else text
