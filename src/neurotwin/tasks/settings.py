"""How the network of a task is trained, in one value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from neurotwin._base.errors import InputError


@dataclass(frozen=True)
class Settings:
    """Keras' knobs.

    Attributes
    ----------
    epochs, batch
        Passes over the training examples at most; examples a gradient step.
    optimiser, learning_rate, schedule, clip_norm
        Name in ``OPTIMISERS``; peak rate; name in ``SCHEDULES``, stretched over all steps; largest gradient norm.
    body_rate
        Learning rate of what a network calls its ``body`` (a pretrained encoder), as a share of the others'.
    dropout
        Probability with which a network's dropout silences a unit.
    patience
        Epochs without a better validation loss that end the training; 0 never ends it early. The best parameters are kept
        in any case.
    augment
        Whether training inputs are varied as the task says (images: moved and turned a little).
    seed
        Of the first weights, the order of examples, dropout and augmentation.
    """

    epochs: int = 10
    batch: int = 128
    optimiser: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    clip_norm: float = 1.0
    body_rate: float = 1.0
    dropout: float = 0.0
    patience: int = 0
    augment: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        from neurotwin.training.optimisers import OPTIMISERS, SCHEDULES

        OPTIMISERS[self.optimiser]
        SCHEDULES[self.schedule]
        for name in ("epochs", "batch"):
            if not (isinstance(getattr(self, name), int) and getattr(self, name) >= 1):
                raise self._unusable(name, "a whole number >= 1")
        for name in ("learning_rate", "clip_norm", "body_rate"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise self._unusable(name, "a number > 0")
        if not (isinstance(self.patience, int) and self.patience >= 0):
            raise self._unusable("patience", "a whole number >= 0; 0 never stops early")
        if not 0 <= self.dropout < 1:
            raise self._unusable("dropout", "a probability, 0 <= p < 1")
        if not (isinstance(self.seed, int) and 0 <= self.seed < 2**32):
            raise InputError(
                "the seed cannot be used",
                got=self.seed,
                expected="a whole number, 0 to 4294967295",
                fix="--seed 0",
            )

    def _unusable(self, name: str, expected: str) -> InputError:
        default = type(self).__dataclass_fields__[name].default
        fix = f"leave it out, or take {default:g}"
        return InputError(f"{name} is not usable", got=getattr(self, name), expected=expected, fix=fix)

    def check_examples(self, n_train: int) -> None:
        """``InputError`` where so few training examples fill no batch."""
        if n_train < self.batch:
            raise InputError(
                "a batch is larger than the training part",
                got=f"batch {self.batch}, {n_train} training examples",
                expected="a batch that the examples fill",
                fix=f"--batch {n_train} or less",
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)
