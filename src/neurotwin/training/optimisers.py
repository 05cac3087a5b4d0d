"""Optimisers and learning-rate schedules by name; all from optax."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import optax

from neurotwin._base.registry import Registry

if TYPE_CHECKING:
    from neurotwin.training.config import TrainingConfig

OPTIMISERS: Registry[Callable[[optax.Schedule, TrainingConfig], optax.GradientTransformation]] = Registry(
    "optimiser"
)
SCHEDULES: Registry[Callable[[TrainingConfig], optax.Schedule]] = Registry("learning-rate schedule")

OPTIMISERS.register("adam")(lambda rate, config: optax.adam(rate))
OPTIMISERS.register("adamw")(lambda rate, config: optax.adamw(rate))
OPTIMISERS.register("adagrad")(lambda rate, config: optax.adagrad(rate))
OPTIMISERS.register("sgd")(lambda rate, config: optax.sgd(rate))
OPTIMISERS.register("momentum")(lambda rate, config: optax.sgd(rate, momentum=config.momentum))

SCHEDULES.register("constant")(lambda config: optax.constant_schedule(config.learning_rate))
SCHEDULES.register("cosine")(lambda config: optax.cosine_decay_schedule(config.learning_rate, config.steps))
SCHEDULES.register("exponential")(
    lambda config: optax.exponential_decay(config.learning_rate, config.steps, decay_rate=0.05)
)
SCHEDULES.register("warmup")(
    lambda config: optax.warmup_cosine_decay_schedule(
        0.0, config.learning_rate, max(1, config.steps // 10), max(2, config.steps)
    )
)


def make_optimiser(config: TrainingConfig) -> optax.GradientTransformation:
    """Gradient clipping by global norm, then the optimiser that ``config`` names on its schedule."""
    schedule = SCHEDULES[config.schedule](config)
    return optax.chain(
        optax.clip_by_global_norm(config.clip_norm), OPTIMISERS[config.optimiser](schedule, config)
    )
