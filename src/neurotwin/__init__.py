"""neurotwin fits a deep network, the twin, to a biological neural network, and shows how close the twin is.

Every name of ``__all__`` is imported when it is first used, so that ``import neurotwin`` is light and has no
side effect.

Examples
--------
>>> import neurotwin
>>> neurotwin.Recording.__module__
'neurotwin.biology.recording'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurotwin._base.errors import NeurotwinError
    from neurotwin.biology import Biology, Connectome, DataCard, Perturbations, Recording, load
    from neurotwin.blueprint import Blueprint, design
    from neurotwin.comparison import evaluate
    from neurotwin.evaluation import Scorecard
    from neurotwin.init import initialise
    from neurotwin.network import Twin
    from neurotwin.pipeline import run
    from neurotwin.training import History, fit

__version__ = "0.1.0"

__all__ = [
    "Biology",
    "Blueprint",
    "Connectome",
    "DataCard",
    "History",
    "NeurotwinError",
    "Perturbations",
    "Recording",
    "Scorecard",
    "Twin",
    "design",
    "evaluate",
    "fit",
    "initialise",
    "load",
    "run",
]

_HOME = {
    "Biology": "neurotwin.biology",
    "Blueprint": "neurotwin.blueprint",
    "Connectome": "neurotwin.biology",
    "DataCard": "neurotwin.biology",
    "History": "neurotwin.training",
    "NeurotwinError": "neurotwin._base.errors",
    "Perturbations": "neurotwin.biology",
    "Recording": "neurotwin.biology",
    "Scorecard": "neurotwin.evaluation",
    "Twin": "neurotwin.network",
    "design": "neurotwin.blueprint",
    "evaluate": "neurotwin.comparison",
    "fit": "neurotwin.training",
    "initialise": "neurotwin.init",
    "load": "neurotwin.biology",
    "run": "neurotwin.pipeline",
}


def __getattr__(name: str) -> object:
    """Import an exported name from the module that it lives in (PEP 562)."""
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value  # the next use finds it without coming here
        return value
    if name.startswith("__"):  # Python's own probes (__path__, __wrapped__ …) want no advice
        raise AttributeError(f"module 'neurotwin' has no attribute {name!r}")
    from difflib import get_close_matches

    near = get_close_matches(name, __all__, n=3, cutoff=0.5)
    advice = f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(__all__)}"
    raise AttributeError(f"module 'neurotwin' has no attribute {name!r}; {advice}", name=name)


def __dir__() -> list[str]:
    """List the exported names beside what is already there."""
    return sorted({*globals(), *__all__})
