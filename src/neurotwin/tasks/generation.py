"""Text that a language model writes, a character at a time."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.tasks.readers.text import OTHER, numbers_of

FORBIDDEN = -1e9


def generate(network: Any, prompt: str, n: int, temperature: float = 1.0, seed: int = 0) -> str:
    """``n`` characters that follow a prompt.

    A recurrent network keeps its state from character to character; a Transformer reads its window anew for each. The number of
    all characters outside the alphabet is never drawn.

    Parameters
    ----------
    network
        A language model with ``characters``, ``begin`` and ``advance``, as those of ``networks/language.py``.
    prompt
        One character or more, all of the network's alphabet.
    n
        How many characters to write.
    temperature
        Scores are divided by it before the softmax; 0 takes the likeliest character.
    seed
        Of the draws.

    Raises
    ------
    InputError
        An empty prompt, or characters that the network does not know; a number or temperature below 0.
    """
    unknown = sorted({c for c in prompt if c not in network.characters or c == OTHER})
    if not prompt or unknown:
        raise InputError(
            "the network cannot read the prompt",
            got=f"unknown characters {''.join(unknown)!r}" if prompt else "no characters",
            expected=f"one or more of {network.characters[1:]!r}",
        )
    if n < 0 or not temperature >= 0:
        raise InputError(
            "so nothing can be generated",
            got=f"{n} characters, temperature {temperature}",
            expected="numbers >= 0",
        )
    numbers = jnp.asarray(numbers_of(prompt, network.characters))
    written = np.asarray(_write(network, numbers, n, jnp.float32(temperature), jax.random.key(seed)))
    return "".join(network.characters[i] for i in written)


@eqx.filter_jit
def _write(network: Any, prompt: jax.Array, n: int, temperature: jax.Array, key: jax.Array) -> jax.Array:
    def read(state: Any, character: jax.Array) -> tuple[Any, jax.Array]:
        return network.advance(state, character)

    state, scores = jax.lax.scan(read, network.begin(), prompt)

    def draw(carry: tuple[Any, jax.Array], key: jax.Array) -> tuple[tuple[Any, jax.Array], jax.Array]:
        state, scores = carry
        scores = scores.at[0].set(FORBIDDEN)
        drawn = jax.random.categorical(key, scores / jnp.maximum(temperature, 1e-6))
        character = jnp.where(temperature > 0, drawn, scores.argmax()).astype(jnp.int32)
        return network.advance(state, character), character

    return jax.lax.scan(draw, (state, scores[-1]), jax.random.split(key, n))[1]
