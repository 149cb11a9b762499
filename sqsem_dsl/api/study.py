"""A study for users: its spaces and architectures build models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from sqsem_dsl import compiler
from sqsem_dsl.api.space import Architecture, Compilation, Space
from sqsem_dsl.data.frames import is_frame
from sqsem_dsl.data.given import words_of
from sqsem_dsl.diagnostics.diagnostic import listing
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.study.errors_arguments import BadArgument
from sqsem_dsl.study.inference.known_data import known_data, retrained_from, with_classes
from sqsem_dsl.study.journal import study as base
from sqsem_dsl.study.journal.ranking_html import ranking_html
from sqsem_dsl.utils.atomic_file import write_whole
from sqsem_dsl.utils.effort import LevelName

if TYPE_CHECKING:
    from sqsem_dsl.data.table_options import TableOptions
    from sqsem_dsl.study.export.export_forms import Exports
    from sqsem_dsl.study.inference.evaluate import Evaluation
    from sqsem_dsl.study.inference.predictions import Predictions
    from sqsem_dsl.study.results import Result


class Study(base.Study):
    """The trials of a folder as they were when it was opened. Open it again to see newer ones."""

    compilation: ClassVar[type[compiler.Compilation]] = Compilation

    def _repr_html_(self) -> str:
        return ranking_html(f"{self.name} in {self.folder}", self.trials, self.goals)

    @cached_property
    def space(self) -> Space:
        """The searched space. Raises SqsError if this version of the program rejects the spec."""
        return cast(Space, super().space)

    def architecture(self, number: int) -> Architecture:
        """The architecture of a trial. Raises KeyError if there is no such trial, and SqsError if the space does not
        contain its architecture."""
        return cast(Architecture, super().architecture(number))

    def predict(self, data: Any, *, trial: int | None = None) -> Predictions:
        """What the best model, or that of a trial, says about samples: `.values` by output, `.labels(output)`,
        `.to_pandas()`.

        `data` is a value of `--data`, or an object in memory as for `search`, also an array alone; labels in it are not
        needed, and no losses and metrics of the user. Raises SqsError with all problems of the data, and if the study
        has no such model.
        """
        from sqsem_dsl.study.inference.predict import load_samples, predict

        known, space = known_data(self), self.inference_space
        outputs = space.outputs
        model = self.best_model() if trial is None else self.load_model(trial)
        loaded = load_samples(data, space.inputs, outputs, known, allow_extern=self._allow_extern)
        return predict(model, loaded, outputs, known.classes)

    def evaluate(self, data: Any, *, trial: int | None = None) -> Evaluation:
        """The scores of the best model, or of that of a trial, on labelled samples: every metric with an interval,
        precision and recall of each class, their confusion, and the samples that are predicted worst.

        `data` is as for `predict`. Raises SqsError with all problems of the data, and if the study has no such model.
        """
        from sqsem_dsl.study.inference.evaluate import evaluate_predictions
        from sqsem_dsl.study.inference.predict import load_samples, predict

        known, outputs = known_data(self), self.space.outputs
        model = self.best_model() if trial is None else self.load_model(trial)
        loaded = load_samples(data, self.space.inputs, outputs, known, labelled=True, allow_extern=self._allow_extern)
        loaded = with_classes(loaded, known.classes, outputs)
        number = self._number(trial)
        train = self.architecture(number or 0).train
        from sqsem_dsl.backends.keras.training import evaluate

        predictions = predict(model, loaded, outputs, known.classes)
        return evaluate_predictions(predictions, loaded.part, train, evaluate(model, train, loaded.part, outputs))

    def retrain(
        self,
        data: Any,
        directory: str | os.PathLike[str],
        *,
        trial: int | None = None,
        epochs: int | None = None,
        seed: int | None = None,
        table: TableOptions | Mapping[str, Any] | None = None,
        **keywords: Any,
    ) -> Result:
        """Trains the best architecture again, or that of a trial, with its choices: a study of one trial in a folder.

        `data` and the other keywords are those of `search`. By default the number of epochs is that of a whole training
        of the study, and the seed that of the study. `table` is a `TableOptions` or a dict by the names of its fields:
        each given option replaces that of the study. Raises SqsError with all problems of the study, the data and the
        arguments, and if the folder is that of the study itself, or holds another training.
        """
        from sqsem_dsl.study.baselines import searched_alone
        from sqsem_dsl.study.retraining import (
            check_folder_of_retraining,
            full_epochs,
            table_of_retraining,
            trial_to_retrain,
        )
        from sqsem_dsl.study.search_function import search

        number = trial_to_retrain(self, trial, Path(directory))
        again = self.trial(number)
        length = full_epochs(again) if epochs is None else epochs
        known = known_data(self)
        options = table_of_retraining(known.table, table)
        rows = is_frame(data) or any("csv:" in word for word in words_of(data) or ())
        check_folder_of_retraining(Path(directory), self, again, length)
        return search(
            searched_alone(self.space),
            data,
            directory,
            **{
                "trials": 1,
                "start_from": [dict(self.architecture(number).choices)],
                "epochs": length,
                "seed": int(self.notes["seed"]) if seed is None else seed,
                "facts": {"retrained": {"study": self.name, "trial": number}},
                **({"windows": known.windows} if rows else {}),
                **{name: value for name, value in keywords.items() if value is not None},
                **({"table": options} if options.to_plain() else {}),
            },
        )

    def _number(self, trial: int | None) -> int | None:
        """The given trial, or the best one; None if there is none."""
        return trial if trial is not None or self.best is None else self.best.number

    def export(
        self,
        *forms: str,
        data: Any = None,
        folder: str | os.PathLike[str] | None = None,
        trial: int | None = None,
        int8: bool = False,
    ) -> Exports:
        """Exports the best model, or that of a trial, to `keras`, `savedmodel`, `onnx`, `litert` or `python`.

        Writes them into a folder, by default `export` in that of the study, with a model card that lists all exports in
        the folder, also those of earlier calls.

        Each export but `python` is run beside the original on samples of `data`, as for `predict`, and refused if it
        differs. With `int8`, the LiteRT model computes with 8-bit integers, calibrated with the samples; if they have
        labels, the result has the scores of the original and of each export. Metrics of the user are among them only
        with `allow_extern`. Raises SqsError.
        """
        from sqsem_dsl.study.export.export_forms import export_forms
        from sqsem_dsl.study.export.exported_files import record_exports
        from sqsem_dsl.study.export.formats import FORMATS
        from sqsem_dsl.study.export.model_card import model_card
        from sqsem_dsl.study.inference.predict import load_labelled

        unknown = [form for form in forms if form not in FORMATS]
        if unknown or not forms:
            given = repr(unknown[0]) if unknown else "missing"
            raise SqsError([BadArgument(NOWHERE, "forms", given, f"one or more of {listing(FORMATS)}")])
        known, space = known_data(self), self.inference_space
        outputs = space.outputs
        number = self._number(trial)
        model = self.best_model() if trial is None else self.load_model(trial)
        loaded = None
        if data is not None:
            loaded = load_labelled(data, space.inputs, outputs, known, allow_extern=self._allow_extern)
        place = self.folder / "export" if folder is None else Path(folder)
        architecture = self.inference_architecture(number or 0)
        own = self._allow_extern
        exports = export_forms(model, architecture, forms, place, loaded, outputs, int8=int8, allow_extern=own)
        exported = record_exports(place, self, number or 0, exports)
        card = model_card(self, number or 0, architecture, outputs, known, exported, retrained_from(self))
        write_whole(place / "model-card.md", card)
        return exports

    def report(self) -> Page:
        """The page of `sqsem report`. A notebook shows it; `save(path)` writes it.

        Raises SqsError if the space cannot be loaded, or if a package of the extra `report` is missing.
        """
        from sqsem_dsl.report.html.html_page import html_page
        from sqsem_dsl.report.statistics.find_answers import find_answers

        return Page(html_page(self, find_answers(self)))


@dataclass(frozen=True, repr=False)
class Page:
    """An HTML page that needs no other files."""

    html: str

    def __repr__(self) -> str:
        return f"<Page of {len(self.html) / 1e6:.1f} MB: save(path) writes it>"

    def _repr_html_(self) -> str:
        frame = 'width="100%" height="800" style="border:0"'
        return f'<iframe srcdoc="{escape(self.html)}" {frame} sandbox="allow-popups"></iframe>'

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the page in one step. Raises OSError."""
        write_whole(path, self.html)


def load_study(
    folder: str | os.PathLike[str],
    *,
    allow_extern: bool = False,
    damaged: bool = False,
    effort: LevelName = "normal",
) -> Study:
    """The study in a folder, finished or not; its search may still be running.

    `allow_extern` allows `extern` in its spec, and `effort` scales the analysis of its space, as in `load`. With
    `damaged`, the readable part of a damaged journal is returned, and `Study.damage` describes the rest. Raises
    SqsError if there is no study, or one that cannot be read.
    """
    return Study(Path(folder), allow_extern, damaged, effort)
