"""The effect of an edit on a space, as a page: choices, statements, settings, architectures, and the trials of a
search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqsem_dsl.compare.changes import (
    ALL,
    NONE,
    Altered,
    Census,
    ChoiceAdded,
    ChoiceChange,
    ChoiceRemoved,
    ChoiceRenamed,
    ConditionChanged,
    DomainChanged,
    Estimate,
    KindChanged,
    PriorChanged,
    Share,
)
from sqsem_dsl.compare.difference import Difference
from sqsem_dsl.compare.validity import NotThere, SettingsChanged, Valid, Validity
from sqsem_dsl.compare.wording import layer_line, reason_of
from sqsem_dsl.ir.choices import Choice, show
from sqsem_dsl.ir.draws import show_domain, show_prior
from sqsem_dsl.ir.path import together
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.operators.row import Value
from sqsem_dsl.report.text.summary import least
from sqsem_dsl.report.text.table import labeled, table_line

COUNTS = 14
"""The column where counts begin."""
MAX_LAYERS = 6
"""The number of changed layers of the default architecture, or of a trial's, that are named."""
TITLES = {
    "input": "inputs", "output": "outputs", "rule": "rules", "budget": "budgets", "train": "train", "search": "search"
}  # fmt: skip

Verdicts = Mapping[int, Validity]
"""The status of each finished trial, by its number."""


def difference_page(difference: Difference, old: str, new: str) -> str:
    """The page of a comparison; `old` and `new` are the names of the files."""
    one, other = difference.old, difference.new
    name = one.name if one.name == other.name else f"{one.name} -> {other.name}"
    sections = [f"{name}  ({old} -> {new})"]
    if difference.same:
        sections.append("nothing differs: the two describe the same space")
    elif not difference.written:
        sections.append("no difference in the text; see the architectures below")
    sections += _section("choices", [_choice_line(change) for change in difference.choices])
    for what, title in TITLES.items():
        sections += _section(title, [_altered_line(each) for each in difference.altered if each.what == what])
    sections += _section("default architecture", _default_lines(difference))
    sections.append("\n".join(line for title, text in _counts(difference) for line in labeled(title, text, COUNTS)))
    return "\n\n".join(sections)


def _section(title: str, rows: Sequence[tuple[str, str, str]]) -> list[str]:
    """Rows of a sign, a name and a text, with the texts below each other."""
    if not rows:
        return []
    width = min(40, max(len(name) for _, name, _ in rows))
    return ["\n".join([title, *(table_line((f"  {sign} {name}", text), (width + 4, 0)) for sign, name, text in rows)])]


# ---- choices


def _choice_line(change: ChoiceChange) -> tuple[str, str, str]:
    match change:
        case ChoiceAdded(choices=choices):
            return "+", _named(choices), f"{_description(choices[0])}{_where(choices)}"
        case ChoiceRemoved(choices=choices):
            return "-", _named(choices), f"{_description(choices[0])}{_where(choices)}"
        case ChoiceRenamed(old=old, new=new, sure=True):
            return "=", _named(new), f"was {_named(old)}"
        case ChoiceRenamed(old=old, new=new):
            return "?", _named(new), f"renamed? was {_named(old)}; or that was removed and this was added"
        case KindChanged(old=old, new=new):
            return "~", _named(new), f"{old[0].kind} -> {new[0].kind}"
        case DomainChanged(old=old, new=new):
            return "~", _named(new), f"{old[0].domain} -> {new[0].domain}{_details(change)}"
        case PriorChanged(old=old, new=new):
            return "~", _named(new), f"{_prior(old[0])} -> {_prior(new[0])}"
        case ConditionChanged(old=old, new=new):
            return "~", _named(new), f"exists {_condition(new[0])}; before {_condition(old[0])}"


def _named(choices: Sequence[Choice]) -> str:
    return together([choice.at for choice in choices])


def _description(choice: Choice) -> str:
    return f"{choice.kind} in {show_domain(choice.domain, choice.prior)}"


def _prior(choice: Choice) -> str:
    return show_prior(choice.domain, choice.prior) or "no prior"


def _where(choices: Sequence[Choice]) -> str:
    conditions = {_condition(choice) for choice in choices}
    return f", {conditions.pop()}" if len(conditions) == 1 and choices[0].when != ((),) else ""


def _condition(choice: Choice) -> str:
    if any(not cube for cube in choice.when):
        return "everywhere"
    cubes = [" and ".join(f"`{path}` is {_one_of(values)}" for path, values in cube) for cube in choice.when]
    return f"where {'; or '.join(cubes)}" if cubes else "nowhere"


def _one_of(values: Sequence[Value]) -> str:
    shown = [show(value) for value in values]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def _details(change: DomainChanged) -> str:
    parts = [
        f"added: {', '.join(map(show, change.added))}" if change.added else "",
        f"removed: {', '.join(map(show, change.removed))}" if change.removed else "",
        f"default {show(change.default[0])} -> {show(change.default[1])}" if change.default else "",
        "in another order" if change.reordered else "",
    ]
    details = "; ".join(part for part in parts if part)
    return f"  ({details})" if details else ""


# ---- statements, settings, networks


def _altered_line(change: Altered) -> tuple[str, str, str]:
    match change.old, change.new:
        case None, new:
            return "+", change.name or str(new), str(new) if change.name else ""
        case old, None:
            return "-", change.name or old, old if change.name else ""
        case old, new:
            both = f"{old} -> {new}"
            return ("~", change.name, both) if change.name else ("~", both, "")


def _default_lines(difference: Difference) -> list[tuple[str, str, str]]:
    changes = difference.default
    old, new = difference.old.default(), difference.new.default()
    if not changes and old.id == new.id:
        return []
    lines = [("~", "size", f"{_size(old)} -> {_size(new)}")] if _size(old) != _size(new) else []
    lines += [layer_line(change) for change in changes[:MAX_LAYERS]]
    if len(changes) > MAX_LAYERS:
        lines.append((" ", f"… ({len(changes) - MAX_LAYERS} more)", ""))
    return lines or [("~", "the same layers", "connected differently")]


def _size(architecture: Architecture) -> str:
    macs = f"{least(architecture, 'macs')}{architecture.macs:,} MACs"
    return f"{len(architecture.layers)} layers, {architecture.params:,} parameters, {macs}"


# ---- counts


def _counts(difference: Difference) -> Iterator[tuple[str, str]]:
    counts = ["not counted" if s.count is None else f"{s.count:,}" for s in (difference.old, difference.new)]
    yield "assignments", counts[0] if counts[0] == counts[1] else " -> ".join(counts)
    match difference.architectures:
        case Census() as census:
            became = f"{census.kept:,} kept, {census.gained:,} gained, {census.lost:,} lost"
            yield "architectures", f"{census.old:,} -> {census.new:,}: {became}"
            if census.held:
                yield "", "continuous choices are fixed at one value, the same in both where possible"
        case Estimate(kept=kept, known=known) if kept == known == ALL:
            yield "architectures", "the same in both"
        case Estimate(kept=kept, known=known) if kept == known == NONE:
            yield "architectures", "none in common: an output has another name or shape"
        case Estimate(kept=kept, known=known):
            yield "kept", _kept(kept)
            yield "gained", _gained(known)


def _kept(share: Share | None) -> str:
    if share is None:
        return "unknown: no assignment of the old space was found within its budgets"
    if share.proved:
        return "every architecture"
    text = f"at least {share.value:.0%} of the old assignments lead to an architecture that is kept"
    return text + _evidence(share, share.hits, *share.interval)


def _gained(known: Share | None) -> str:
    """New architectures are the rest of the known ones."""
    if known is None:
        return "unknown: no assignment of the new space was found within its budgets"
    if known.proved:
        return "no architecture"
    low, high = known.interval
    text = f"at most {1 - known.value:.0%} of the new assignments lead to an architecture that is new"
    return text + _evidence(known, known.samples - known.hits, 1 - high, 1 - low)


def _evidence(share: Share, hits: int, low: float, high: float) -> str:
    if share.whole:
        return f" ({hits:,} of all {share.samples:,})"
    return f"\n({hits:,} of {share.samples:,} sampled; 95 % interval {low:.1%} to {high:.1%})"


# ---- trials


def trials_section(verdicts: Verdicts, folder: str, failed: int) -> str:
    """The finished trials of a search that are still trials of the new space."""
    by_kind: dict[str, list[int]] = {}
    for number, verdict in verdicts.items():
        by_kind.setdefault(_kind(verdict), []).append(number)
    aside = f", {failed} failed" if failed else ""
    lines = [f"trials  ({folder}: {len(verdicts)} finished{aside})"]
    for kind in ("valid", "architecture kept, settings changed", "not in the new space"):
        if kind in by_kind:
            lines.append(f"  {len(by_kind[kind])} {kind}: {', '.join(map(str, by_kind[kind]))}")
            lines += _because(verdicts, by_kind[kind])
    return "\n".join(lines)


def _kind(verdict: Validity) -> str:
    match verdict:
        case Valid():
            return "valid"
        case SettingsChanged():
            return "architecture kept, settings changed"
        case NotThere():
            return "not in the new space"


def _because(verdicts: Verdicts, numbers: Sequence[int]) -> Iterator[str]:
    """The reasons, each once, with its trials."""
    reasons: dict[str, list[int]] = {}
    for number in numbers:
        reasons.setdefault(reason_of(verdicts[number]), []).append(number)
    for reason, several in reasons.items():
        if reason:
            which = "" if len(several) == len(numbers) else f"{', '.join(map(str, several))}: "
            yield f"    {which}{reason}"
