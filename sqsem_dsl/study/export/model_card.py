"""A description of an exported model in Markdown: what it takes and returns, how it was found, how good it is, and what
to be careful about. After Mitchell et al., "Model cards for model reporting" (2019)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqsem_dsl.data.columns import Columns
from sqsem_dsl.ir.choices import exact, show
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.study.export.exported_files import ExportedFile, ExportedFiles, ExportedModel
from sqsem_dsl.study.export.formats import FORMATS
from sqsem_dsl.study.inference.known_data import KnownData
from sqsem_dsl.study.journal.study import Study
from sqsem_dsl.utils.numbers import byte_size, duration, four_digits, plural
from sqsem_dsl.utils.shapes import Shape, WholeShape, is_padded

CLASSES = 20
"""The number of classes that are listed."""
ENDINGS = {"softmax": "probabilities of classes", "sigmoid": "a probability of each label", None: "numbers"}


def model_card(
    study: Study,
    number: int,
    architecture: Architecture,
    outputs: Mapping[str, OutputFact],
    known: KnownData,
    exported: ExportedFiles,
    retrained: tuple[str, int] | None = None,
) -> str:
    """The card for the model of a trial, in Markdown. The newest export of the folder is one of this model. `retrained`
    are the study and the trial whose architecture this study has trained again."""
    lines = [
        f"# {study.name}",
        "",
        f"{_origin(study, number, retrained)} It has {architecture.params:,} parameters and "
        f"{'at least ' if 'macs' in architecture.lower_bounds else ''}{architecture.macs:,} multiply-accumulates.",
        "",
        "## Files",
        "",
        *_files(exported),
        "",
        "## Inputs and outputs",
        "",
        *_inputs({name: study.inference_space.inputs[name] for name in architecture.inputs}, known),
        *_outputs(outputs, known),
        "",
        "## Scores",
        "",
        *_scores(study, number),
        "",
        "## Search" if retrained is None else "## Training",
        "",
        f"- data: {study.notes.get('data', 'not known')}",
        f"- epochs: {study.trial(number).length}",
        f"- objective: {', '.join(map(str, study.goals))}",
        f"- time: {duration(float(study.notes.get('elapsed', 0.0)))}; its end: {study.notes.get('ended', 'not known')}",
        f"- seed {study.notes.get('seed')}, Keras {study.notes.get('keras')} on {study.notes.get('backend')}",
        "",
        "Choices:",
        "",
        *_choices(study.trial(number).choices),
        "",
        "## Caveats",
        "",
        *_caveats(study, exported),
    ]
    return "\n".join(lines) + "\n"


def _origin(study: Study, number: int, retrained: tuple[str, int] | None) -> str:
    if retrained is None:
        trials = plural(len(study.trials), "trial")
        return f"A Keras model found by a search of the space `{study.name}`: trial {number} of {trials}."
    name, before = retrained
    return (
        f"A Keras model whose architecture was found by a search of the space `{name}`, as its trial {before}. It was "
        f"trained again with new weights, for {study.trial(number).length} epochs on the data below."
    )


def _files(exported: ExportedFiles) -> Iterator[str]:
    for position, export in enumerate(exported.of_the_newest):
        if position:
            yield ""
        yield from _table(export)
    if exported.others:
        yield ""
        yield "Other files in this folder are of other models; export one again to get its card:"
        yield ""
        for export in exported.others:
            for file in export.files:
                yield f"- `{file.name}`: {_form(file)}, trial {export.trial} of a search of the space `{export.space}`"


def _table(export: ExportedModel) -> Iterator[str]:
    metrics = list(export.scores)
    head = ["file", "format", "size", "one sample on this machine", "largest difference", *metrics]
    yield f"| {' | '.join(head)} |"
    yield "| " + " | ".join("---" for _ in head) + " |"
    for file in export.files:
        latency = "–" if file.seconds is None else f"{file.seconds * 1e3:.3g} ms"
        difference = "–" if file.difference is None else f"{file.difference:.2g}"
        values = [four_digits(file.scores[name]) if name in file.scores else "–" for name in metrics]
        cells = [f"`{file.name}`", _form(file), byte_size(file.size), latency, difference, *values]
        yield f"| {' | '.join(cells)} |"
    if export.samples:
        yield ""
        original = ", ".join(f"{name} {four_digits(value)}" for name, value in export.scores.items())
        yield f"Differences are from the outputs of the original, on {plural(export.samples, 'sample')}."
        if original:
            yield f"The original has there: {original}."


def _form(file: ExportedFile) -> str:
    title = FORMATS[file.form].title if file.form in FORMATS else file.form
    return title + (", 8-bit integers" if file.int8 else "")


def _inputs(inputs: Mapping[str, Shape], known: KnownData) -> Iterator[str]:
    for name, shape in inputs.items():
        columns = known.columns.get(name, Columns(()))
        raw = not columns.plain
        kind, mark = ("int32", "-1") if isinstance(shape, WholeShape) and not raw else ("float32", "NaN")
        extents = [len(columns.each)] if raw else shape
        more = f", whole numbers from 0 to {shape.below - 1}" if isinstance(shape, WholeShape) and not raw else ""
        more += f", {mark} after the end of a sequence" if is_padded(shape) else ""
        more += ", NaN for missing numbers" if raw and any(not column.categories for column in columns.each) else ""
        origin, end = ("", ":") if columns.each else (", as in the data of the search", "")
        yield f"- input `{name}`: {kind} `[samples, {', '.join(map(str, extents))}]`{origin}{more}{end}"
        for at, column in enumerate(columns.each):
            codes = [*column.categories, "missing or unknown"] if column.categories else []
            names = ", ".join(f"{number} = {each}" for number, each in enumerate(codes))
            yield f"  - column {at}: `{column.name}`" + (f" ({names})" if names else "")


def _outputs(outputs: Mapping[str, OutputFact], known: KnownData) -> Iterator[str]:
    for name, fact in outputs.items():
        yield f"- output `{name}`: float32 `[samples, {', '.join(map(str, fact.shape))}]`, {ENDINGS[fact.ending]}"
        names = known.classes.get(name, ())
        if names:
            more = f", … ({len(names) - CLASSES} more)" if len(names) > CLASSES else ""
            yield "  - classes: " + ", ".join(f"{at} = {each}" for at, each in enumerate(names[:CLASSES])) + more


def _scores(study: Study, number: int) -> Iterator[str]:
    trial = study.trial(number)
    for goal, score in zip(study.goals, trial.scores, strict=True):
        yield f"- {goal.metric} {four_digits(score)}, by which trials were compared"
    test: Mapping[str, Any] = study.notes.get("test") or {}
    if test.get("trial") == number:
        for name, value in test.get("scores", {}).items():
            yield f"- {name} {four_digits(value)} on the test set, which no trial has seen"


def _choices(choices: Mapping[str, Any]) -> Iterator[str]:
    for path, value in choices.items():
        yield f"- `{path} = {show(exact(value))}`"


def _caveats(study: Study, exported: ExportedFiles) -> Iterator[str]:
    if len(study.trials) > 1:
        yield (
            "- The score by which trials were compared is optimistic: the best of several is selected by it. The score "
            "on the test set is not."
        )
    if not (study.notes.get("test") or {}).get("scores"):
        yield "- There is no score on a test set."
    if any(file.int8 for export in exported.of_the_newest for file in export.files):
        yield "- The ranges of 8-bit integers come from the samples above: values far outside of them are cut."
    yield "- It was trained on the data above. Other data need an evaluation of their own: `sqsem evaluate`."
    yield "- Multiply-accumulates do not predict latency; the times above are of one machine."
