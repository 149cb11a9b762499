"""Files of kinds that are not read, and how to convert them."""

from __future__ import annotations

from pathlib import PurePath

_FRAMES = {
    ".parquet": "read_parquet",
    ".feather": "read_feather",
    ".arrow": "read_feather",
    ".xlsx": "read_excel",
    ".xls": "read_excel",
    ".ods": "read_excel",
    ".json": "read_json",
    ".jsonl": "read_json",
    ".pkl": "read_pickle",
    ".pickle": "read_pickle",
    ".orc": "read_orc",
    ".dta": "read_stata",
    ".sav": "read_spss",
}
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".tar", ".tgz", ".7z", ".rar")
_ARRAYS = (".h5", ".hdf5", ".mat", ".pt", ".pth", ".tfrecord", ".tfrecords")


def conversion(path: str) -> tuple[str, str] | None:
    """What a file is by its ending, and how to make one that can be read; None for other endings.

    >>> conversion("points.parquet")
    ('it is a `.parquet` file', 'convert it: `pandas.read_parquet("points.parquet").to_csv("points.csv", index=False)`')
    >>> conversion("points.csv.gz"), conversion("points.csv")
    (('it is compressed', 'decompress it, and name what is in it'), None)
    """
    ending = PurePath(path).suffix.lower()
    if ending in _PACKED:
        return "it is compressed", "decompress it, and name what is in it"
    if ending in _FRAMES:
        lines = ", lines=True" if ending == ".jsonl" else ""
        read = f'pandas.{_FRAMES[ending]}("{path}"{lines})'
        return f"it is a `{ending}` file", f'convert it: `{read}.to_csv("{PurePath(path).stem}.csv", index=False)`'
    if ending in _ARRAYS:
        made = f'numpy.savez("{PurePath(path).stem}.npz", NAME = array, …)'
        return f"it is a `{ending}` file", f"read its arrays, and write them with `{made}`"
    return None


def elsewhere(path: str) -> str | None:
    """What to do about a path of a file that does not exist; None if nothing is special about it.

    >>> elsewhere("~/points.csv"), elsewhere("points.csv")
    ('`~` means your home folder only at the start of a word: write `$HOME/points.csv`', None)
    """
    if "://" in path:
        return "download the file, and name the copy"
    if path.startswith("~"):
        return f"`~` means your home folder only at the start of a word: write `$HOME{path[1:]}`"
    if "*" in path or "?" in path:
        return "name one file: join several into one"
    return None
