"""Known starting points of a search: `--start-from default|baseline|FILE`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.ir.choices import Categorical
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.errors import NoStart
from sqsem_dsl.study.journal.journal import FILE, Journal
from sqsem_dsl.study.journal.ranking import ranked
from sqsem_dsl.study.objective import Goal
from sqsem_dsl.utils.regular_files import not_regular


def start_points(space: Space, names: tuple[str, ...]) -> list[Architecture]:
    """The architectures that `default`, `baseline` and files name, without repetition.

    A file holds the choices of one architecture as JSON, or a list of such, or is a `best.json`; for a folder with a
    study, its best trial counts. Raises SqsError if one cannot be read, or is not in the space.
    """
    found: dict[str, Architecture] = {}
    for name in names:
        match name:
            case "default":
                several = [space.default()]
            case "baseline":
                several = [baseline(space)]
            case _:
                several = [_at(space, choices, name) for choices in _read(Path(name))]
        found |= {str(sorted(each.choices.items(), key=str)): each for each in several}
    return list(found.values())


def baseline(space: Space) -> Architecture:
    """The plain network: every slot empty, every bypass `none` if possible, everything else at its first value.

    Raises SqsError if a rule of the space forbids it.
    """
    plain: dict[str, Any] = {}
    for choice in space.choices:
        values = choice.domain.values if isinstance(choice.domain, Categorical) else (choice.domain.low,)
        match choice.kind:
            case "slot" if False in values:
                plain[choice.path] = False
            case "bypass" if "none" in values:
                plain[choice.path] = "none"
            case _:
                plain[choice.path] = values[0]
    found = space.resolve(plain)
    if found is None:
        raise SqsError([NoStart(NOWHERE, "baseline", "the plain network breaks a rule or a budget of the space")])
    return found


def _read(path: Path) -> list[Mapping[str, Any]]:
    """The choices that a file or a study holds."""
    if path.is_dir() and (path / FILE).exists():
        with closing(Journal.open(path)) as journal:
            goals = journal.notes(needed=["goals"])["goals"]
            ranking = ranked(journal.trials(), tuple(Goal(metric, direction) for metric, direction in goals))
        return [ranking[0].choices] if ranking else []
    other = not_regular(path)
    if other is not None:
        raise SqsError([NoStart(NOWHERE, str(path), other)])
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise SqsError([NoStart(NOWHERE, str(path), (problem.strerror or str(problem)).lower())]) from None
    except ValueError as problem:
        raise SqsError([NoStart(NOWHERE, str(path), f"it is not JSON: {problem}")]) from None
    several = content if isinstance(content, list) else [content]
    read = [each.get("choices", each) if isinstance(each, dict) else each for each in several]
    if not all(isinstance(each, dict) for each in read):
        raise SqsError([NoStart(NOWHERE, str(path), "it holds something other than objects of choices by path")])
    return read


def _at(space: Space, choices: Mapping[str, Any], name: str) -> Architecture:
    """The architecture of choices in JSON form. Raises SqsError if they are not choices of the space."""
    known = {choice.path: choice for choice in space.choices}
    values: dict[str, Any] = {}
    for path, data in sorted(choices.items()):
        if path not in known:
            raise SqsError([NoStart(NOWHERE, name, f"the space has no choice `{path}`")])
        try:
            values[path] = known[path].decode(data)
        except ValueError:
            values[path] = data  # The space says what is wrong with it.
    found = space.resolve(values)
    if found is None:
        raise SqsError([NoStart(NOWHERE, name, "these choices break a rule or a budget of the space")])
    return found
