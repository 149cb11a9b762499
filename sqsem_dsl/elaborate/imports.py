"""Imported blocks: `use … from std` and `use … from "path.sqs"`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sqsem_dsl.ast import outline
from sqsem_dsl.ast.read import Read, read, unreadable
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Source, Span
from sqsem_dsl.elaborate.errors.names import BadUse, DuplicateName, UnknownName, UnknownUse
from sqsem_dsl.format.read_file import read_file
from sqsem_dsl.syntax.scanner import blocks_of

STD = Path(__file__).resolve().parent.parent / "std"
Found = dict[str, tuple[outline.Block, outline.Spec]]


@cache
def std_index() -> dict[str, str]:
    """The blocks of the shipped library: block name to file name, found without parsing."""
    index: dict[str, str] = {}
    for path in sorted(STD.glob("*.sqs")):
        index.update(dict.fromkeys(blocks_of(path.read_text(encoding="utf-8")), path.name))
    return index


@cache
def _std_file(name: str) -> Read:
    return read(Source(f"std/{name}", (STD / name).read_text(encoding="utf-8")))


def _name_span(use: outline.Use, name: str) -> Span:
    """The position of a name among those of a `use`."""
    return use.name_spans[use.names.index(name)]


class Library:
    """Resolves the `use` statements of one file and of the files they lead to. `root` is the folder that they must stay
    in."""

    def __init__(self, root: Path | None) -> None:
        self.root = root.resolve() if root is not None else None
        self.diagnostics: list[Diagnostic] = []
        self._files: dict[Path, Read] = {}
        self._known: dict[int, Found] = {}
        self._places: dict[int, Path] = {}
        self._open: list[Path] = []

    @property
    def reads(self) -> Mapping[Path, Read]:
        """The files that are used, as they were read, without the shipped library."""
        return self._files

    def add(self, spec: outline.Spec, path: Path | None) -> None:
        """Reads all files that a file uses; errors go to `diagnostics`."""
        if id(spec) in self._known:
            return
        found: Found = {}
        self._known[id(spec)] = found
        if path is not None:
            self._places[id(spec)] = path
            self._open.append(path)
        for use in spec.uses:
            if use.path is not None:
                self._use_file(use, use.path, path, found)
            elif use.library == "std":
                self._use_std(use, found)
            else:
                self.diagnostics.append(UnknownName(use.span, str(use.library), ("std",), "library"))
        if path is not None:
            self._open.pop()
        for definition in spec.definitions:
            if isinstance(definition, outline.Block):
                known = found.get(definition.name)
                if known is not None and known[0].span != definition.span:
                    self.diagnostics.append(DuplicateName(definition.span, definition.name, known[0].span))
                found[definition.name] = (definition, spec)

    def blocks(self, spec: outline.Spec) -> Found:
        """The blocks that a file sees, each with the file that defines it."""
        return self._known.get(id(spec), {})

    def _use_std(self, use: outline.Use, found: Found) -> None:
        index = std_index()
        for name in use.names:
            if name not in index:
                self.diagnostics.append(UnknownUse(_name_span(use, name), name, tuple(index), "the library `std`"))
                continue
            self._take(use, name, _std_file(index[name]), None, found)

    def _use_file(self, use: outline.Use, written: str, path: Path | None, found: Found) -> None:
        def refuse(reason: str, remedy: str = "name a file of blocks in the folder of this spec or below it") -> None:
            self.diagnostics.append(BadUse(use.origin_span, written, reason, remedy))

        if path is None or self.root is None:
            return refuse("a spec that is not a file has no folder")
        try:
            target = (path.parent / written).resolve()
            inside = target.is_relative_to(self.root)
            there, folder = inside and target.is_file(), inside and target.is_dir()
        except (OSError, RuntimeError, ValueError) as error:
            return refuse(unreadable(error))
        if not inside:
            return refuse("it is outside the folder of the spec")
        if target in self._open:
            return refuse("the import is circular", "move the blocks that both need to a third file")
        if target not in self._files:
            if not there:
                return refuse("it is a folder" if folder else "there is no such file")
            self._files[target] = read_file(target)
            self.diagnostics.extend(self._files[target].diagnostics)
        for name in use.names:
            self._take(use, name, self._files[target], target, found)
        return None

    def _take(self, use: outline.Use, name: str, read: Read, path: Path | None, found: Found) -> None:
        if read.spec is None:
            if path is None:
                self.diagnostics.extend(read.diagnostics)
            return
        self.add(read.spec, path)
        own = {d.name: d for d in read.spec.definitions if isinstance(d, outline.Block)}
        if name not in own:
            where = f"`{use.path}`" if use.path is not None else "the library `std`"
            self.diagnostics.append(UnknownUse(_name_span(use, name), name, tuple(own), where))
            return
        if name in found and found[name][0].span != own[name].span:
            self.diagnostics.append(DuplicateName(_name_span(use, name), name, found[name][0].span))
        found[name] = (own[name], read.spec)
