"""A biology small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from neurotwin.biology import Biology, Connectome, Recording


@pytest.fixture
def small_biology() -> Biology:
    """S (2 sensory) → I (2 inter, inhibiting each other) → M (motor), feedback, gap junction, peptide."""
    neurons = pd.DataFrame(
        {
            "name": ["SL", "SR", "IL", "IR", "M"],
            "cell_class": ["S", "S", "I", "I", "M"],
            "type": ["sensory", "sensory", "inter", "inter", "motor"],
            "transmitter": ["Glu", "Glu", "GABA", "GABA", "ACh"],
        }
    )
    chemical = [
        ("SL", "IL", 10, 1),
        ("SR", "IR", 12, 1),
        ("SL", "IR", 2, 0),
        ("IL", "IR", 4, -1),
        ("IR", "IL", 5, -1),
        ("IL", "M", 8, 1),
        ("IR", "M", 7, 1),
        ("M", "IL", 1, -1),
    ]
    rows = [(a, b, "chemical", w, s, "given" if s else "free", 0.0) for a, b, w, s in chemical]
    rows += [("SL", "SR", "electrical", 3, 0, "", 0.0), ("SR", "SL", "electrical", 3, 0, "", 0.0)]
    rows += [("M", "SL", "peptide", 1, 0, "", 0.0)]
    columns = ["pre", "post", "kind", "weight", "sign", "sign_rule", "delay_ms"]
    synapses = pd.DataFrame(rows, columns=columns)
    rng = np.random.default_rng(0)
    recordings = tuple(
        Recording(rng.standard_normal((20, 3)), ("SL", "IL", "M"), dt_ms=dt, subject=f"animal {dt}")
        for dt in (500.0, 600.0, 700.0)
    )
    return Biology("small", Connectome(neurons, synapses), recordings)
