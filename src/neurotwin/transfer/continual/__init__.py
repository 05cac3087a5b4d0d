"""Continual learning: experiences one after the other, and what is left of the earlier ones."""

from neurotwin.transfer.continual import learners as learners
from neurotwin.transfer.continual.learner import LEARNERS, Learner
from neurotwin.transfer.continual.sequences import SEQUENCES, Experience, Sequence
from neurotwin.transfer.continual.settings import ContinualSettings
from neurotwin.transfer.continual.training import Course, accuracies, learn
from neurotwin.transfer.continual.trial import Outcome, trial

__all__ = [
    "LEARNERS",
    "SEQUENCES",
    "ContinualSettings",
    "Course",
    "Experience",
    "Learner",
    "Outcome",
    "Sequence",
    "accuracies",
    "learn",
    "trial",
]
