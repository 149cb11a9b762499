"""A diagnostic as data: facts in fields, wording in templates for them, layout in `render`.

Every diagnostic derives from `Diagnostic` and is next to the check that finds it. Codes by range: `SQS0xx` text and
syntax, `1xx` contents of a file, `2xx` names, `3xx` values and domains, `4xx` shapes, `5xx` limits, `6xx` choices and
rules, `7xx` data, training and search, `8xx` lints: valid code that is probably not intended. A code is never
reused for another diagnostic.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import FrozenInstanceError, dataclass
from typing import Any, ClassVar, Literal, NoReturn, dataclass_transform

from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.utils.numbers import plural


@dataclass_transform(frozen_default=True)
class Declared:
    """Two instances of one class with equal fields are equal. Fields are given in order of declaration, or by name."""

    _fields: ClassVar[tuple[str, ...]] = ()
    """The fields of the bases first."""
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = cls.own_fields()
        cls._fields = tuple(dict.fromkeys((*cls._fields, *own)))
        cls._defaults = cls._defaults | {name: vars(cls)[name] for name in own if name in vars(cls)}

    @classmethod
    def own_fields(cls) -> list[str]:
        """Fields that the class itself declares."""
        return [name for name, kind in cls.__annotations__.items() if "ClassVar" not in str(kind)]

    def __init__(self, *args: object, **named: object) -> None:
        cls = type(self)
        given = dict(zip(cls._fields, args, strict=False))
        values = {**cls._defaults, **given, **named}
        misnamed = bool(named) and bool(named.keys() & given or named.keys() - cls._fields)
        if misnamed or len(args) > len(given) or len(values) < len(cls._fields):
            raise TypeError(f"{cls.__name__} takes {', '.join(cls._fields)}, not {args} and {named}")
        vars(self).update(values)

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(map(vars(self).__getitem__, self._fields)))

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={vars(self)[name]!r}' for name in self._fields)})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")


Severity = Literal["error", "warning"]

REGISTRY: dict[str, type[Diagnostic]] = {}
"""Every diagnostic by its code, for the tests and the manual."""


@dataclass(frozen=True, slots=True)
class Label:
    """A related position, with its role in the diagnostic."""

    span: Span
    text: str


@dataclass(frozen=True)
class Fix:
    """A replacement that fixes the text safely."""

    span: Span
    replacement: str


class Words:
    """A text of a diagnostic: a template of `str.format` for its fields and its computed properties.

    `{path}` and `{paths[0]}` work as in any template. For a tuple, `{known:names}` and `{known:names 20}` are a list,
    `{shape:shape}` is `[3, 32]`, and `{found:words}` joins by commas. `{samples:many sample}` is `1 sample` or
    `20 samples`. A template that is only one field may be None, if the field is.
    """

    def __init__(self, template: str) -> None:
        self.template = template

    def __get__(self, found: Diagnostic | None, _: type[Diagnostic]) -> object:
        if found is None:
            return self
        alone = self.template[1:-1]
        if self.template == f"{{{alone}}}" and alone.isidentifier():
            return getattr(found, alone)
        return self.template.format_map(_Facts(found))


class _Facts:
    """The names that a template may use."""

    def __init__(self, found: Diagnostic) -> None:
        self._found = found

    def __getitem__(self, name: str) -> object:
        value = getattr(self._found, name)
        match value:
            case tuple():
                return _Several(value)
            case int() if not isinstance(value, bool):
                return _Count(value)
            case _:
                return value


class _Count(int):
    def __format__(self, form: str) -> str:
        return plural(self, form.removeprefix("many ")) if form.startswith("many ") else super().__format__(form)


class _Several(tuple[object, ...]):
    def __format__(self, form: str) -> str:
        kind, _, limit = form.partition(" ")
        match kind:
            case "names":
                return listing(map(str, self), int(limit or 12))
            case "shape":
                return str(list(self))
            case "words":
                return ", ".join(map(str, self))
        raise ValueError(f"`{form}` is not a form of a tuple")


class Diagnostic(Declared):
    """One finding: `class NoSpace(Diagnostic, code="SQS199")` declares its facts as fields, and its texts.

    `title` is a complete text, in lower case and without a full stop; `label` describes the problem at the position;
    `help` says what to do; `note` adds facts. Each is a string, which is a template for the fields (`Words`), or a
    property that computes it. A class without a code is a base of others, and is never reported.
    """

    span: Span

    code: ClassVar[str] = ""
    severity: ClassVar[Severity] = "error"

    def __init_subclass__(cls, code: str = "", severity: Severity | None = None) -> None:
        super().__init_subclass__()
        fields = cls.own_fields()
        for name, value in list(vars(cls).items()):
            if isinstance(value, str) and not name.startswith("_") and name not in fields:
                setattr(cls, name, Words(value))
        cls.code = code
        cls.severity = severity or cls.severity
        known = REGISTRY.get(code)
        if known is not None and known.__qualname__ != cls.__qualname__:
            raise TypeError(f"code {code} belongs to {known.__name__} and {cls.__name__}")
        if code:
            REGISTRY[code] = cls

    @property
    def title(self) -> str:
        raise NotImplementedError

    @property
    def label(self) -> str:
        return ""

    @property
    def related(self) -> tuple[Label, ...]:
        return ()

    @property
    def help(self) -> str | None:
        return None

    @property
    def note(self) -> str | None:
        return None

    @property
    def fix(self) -> Fix | None:
        return None


class Unknown(Diagnostic):
    """An unknown name. The help suggests the nearest known one of its kind, or says what else to do."""

    name: str
    known: tuple[str, ...]

    kind = "name"

    @property
    def otherwise(self) -> str | None:
        """The help if no known name is near."""
        return None

    @property
    def help(self) -> str | None:
        return similar(self.kind, self.name, self.known) or self.otherwise


def closest(name: str, known: Iterable[str]) -> str | None:
    """The nearest known name, or None if none is near enough to be intended.

    >>> closest("maxpol", ["maxpool", "avgpool"])
    'maxpool'
    >>> closest("zzz", ["maxpool"]) is None
    True
    """
    names = sorted(set(known))
    lowered = {n.lower(): n for n in names}
    if name.lower() in lowered:
        return lowered[name.lower()]
    from difflib import get_close_matches  # 2 ms at each start, for an error

    near = get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.72)
    return lowered[near[0]] if near else None


def similar(kind: str, name: str, known: Iterable[str]) -> str | None:
    """A help line that names the nearest known thing: "an operator with a similar name exists: `maxpool`"."""
    near = closest(name, known)
    article = "an" if kind[0] in "aeiou" else "a"
    return f"{article} {kind} with a similar name exists: `{near}`" if near else None


def listing(names: Iterable[str], limit: int = 12) -> str:
    """Names in backticks for a sentence, cut after `limit`.

    >>> listing(["a", "b"])
    '`a`, `b`'
    """
    every = list(names)
    shown = ", ".join(f"`{n}`" for n in every[:limit])
    return shown + (f", … ({len(every) - limit} more)" if len(every) > limit else "")
