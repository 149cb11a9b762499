"""Spaces and architectures with conversions: to Keras, to KerasTuner, to JSON.

The rest of the package works with the base classes of these. A method imports what it needs when it is
called, so counting and sampling do not load a framework.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from sqsem_dsl import compiler
from sqsem_dsl.network import architecture
from sqsem_dsl.space import space as base
from sqsem_dsl.utils.effort import LevelName

if TYPE_CHECKING:
    import keras
    import numpy as np
    import numpy.typing as npt

    from sqsem_dsl.analysis.costs.assignment_arrays import AssignmentArrays, Many
    from sqsem_dsl.backends.keras.standardize import Scale
    from sqsem_dsl.study.kerastuner.hypermodel import SpaceHyperModel
    from sqsem_dsl.study.kerastuner.tuner import SpaceTuner
    from sqsem_dsl.study.options import SearchOptions
    from sqsem_dsl.study.results import Result


class Architecture(architecture.Architecture):
    """The architecture of one assignment, and its model."""

    def build(self, scales: Mapping[str, Scale] | None = None) -> keras.Model:
        """The functional `keras.Model`, with named layers. One input is a tensor, several are a dict by name; the
        same holds for outputs. Without `scales` (of `backends.keras.standardize`) it takes inputs as the network does:
        images from 0 to 1, standardized.

        Raises ModuleNotFoundError, with the extra to install, if Keras is not installed.
        """
        from sqsem_dsl.backends.keras.model import build_model

        return build_model(self, scales=scales)

    def _repr_html_(self) -> str:
        from sqsem_dsl.report.html.cards import architecture_card

        return architecture_card(self)

    def to_json(self) -> dict[str, Any]:
        """Plain data for `--emit architecture`."""
        from sqsem_dsl.backends.export.architecture_json import architecture_json

        return architecture_json(self)


class Space(base.Space):
    """All architectures that a spec describes. Only `hypermodel` and `tuner` load a framework."""

    architecture_class: ClassVar[type[architecture.Architecture]] = Architecture

    def _repr_html_(self) -> str:
        from sqsem_dsl.report.html.cards import space_card

        return space_card(self)

    def default(self) -> Architecture:
        """The first architecture: every choice at its first value, as far as the rules allow."""
        return cast(Architecture, super().default())

    def at(self, assignment: Mapping[str, object] | int) -> Architecture:
        """The architecture of an assignment of paths to values, or with a number from 0 to `count - 1`.

        An assignment must give every choice of the network that this architecture has; those of `train` that it leaves
        out are at their first values. Raises SqsError for unknown paths, missing and impossible values, values of
        choices that are not active, and a broken rule.
        """
        return cast(Architecture, super().at(assignment))

    def sample_one(self, seed: int) -> Architecture:
        """A random architecture within rules and budgets, uniform over the assignments. Raises SqsError if none is
        found."""
        return cast(Architecture, super().sample_one(seed))

    def sample(  # type: ignore[override]
        self,
        n: int,
        seed: int = 0,
        over: Literal["assignments", "choices"] = "assignments",
        where: str | None = None,
    ) -> list[Architecture]:
        """`n` different assignments within rules, budgets and `where` (`"params <= 800K and macs <= 20M"`), or all if
        there are fewer.

        All are equally likely; with `over="choices"` each choice is sampled in turn, uniformly or by its prior, which
        prefers assignments with few choices. The same seed gives the same sample. Raises SqsError for a `where` that is
        not a condition, and if no assignment satisfies it.
        """
        return cast("list[Architecture]", super().sample(n, seed, over, where))

    def resolve(self, values: Mapping[str, object]) -> Architecture | None:
        """The architecture of an assignment that may include inactive choices; None outside rules and budgets.

        Raises SqsError for a missing or an invalid value.
        """
        return cast("Architecture | None", super().resolve(values))

    def options(self, numbers: npt.NDArray[Any] | Sequence[int]) -> npt.NDArray[np.int16]:
        """The options of many assignments by their numbers: a row for each, a column for each of `choices`. An option
        is the position of a value in the domain of the choice, 0 for a continuous choice, and -1 for a choice that is
        not active or is one of `train`.

        Raises SqsError for numbers outside 0 .. `count` - 1, and if assignments have no numbers.
        """
        return self._arrays.options(numbers)

    def costs(self, assignments: Many) -> npt.NDArray[Any]:
        """The exact costs of many assignments: an array with the fields `params`, `trainable_params`, `macs`,
        `activations` and `weighted_layers`.

        They are given as numbers, as an array of options (rows as in `options`; those of choices that are not active
        are ignored), or as a sequence of assignments or architectures. A number or a row takes about a microsecond,
        after the analysis of all costs. Whole numbers are of 64 bits, or Python's if some do not fit. Budgets are not
        checked.

        Raises SqsError for what is not an assignment, and if the costs of all are not known (`analysis.limits`).
        """
        return self._arrays.costs(assignments)

    @cached_property
    def _arrays(self) -> AssignmentArrays:
        from sqsem_dsl.analysis.costs.assignment_arrays import AssignmentArrays

        return AssignmentArrays(self)

    def search(
        self,
        data: Any = None,
        directory: str | os.PathLike[str] | None = None,
        options: SearchOptions | None = None,
        **keywords: Any,
    ) -> Result:
        """Searches this space on data, in a folder: `sqs.search(space, data, …)`, with the same keywords.

        Raises SqsError with all problems of the arguments, the data or the search."""
        from sqsem_dsl.study.search_function import search

        return search(self, data, directory, options, **keywords)

    def hypermodel(self) -> SpaceHyperModel:
        """An ordinary `keras_tuner.HyperModel` for any tuner of KerasTuner. Loads weights of backbones first.
        Raises SqsError like `check_outputs`, and for weights that are not available."""
        self.check_outputs()
        from sqsem_dsl.study.backend import prepare_backend
        from sqsem_dsl.study.check_weights import check_weights

        prepare_backend()
        check_weights([self], print)
        from sqsem_dsl.study.kerastuner.hypermodel import SpaceHyperModel

        return SpaceHyperModel(self)

    def hypermodel_code(self) -> str:
        """The space as a Python module with a `keras_tuner.HyperModel`, which needs only Keras and KerasTuner.

        Writing it loads no framework. Raises SqsError with all parts of the spec that it cannot express."""
        self.check_outputs()
        from sqsem_dsl.backends.hypermodel.module import space_code

        return space_code(self)

    def tuner(self, **options: Any) -> SpaceTuner:
        """The tuner that `search { … }` names; no model is built. Takes `trials`, `epochs`, `seed`, `directory`,
        `project_name` and `overwrite`. Raises SqsError for an objective that training does not report, for an output
        that varies, and for weights of backbones that are not available: they are loaded first."""
        self.check_outputs()
        from sqsem_dsl.study.backend import prepare_backend
        from sqsem_dsl.study.check_weights import check_weights

        prepare_backend()
        check_weights([self], print)
        from sqsem_dsl.study.kerastuner.tuner import make_tuner

        return make_tuner(self, **options)


class Compilation(compiler.Compilation):
    """The compilation of a file. `diagnostics` has all errors in order of position, `findings` also the warnings."""

    space_class: ClassVar[type[base.Space]] = Space

    @cached_property
    def space(self) -> Space:
        """The space. Raises SqsError with every diagnostic if there is an error, or not exactly one space."""
        return cast(Space, super().space)


def load(
    path: Path | str,
    *,
    space: str | None = None,
    define: Mapping[str, object] | None = None,
    allow_extern: bool = False,
    effort: LevelName = "normal",
) -> Space:
    """The space in a `.sqs` file (or in a spec in JSON form). `space` names one of several, `define` sets constants.
    `effort` scales the limits of the analysis of the whole space: `"quick"`, `"normal"` or `"thorough"`.

    Raises SqsError with every diagnostic if the file is invalid, and ValueError for an unknown effort.
    """
    found = Compilation.from_file(path, space=space, define=define, allow_extern=allow_extern, effort=effort)
    return found.space


def loads(
    text: str,
    *,
    space: str | None = None,
    define: Mapping[str, object] | None = None,
    allow_extern: bool = False,
    effort: LevelName = "normal",
) -> Space:
    """The space in a text, like `load`.

    >>> loads("space s { input x: [4]  output y = x -> repeat n in 1..2 { dense(any [2, 3]) } }").count
    6
    """
    found = Compilation.from_text(text, space=space, define=define, allow_extern=allow_extern, effort=effort)
    return found.space
