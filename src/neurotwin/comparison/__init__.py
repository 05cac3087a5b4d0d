"""Strategies side by side: twins, other designs and nulls on the same held-out data."""

from neurotwin.comparison.evaluate import Examiner, Predictions, evaluate, response_of
from neurotwin.comparison.predict import cosmooth, forecast, generate
from neurotwin.comparison.strategy import STRATEGIES, Strategy

__all__ = [
    "STRATEGIES",
    "Examiner",
    "Predictions",
    "Strategy",
    "cosmooth",
    "evaluate",
    "forecast",
    "generate",
    "response_of",
]
