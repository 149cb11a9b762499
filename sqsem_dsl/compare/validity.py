"""The trials of a search on one space that are trials of another: the same network with the same training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from sqsem_dsl.compare.translate import MAX_TRIED, Carrier, Found, Reason
from sqsem_dsl.diagram.walk import walk_training
from sqsem_dsl.ir.choices import Categorical, exact, show
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators.row import Value
from sqsem_dsl.settings.extern import extern_text
from sqsem_dsl.settings.sections import TrainSettings
from sqsem_dsl.space.space import Space


@dataclass(frozen=True, slots=True)
class Valid:
    """The new space has the network with the same training; `architecture` is that of the new space."""

    architecture: Architecture


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """The new space has the network with different training: settings with their old and new values."""

    architecture: Architecture
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class NotThere:
    """The network was not found in the new space."""

    reasons: tuple[Reason, ...]


Validity = Valid | SettingsChanged | NotThere


class Judge:
    """Checks architectures of `old`, with their training; `names` maps old paths to new ones."""

    def __init__(self, old: Space, new: Space, names: Mapping[str, str]) -> None:
        self.new = new
        self.carrier = Carrier(old, new, names)

    def verdict(self, architecture: Architecture) -> Validity:
        found = self.carrier.find(architecture)
        if not isinstance(found, Found):
            return NotThere(found.reasons)
        before = _flat(architecture.train)
        least: tuple[tuple[str, str, str], ...] | None = None
        for train in islice(self._trainings(architecture), MAX_TRIED):
            after = _flat(train)
            names = (*before, *(name for name in after if name not in before))
            was, now = architecture.train.to_plain(), train.to_plain()
            changes = tuple(
                (name, _shown(was.get(name)), _shown(now.get(name)))
                for name in names
                if before.get(name) != after.get(name)
            )
            if not changes:
                return Valid(found.architecture)
            if least is None or len(changes) < len(least):
                least = changes
        assert least is not None
        return SettingsChanged(found.architecture, least)

    def _trainings(self, architecture: Architecture) -> Any:
        """The settings that an architecture's choices of `train` lead to, with each value of those that are new."""
        carried = self.carrier.carried(architecture.choices)
        graph = self.new.graph
        free = {
            c.path: c.domain.values if isinstance(c.domain, Categorical) else (c.domain.low,)
            for c in graph.choices
            if c.section == "train" and c.path not in carried
        }
        for values in product(*free.values()):
            given = {**carried, **dict(zip(free, values, strict=True))}

            def choose(choice: int, given: Mapping[str, Value] = given) -> Value:
                return given[graph.choices[choice].path]

            yield walk_training(graph, choose).settings


def _flat(train: TrainSettings) -> dict[str, Any]:
    """Settings with all defaults filled in, by their names in a spec."""
    plain = train.model_dump(mode="json", exclude={"by_output", "by_input"})
    for output, own in train.by_output.items():
        plain |= {f"{key}.{output}": v for key, v in own.model_dump(mode="json").items() if v is not None}
    for name, one in train.by_input.items():
        plain[f"standardize.{name}"] = one.model_dump(mode="json")
    return plain


def _shown(value: Any) -> str:
    """A plain setting as it is written in a spec; None if it is not set."""
    match value:
        case None:
            return "default"
        case {"name": "extern", "target": target, "arguments": own}:
            return extern_text(target, own)
        case {"name": name, **arguments}:
            given = ", ".join(_argument(str(key), each) for key, each in arguments.items())
            return f"{name}({given})" if given else str(name)
        case list() | tuple():
            return f"[{', '.join(map(_shown, value))}]"
        case _:
            return show(exact(value))


def _argument(key: str, value: Any) -> str:
    """An argument of an option. A mapping has the arguments without a field of their own."""
    match value:
        case dict():
            return ", ".join(_argument(name, each) for name, each in value.items())
        case _:
            return _shown(value) if key.isdigit() else f"{key} = {_shown(value)}"
