"""Frozen values whose classes are declarations: annotations are the fields, as in a dataclass.

`dataclasses` writes and compiles methods for every class, a millisecond and more of each. Here all classes share the
methods of one, so that a hundred of them are declared within the time of a few.
"""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any, ClassVar, NoReturn, dataclass_transform


@dataclass_transform(frozen_default=True)
class Declared:
    """Two of one class with equal fields are equal. Fields are given in order of declaration, or by name."""

    _fields: ClassVar[tuple[str, ...]] = ()
    """Those of the bases first."""
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
