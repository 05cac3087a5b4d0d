"""What a task is put on, and examined before and after: a fitted twin, or a wiring of which there are no recordings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import jax
import numpy as np

from neurotwin.biology import NULLS, Biology, Connectome
from neurotwin.comparison import Examiner
from neurotwin.evaluation import Score
from neurotwin.evaluation.ranking import spearman
from neurotwin.evaluation.structure import BY_CONSTRUCTION
from neurotwin.network import Twin
from neurotwin.tasks import Spec
from neurotwin.tasks.networks.connectome import ConnectomeNetwork
from neurotwin.transfer.fidelity import (
    Examined,
    card_scores,
    classifier_of,
    examine,
    fit_twin,
    retained_scores,
    wired,
)
from neurotwin.transfer.methods import Method
from neurotwin.transfer.twin import put_back


class Subject(Protocol):
    """Something biological with a scorecard of its own."""

    @property
    def name(self) -> str:
        """In the scores."""
        ...

    @property
    def card(self) -> list[Score]:
        """Scores before any adaptation."""
        ...

    def classifier(self, spec: Spec, key: jax.Array) -> Any:
        """The network that is adapted, with new parts ``into`` and ``out``."""
        ...

    def left(self, model: str, method: Method, network: Any, start: Any, path: Path) -> list[Score]:
        """What is left of it in the trained ``network``, which began as ``start``; a twin is written to ``path``."""
        ...


@dataclass(frozen=True, eq=False)
class TwinSubject:
    """A fitted twin, its biology (wired as the twin is), and what it predicted before any adaptation."""

    name: str
    twin: Twin
    biology: Biology
    examiner: Examiner
    before: Examined
    card: list[Score]

    def classifier(self, spec: Spec, key: jax.Array) -> Any:
        """The twin between its sensory and its motor neurons."""
        return classifier_of(self.twin, self.biology, spec, key)

    def left(self, model: str, method: Method, network: Any, start: Any, path: Path) -> list[Score]:
        """The adapted twin's scorecard and what share of the old one it is; where nothing of the twin was trained, all of it."""
        if not method.moves_body:
            whole = retained_scores(self.examiner, model, self.before, self.before, (self.card, self.card))
            return [replace(score, low=np.nan, high=np.nan, source=BY_CONSTRUCTION) for score in whole]
        assert method.merge is not None
        twin = put_back(method.merge(network), start, self.twin)
        twin.save(path)
        after = examine(self.examiner, twin)
        card = card_scores(self.examiner, twin, after, model)
        return card + retained_scores(self.examiner, model, self.before, after, (self.card, card))


def twin_subject(name: str, worm: Biology, *, steps: int, seed: int, twin: Twin | None = None) -> TwinSubject:
    """Wire, fit (or take ``twin``) and examine."""
    biology = wired(worm, name, seed)
    twin = twin or fit_twin(biology, name, steps=steps, seed=seed)
    examiner = Examiner(biology, seed=seed)
    before = examine(examiner, twin)
    card = card_scores(examiner, twin, before, f"{name}, before")
    return TwinSubject(name, twin, biology, examiner, before, card)


@dataclass(frozen=True, eq=False)
class WiringSubject:
    """A wiring whose neurons nobody recorded: its weights begin at the contact counts, and structure is all there is to keep."""

    name: str
    connectome: Connectome
    card: list[Score]

    def classifier(self, spec: Spec, key: jax.Array) -> ConnectomeNetwork:
        """The recurrent network on this wiring; signs that nobody knows are drawn from ``key``."""
        return ConnectomeNetwork(self.connectome, spec, key)

    def left(
        self, model: str, method: Method, network: Any, start: ConnectomeNetwork, path: Path
    ) -> list[Score]:
        """Rank correlation with the contact counts, signs of the beginning, and distance from the beginning."""
        count = self.connectome.edges("chemical")[2]
        before = np.asarray(start.weight)
        now = np.asarray(method.merge(network).weight) if method.moves_body and method.merge else before
        rho, then = (spearman(np.abs(w), count) for w in (now, before))
        source = "" if method.moves_body else BY_CONSTRUCTION

        def score(metric: str, value: float, higher: bool = True) -> Score:
            return Score(
                "structure",
                metric,
                "fitted",
                model,
                value,
                n=len(count),
                higher_is_better=higher,
                source=source,
            )

        return [
            score("magnitude_spearman", rho),
            score("magnitude_spearman_retained", rho / then),
            score("sign_agreement_retained", float((np.sign(now) == np.sign(before)).mean())),
            score("weight_distance", float(np.linalg.norm(now - before) / np.linalg.norm(before)), False),
        ]


def wiring_subject(name: str, connectome: Connectome, null: str = "", seed: int = 0) -> WiringSubject:
    """Of the animal's wiring, or of a null of it (a name in ``NULLS``)."""
    return WiringSubject(name, NULLS[null](connectome, seed) if null else connectome, [])
