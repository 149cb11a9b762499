"""The exports in a folder, also those of earlier calls: `model-card.json`, from which a model card lists all files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from sqsem_dsl.study.export.export_forms import Exports
from sqsem_dsl.study.journal.study import Study
from sqsem_dsl.utils.atomic_file import write_whole

FILE = "model-card.json"


class ExportedFile(BaseModel):
    """An exported file, or the folder of a SavedModel."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    form: str
    int8: bool
    size: int
    """In bytes."""
    seconds: float | None
    """The latency for one sample; None if it was not run."""
    difference: float | None
    """The largest difference from the original; None if it was not compared."""
    scores: Mapping[str, float]


class ExportedModel(BaseModel):
    """The files that one call has exported of the model of a trial, without those that were replaced since."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    space: str
    study: str
    """Identifies the study: a digest of the path of its folder."""
    trial: int
    samples: int
    """The samples on which they were compared."""
    scores: Mapping[str, float]
    """The metrics of the original on these samples."""
    files: tuple[ExportedFile, ...]


class ExportedFiles(BaseModel):
    """All exports of a folder, the newest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    exports: tuple[ExportedModel, ...] = ()

    @property
    def of_the_newest(self) -> tuple[ExportedModel, ...]:
        """The newest export, and the earlier ones of the same model."""
        new = self.exports[0]
        return tuple(each for each in self.exports if (each.study, each.trial) == (new.study, new.trial))

    @property
    def others(self) -> tuple[ExportedModel, ...]:
        """The exports of other models."""
        same = self.of_the_newest
        return tuple(each for each in self.exports if each not in same)


def record_exports(folder: Path, study: Study, trial: int, exports: Exports) -> ExportedFiles:
    """Adds new exports of a trial to the record of a folder, and leaves out files that they replace or that are not
    there any more. Raises OSError."""
    new = ExportedModel(
        space=study.name,
        study=sha256(os.fsencode(study.folder.resolve())).hexdigest()[:12],
        trial=trial,
        samples=exports.samples,
        scores=dict(exports.scores),
        files=tuple(
            ExportedFile(
                name=export.path.name,
                form=export.form,
                int8=export.int8,
                size=export.size,
                seconds=export.seconds,
                difference=export.difference,
                scores=dict(scores),
            )
            for export, scores in zip(exports.exports, exports.exported_scores, strict=True)
        ),
    )
    written = {file.name for file in new.files}
    before = []
    for each in _recorded(folder).exports:
        left = [file for file in each.files if file.name not in written and _is_there(folder, file.name)]
        if left:
            before.append(each.model_copy(update={"files": tuple(left)}))
    found = ExportedFiles(exports=(new, *before))
    write_whole(folder / FILE, found.model_dump_json(indent=2) + "\n")
    return found


def _recorded(folder: Path) -> ExportedFiles:
    """The record of a folder; an empty one if there is none, or only one that this version cannot read."""
    path = folder / FILE
    try:
        return ExportedFiles.model_validate_json(path.read_bytes()) if path.is_file() else ExportedFiles()
    except ValidationError:
        return ExportedFiles()


def _is_there(folder: Path, name: str) -> bool:
    return Path(name).name == name and (folder / name).exists()
