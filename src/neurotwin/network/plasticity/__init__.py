"""Learning rules for weights that change while the network runs, one a file."""

from neurotwin.network.plasticity.base import RULES, Rule, learn
from neurotwin.network.plasticity.bcm import BCM
from neurotwin.network.plasticity.hebb import Hebb
from neurotwin.network.plasticity.oja import Oja
from neurotwin.network.plasticity.reward_stdp import RewardSTDP
from neurotwin.network.plasticity.stdp import STDP
from neurotwin.network.plasticity.triplet_stdp import TripletSTDP

__all__ = ["BCM", "RULES", "STDP", "Hebb", "Oja", "RewardSTDP", "Rule", "TripletSTDP", "learn"]
