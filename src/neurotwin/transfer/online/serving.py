"""A model in use: it answers, then it learns (prequential evaluation)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from neurotwin.transfer.online.detectors import DETECTORS
from neurotwin.transfer.online.guard import Guard
from neurotwin.transfer.online.policies import Policy
from neurotwin.transfer.online.settings import OnlineSettings
from neurotwin.transfer.online.stream import Stream


@dataclass(frozen=True)
class Event:
    """Something that happened: "alarm", "kept", "rolled back", "drift accepted" or "retrained", after the answer at ``time``."""

    time: int
    what: str


@dataclass(frozen=True, eq=False)
class Served:
    """What came of it.

    Attributes
    ----------
    right
        bool ``[time]``: whether the answer was right by the true label, before anything was learned from the example.
    events
        In their order.
    """

    right: np.ndarray
    events: tuple[Event, ...]

    def times(self, what: str) -> np.ndarray:
        """When an event happened."""
        return np.array([event.time for event in self.events if event.what == what], int)


def serve(network: Any, stream: Stream, policy: Policy, settings: OnlineSettings, *, seed: int) -> Served:
    """Train on what came before the stream, then answer and learn, example after example.

    Between two updates the model does not change, so that the answers of one stretch are computed together; each example is still
    answered before it is learned from.
    """
    rng = np.random.default_rng(seed)
    weights, static = eqx.partition(network, eqx.is_inexact_array)
    x = jnp.asarray(np.concatenate([stream.warm_x, stream.x]))
    told = jnp.asarray(np.concatenate([stream.warm_y, stream.told]), jnp.int32)
    warm, labels = len(stream.warm_x), np.asarray(stream.told)
    first = weights

    def taught(weights: Any, rows: np.ndarray, steps: int) -> Any:
        """Rows count from the beginning of the stream; those before it are negative."""
        chosen = rng.choice(rows + warm, size=(steps, settings.batch))
        return _improve(weights, static, x, told, jnp.asarray(chosen), settings.learning_rate)

    def answers(weights: Any, rows: np.ndarray, size: int) -> np.ndarray:
        filled = np.concatenate([rows, np.full(size - len(rows), rows[0])]) + warm
        return np.asarray(_answer(weights, static, x, jnp.asarray(filled)))[: len(rows)]

    weights = taught(weights, np.arange(-warm, 0), settings.warm_steps)
    known = list(range(-warm, 0))[-settings.window :]
    detector, at_alarm = DETECTORS[settings.detector](), weights
    guard = Guard(settings.hold_out, settings.significance)
    right, events, retrained = [], [], 0
    for start in range(0, len(labels), settings.every):
        rows = np.arange(start, min(start + settings.every, len(labels)))
        said = answers(weights, rows, settings.every)
        right.append(said == stream.truth[rows])
        for time, wrong in zip(rows.tolist(), said != labels[rows], strict=True):
            age = detector.update(float(wrong)) if policy.detects else None
            if age is not None:
                events.append(Event(time, "alarm"))
                guard.alarm(time - age + 1)
                at_alarm = weights
                if not policy.guards:
                    known = [row for row in known if row > time - age]
            if policy.guards and time % settings.share == 0:
                guard.hold(time)
            else:
                known = [*known[-settings.window + 1 :], time]
        time = int(rows[-1])
        if policy.retrains and time + 1 - retrained >= settings.retrain_every:
            weights, retrained = taught(first, np.array(known), settings.warm_steps), time + 1
            events.append(Event(time, "retrained"))
        if not policy.updates:
            continue
        since = guard.changed_at if policy.guards else None
        fresh = [row for row in known if since is None or row >= since]
        update = taught(weights, np.array(fresh or known), settings.steps)
        if not policy.guards:
            weights = update
            continue
        held = np.array(guard.rows)
        verdict = guard.verdict(
            *(answers(w, held, settings.hold_out) == labels[held] for w in (update, weights, at_alarm))
        )
        events.append(Event(time, verdict))
        if verdict == "drift accepted":
            known = fresh
        if verdict != "rolled back":
            weights = update
    return Served(np.concatenate(right), tuple(events))


@eqx.filter_jit
def _improve(
    weights: Any, static: Any, x: jax.Array, y: jax.Array, rows: jax.Array, learning_rate: float
) -> Any:
    optimiser = optax.adam(learning_rate)

    def one(carry: Any, chosen: jax.Array) -> tuple[Any, None]:
        def loss_of(weights: Any) -> jax.Array:
            outputs = eqx.combine(weights, static)(x[chosen])
            return optax.softmax_cross_entropy_with_integer_labels(outputs, y[chosen]).mean()

        weights, moments = carry
        change, moments = optimiser.update(jax.grad(loss_of)(weights), moments)
        return (eqx.apply_updates(weights, change), moments), None

    (weights, _), _ = jax.lax.scan(one, (weights, optimiser.init(weights)), rows)
    return weights


@eqx.filter_jit
def _answer(weights: Any, static: Any, x: jax.Array, rows: jax.Array) -> jax.Array:
    return eqx.combine(weights, static)(x[rows]).argmax(-1)
