"""The hermaphrodite *C. elegans*: wiring, recordings and the measured signal-propagation atlas."""

from neurotwin.biology.worm.loader import CONNECTOMES, load_worm

__all__ = ["CONNECTOMES", "load_worm"]
