"""The spec of a study in its journal: the text, the imported files, and the constants that were set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from posixpath import normpath
from tempfile import TemporaryDirectory
from typing import Any, Self

from sqsem_dsl.ast.read import Read
from sqsem_dsl.compiler import Compilation
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.errors_files import OutsideSources
from sqsem_dsl.utils.effort import LevelName


@dataclass(frozen=True)
class Sources:
    """The sources needed to compile the space again anywhere. Equal sources give the same space."""

    files: Mapping[str, str]
    """Texts by path below the folder of the spec, which is the first."""
    space: str
    """The name of the one space that is searched."""
    defines: Mapping[str, Any] = field(default_factory=dict)
    allow_extern: bool = False

    @classmethod
    def of(cls, compilation: Compilation) -> Self:
        """The sources of a compiled file or text, as they were at that time. Raises SqsError if it has errors."""
        path, space, own = compilation.path, compilation.space, compilation.read
        if path is None:
            return cls(
                {f"{space.name}.sqs": own.source.text}, space.name, dict(compilation.define), compilation.allow_extern
            )
        reads = {path.name: (path, own)}
        for file, read in compilation.library.reads.items():
            reads.setdefault(file.relative_to(path.parent).as_posix(), (file, read))
        texts = {name: _text(file, read) for name, (file, read) in reads.items()}
        times = space.graph.times
        if times is not None:
            texts[normpath(times.path)] = times.text
        return cls(texts, space.name, dict(compilation.define), compilation.allow_extern)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], *, allow_extern: bool) -> Self:
        """Sources from the plain data in a journal (`journal.rows`).

        The caller decides whether the spec may run code: the journal's value is ignored. Raises SqsError if a file has
        a name that leads out of the spec's folder.
        """
        outside = next((name for name in plain["files"] if not _is_inside(name)), None)
        if outside is not None:
            raise SqsError([OutsideSources(NOWHERE, outside)])
        return cls(**{**plain, "allow_extern": allow_extern})

    def to_plain(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "files": dict(self.files),
            "space": self.space,
            "defines": {name: str(value) for name, value in self.defines.items()},
            "allow_extern": self.allow_extern,
        }

    @property
    def text(self) -> str:
        """The text of the spec itself."""
        return next(iter(self.files.values()))

    def load(
        self, compilation: type[Compilation] = Compilation, effort: LevelName = "normal", *, trains: bool = True
    ) -> Space:
        """The space, compiled by a class with an effort (`Compilation` says what `trains` is).

        Raises SqsError if this version of the program rejects the text."""
        with TemporaryDirectory(prefix="sqsem-") as folder:
            for name, text in self.files.items():
                file = Path(folder, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(text.encode())
            main = Path(folder, next(iter(self.files)))
            options = {"space": self.space, "define": self.defines, "allow_extern": self.allow_extern, "kept": True}
            return compilation.from_file(main, **options, effort=effort, trains=trains).space


def _text(file: Path, read: Read) -> str:
    """The text of a file. A spec in JSON form was read from its printed text, which is not what the file holds."""
    return file.read_text(encoding="utf-8") if file.name.endswith(".json") else read.source.text


def _is_inside(name: str) -> bool:
    """Whether a name stays below its folder, on any system."""
    plain = bool(name) and name.isprintable() and "\\" not in name and not PureWindowsPath(name).drive
    return plain and not name.startswith("/") and ".." not in PurePosixPath(name).parts
