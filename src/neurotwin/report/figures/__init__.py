"""Every figure of the report: small, as SVG, with its alternative text."""

from __future__ import annotations

from neurotwin.report.figures.activity import DRAWN, traces, training
from neurotwin.report.figures.causal import causal_maps
from neurotwin.report.figures.design import layer_diagram, layer_traffic, motif_scores
from neurotwin.report.figures.scores import forecast, forest
from neurotwin.report.figures.style import Picture
from neurotwin.report.figures.wiring import connectome_pair, weight_distributions

__all__ = [
    "DRAWN",
    "Picture",
    "causal_maps",
    "connectome_pair",
    "forecast",
    "forest",
    "layer_diagram",
    "layer_traffic",
    "motif_scores",
    "traces",
    "training",
    "weight_distributions",
]
