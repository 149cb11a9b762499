"""The driver: from a text or a file to a space, one cached property per stage. Stages run only when needed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

from sqsem_dsl.analysis.lower_bounds import check_counts
from sqsem_dsl.analysis.weights import check_weights
from sqsem_dsl.ast import nodes, outline
from sqsem_dsl.ast.read import Read, read
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.errors import InternalError, SqsError
from sqsem_dsl.diagnostics.source import NOWHERE, Source, Span
from sqsem_dsl.diagram.shape_analysis import ShapeAnalysis, analyze_shapes
from sqsem_dsl.elaborate import Elaborated, elaborate
from sqsem_dsl.elaborate.errors.names import DuplicateName
from sqsem_dsl.elaborate.errors.statements import UnknownDefine, WhichSpace
from sqsem_dsl.elaborate.imports import Library
from sqsem_dsl.elaborate.partial import check_partial
from sqsem_dsl.elaborate.resolve.resolve import resolve
from sqsem_dsl.format.read_file import read_file
from sqsem_dsl.space.check_extern import check_extern
from sqsem_dsl.space.checks import (
    check_inputs,
    check_outputs,
    check_space,
    check_standardize,
    check_times,
    check_training,
)
from sqsem_dsl.space.space import Space
from sqsem_dsl.utils.effort import LevelName, level_of


class Compilation:
    """The compilation of a file. `diagnostics` has all errors, in order of position, `findings` also the lints."""

    space_class: ClassVar[type[Space]] = Space

    def __init__(
        self,
        read: Read,
        path: Path | None = None,
        *,
        space: str | None = None,
        define: Mapping[str, object] | None = None,
        allow_extern: bool = False,
        kept: bool = False,
        trains: bool = True,
        timed: bool = True,
        effort: LevelName = "normal",
    ) -> None:
        """With `kept` the text is one that a study keeps, without the other files of its folder. Without `trains`,
        `extern` in `train` is allowed, since nothing is trained: its modules are not imported. Without `timed`, the
        table of measured layers is not read. `effort` scales the limits of the analysis; raises ValueError for an
        unknown one."""
        self.level = level_of(effort)
        self.read, self.path, self.wanted = read, path, space
        self.trains, self.timed = trains, timed
        self.define, self.allow_extern, self.kept = dict(define or {}), allow_extern, kept

    @classmethod
    def from_file(cls, path: Path | str, **options: object) -> Self:
        read = read_file(path)
        known = read.spec is not None or read.partial is not None
        return cls(read, Path(path).resolve() if known else None, **options)  # type: ignore[arg-type]

    @classmethod
    def from_text(cls, text: str, name: str = "<string>", **options: object) -> Self:
        return cls(read(Source(name, text)), None, **options)  # type: ignore[arg-type]

    @cached_property
    def library(self) -> Library:
        """The blocks that the file imports."""
        library = Library(self.path.parent if self.path is not None else None)
        if self.read.spec is not None:
            library.add(self.read.spec, self.path)
        return library

    @property
    def folder(self) -> str | None:
        """The folder of the spec, for files that layers read; None if it has none."""
        return None if self.path is None or self.kept else str(self.path.parent)

    @cached_property
    def spaces(self) -> tuple[outline.Space, ...]:
        spec = self.read.spec
        return () if spec is None else tuple(d for d in spec.definitions if isinstance(d, outline.Space))

    @cached_property
    def chosen(self) -> outline.Space | None:
        """The selected space, or the only one of the file; None otherwise."""
        if self.wanted is not None:
            return next((s for s in self.spaces if s.name == self.wanted), None)
        return self.spaces[0] if len(self.spaces) == 1 else None

    @property
    def defined(self) -> Mapping[str, nodes.Expr | nodes.ListOf]:
        """The values of `define` by the names of the constants."""
        return self._defines[0]

    @cached_property
    def _defines(self) -> tuple[dict[str, nodes.Expr | nodes.ListOf], list[Diagnostic]]:
        values: dict[str, nodes.Expr | nodes.ListOf] = {}
        wrong: list[Diagnostic] = []
        for name, given in self.define.items():
            text = (
                str(given).replace("True", "true").replace("False", "false")
                if isinstance(given, bool | list)
                else str(given)
            )
            spec = read(Source("--define", f"sqs 1 space s {{ const c = {text} }}")).spec
            constants = (
                spec.definitions[0].items if spec is not None and isinstance(spec.definitions[0], outline.Space) else ()
            )
            if (
                len(constants) == 1
                and isinstance(constants[0], nodes.Const)
                and not isinstance(constants[0].value, nodes.AnyOf)
            ):
                values[name] = constants[0].value
            else:
                wrong.append(UnknownDefine(NOWHERE, name, (), text))
        return values, wrong

    @cached_property
    def elaborated(self) -> Mapping[str, Elaborated]:
        """The graph of each space of the file, or of the chosen one."""
        spec = self.read.spec
        if spec is None or _failed(self.library.diagnostics) or self._defines[1]:
            return {}
        wanted = [self.chosen] if self.chosen is not None else list(self.spaces) if self.wanted is None else []
        found: dict[str, Elaborated] = {}
        for space in wanted:
            found[space.name] = elaborate(
                space,
                spec,
                self.library,
                self._defines[0],
                self.allow_extern,
                folder=self.folder,
                trains=self.trains,
                timed=self.timed,
            )
        return found

    @cached_property
    def shape_analysis(self) -> Mapping[str, ShapeAnalysis]:
        """The shape analysis, for all assignments, of each space that elaborates."""
        return {
            name: analyze_shapes(part.graph, part.rule_spans, level=self.level)
            for name, part in self.elaborated.items()
            if part.graph is not None
        }

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All errors and warnings without duplicates, in order of position."""
        found: list[Diagnostic] = [*self.read.diagnostics, *self.library.diagnostics, *self._defines[1]]
        if self.read.spec is not None:
            found.extend(_duplicates(self.spaces))
            if self.wanted is not None and self.chosen is None:
                names = tuple(s.name for s in self.spaces)
                found.append(WhichSpace(_start(self.read.source), self.wanted, names))
        for name, part in self.elaborated.items():
            found.extend(part.diagnostics)
            if part.graph is not None:
                found.extend(check_inputs(part.graph, _spans(self.spaces, name, outline.Input)))
                outputs = _spans(self.spaces, name, outline.Output)
                found.extend(check_outputs(part.graph, self.shape_analysis[name], outputs))
                found.extend(check_space(part.graph, self.shape_analysis[name], part.rule_spans))
                found.extend(check_counts(part.graph, self.shape_analysis[name]))
                if not self.kept:
                    found.extend(check_weights(part.graph, self.shape_analysis[name]))
                if not _failed(part.diagnostics):
                    space_span = next(space.span for space in self.spaces if space.name == name)
                    found.extend(check_standardize(part.graph, self.shape_analysis[name], space_span))
        if self.read.spec is not None:
            found.extend(resolve(self.read.spec, self.library, self._defines[0]))
        if self.read.partial is not None:
            found.extend(check_partial(self.read.partial, self.path, self.wanted, self.allow_extern))
        if not _failed(found):
            if any(part.graph is None for part in self.elaborated.values()):
                raise InternalError("a space has no graph, and no error says why")
            for space in self.built.values():
                found.extend(check_training(space))
                found.extend(check_times(space))
                if self.trains:
                    found.extend(check_extern(space.graph))
        return _sorted(found, self.read.source)

    @property
    def failed(self) -> bool:
        return _failed(self.diagnostics)

    @cached_property
    def built(self) -> Mapping[str, Space]:
        """The spaces that elaborate, with or without errors."""
        graphs = {name: part.graph for name, part in self.elaborated.items()}
        found = {
            space.name: self.space_class(space.name, space.doc, graph, self.shape_analysis[space.name], space.span)
            for space in self.spaces
            if (graph := graphs.get(space.name)) is not None
        }
        for made in found.values():
            made.compilation, made.level = self, self.level
        return found

    def findings(self, thorough: bool = True) -> tuple[Diagnostic, ...]:
        """The diagnostics and the findings of the lints, without warnings that a comment in the text allows.

        Without `thorough`, lints that need the costs of a whole space are skipped.
        """
        found = list(self.diagnostics)
        if not _failed(found) and self.read.spec is not None:
            from sqsem_dsl.lint.context import LintContext
            from sqsem_dsl.lint.space_index import SpaceIndex
            from sqsem_dsl.lint.table import lint

            # A finding at a position must hold in all spaces that contain the position.
            whole = len(self.built) == len(self.spaces) and all(
                s.shape_analysis.diagram is not None for s in self.built.values()
            )
            known = (
                (space, SpaceIndex(name, space.graph, space.shape_analysis, self.elaborated[name].rule_spans))
                for name, space in (self.built.items() if whole else ())
            )
            found.extend(lint(LintContext(self.read.tokens, self.read.spec, tuple(known)), thorough))
        if found:
            from sqsem_dsl.lint.table import not_allowed

            found = not_allowed(found)
        return _sorted(found, self.read.source)

    @cached_property
    def space(self) -> Space:
        """The space. Raises SqsError with every diagnostic if there is an error, or not exactly one space."""
        if self.failed:
            raise SqsError(self.diagnostics)
        chosen = self.chosen
        if chosen is None:
            names = tuple(s.name for s in self.spaces)
            raise SqsError([WhichSpace(_start(self.read.source), None, names)])
        return self.built[chosen.name]


def check_file(path: Path | str) -> list[Diagnostic]:
    """Every diagnostic of a file, with the findings of the lints."""
    return list(Compilation.from_file(path).findings())


def _failed(diagnostics: object) -> bool:
    return any(d.severity == "error" for d in diagnostics)  # type: ignore[attr-defined]


def _start(source: Source) -> Span:
    return Span(source, 0, 0)


def _duplicates(spaces: tuple[outline.Space, ...]) -> list[Diagnostic]:
    first: dict[str, Span] = {}
    found: list[Diagnostic] = []
    for space in spaces:
        if space.name in first:
            found.append(DuplicateName(space.span, space.name, first[space.name]))
        first.setdefault(space.name, space.span)
    return found


def _spans(
    spaces: tuple[outline.Space, ...], name: str, kind: type[outline.Input] | type[outline.Output]
) -> dict[str, Span]:
    """The places of the inputs or outputs of a space."""
    return {i.name: i.span for s in spaces if s.name == name for i in s.items if isinstance(i, kind)}


def _sorted(found: list[Diagnostic], source: Source) -> tuple[Diagnostic, ...]:
    unique: dict[tuple[object, ...], Diagnostic] = {}
    for diagnostic in found:
        span = diagnostic.span
        unique.setdefault((type(diagnostic), diagnostic.title, span.source, span.start, span.end), diagnostic)
    return tuple(sorted(unique.values(), key=lambda d: (d.span.source is not source, d.span.source.name, d.span.start)))
