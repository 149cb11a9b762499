"""KerasTuner's hyperband with a limited number of trials and guaranteed termination.

Sizes and lengths of rounds are KerasTuner's, and so is the rule for promotion: the best finished trial is promoted as
soon as it is better than as many trials as the round eliminates. Differences:

- it starts with the largest bracket that its number of trials can finish;
- a failed trial counts as eliminated, and a round without further promotions ends with fewer trials
  than planned: KerasTuner would wait forever;
- if the space is exhausted in the middle of a bracket, the bracket is halved from its current trials;
- a bracket starts with its first trial, and not when one is requested.

Source: L. Li, K. Jamieson, G. DeSalvo, A. Rostamizadeh, A. Talwalkar, "Hyperband", JMLR 18, 2018.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from sqsem_dsl.study.algorithms.oracles import SpaceOracle
from sqsem_dsl.study.algorithms.protocols import Searchable

Bracket = dict[str, Any]
"""KerasTuner's format: `bracket_num`, and for each of the `rounds` its trials as `id` and `past_id`; with the `index`
of its start."""


FAILED = (TrialStatus.FAILED, TrialStatus.INVALID)


class HyperbandOracle(SpaceOracle, keras_tuner.oracles.HyperbandOracle):  # type: ignore[misc]
    """KerasTuner's hyperband. With `trials` None: one or more whole iterations, otherwise brackets until the number is
    reached."""

    def __init__(
        self,
        space: Searchable,
        *,
        trials: int | None,
        hyperband_iterations: float,
        max_epochs: int,
        **arguments: Any,
    ) -> None:
        self._cut: dict[int, int] = {}
        """For each started bracket, the number of trials in its first round, if the space was exhausted."""
        iterations = 0 if trials else hyperband_iterations
        super().__init__(space, hyperband_iterations=iterations, max_epochs=max_epochs, epochs=max_epochs, **arguments)
        self.max_trials = trials
        self._brackets: list[Bracket] = []
        self._indices: dict[str, int] = {}
        """The bracket of each trial, by the number of its start."""
        most = self._get_num_brackets() - 1
        while trials is not None and most > 0 and self._trials_of(most) > trials:
            most -= 1
        self._first: int = most
        self._begun_brackets: int = 0
        self._all_over: str | None = None

    def choose(self, trial_id: str) -> dict[str, Any]:
        self._brackets = [bracket for bracket in self._brackets if not self._over(bracket)]
        for bracket in self._brackets:
            found = self._grown(trial_id, bracket) or self._promoted(trial_id, bracket)
            if found is not None:
                return found
        if self._more_brackets():
            begun = self._bracket(self._begun_brackets)
            found = self._grown(trial_id, begun)
            if found is not None:
                self._begun_brackets += 1
                self._brackets.append(begun)
                return found
        if any(self._running(bracket) for bracket in self._brackets):
            return {"status": TrialStatus.IDLE, "values": None}
        self._all_over = f"all {self._begun_brackets} brackets of hyperband are finished"
        return {"status": TrialStatus.STOPPED, "values": None}

    @property
    def ended(self) -> str | None:
        return super().ended or self._all_over

    def needed(self) -> set[str]:
        found: set[str] = set()
        for bracket in self._brackets:
            rounds = bracket["rounds"]
            for number in range(1, len(rounds)):
                # A trial that continues a training may have to restart from where it was continued.
                found |= {info["past_id"] for info in rounds[number] if self._runs(info)}
                if len(rounds[number]) < self._size(bracket, number):
                    promoted = {info["past_id"] for info in rounds[number]}
                    found |= {
                        info["id"]
                        for info in rounds[number - 1]
                        if info["id"] not in promoted and self.trials[info["id"]].status not in FAILED
                    }
        return found

    def place(self, trial_id: str, values: Mapping[str, Any], memo: Mapping[str, Any]) -> None:
        if "bracket" not in memo:  # It was not proposed here, but still counts as tried.
            return
        index = memo["bracket"]
        while self._begun_brackets <= index:
            self._brackets.append(self._bracket(self._begun_brackets))
            self._begun_brackets += 1
        bracket = next(bracket for bracket in self._brackets if bracket["index"] == index)
        self._indices[trial_id] = index
        if "cut" in memo:
            self._cut[index] = memo["cut"]
        bracket["rounds"][values["tuner/round"]].append({"past_id": values.get("tuner/trial_id"), "id": trial_id})

    def placed(self, trial_id: str) -> dict[str, Any]:
        index = self._indices[trial_id]
        return {"bracket": index, **({"cut": self._cut[index]} if index in self._cut else {})}

    # ---- trials to start

    def _grown(self, trial_id: str, bracket: Bracket) -> dict[str, Any] | None:
        """One more trial in the first round; None if it is full, or the space is exhausted."""
        first = bracket["rounds"][0]
        if len(first) >= self._size(bracket, 0):
            return None
        values = self.proposals.by_choice(int(trial_id))
        if values is None:
            if first:
                self._cut[bracket["index"]] = len(first)
            return None
        return self._added(trial_id, bracket, 0, dict(values), None)

    def _promoted(self, trial_id: str, bracket: Bracket) -> dict[str, Any] | None:
        """The best trial of a round for the next round, if it has beaten enough others."""
        for number in range(1, len(bracket["rounds"])):
            rest = self._rest(bracket, number)
            completed = [trial for trial in rest if trial.status == TrialStatus.COMPLETED]
            failed = [trial for trial in rest if trial.status in FAILED]
            past, size = self._size(bracket, number - 1), self._size(bracket, number)
            if not completed or len(bracket["rounds"][number]) >= size:
                continue
            if len(completed) + len(failed) > past - size:
                best = min(completed, key=self.loss)
                return self._added(trial_id, bracket, number, dict(best.hyperparameters.values), best.trial_id)
        return None

    def _added(
        self, trial_id: str, bracket: Bracket, number: int, values: dict[str, Any], past: str | None
    ) -> dict[str, Any]:
        kind = bracket["bracket_num"]
        values |= {
            "tuner/epochs": self._get_epochs(kind, number),
            "tuner/initial_epoch": self._get_epochs(kind, number - 1) if number else 0,
            "tuner/bracket": kind,
            "tuner/round": number,
        }
        if past is not None:
            values["tuner/trial_id"] = past
        bracket["rounds"][number].append({"past_id": past, "id": trial_id})
        self._indices[trial_id] = bracket["index"]
        return {"status": TrialStatus.RUNNING, "values": values}

    # ---- sizes and lengths

    def _size(self, bracket: Bracket, number: int) -> int:
        """The number of trials of a round: as planned, or fewer if the previous rounds cannot supply as many."""
        kind, rounds = bracket["bracket_num"], bracket["rounds"]
        cut = self._cut.get(bracket["index"])
        planned: int = self._get_size(kind, number) if cut is None else math.ceil(cut / self.factor**number)
        if number and self._closed(bracket, number - 1):
            left = sum(trial.status not in FAILED for trial in self._rest(bracket, number))
            planned = min(planned, len(rounds[number]) + left)
        return planned

    def _closed(self, bracket: Bracket, number: int) -> bool:
        """Whether a round gets no more trials."""
        begun: int = len(bracket["rounds"][number])
        size: int = self._size(bracket, number)
        return begun >= size

    def _rest(self, bracket: Bracket, number: int) -> list[Any]:
        """The trials of the round before that are not promoted into this one."""
        promoted = {info["past_id"] for info in bracket["rounds"][number]}
        return [self.trials[info["id"]] for info in bracket["rounds"][number - 1] if info["id"] not in promoted]

    def _over(self, bracket: Bracket) -> bool:
        """Whether a bracket gets no more trials, and none of its trials is running."""
        return all(self._closed(bracket, n) for n in range(len(bracket["rounds"]))) and not self._running(bracket)

    def _running(self, bracket: Bracket) -> bool:
        return any(self._runs(info) for infos in bracket["rounds"] for info in infos)

    def _runs(self, info: Mapping[str, Any]) -> bool:
        status: str = self.trials[info["id"]].status
        return bool(status == TrialStatus.RUNNING)

    def _more_brackets(self) -> bool:
        return self._begun_brackets < self._brackets_planned()

    def _brackets_planned(self) -> float:
        if math.isinf(self.hyperband_iterations):
            return math.inf
        more: int = (math.ceil(self.hyperband_iterations) - 1) * self._get_num_brackets()
        return self._first + 1 + more

    def _bracket(self, index: int) -> Bracket:
        """The bracket that starts with that index: from the most halvings down to none, and again."""
        count = self._get_num_brackets()
        kind = self._first - index if index <= self._first else count - 1 - (index - self._first - 1) % count
        return {"bracket_num": kind, "rounds": [[] for _ in range(self._get_num_rounds(kind))], "index": index}

    def _trials_of(self, kind: int) -> int:
        return sum(self._get_size(kind, number) for number in range(self._get_num_rounds(kind)))

    # ---- KerasTuner's project on disk

    def get_state(self) -> dict[str, Any]:
        return {**super().get_state(), "begun_brackets": self._begun_brackets, "indices": self._indices}

    def set_state(self, state: Mapping[str, Any]) -> None:
        super().set_state(state)
        self._begun_brackets, self._indices = state["begun_brackets"], dict(state["indices"])
