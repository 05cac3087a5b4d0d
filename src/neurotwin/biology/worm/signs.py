"""Does a chemical synapse excite or inhibit? Rules in order, each named so that it can be counted.

1. Fenyves et al. 2020 (PLoS Comput Biol 16:e1007974) predict the pair from the transmitter of the presynaptic
   and the
   receptor genes of the postsynaptic neuron: "+" and "−" are taken ("fenyves pair"); "complex" (both kinds of
   receptor) stays free ("fenyves complex").
2. Without a prediction, the presynaptic transmitter decides where it is the only one and its fast receptors
   leave little doubt:
   acetylcholine excites ("transmitter ACh"), GABA inhibits ("transmitter GABA").
3. Everything else is free: glutamate (its receptors go both ways in the worm), two transmitters, none known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

RULES = (
    "fenyves pair",
    "fenyves complex",
    "transmitter ACh",
    "transmitter GABA",
    "free: glutamate",
    "free: two transmitters",
    "free: unknown transmitter",
)


def chemical_sign(prediction: str, transmitters: str) -> tuple[int, str]:
    """Sign and rule of one chemical synapse.

    Parameters
    ----------
    prediction
        Fenyves' word for the pair: "+", "-", "complex", "no pred", or "" where the pair is absent.
    transmitters
        All of the presynaptic neuron's classical transmitters run together, as Fenyves writes them: "ACh",
        "GABA", "Glu", "AChGABA", …, "" unknown.

    Returns
    -------
    (sign, rule)
        +1, −1 or 0 (free), and one of :data:`RULES`.
    """
    if prediction in ("+", "-"):
        return (1 if prediction == "+" else -1), "fenyves pair"
    if prediction == "complex":
        return 0, "fenyves complex"
    by_transmitter = {
        "ACh": (1, "transmitter ACh"),
        "GABA": (-1, "transmitter GABA"),
        "Glu": (0, "free: glutamate"),
        "": (0, "free: unknown transmitter"),
    }
    return by_transmitter.get(transmitters, (0, "free: two transmitters"))


def sign_table(
    pairs: Iterable[tuple[str, str]],
    predictions: Mapping[tuple[str, str], str],
    transmitters: Mapping[str, str],
) -> pd.DataFrame:
    """Columns ``sign`` and ``sign_rule`` for (pre, post) pairs, in their order."""
    decided = [chemical_sign(predictions.get(pair, ""), transmitters.get(pair[0], "")) for pair in pairs]
    return pd.DataFrame(decided, columns=["sign", "sign_rule"])
