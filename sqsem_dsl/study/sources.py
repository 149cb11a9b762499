"""The spec of a study as its journal keeps it: the text, the files that it uses, and the constants that were set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from sqsem_dsl.compiler import Compilation, load
from sqsem_dsl.space.space import Space


@dataclass(frozen=True)
class Sources:
    """Enough to compile the space again anywhere. Two that are equal give the same space."""

    files: Mapping[str, str]
    """Texts by path below the folder of the spec, which is the first."""
    space: str
    """The name of the one space that is searched."""
    defines: Mapping[str, Any] = field(default_factory=dict)
    allow_extern: bool = False

    @classmethod
    def of(cls, compilation: Compilation) -> Self:
        """The sources of a compiled file. Raises SqsError where it is wrong."""
        path, space = compilation.path, compilation.space
        assert path is not None
        used = {str(file.relative_to(path.parent)): file for file in compilation.library.files if file != path}
        texts = {name: file.read_text(encoding="utf-8") for name, file in {path.name: path, **used}.items()}
        return cls(texts, space.name, dict(compilation.define), compilation.allow_extern)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        return cls(**plain)

    def to_plain(self) -> dict[str, Any]:
        """Plain data, fit for JSON."""
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

    def load(self) -> Space:
        """The space. Raises SqsError where this version of the program refuses the text."""
        with TemporaryDirectory(prefix="sqsem-") as folder:
            for name, text in self.files.items():
                file = Path(folder, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            main = Path(folder, next(iter(self.files)))
            return load(main, space=self.space, define=self.defines, allow_extern=self.allow_extern)
