"""The best architecture: its differences from the plain network, and how to obtain it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote
from typing import Any

from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.ir.choices import plain
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.report.diagram import difference_picture
from sqsem_dsl.report.html.parts import Illustration, Option, Table, network_illustration, options_of
from sqsem_dsl.report.html.report_data import ReportData
from sqsem_dsl.report.text.summary import least
from sqsem_dsl.report.text.trials import shown
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.journal.record import Trial

NONE = "–"


@dataclass(frozen=True)
class Code:
    """The result of a piece of code, and the code."""

    gives: str
    code: str


@dataclass(frozen=True)
class BestNetwork:
    """The data of the section."""

    trial: int
    picture: Illustration | None
    """Beside the plain network, if the rules allow it; None if the best is not known."""
    compared: bool
    """Whether the best and the plain network are known."""
    differences: Table | None
    """A row for each choice that differs from the plain network, and the costs of both; None if no choice
    differs."""
    code: tuple[Code, ...]
    choices: tuple[Option, ...]


def best_network(facts: ReportData) -> BestNetwork | None:
    """None if no trial has completed."""
    best = facts.best
    if best is None:
        return None
    picture = None
    if facts.space is not None and facts.network is not None:
        svg = difference_picture(facts.space, facts.network, facts.plain, prefix="best")
        picture = network_illustration(f"Trial {best.number}, layer by layer", svg)
    compared = facts.network is not None and facts.plain is not None
    return BestNetwork(
        best.number, picture, compared, _differences(facts, best), tuple(_code(facts, best)), options_of(best.choices)
    )


def _differences(facts: ReportData, trial: Trial) -> Table | None:
    best, base = facts.network, facts.plain
    if best is None or base is None:
        return None
    trained = {c.path for c in facts.space.choices if c.section == "train"} if facts.space is not None else set()
    paths = [path for path in dict.fromkeys((*base.choices, *best.choices)) if path not in trained]
    rows = [
        (path, _option(base, path), _option(best, path)) for path in paths if _worth(base, path) != _worth(best, path)
    ]
    if not rows:
        return None
    rows += [
        ("parameters", f"{base.params:,}", f"{best.params:,}"),
        ("multiply-accumulates", f"{least(base, 'macs')}{base.macs:,}", f"{least(best, 'macs')}{best.macs:,}"),
        ("layers", f"{len(base.layers):,}", f"{len(best.layers):,}"),
    ]
    return Table(("choice", "plain", f"trial {trial.number}"), rows, numbers=(1, 2))


def _worth(network: Architecture, path: str) -> Any:
    """The option of a choice. If there is no such choice, nothing is inserted either."""
    option = network.choices.get(path)
    return None if option in (False, "none") else option


def _option(network: Architecture, path: str) -> str:
    return shown(plain(network.choices[path])) if path in network.choices else NONE


def _code(facts: ReportData, best: Trial) -> Iterator[Code]:
    """Commands that work unchanged in the directory where the report was made."""
    folder = str(facts.study.folder)
    if (facts.study.folder / "best.keras").is_file():
        yield Code("Trained, without this program:", f"keras.models.load_model({folder + '/best.keras'!r})")
    if command := compile_command(facts):
        yield Code("Its layers, as JSON:", command)
    lines = ["import sqsem_dsl as sqs", f"study = sqs.load_study({folder!r})"]
    lines.append(f"model = study.architecture({best.number}).build()  # untrained")
    yield Code("From Python:", "\n".join(lines))


def compile_command(facts: ReportData) -> str | None:
    """The command that compiles the best architecture from the spec of the study, for a POSIX shell.

    None if the space cannot be loaded, or does not have this architecture any more.
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
    # A spec that uses others is compiled where these are.
    spec = str(kept) if kept.is_file() and len(files) == 1 else files[0]
    words = ["sqsem-compile", quote(spec), "--space", quote(space.name)]
    words += [f"--define {quote(f'{name}={value}')}" for name, value in (sources.get("defines") or {}).items()]
    words += ["--allow-extern"] if sources.get("allow_extern") else []
    return " ".join([*words, "--emit architecture", "--at", quote(at)])


def _at(space: Space, network: Architecture) -> str | None:
    """The argument of `--at` for it: its choices, or its number if JSON cannot represent them exactly."""
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
