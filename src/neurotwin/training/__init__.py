"""Training: objective + optimiser → a fitted twin and its history."""

from neurotwin.training.config import Objective, TrainingConfig
from neurotwin.training.dataset import Dataset, Split, dataset_of, standardised_recordings
from neurotwin.training.history import History
from neurotwin.training.loop import fit
from neurotwin.training.optimisers import OPTIMISERS, SCHEDULES

__all__ = [
    "OPTIMISERS",
    "SCHEDULES",
    "Dataset",
    "History",
    "Objective",
    "Split",
    "TrainingConfig",
    "dataset_of",
    "fit",
    "standardised_recordings",
]
