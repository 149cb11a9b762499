"""Fixed networks of other specs, trained like the trials of a study: each is a study of one trial in `baselines/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from copy import copy
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

from sqsem_dsl.compiler import Compilation
from sqsem_dsl.diagnostics.diagnostic import Diagnostic, listing, similar
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.diagnostics.source import NOWHERE
from sqsem_dsl.diagram.combine import show_shape
from sqsem_dsl.ir.choices import Choice
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.endings import output_facts
from sqsem_dsl.network.layers import Network
from sqsem_dsl.operators.row import Shape, Value
from sqsem_dsl.settings.metrics import OutputFact
from sqsem_dsl.settings.search import EachToItsEnd, Random, SearchSettings
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.algorithms.protocols import SearchedSpace
from sqsem_dsl.study.journal.journal import FILE, Journal
from sqsem_dsl.study.journal.settings_json import without_epochs


class UnlikeBaseline(Diagnostic, code="SQS768"):
    """A baseline that cannot be trained on the data of the searched space."""

    spec: str
    role: Literal["input", "output"]
    name: str
    shape: tuple[int, ...] | None
    """In the baseline. None: it has no such output."""
    wanted: tuple[int, ...] | None
    """In the searched space. None: it has nothing of that name."""
    known: tuple[str, ...]

    @property
    def title(self) -> str:
        if self.wanted is None:
            return (
                f"the baseline `{self.spec}` has the {self.role} `{self.name}`, which the searched space does not have"
            )
        if self.shape is None:
            return f"the baseline `{self.spec}` lacks the {self.role} `{self.name}` of the searched space"
        if self.shape == self.wanted:
            return (
                f"the {self.role} `{self.name}` of the baseline `{self.spec}` ends differently from that of the "
                "searched space"
            )
        there, here = show_shape(self.shape), show_shape(self.wanted)
        return (
            f"the {self.role} `{self.name}` of the baseline `{self.spec}` is {there}, that of the searched space {here}"
        )

    @property
    def help(self) -> str:
        if self.wanted is None:
            return similar(self.role, self.name, self.known) or f"the searched space has {listing(self.known)}"
        if self.shape is None:
            return "use another baseline, or search without that output"
        if self.shape == self.wanted:
            return "end it with the activation that the searched space has"
        return f'set constants of the baseline after its name: `--baseline "{self.spec},NAME=VALUE,NAME=VALUE"`'


FOLDER = "baselines"


@dataclass(frozen=True)
class Baseline:
    """A space of one network, trained like the default architecture of the space that it is compared with."""

    name: str
    inputs: Mapping[str, Shape]
    outputs: Mapping[str, OutputFact]
    search_settings: SearchSettings
    architecture: Architecture
    choices: tuple[Choice, ...] = ()

    def default(self) -> Architecture:
        return self.architecture

    def sample_one(self, seed: int) -> Architecture:
        return self.architecture

    def resolve(self, values: Mapping[str, Value]) -> Architecture:
        return self.architecture


def baseline_of(text: str, searched: SearchedSpace, allow_extern: bool = False) -> Baseline:
    """The network that `SPEC` or `SPEC,NAME=VALUE,…` names: a spec, with constants set, at its default architecture.

    It uses the training settings of the searched space at their first values, and its objectives. Raises SqsError if
    the spec has errors, and if the network does not have the inputs or outputs that the data are for.
    """
    path, *defines = text.split(",")
    given = {name.strip(): value.strip() for name, _, value in (one.partition("=") for one in defines)}
    compilation = Compilation.from_file(Path(path), define=given, allow_extern=allow_extern)
    space = compilation.space
    space.check_outputs()
    network = space.default()
    inputs = {name: space.inputs[name] for name in network.inputs}
    _check(path, inputs, output_facts(network), searched)
    search = alone(searched.search_settings)
    trained = Network(network.layers, network.outputs, searched.default().train, network.network.folder)
    architecture = Architecture(space.name, {}, trained)
    return Baseline(space.name, inputs, searched.outputs, search, architecture)


def alone(settings: SearchSettings) -> SearchSettings:
    """The settings for a study of one trial, which is trained to its end; objectives and executions stay."""
    single = {"algorithm": Random(), "stopping": EachToItsEnd(), "trials": 1, "target": None, "hours": None}
    return settings.model_copy(update=single)


def searched_alone(space: Space) -> Space:
    """The same space with such settings."""
    found = copy(space)
    vars(found)["search_settings"] = alone(space.search_settings)
    return found


def folder_of(baseline: Baseline, study: Path, facts: Mapping[str, Any]) -> Path:
    """Its folder within the folder of a study: its name, with a number if that is used by another network or training,
    or by other data, another seed or number of executions than `facts` say."""
    ours = (baseline.architecture.id, without_epochs(baseline.architecture.train.model_dump_json()))
    for number in count(1):
        folder = study / FOLDER / (baseline.name if number == 1 else f"{baseline.name}-{number}")
        if not (folder / FILE).exists():
            return folder
        with closing(Journal.open(folder)) as journal:
            notes = journal.notes()
            alike = all(notes.get(key) == facts[key] for key in ("fingerprint", "seed", "executions"))
            if alike and all((t.architecture, without_epochs(t.training)) == ours for t in journal.trials()):
                return folder
    raise AssertionError("there is no last number")


def baseline_folders(study: Path) -> Iterator[Path]:
    """The folders of the baselines of a study that were started, by name."""
    for folder in sorted((study / FOLDER).glob("*")):
        if (folder / FILE).is_file():
            yield folder


def _check(path: str, inputs: Mapping[str, Shape], outputs: Mapping[str, OutputFact], searched: SearchedSpace) -> None:
    """Checks that the data of the searched space fit the network."""
    found = []
    for name, shape in inputs.items():
        there = searched.inputs.get(name)
        if there != shape:
            found.append(UnlikeBaseline(NOWHERE, path, "input", name, shape, there, tuple(searched.inputs)))
    wanted = output_facts(searched.default())
    if len(outputs) == len(wanted) == 1:  # its name is irrelevant
        wanted = dict(zip(outputs, wanted.values(), strict=True))
    for name in {**outputs, **wanted}:
        if outputs.get(name) != wanted.get(name):
            has, needs = (facts[name].shape if name in facts else None for facts in (outputs, wanted))
            found.append(UnlikeBaseline(NOWHERE, path, "output", name, has, needs, tuple(searched.outputs)))
    if found:
        raise SqsError(found)
