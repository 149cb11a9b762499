"""Multisets of labels as numbers with one bit for each label, so that large ones are compared quickly.

Most labels occur once, so a multiset is seldom more than one number.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.diagram.signatures import Label

Labels = tuple[int, ...]
"""The first number has the labels that occur, the next one those that occur at least twice, and so on. None is zero."""


def of_labels(labels: Sequence[Label]) -> Labels:
    """
    >>> of_labels([0, 2, 2])
    (5, 4)
    """
    if len(set(labels)) == len(labels):
        return (sum(map((1).__lshift__, labels)),) if labels else ()
    found: list[int] = []
    for label in labels:
        bit = 1 << label
        for level, bits in enumerate(found):
            if not bits & bit:
                found[level] |= bit
                break
        else:
            found.append(bit)
    return tuple(found)


def some(labels: Labels) -> int:
    """The labels that occur.

    >>> some((5, 4)), some(())
    (5, 0)
    """
    return labels[0] if labels else 0


def joined(one: Labels, other: Labels) -> Labels:
    """The labels of both.

    >>> joined((5, 4), (6,))
    (7, 4, 4)
    """
    if not one or not other:
        return one or other
    levels = list(one)
    for fresh in other:
        for level, bits in enumerate(levels):
            levels[level] = bits | fresh
            fresh &= bits
        if fresh:
            levels.append(fresh)
    return tuple(levels)


def matched(one: Labels, other: Labels) -> tuple[Labels, Labels]:
    """What is left of both without the labels that they have in common.

    >>> matched((5, 4), (6,))
    ((5,), (2,))
    """
    if not one or not other:
        return one, other
    levels, rest = list(one), list(other)
    for fresh in range(len(rest) - 1, -1, -1):
        for level in range(len(levels) - 1, -1, -1):
            common = rest[fresh] & levels[level]
            rest[fresh] ^= common
            levels[level] ^= common
    return tuple(filter(None, levels)), tuple(filter(None, rest))
