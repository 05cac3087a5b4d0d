"""Step 2, design: what the twin is made of, read off the biology, and the reason for each part."""

from neurotwin.blueprint.blueprint import Blueprint
from neurotwin.blueprint.design import design
from neurotwin.blueprint.parts import ACTIVATIONS, KINDS, ROLES, Choice, Edges, Motif, Population, Projection

__all__ = [
    "ACTIVATIONS",
    "KINDS",
    "ROLES",
    "Blueprint",
    "Choice",
    "Edges",
    "Motif",
    "Population",
    "Projection",
    "design",
]
