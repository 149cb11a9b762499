"""Loading of data: parses `--data` and calls the module of each kind of source."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqsem_dsl.data.columns import Columns
from sqsem_dsl.data.dataset import Dataset, Loaded
from sqsem_dsl.data.digits import NAME, load_digits
from sqsem_dsl.data.errors import DataError, UnknownData
from sqsem_dsl.data.errors_sets import OtherClasses, SecondSet, SplitOptions, UnknownGroup
from sqsem_dsl.data.errors_sources import ClassCount, DataWords, UnknownKind
from sqsem_dsl.data.errors_tables import UnknownColumn
from sqsem_dsl.data.errors_windows import NoWindows
from sqsem_dsl.data.foreign_files import elsewhere
from sqsem_dsl.data.keras_datasets import KNOWN, load_keras
from sqsem_dsl.data.labels import class_units, in_order, named_labels, outputs_of_points
from sqsem_dsl.data.load_windows import load_windows
from sqsem_dsl.data.multi_source import load_named
from sqsem_dsl.data.named import Named, check_columns, open_named
from sqsem_dsl.data.npz import load_npz
from sqsem_dsl.data.python_function import load_function
from sqsem_dsl.data.sets import divided_by_file, joined
from sqsem_dsl.data.split import ORDERED, Splitting, split
from sqsem_dsl.data.table_options import TableOptions
from sqsem_dsl.data.weights import weighted
from sqsem_dsl.data.windows import Windows
from sqsem_dsl.diagnostics.diagnostic import Diagnostic, closest, listing
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.settings.metrics import OutputFact

_NAMED = re.compile(r"([A-Za-z_]\w*)=(.+)")


def read_words(words: Sequence[str], option: str = "--data") -> str | dict[str, str]:
    """The one source, or sources by the names of inputs and outputs. Raises DataError for any other words.

    >>> read_words(["digits"])
    'digits'
    >>> read_words(["image=images:faces", "points=csv:points.csv"])
    {'image': 'images:faces', 'points': 'csv:points.csv'}
    """
    named = [match for word in words if (match := _NAMED.fullmatch(word))]
    bare = [word for word in words if not _NAMED.fullmatch(word)]
    names = [match[1] for match in named]
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    reason = None
    if not words:
        reason = "no source is given"
    elif named and bare:
        reason = f"{listing(bare)} does not say which input it is for"
    elif len(bare) > 1:
        reason = f"{listing(bare)} do not say which inputs they are for"
    elif repeated:
        reason = f"{listing(repeated)} is given more than once"
    if reason is not None:
        raise DataError([DataWords(NOWHERE, reason, option)])
    return bare[0] if bare else {match[1]: match[2] for match in named}


__all__ = ["EMBEDDED", "DataError", "OutputFact", "load_data"]

FACES = "faces"
EMBEDDED = (NAME, FACES, *KNOWN)
"""Data that have a name and need no user file."""


def load_data(
    what: str | Sequence[str],
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
    splitting: Splitting | int,
    *,
    validation: str | Sequence[str] | None = None,
    test: str | Sequence[str] | None = None,
    windows: Windows | None = None,
    allow_extern: bool = False,
    table: TableOptions | None = None,
) -> Dataset:
    """The data that `--data` names, in one word or several, for all inputs and outputs of a space.

    One source for everything: `digits`, `faces`, a set of `keras.datasets`, `FILE.npz`, `images:DIR`, `csv:FILE`, or
    `python:module:function`, which runs code and therefore needs `allow_extern`. Or a source for each input, and
    perhaps for outputs, each as `NAME=SOURCE` and matched by the ids of the samples. `table` says how the columns of
    tables are used.

    `validation` and `test` name the sources of these sets, in the same forms: then nothing is split off for them.

    Shapes are without the sample axis. The same data and splitting (a number is its seed) give the same parts.
    Raises DataError, an SqsError, with all problems.
    """
    if isinstance(splitting, int):
        splitting = Splitting(splitting)
    table = table or TableOptions()
    if windows is not None:
        check_options(splitting, outputs)
        if validation is not None or test is not None:
            raise DataError([NoWindows(NOWHERE, "all sets are those of one table", "leave out the other sets")])
        source = read_words([what] if isinstance(what, str) else what)
        return load_windows(source, windows, inputs, outputs, splitting, table)
    found = load_sources(
        what,
        inputs,
        outputs,
        splitting,
        validation=validation,
        test=test,
        table=table,
        allow_extern=allow_extern,
    )
    return found if isinstance(found, Dataset) else split(found, outputs, splitting)


def load_sources(
    what: str | Sequence[str],
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
    splitting: Splitting,
    *,
    validation: str | Sequence[str] | None = None,
    test: str | Sequence[str] | None = None,
    table: TableOptions | None = None,
    known_classes: Mapping[str, tuple[str, ...]] | None = None,
    known_columns: Mapping[str, Columns] | None = None,
    sample_weight: object = None,
    allow_extern: bool = False,
    trained: bool = False,
) -> Loaded | Dataset:
    """The data of `load_data` before they are split; a `Dataset` if its function has split them.

    `known_classes` are the class names that labels may have; without them, those that occur, sorted. `known_columns`
    are the columns of other data, with which those of inputs are encoded alike. `sample_weight` has a weight for each
    sample of `what`. If the data are for a `trained` model, all of their sets are one, and columns that options name
    may be missing. Raises DataError.
    """
    table = table or TableOptions()
    check_options(splitting, outputs)
    words = {"--data": what, "--validation": validation, "--test": test}
    sources = {
        option.removeprefix("--"): read_words([given] if isinstance(given, str) else given, option)
        for option, given in words.items()
        if given is not None
    }
    named = {name: by_name for name, one in sources.items() if (by_name := _by_name(one, inputs)) is not None}
    opened = {name: open_named(by_name, inputs, outputs, splitting.group, table) for name, by_name in named.items()}
    if opened and not trained:
        check_columns((one for each in opened.values() for one in each.opened.values()), table)
    others = TableOptions(weight=table.weight) if opened else table
    classes: Mapping[str, tuple[str, ...]] = {}
    if known_classes is not None:
        classes = _checked_classes(list(opened.values()), known_classes)
    elif len(opened) > 1:
        classes = _common_classes(list(opened.values()), outputs)
    loaded: dict[str, Loaded] = {}
    for name, source in sources.items():
        one = (
            load_named(opened[name], classes, loaded["data"].columns if loaded else known_columns, not trained)
            if name in opened
            else _loaded(str(source), inputs, outputs, splitting, allow_extern, others, not trained, classes)
        )
        if isinstance(one, Dataset):
            if len(sources) == 1:
                return one
            raise DataError([SecondSet(NOWHERE, str(source), "has sets of its own, and others are given")])
        loaded[name] = one
        classes = classes or named_labels(one.class_names, outputs_of_points(outputs))
    data = loaded.pop("data")
    if sample_weight is not None:
        data = weighted(data, sample_weight, outputs)
    found = joined(data, loaded) if loaded else data
    return divided_by_file(found, splitting.split) if splitting.by_file else found


def check_options(splitting: Splitting, outputs: Mapping[str, OutputFact]) -> None:
    """Raises DataError for options of a split that exclude each other."""
    kind, found = splitting.split, []
    if splitting.by_file and not Path(kind).suffix and not Path(kind).exists():
        remedy = "use `random`, `ordered`, or a CSV file with the columns `id` and `set`"
        found.append(SplitOptions(NOWHERE, f"`{kind}` is not a kind of split", remedy))
    if splitting.gap and kind != ORDERED:
        reason = "a gap is only for samples in order"
        found.append(SplitOptions(NOWHERE, reason, "add `--split ordered`, or leave out `--gap`"))
    if splitting.group is not None and kind == ORDERED:
        reason = "samples in order cannot be grouped"
        found.append(SplitOptions(NOWHERE, reason, "leave out `--group` or `--split ordered`"))
    if splitting.group in outputs:
        reason = f"`{splitting.group}` is an output, which cannot be the group"
        found.append(SplitOptions(NOWHERE, reason, "name another column"))
    if found:
        raise DataError(found)


def _by_name(source: str | dict[str, str], inputs: Mapping[str, tuple[int, ...]]) -> dict[str, str] | None:
    """Images, tables and several sources by the names of inputs and outputs; None for other sources."""
    if not isinstance(source, str):
        return source
    match source.partition(":")[0]:
        case "images":
            return {_image_input(inputs): source}
        case "csv":
            return dict.fromkeys(inputs, source)
        case _:
            return None


def _checked_classes(sets: Sequence[Named], known: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """The known class names. Raises DataError if a set has others."""
    found: list[Diagnostic] = []
    for name, names in known.items():
        others = sorted({each for one in sets for each in one.class_names(name)} - {*names})
        if others:
            found.append(OtherClasses(NOWHERE, name, tuple(others), names))
    if found:
        raise DataError(found)
    return known


def _common_classes(sets: Sequence[Named], outputs: Mapping[str, OutputFact]) -> dict[str, tuple[str, ...]]:
    """The names of each output's classes in any of the sets, in the order of their numbers. Raises DataError if there
    are more or fewer than the output has.
    """
    found = {}
    for name, fact in outputs.items():
        units, names = class_units(fact), in_order({each for one in sets for each in one.class_names(name)})
        if units is None or not names:
            continue
        if len(names) != units:
            words = " + ".join(dict.fromkeys(word for one in sets for word in one.opened))
            raise DataError([ClassCount(NOWHERE, words, name, units, names)])
        found[name] = names
    return found


def _loaded(
    source: str,
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
    splitting: Splitting,
    allow_extern: bool,
    table: TableOptions,
    divided: bool,
    known: Mapping[str, tuple[str, ...]],
) -> Loaded | Dataset:
    """The data of a source that is not opened by name; a `Dataset` if its function has split them. `known` are the
    class names that labels as text must have."""
    kind, _, rest = source.partition(":")
    if splitting.group is not None and (kind == FACES or source in (NAME, *KNOWN)):
        raise DataError([UnknownGroup(NOWHERE, source, splitting.group, ())])
    arrays = kind == "python" or source.lower().endswith(".npz")
    names = [name for name in table.names if not (arrays and name == table.weight)]
    if names:
        raise DataError(UnknownColumn(NOWHERE, name, ()) for name in names)
    match kind:
        case "python":
            return load_function(
                rest, inputs, outputs, splitting, allow_extern=allow_extern, weight=table.weight, known=known
            )
        case "faces":
            from sqsem_dsl.data.faces.load_faces import load_faces

            return load_faces(inputs, outputs, source.removeprefix(FACES))
        case "digits" if not rest:
            return load_digits(inputs, outputs)
        case _ if source in KNOWN:
            return load_keras(source, inputs, outputs, divided)
        case _ if source.lower().endswith(".npz") or Path(source).exists():
            return _load_file(source, inputs, outputs, splitting, table.weight, known)
        case _:
            raise DataError([_unknown(source)])


def _image_input(inputs: Mapping[str, tuple[int, ...]]) -> str:
    """The first input that images can fill; the others are reported as missing."""
    return next((name for name, shape in inputs.items() if len(shape) == 3), next(iter(inputs)))


def _load_file(
    path: str,
    inputs: Mapping[str, tuple[int, ...]],
    outputs: Mapping[str, OutputFact],
    splitting: Splitting,
    weight: str | None,
    known: Mapping[str, tuple[str, ...]],
) -> Loaded:
    if Path(path).is_dir():
        raise DataError(
            [UnknownKind(NOWHERE, path, "it is a directory", f"write `images:{path}` for a folder of images")]
        )
    if path.lower().endswith((".csv", ".tsv")):
        raise DataError([UnknownKind(NOWHERE, path, "it is a table", f"write `csv:{path}`")])
    return load_npz(path, inputs, outputs, splitting.group, ids=splitting.by_file, weight=weight, known=known)


def _unknown(source: str) -> UnknownData | UnknownKind:
    if closest(source, EMBEDDED):
        return UnknownData(NOWHERE, source, EMBEDDED)
    forms = f"name `images:DIR`, `csv:FILE`, `FILE.npz`, `python:MODULE:FUNCTION`, or one of {listing(EMBEDDED)}"
    return UnknownKind(NOWHERE, source, "there is no file with that name", elsewhere(source) or forms)
