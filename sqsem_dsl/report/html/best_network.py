"""The best architecture: where it differs from the plain network, and how to have it."""

from __future__ import annotations

import json
from shlex import quote
from typing import Any

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.ir.choices import plain
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.report.html.best_trials import choice_list
from sqsem_dsl.report.html.elements import Html, element, figure, fold, joined, table
from sqsem_dsl.report.html.pictures import best_beside_plain
from sqsem_dsl.report.html.report_data import ReportData
from sqsem_dsl.report.text.summary import least
from sqsem_dsl.report.text.trials import shown
from sqsem_dsl.space.space import Space

NONE = "–"


def best_network(facts: ReportData) -> Html:
    """The picture, the differences in words, and the commands."""
    best = facts.best
    assert best is not None
    return joined(
        [
            best_beside_plain(facts),
            element("div", _differences(facts), _how_to_get(facts), class_="pair"),
            fold(f"All choices of trial {best.number}", choice_list(best.choices)),
        ]
    )


def _differences(facts: ReportData) -> Html | None:
    """A row for each choice of the network that is otherwise than in the plain one, and what both cost."""
    best, base = facts.network, facts.plain
    if best is None or base is None or facts.best is None:
        return None
    trained = {c.path for c in facts.space.choices if c.section == "train"} if facts.space is not None else set()
    paths = [path for path in dict.fromkeys((*base.choices, *best.choices)) if path not in trained]
    rows = [
        (path, _option(base, path), _option(best, path)) for path in paths if _worth(base, path) != _worth(best, path)
    ]
    if not rows:
        return element(
            "p", "It is the plain network: nothing is inserted, and every other choice is at its first value."
        )
    rows += [
        ("parameters", f"{base.params:,}", f"{best.params:,}"),
        ("multiply-accumulates", f"{least(base, 'macs')}{base.macs:,}", f"{least(best, 'macs')}{best.macs:,}"),
        ("layers", f"{len(base.layers):,}", f"{len(best.layers):,}"),
    ]
    said = "Plain: every slot empty, no skips, every other choice at its first value. – where there is no such choice."
    heads = ("choice", "plain", f"trial {facts.best.number}")
    return figure(table(heads, rows, numbers=(1, 2)), "Differences from the plain network", said)


def _worth(network: Architecture, path: str) -> Any:
    """The option of a choice. Where there is no such choice nothing is inserted either."""
    option = network.choices.get(path)
    return None if option in (False, "none") else option


def _option(network: Architecture, path: str) -> str:
    return shown(plain(network.choices[path])) if path in network.choices else NONE


def _how_to_get(facts: ReportData) -> Html:
    """Commands that work as they stand, from where the report was made."""
    best = facts.best
    assert best is not None
    folder = str(facts.study.folder)
    made = []
    if (facts.study.folder / "best.keras").is_file():
        made += ["Trained, without this program:", _code(f"keras.models.load_model({folder + '/best.keras'!r})")]
    if command := compile_command(facts):
        made += ["Its layers, as JSON:", _code(command)]
    lines = ["import sqsem_dsl as sqs", f"study = sqs.load_study({folder!r})"]
    lines.append(f"model = study.architecture({best.number}).build()  # untrained")
    made += ["From Python:", _code("\n".join(lines))]
    parts = [part if isinstance(part, Html) else element("p", part) for part in made]
    return element("div", element("h3", "How to get it"), *parts, class_="get")


def _code(text: str) -> Html:
    return element("pre", element("code", text), tabindex="0")


def compile_command(facts: ReportData) -> str | None:
    """The command that gives the best architecture from the spec of the study, for a POSIX shell.

    None where the space cannot be loaded, or has no such architecture any more.
    """
    space, network = facts.space, facts.network
    if space is None or network is None:
        return None
    at = _at(space, network)
    if at is None:
        return None
    sources: dict[str, Any] = facts.study.notes.get("sources") or {}
    files = list(sources.get("files") or ["spec.sqs"])
    kept = facts.study.folder / "spec.sqs"
    # A spec that uses others is compiled where these lie.
    spec = str(kept) if kept.is_file() and len(files) == 1 else files[0]
    words = ["sqsem-compile", quote(spec), "--space", quote(space.name)]
    words += [f"--define {quote(f'{name}={value}')}" for name, value in (sources.get("defines") or {}).items()]
    words += ["--allow-extern"] if sources.get("allow_extern") else []
    return " ".join([*words, "--emit architecture", "--at", quote(at)])


def _at(space: Space, network: Architecture) -> str | None:
    """What `--at` takes for it: its choices, or its number where they are not written exactly in JSON."""
    choices = json.dumps({path: plain(value) for path, value in network.choices.items()}, ensure_ascii=False)
    try:
        if space.at(json.loads(choices)) == network:
            return choices
    except SqsError:
        pass
    try:
        number = space.index(network.choices)
        return str(number) if space.at(number).id == network.id else None
    except SqsError:
        return None
