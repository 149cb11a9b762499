"""The effect of an edit on a space, as plain data for `sqsem diff --json`."""

from __future__ import annotations

from typing import Any

from sqsem_dsl.backends.export.architecture_json import choice_json
from sqsem_dsl.compare.changes import (
    Census,
    ChoiceAdded,
    ChoiceChange,
    ChoiceRemoved,
    ChoiceRenamed,
    ConditionChanged,
    DomainChanged,
    Estimate,
    KindChanged,
    LayerChange,
    PriorChanged,
    Share,
)
from sqsem_dsl.compare.difference import Difference
from sqsem_dsl.compare.validity import NotThere, SettingsChanged, Valid, Validity
from sqsem_dsl.compare.wording import reason_of
from sqsem_dsl.ir.choices import Choice, plain
from sqsem_dsl.report.text.difference import Verdicts
from sqsem_dsl.space.space import Space


def difference_json(difference: Difference, verdicts: Verdicts | None = None) -> dict[str, Any]:
    """The comparison, with the status of each trial if there are any. Numbers of assignments are null if they were not
    counted; a choice's condition is as in `--emit choices`."""
    data = {
        "same": difference.same,
        "old": _space(difference.old),
        "new": _space(difference.new),
        "choices": [each for change in difference.choices for each in _choice_changes(change)],
        "altered": [
            {"what": each.what, "name": each.name, "old": each.old, "new": each.new} for each in difference.altered
        ],
        "default": [_layer_change(change) for change in difference.default],
        "architectures": _architectures(difference.architectures),
    }
    if verdicts is not None:
        data["trials"] = [_verdict(number, verdict) for number, verdict in verdicts.items()]
    return data


def _space(space: Space) -> dict[str, Any]:
    default = space.default()
    return {
        "name": space.name,
        "assignments": space.count,
        "default": {
            "id": default.id,
            "layers": len(default.layers),
            "params": default.params,
            "macs": default.macs,
            "lower_bounds": sorted(default.lower_bounds),
        },
    }


def _choice_changes(change: ChoiceChange) -> list[dict[str, Any]]:
    """An object for each choice."""
    match change:
        case ChoiceAdded(choices=choices):
            return [{"change": "added", "old": None, "new": choice_json(choice)} for choice in choices]
        case ChoiceRemoved(choices=choices):
            return [{"change": "removed", "old": choice_json(choice), "new": None} for choice in choices]
        case ChoiceRenamed(old=old, new=new, sure=sure):
            return [{**each, "sure": sure} for each in _pairs("renamed", old, new)]
        case KindChanged(old=old, new=new):
            return _pairs("kind", old, new)
        case ConditionChanged(old=old, new=new):
            return _pairs("condition", old, new)
        case PriorChanged(old=old, new=new):
            return _pairs("prior", old, new)
        case DomainChanged(old=old, new=new):
            details = {
                "added": [plain(value) for value in change.added],
                "removed": [plain(value) for value in change.removed],
                "default": [plain(value) for value in change.default] if change.default else None,
                "reordered": change.reordered,
            }
            return [{**each, **details} for each in _pairs("domain", old, new)]


def _pairs(what: str, old: tuple[Choice, ...], new: tuple[Choice, ...]) -> list[dict[str, Any]]:
    return [
        {"change": what, "old": choice_json(one), "new": choice_json(other)}
        for one, other in zip(old, new, strict=True)
    ]


def _layer_change(change: LayerChange) -> dict[str, Any]:
    old, new = change.old, change.new
    return {
        "old": None if old is None else {"name": old.name, "operator": old.operator},
        "new": None if new is None else {"name": new.name, "operator": new.operator},
        "attributes": {name: [plain(was), plain(now)] for name, was, now in change.attributes},
    }


def _architectures(found: Census | Estimate) -> dict[str, Any]:
    match found:
        case Census(old=old, new=new, kept=kept, held=held):
            return {
                "how": "counted",
                "old": old,
                "new": new,
                "kept": kept,
                "gained": found.gained,
                "lost": found.lost,
                "continuous_choices_held": held,
            }
        case Estimate(kept=there, known=known):
            return {"how": "estimated", "old_in_new": _share(there), "new_in_old": _share(known)}


def _share(share: Share | None) -> dict[str, Any] | None:
    """The fraction of assignments whose architecture the other space has: exact if proved, otherwise a lower bound."""
    if share is None:
        return None
    low, high = share.interval
    found = {"share": round(share.value, 6), "interval": [round(low, 6), round(high, 6)], "proved": share.proved}
    return found if share.proved else {**found, "hits": share.hits, "samples": share.samples, "whole": share.whole}


def _verdict(number: int, verdict: Validity) -> dict[str, Any]:
    match verdict:
        case Valid(architecture=architecture):
            return {"trial": number, "verdict": "valid", "choices": _choices(architecture)}
        case SettingsChanged(architecture=architecture):
            kept = {"trial": number, "verdict": "settings changed", "choices": _choices(architecture)}
            return {**kept, "reason": reason_of(verdict)}
        case NotThere():
            return {"trial": number, "verdict": "not in the new space", "reason": reason_of(verdict)}


def _choices(architecture: Any) -> dict[str, Any]:
    """The paths in the new space."""
    return {path: plain(value) for path, value in architecture.choices.items()}
