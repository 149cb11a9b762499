"""Optuna's samplers with the interface of a study: a sampler learns which proposals were rejected, and is asked again.

The sampler is created again for each query, from the seed, the number of the trial and the number of the query. It
depends only on Optuna's list of trials, in memory, which is rebuilt when a study resumes. The additional state of a
sampler (NSGA-II's generations, and the parents of each trial) is stored in the memo.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import Any, assert_never
from warnings import catch_warnings, simplefilter

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, NSGAIISampler, TPESampler
from optuna.storages import InMemoryStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from sqsem_dsl.ir.choices import Assignment, decode_choices, encode_choices
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.settings.search import Nsga2, Tpe
from sqsem_dsl.study.algorithms.algorithm import Exhausted, Proposal, Wait
from sqsem_dsl.study.algorithms.candidates import Proposals
from sqsem_dsl.study.algorithms.optuna_parameters import OptunaParameters
from sqsem_dsl.study.algorithms.protocols import Searchable
from sqsem_dsl.study.algorithms.training_id import training_id
from sqsem_dsl.study.objective import Goal

QUESTIONS = 10
"""The number of times a sampler is asked for a trial before a neighbor of its last answer is used: it may find nothing
untried."""


class OptunaAlgorithm:
    """TPE or NSGA-II behind `study.algorithms.algorithm.Algorithm`."""

    def __init__(
        self,
        space: Searchable,
        settings: Tpe | Nsga2,
        goals: tuple[Goal, ...],
        *,
        seed: int,
        epochs: int | None = None,
    ) -> None:
        """`epochs`: the length of every training, if the choices do not decide it."""
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.settings, self.goals, self.epochs = settings, goals, epochs
        self.proposals = Proposals(space, seed, epochs)
        self.parameters = OptunaParameters(self.proposals.tree)
        self._storage = InMemoryStorage()
        directions = [StudyDirection.MAXIMIZE if goal.direction == "max" else StudyDirection.MINIMIZE for goal in goals]
        study = optuna.create_study(storage=self._storage, directions=directions)
        self._name, self._study_id = study.study_name, self._storage.get_study_id_from_name(study.study_name)
        self._asking = self._storage.create_new_trial(self._study_id)
        """The Optuna trial that samplers are asked for: always running, without values."""
        self._ids: dict[int, int] = {}
        """Our numbers to Optuna's ids; `_numbers` is the inverse."""
        self._numbers: dict[int, int] = {}
        self._trainings: dict[int, str] = {}
        """The trainings of running trials, by number."""
        self._scores: dict[str, tuple[float, ...]] = {}
        """By training."""
        self._aside: set[frozenset[tuple[str, Any]]] = set()
        """Assignments, in Optuna's form, that were reported to it although they were not a trial."""

    @property
    def skipped(self) -> int:
        return self.proposals.skipped

    def still_needed(self) -> frozenset[int]:
        return frozenset()

    def ask(self, number: int) -> Proposal | Wait | Exhausted:
        before = set(self._storage.get_study_system_attrs(self._study_id))
        chosen: Assignment | None = None
        aside: list[tuple[dict[str, object], tuple[float, ...] | None]] = []
        for question in range(QUESTIONS):
            found = self._suggested(number, question)
            if found is None:
                break
            judgement = self.proposals.judge(found)
            if judgement == "fresh":
                chosen = found
                break
            if judgement != "tried" and isinstance(self.settings, Tpe):
                aside += self._put_aside(found, broken=judgement == "broken")
        if chosen is None:
            chosen = self.proposals.by_choice(number) if found is None else self.proposals.child(number, found)
        if chosen is None:
            return Exhausted(self.proposals.ended or "there is nothing left to try")
        parents = {
            key: [self._numbers[trial_id] for trial_id in ids]
            for key, ids in self._storage.get_study_system_attrs(self._study_id).items()
            if key not in before
        }
        architecture, known = self.proposals.start(chosen)
        system = self._system()
        self._begin(number, architecture.choices, system, known["training"])
        memo = {"known": known, "system": system, "parents": parents, "aside": [list(each) for each in aside]}
        return Proposal(architecture.choices, architecture, self.epochs or architecture.train.epochs, memo=memo)

    def tell(self, number: int, scores: tuple[float, ...] | None, share: float = 1.0) -> None:
        training = self._trainings.pop(number)
        if scores is None or not all(map(math.isfinite, scores)):
            self._storage.set_trial_state_values(self._ids[number], TrialState.FAIL)
        else:
            self._scores[training] = scores
            self._storage.set_trial_state_values(self._ids[number], TrialState.COMPLETE, scores)

    def recall(self, number: int, choices: Assignment, memo: Mapping[str, Any]) -> None:
        known = memo.get("known", {})
        self.proposals.recall(choices, known)
        for put_aside, scores in memo.get("aside", ()):
            self._tell_aside(decode_choices(self.parameters.tree, put_aside), scores)
        for key, numbers in memo.get("parents", {}).items():
            ids = [self._ids[ours] for ours in numbers if ours in self._ids]
            self._storage.set_study_system_attr(self._study_id, key, ids)
        training = known.get("training")
        if training is None:
            training = self._training_of(self.proposals.architecture(choices))
        system = memo.get("system")
        if system is None and isinstance(self.settings, Nsga2):
            # It was not proposed here, and joins the current generation.
            sampler = self._sampler(0)
            assert isinstance(sampler, NSGAIISampler)
            sampler.get_trial_generation(self._study(sampler), self._asked())
            system = self._system()
        self._begin(number, choices, system or {}, training)

    # ---- Optuna's side

    def _training_of(self, architecture: Architecture | None) -> str:
        return "" if architecture is None else training_id(architecture, self.epochs)

    def _begin(self, number: int, choices: Assignment, system: Mapping[str, Any], training: str) -> None:
        self._trainings[number] = training
        self._ids[number] = trial_id = self._add(choices, TrialState.RUNNING, system=system)
        self._numbers[trial_id] = number

    def _add(
        self,
        choices: Assignment,
        state: TrialState,
        scores: tuple[float, ...] | None = None,
        system: Mapping[str, Any] | None = None,
    ) -> int:
        params = self.parameters.params(choices)
        trial = create_trial(
            state=state,
            values=scores,
            params=params,
            distributions={name: self.parameters.distributions[name] for name in params},
            system_attrs=dict(system or {}),
        )
        return self._storage.create_new_trial(self._study_id, template_trial=trial)

    def _suggested(self, number: int, question: int) -> Assignment | None:
        """The sampler's answer; None if it has no data yet and would sample each choice separately."""
        sampler = self._sampler(Random(f"{self.proposals.seed}/{number}/{question}/sampler").getrandbits(31))
        study, asked = self._study(sampler), self._asked()
        match self.settings:
            case Tpe(n_startup_trials=startup) if len(self._scores) < startup:
                return None
            case Tpe():
                pass
            case Nsga2():
                assert isinstance(sampler, NSGAIISampler)
                if sampler.get_trial_generation(study, asked) == 0:
                    return None
            case _:
                assert_never(self.settings)
        sampler.before_trial(study, asked)
        together = sampler.sample_relative(study, asked, self._sampled_together(sampler, study, asked))
        return self.parameters.suggested(
            lambda name, distribution: (
                together[name] if name in together else sampler.sample_independent(study, asked, name, distribution)
            )
        )

    def _sampled_together(
        self, sampler: BaseSampler, study: optuna.Study, asked: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The choices that a sampler samples together."""
        if isinstance(self.settings, Tpe) and len(self.goals) > 1:
            return {}
        if isinstance(self.settings, Tpe) and self.parameters.conditional:
            return sampler.infer_relative_search_space(study, asked)
        # Optuna would search all trials for the choices that occur in each; here they are known.
        return self.parameters.unconditional

    def _sampler(self, seed: int) -> BaseSampler:
        match self.settings:
            case Tpe(n_startup_trials=startup, n_ei_candidates=candidates):
                # Choices that are active together are sampled as one group; with several objectives, Optuna samples
                # each separately.
                one = len(self.goals) == 1
                with catch_warnings():
                    simplefilter("ignore")  # warns that groups are experimental
                    return TPESampler(
                        n_startup_trials=startup,
                        n_ei_candidates=candidates,
                        multivariate=one,
                        group=one and self.parameters.conditional,
                        seed=seed,
                    )
            case Nsga2(population_size=size, crossover_prob=crossover, mutation_prob=mutation):
                return NSGAIISampler(population_size=size, crossover_prob=crossover, mutation_prob=mutation, seed=seed)
            case _:
                assert_never(self.settings)

    def _study(self, sampler: BaseSampler) -> optuna.Study:
        """The current study. A new object, since a study object caches the trials that it has seen."""
        return optuna.load_study(study_name=self._name, storage=self._storage, sampler=sampler)

    def _asked(self) -> FrozenTrial:
        """The requested trial, without any values."""
        return FrozenTrial(
            trial_id=self._asking,
            number=self._storage.get_trial_number_from_id(self._asking),
            state=TrialState.RUNNING,
            value=None,
            datetime_start=None,
            datetime_complete=None,
            params={},
            distributions={},
            user_attrs={},
            system_attrs={},
            intermediate_values={},
        )

    def _system(self) -> dict[str, Any]:
        """The data that NSGA-II stored for the requested trial."""
        if not isinstance(self.settings, Nsga2):
            return {}
        return dict(self._storage.get_trial(self._asking).system_attrs)

    def _put_aside(
        self, choices: Assignment, *, broken: bool
    ) -> list[tuple[dict[str, object], tuple[float, ...] | None]]:
        """Reports to Optuna that choices break a rule, or that they have the scores of equivalent ones; once, and only
        if it helps. Returns the report, fit for JSON."""
        scores = None if broken else self._scores.get(self._training_of(self.proposals.architecture(choices)))
        if self._form(choices) in self._aside or (scores is None and not broken):
            return []
        self._tell_aside(choices, scores)
        return [(encode_choices(self.parameters.tree, choices), scores)]

    def _form(self, choices: Assignment) -> frozenset[tuple[str, Any]]:
        return frozenset(self.parameters.params(choices).items())

    def _tell_aside(self, choices: Assignment, scores: tuple[float, ...] | None) -> None:
        self._aside.add(self._form(choices))
        # A trial that was stopped early is the worst that Optuna knows.
        state = TrialState.PRUNED if scores is None else TrialState.COMPLETE
        self._add(choices, state, None if scores is None else tuple(scores))
