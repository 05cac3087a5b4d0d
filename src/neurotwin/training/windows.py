"""Random windows of recordings with a random part of the neurons set free: the dropout of this field."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from neurotwin.biology import Recording
from neurotwin.network import NEVER, Drive
from neurotwin.training.config import TrainingConfig
from neurotwin.training.dataset import Dataset, Split


def draw_windows(key: jax.Array, data: Dataset, config: TrainingConfig) -> Drive:
    """A batch: for each animal ``config.windows`` windows, of which ``config.forecast_windows`` release all neurons."""
    animals, _, size = data.activity.shape
    shape, length = (animals, config.windows), config.window_frames
    where, freed, when, silenced = jax.random.split(key, 4)
    latest = jnp.maximum(data.train_stop[:, None] - length, 0)
    start = jnp.floor(jax.random.uniform(where, shape) * (latest + 1)).astype(jnp.int32)
    cut = jax.vmap(jax.vmap(lambda a, s: jax.lax.dynamic_slice(a, (s, 0), (length, size)), (None, 0)))
    forecast = jnp.arange(config.windows) < config.forecast_windows
    free = (jax.random.uniform(freed, (*shape, size)) < config.free_fraction) & ~forecast[:, None]
    first = max(config.burn_frames, length - 2 * config.horizon_frames)
    chosen = jax.random.randint(when, shape, first, length - config.horizon_frames + 1)
    keep = None
    if config.dropout:
        alive = jax.random.uniform(silenced, (*shape, size)) >= config.dropout
        keep = alive / (1.0 - config.dropout)
    return Drive(
        recorded=cut(data.activity, start),
        clamped=data.observed[:, None] & ~free,
        release=jnp.where(forecast, chosen, NEVER).astype(jnp.int32),
        keep=keep,
    )


def validation_windows(
    recordings: tuple[Recording, ...], split: Split, *, groups: int = 8, burn_frames: int = 40
) -> tuple[Drive, jax.Array]:
    """The validation stretch of every animal, once for each of ``groups`` fixed sets of freed neurons.

    Each recorded neuron is free exactly once. Returns the drive, and which entries are scored, bool [A, groups, T, N].
    """
    stretches = [split.of(recording).validation for recording in recordings]
    burn = min(burn_frames, min(stretch.start for stretch in stretches))
    recorded, clamped, scored = [], [], []
    for recording, stretch in zip(recordings, stretches, strict=True):
        seen = np.flatnonzero(recording.observed)
        free = np.zeros((groups, recording.n_neurons), bool)
        free[np.arange(len(seen)) % groups, seen] = True
        cut = recording.activity[stretch.start - burn : stretch.stop]
        recorded.append(np.broadcast_to(cut, (groups, *cut.shape)))
        clamped.append(recording.observed & ~free)
        late = np.arange(len(cut)) >= burn
        scored.append(free[:, None, :] & late[None, :, None])
    drive = Drive(
        recorded=jnp.asarray(np.stack(recorded)),
        clamped=jnp.asarray(np.stack(clamped)),
        release=jnp.full((len(recordings), groups), NEVER, jnp.int32),
    )
    return drive, jnp.asarray(np.stack(scored))
