"""A strategy: design, initialiser, constraints and training under one name; what is compared."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from neurotwin._base.registry import Registry
from neurotwin.biology import Biology
from neurotwin.biology.nulls import NULLS
from neurotwin.network import WiringPrior
from neurotwin.training import TrainingConfig


@dataclass(frozen=True)
class Strategy:
    """One way of making a twin.

    Attributes
    ----------
    name
        Short name; ``model`` is what the scoreboard calls it.
    model
        Name in ``scores.csv``: "twin", "twin: …" for other designs, "null: …" for controls.
    null
        Name in ``biology.nulls.NULLS`` of the wiring that replaces the animal's, or None.
    prior
        How contact counts become prior scales.
    init, radius
        Method and spectral radius of the initialiser.
    training
        Optimiser, objective and budget.
    penalty
        Factor on the penalties of shared weights, observer and deviations.
    anchored
        Whether the contact counts are a prior: else weights are pulled to 0 and not compared with counts.
    description
        In words, for the report.
    """

    name: str
    model: str
    null: str | None = None
    prior: WiringPrior = field(default_factory=WiringPrior)
    init: str = "counts"
    radius: float = 0.5
    training: TrainingConfig = field(default_factory=TrainingConfig)
    penalty: float = 1.0
    anchored: bool = True
    description: str = ""

    def wire(self, biology: Biology, seed: int = 0) -> Biology:
        """The biology with the wiring of this strategy: the animal's own, or a null's."""
        if self.null is None:
            return biology
        return biology.with_connectome(NULLS[self.null](biology.connectome, seed))

    def with_training(self, training: TrainingConfig, init: str, radius: float) -> Strategy:
        """The same design with another training and initialisation: every design gets the same budget.

        ``penalty`` and ``anchored`` act on the objective of ``training``.
        """
        terms = training.objective
        objective = replace(
            terms,
            anchor=terms.anchor if self.anchored else 0.0,
            structure=terms.structure if self.anchored else 0.0,
            l2_directed=terms.l2_directed * self.penalty,
            l2_observer=terms.l2_observer * self.penalty,
            l2_deviation=terms.l2_deviation * self.penalty,
        )
        return replace(self, training=replace(training, objective=objective), init=init, radius=radius)


STRATEGIES: Registry[Strategy] = Registry("strategy")

for _strategy in (
    Strategy(
        "connectome",
        "twin",
        description="synapses, gap junctions and extrasynaptic connections where the animal has them, nowhere else",
    ),
    Strategy(
        "guided",
        "twin: connectome-guided",
        prior=WiringPrior(background=0.5, extrasynaptic=0.5),
        description="every pair may connect, at a stronger penalty where no reconstruction shows a connection",
    ),
    Strategy(
        "all-to-all",
        "twin: all-to-all",
        null="all_to_all",
        penalty=3.0,
        anchored=False,
        description="an ordinary recurrent network of the same size: every pair may connect, at one penalty",
    ),
    Strategy(
        "permuted",
        "null: permuted",
        null="permuted",
        description="the animal's wiring with its neurons permuted: the same graph, the wrong cells",
    ),
    Strategy(
        "rewired",
        "null: rewired",
        null="rewired",
        description="random wiring in which every neuron keeps its in- and out-degree",
    ),
):
    STRATEGIES.register(_strategy.name)(_strategy)
