"""What an architecture of a study is trained again with, and a check of the folder that it is trained in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.operators.backbone import BACKBONE, IMAGENET, NONE
from sqsem_dsl.study.errors_arguments import BadArgument
from sqsem_dsl.study.errors_export import CannotRetrain
from sqsem_dsl.study.journal.journal import FILE
from sqsem_dsl.study.journal.record import Trial
from sqsem_dsl.study.journal.settings_json import without_epochs
from sqsem_dsl.study.journal.study import Study
from sqsem_dsl.utils.numbers import plural


def trial_to_retrain(study: Study, trial: int | None, folder: Path) -> int:
    """The number of the trial to train again, by default the best. Raises SqsError if there is none, if its model
    starts from a file that the study does not keep, and if the new folder is that of the study."""
    number = trial if trial is not None or study.best is None else study.best.number
    reason = remedy = ""
    if study.folder.resolve() == folder.resolve():
        reason, remedy = "the new folder is that of the study", "name another folder with `-o`"
    elif number is None:
        reason, remedy = "no trial has completed", "run its search first"
    elif number not in {one.number for one in study.trials if one.valid}:
        reason, remedy = f"it has no trial {number}", "`sqsem trials` lists them"
    if number is None or reason:
        raise SqsError([CannotRetrain(NOWHERE, str(study.folder), reason, remedy)])
    for layer in study.architecture(number).layers:
        if layer.operator == BACKBONE and layer.attributes["weights"] not in (NONE, IMAGENET):
            reason = f"it starts from the file `{layer.attributes['weights']}`, which is in the folder of the spec"
            remedy = f"`sqsem search SPEC --start-from {study.folder} --trials 1` trains its best architecture again"
            raise SqsError([CannotRetrain(NOWHERE, str(study.folder), reason, remedy)])
    return number


def full_epochs(trial: Trial) -> int:
    """The epochs of a whole training of a trial: some algorithms, such as Hyperband, train most trials for fewer."""
    return trial.schedule_epochs or trial.planned


def table_of_retraining(known: TableOptions, given: TableOptions | Mapping[str, Any] | None) -> TableOptions:
    """The options for tables: those of the study, of which each given one replaces that of its name. Raises SqsError
    for names that no option has.

    >>> known = TableOptions(drop=("id",), missing="indicator", labels={"y": ("price",), "z": ("size",)})
    >>> table_of_retraining(known, TableOptions(drop=("id", "name"), labels={"y": ("cost",)})).to_plain()
    {'drop': ['id', 'name'], 'missing': 'indicator', 'labels': {'y': ['cost'], 'z': ['size']}}
    """
    if not isinstance(given, TableOptions | Mapping | None) or (
        isinstance(given, Mapping) and not set(given) <= {each.name for each in fields(TableOptions)}
    ):
        expected = "a `TableOptions`, or a dict by the names of its fields"
        raise SqsError([BadArgument(NOWHERE, "table", repr(given)[:60], expected)])
    plain = known.to_plain()
    options = given.to_plain() if isinstance(given, TableOptions) else dict(given or {})
    labels = {**plain.get("labels", {}), **options.get("labels", {})}
    return TableOptions.from_plain({**plain, **options, **({"labels": labels} if labels else {})})


def check_folder_of_retraining(folder: Path, study: Study, trial: Trial, epochs: int) -> None:
    """Checks that a folder holds no other study than the training that is asked for, which it would resume, or whose
    result would be shown as that of this one. Data and seed are checked where they are known. Raises SqsError."""
    if not (folder / FILE).exists():
        return
    found = Study(folder)
    trained = [one for one in found.trials if one.valid]
    if not trained:
        return
    if len(trained) > 1 or trained[0].origin != "start":
        other = f"the study of a search with {plural(len(trained), 'trial')}"
    else:
        different = "; ".join(_differences(trained[0], trial, epochs))
        if not different:
            return
        other = f"a training with other settings: {different}"
    remedy = "name another folder with `-o`, or use the settings of that training to resume it or to see its result"
    raise SqsError([CannotRetrain(NOWHERE, str(study.folder), f"`{folder}` holds {other}", remedy)])


def _differences(there: Trial, trial: Trial, epochs: int) -> Iterator[str]:
    """What differs between a training and the one that is asked for, the former first."""
    if there.planned != epochs:
        yield f"{there.planned} epochs there, {epochs} here"
    names = dict.fromkeys((*there.choices, *trial.choices))
    apart = [name for name in names if there.choices.get(name) != trial.choices.get(name)]
    if apart:
        shown = ", ".join(f"`{name}`" for name in apart[:5])
        yield f"other choices of {shown}{', …' if len(apart) > 5 else ''}"
    elif there.architecture != trial.architecture:
        yield "another architecture, of another spec"
    elif without_epochs(there.training) != without_epochs(trial.training):
        yield "other settings of `train`, of another spec"
