"""Transfers the files of a task to a node and back: as bytes, by the field that names them.

TensorBoard's logs, which are a folder, come back by their place in it, as `tensorboard/…`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from sqsem_dsl.study.task import Evaluation, Message, Stopped, Task, Trained
from sqsem_dsl.utils.atomic_file import write_whole

WRITTEN = ("checkpoint", "final", "model")
"""Fields of a task that name files to be returned."""
LOGS = "tensorboard"
"""The field that names a folder."""


def packed_for(work: Task | Evaluation) -> dict[str, bytes]:
    """On the study's side: the files to be read, for a task its checkpoint, or otherwise the state that it starts
    from."""
    match work:
        case Evaluation():
            wanted = ("model",)
        case Task():
            wanted = ("checkpoint",) if work.checkpoint and os.path.isfile(work.checkpoint) else ("start",)
    paths = {field: getattr(work, field) for field in wanted}
    return {field: Path(path).read_bytes() for field, path in paths.items() if path and os.path.isfile(path)}


def scratch_folder(token: str) -> Path:
    """The folder of an attempt's files on a node."""
    return Path(gettempdir(), f"sqsem-{token}")


def sweep(token: str) -> None:
    """Removes the files of an attempt."""
    shutil.rmtree(scratch_folder(token), ignore_errors=True)


def unpacked(work: Task | Evaluation, files: Mapping[str, bytes], scratch: Path) -> Task | Evaluation:
    """On the node: the work with paths below a folder in it, and its files there. Raises OSError."""
    places: dict[str, Any] = {}
    for field in (*WRITTEN, "start", LOGS):
        path = getattr(work, field, None)
        if path is not None:
            # The name is kept: its suffix may indicate the type of the file.
            place = scratch / field / Path(path).name
            place.parent.mkdir(parents=True, exist_ok=True)
            if field in files:
                place.write_bytes(files[field])
            places[field] = str(place)
    return replace(work, **places)


def packed(work: Task | Evaluation, end: Message) -> dict[str, bytes]:
    """On the node: the files that the work left behind; a checkpoint only if the training is not finished."""
    if isinstance(work, Evaluation):
        return {}
    files: dict[str, bytes] = {}
    for field in WRITTEN if isinstance(end, Stopped) else [name for name in WRITTEN if name != "checkpoint"]:
        path = getattr(work, field)
        if path is not None and os.path.isfile(path):
            files[field] = Path(path).read_bytes()
    if work.tensorboard is not None:
        logs = Path(work.tensorboard)
        for path in sorted(logs.rglob("*")):
            if path.is_file():
                files[f"{LOGS}/{path.relative_to(logs).as_posix()}"] = path.read_bytes()
    return files


def brought(work: Task | Evaluation, message: Message, files: Mapping[str, bytes]) -> Message:
    """On the study's side: the final message of the work, after its files are in place."""
    if isinstance(message, Evaluation):
        return replace(message, model=work.model or "")
    assert isinstance(work, Task)
    try:
        for name, content in _in_order(files):
            field, _, inner = name.partition("/")
            place = Path(getattr(work, field), inner)
            write_whole(place, content)
    except OSError as error:
        if isinstance(message, Trained):
            return replace(message, saved=False, unsaved=error.strerror or str(error))
    return message


def _in_order(files: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    """The model is written last: if it exists, everything else does, too."""
    order = (LOGS, *WRITTEN)
    return sorted(files.items(), key=lambda item: order.index(item[0].partition("/")[0]))
