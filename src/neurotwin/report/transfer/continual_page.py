"""From the outcomes of continual learning to the words, tables and pictures of its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neurotwin.report.tables import Table
from neurotwin.report.transfer.content import Section
from neurotwin.report.transfer.continual import average, matrices
from neurotwin.report.transfer.seeds import ranged, seed_by_seed

if TYPE_CHECKING:
    from neurotwin.evaluation import Score, Scorecard


@dataclass(frozen=True, eq=False)
class Learned:
    """A learner on a network in a scenario.

    Attributes
    ----------
    scenario, told
        Name, and what the network is told in it.
    network, learner, about, keeps
        Names; the learner's method, and what it keeps in memory.
    label
        Its name in the scores.
    strength, tried
        That was chosen; strength → validation accuracy.
    test
        Accuracy matrices ``[seed, after, experience]``.
    curves
        Average accuracy on what was met so far, ``[seed, after]``.
    """

    scenario: str
    told: str
    network: str
    learner: str
    about: str
    keeps: str
    label: str
    strength: float
    tried: dict[float, float]
    test: np.ndarray
    curves: np.ndarray


METRICS = ("average_accuracy", "forgetting", "backward_transfer", "forward_transfer", "intransigence")
EXPLAINED = (
    "Average accuracy: on all experiences after the last one. Forgetting: from the best that was ever known of an experience to "
    "the end, lower is better (Chaudhry et al. 2018). Backward transfer: what later experiences did to earlier ones (Lopez-Paz & "
    "Ranzato 2017). Forward transfer: accuracy on an experience before it was met, over that of the untrained network; it is "
    "left out where all classes compete and the next ones are unknown. Intransigence: how much worse the last experience is "
    "learned than by “joint”, lower is better."
)


def value(score: Score) -> str:
    """Mean with its range."""
    return f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}]"


def verdict(outcomes: list[Learned], scores: Scorecard) -> tuple[str, tuple[str, ...]]:
    """What the learners reach on the network that the run is about, and how others compare; computed from the outcomes."""
    own, said = outcomes[0].network, []
    for scenario in dict.fromkeys(one.scenario for one in outcomes):
        title = scenario[0].upper() + scenario[1:]
        mine = {o.learner: o for o in outcomes if (o.scenario, o.network) == (scenario, own)}
        reached = [
            f"{name} {value(scores.get(metric='average_accuracy', model=one.label))}"
            for name, one in mine.items()
        ]
        said.append(f"{title}, {own}: average accuracy at the end: {'; '.join(reached)}.")
        if "plain" in mine:
            for name, one in mine.items():
                if name not in ("plain", "joint"):
                    said.append(
                        f"{title}: {_compared(one, mine['plain'], f'{name} is', 'plain fine-tuning')}"
                    )
        if {"replay", "memory-only"} <= set(mine):
            said.append(
                f"{title}: {_compared(mine['replay'], mine['memory-only'], 'replay is', 'its memory alone')}"
            )
        for other in [o for o in outcomes if o.scenario == scenario and o.network != own]:
            if other.learner in ("replay", "ewc", "si") and other.learner in mine:
                name = other.network.rpartition(": ")[2]
                said.append(
                    f"{title}, {other.learner}: {_compared(mine[other.learner], other, f'{own} is', name)}"
                )
    return said[0], tuple(said[1:])


def _compared(one: Learned, other: Learned, who: str, whom: str) -> str:
    """A sentence on the differences of average accuracy, seed by seed."""
    differences = one.test[:, -1].mean(-1) - other.test[:, -1].mean(-1)
    words = seed_by_seed(differences)
    return f"{who} {words} {'from' if words.startswith('not') else 'than'} {whom}: {ranged(differences)}."


def sections(outcomes: list[Learned], scores: Scorecard) -> tuple[Section, ...]:
    """One section for each scenario, then the choices and the learners."""
    found = []
    for scenario in dict.fromkeys(one.scenario for one in outcomes):
        here = [one for one in outcomes if one.scenario == scenario]
        tables, pictures = [], []
        for network in dict.fromkeys(one.network for one in here):
            mine = [one for one in here if one.network == network]
            tables.append(_scores(network, mine, scores))
            slug = f"{scenario}-{network}".replace(": ", "-").replace(", ", "-").replace(" ", "-")
            means = {one.learner: one.test.mean(0) for one in mine}
            pictures.append(matrices(f"matrix-{slug}", f"Test accuracy, %: {network}", means))
            curves = {one.learner: one.curves for one in mine}
            pictures.append(average(f"average-{slug}", f"Average accuracy: {network}", curves))
        notes = (f"Here {here[0].told}.", *(() if found else (EXPLAINED,)))
        found.append(
            Section(scenario, scenario[0].upper() + scenario[1:], notes, tuple(tables), tuple(pictures))
        )
    found.append(_choices(outcomes))
    rows = tuple(dict.fromkeys((one.learner, one.keeps, one.about) for one in outcomes))
    found.append(
        Section(
            "learners",
            "Learners",
            tables=(Table("What each does", ("Learner", "Keeps beside the network", "Method"), rows),),
        )
    )
    return tuple(found)


def _scores(network: str, mine: list[Learned], scores: Scorecard) -> Table:
    columns = [m for m in METRICS if any(len(scores.select(metric=m, model=one.label)) for one in mine)]
    rows = tuple(
        (one.learner, *(value(scores.get(metric=metric, model=one.label)) for metric in columns))
        for one in mine
    )
    titles = ("Learner", *(metric.replace("_", " ") for metric in columns))
    return Table(f"Test part: {network}", titles, rows, tuple(range(1, len(titles))))


def _choices(outcomes: list[Learned]) -> Section:
    rows = tuple(
        (one.label, f"{one.strength:g}", ", ".join(f"{s:g}: {v:.3f}" for s, v in one.tried.items()))
        for one in outcomes
        if one.tried
    )
    notes = (
        "The strength of a penalty is chosen by the average accuracy at the end on the validation part, mean over seeds; the "
        "test part was looked at once, after all choices. All learners have one number of steps an experience, one batch and one "
        "rate, but that replay joins as many old examples to each batch, and that joint has the steps of all experiences so far.",
    )
    tables = (Table("Strengths", ("Learner", "Chosen", "Tried: validation"), rows, (1,)),) if rows else ()
    return Section("choices", "What was chosen", notes, tables)
