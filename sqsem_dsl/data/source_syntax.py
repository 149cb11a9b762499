"""The words of `--data`: one source for everything, or `NAME=SOURCE` for each input."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqsem_dsl.data.errors import DataError
from sqsem_dsl.data.errors_sources import DataWords
from sqsem_dsl.diagnostics.diagnostic import listing
from sqsem_dsl.diagnostics.source import NOWHERE

_NAMED = re.compile(r"([A-Za-z_]\w*)=(.+)")


def read_words(words: Sequence[str]) -> str | dict[str, str]:
    """The one source, or sources by the names of inputs and outputs. Raises DataError for any other words.

    >>> read_words(["digits"])
    'digits'
    >>> read_words(["image=images:faces", "points=csv:points.csv"])
    {'image': 'images:faces', 'points': 'csv:points.csv'}
    """
    named = [match for word in words if (match := _NAMED.fullmatch(word))]
    bare = [word for word in words if not _NAMED.fullmatch(word)]
    names = [match[1] for match in named]
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    reason = None
    if not words:
        reason = "no source is given"
    elif named and bare:
        reason = f"{listing(bare)} does not say which input it is for"
    elif len(bare) > 1:
        reason = f"{listing(bare)} do not say which inputs they are for"
    elif repeated:
        reason = f"{listing(repeated)} is given more than once"
    if reason is not None:
        raise DataError([DataWords(NOWHERE, reason)])
    return bare[0] if bare else {match[1]: match[2] for match in named}
