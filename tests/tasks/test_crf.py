"""The random field against the sum over every sequence of tags."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin.tasks.layers.crf import negative_log_likelihood, pack, viterbi

pytestmark = pytest.mark.usefixtures("compile_quickly")

TAGS, PLACES = 3, 5
loss_of = jax.jit(negative_log_likelihood)


def _potentials(seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    shapes = ((TAGS, TAGS), (TAGS,), (TAGS,), (1, PLACES, TAGS))
    return tuple(rng.normal(size=shape).astype(np.float32) * 2 for shape in shapes)


def _scores(potentials: tuple[np.ndarray, ...], n: int) -> dict[tuple[int, ...], float]:
    transition, start, end, emission = (np.asarray(p, float) for p in potentials)
    found = {}
    for tags in itertools.product(range(TAGS), repeat=n):
        moved = sum(transition[a, b] for a, b in itertools.pairwise(tags))
        emitted = sum(emission[0, i, tag] for i, tag in enumerate(tags))
        found[tags] = start[tags[0]] + moved + emitted + end[tags[-1]]
    return found


@pytest.mark.parametrize("n", [1, 2, PLACES])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_likelihood_and_best_sequence_equal_enumeration(n: int, seed: int) -> None:
    potentials = _potentials(seed)
    scores = _scores(potentials, n)
    packed = pack(*map(jnp.asarray, potentials))
    total = np.log(sum(np.exp(list(scores.values()))))
    for tags in list(scores)[:: max(1, len(scores) // 7)]:
        padded = np.full((1, PLACES), -1)
        padded[0, :n] = tags
        found = loss_of(packed, jnp.asarray(padded))[0]
        np.testing.assert_allclose(found, total - scores[tags], rtol=1e-5, atol=1e-5)
    best = max(scores, key=scores.__getitem__)
    assert tuple(np.asarray(viterbi(packed, jnp.array([n])))[0, :n]) == best


def test_padding_changes_neither_likelihood_nor_slope() -> None:
    transition, start, end, emission = map(jnp.asarray, _potentials(3))
    y = jnp.array([[0, 2, 1, -1, -1]])

    def loss(emission: jax.Array, y: jax.Array) -> jax.Array:
        return negative_log_likelihood(pack(transition, start, end, emission), y)[0]

    both = jax.jit(jax.value_and_grad(loss))
    value, slope = both(emission, y)
    short, short_slope = both(emission[:, :3], y[:, :3])
    np.testing.assert_allclose(value, short, rtol=1e-6)
    np.testing.assert_allclose(slope[:, :3], short_slope, rtol=1e-5, atol=1e-6)
    assert not np.any(slope[:, 3:])


def test_without_transitions_it_is_a_softmax_at_each_place() -> None:
    *_, emission = map(jnp.asarray, _potentials(4))
    y = jnp.array([[0, 2, 1, 1, 0]])
    packed = pack(jnp.zeros((TAGS, TAGS)), jnp.zeros(TAGS), jnp.zeros(TAGS), emission)
    expected = -jax.nn.log_softmax(emission[0])[jnp.arange(PLACES), y[0]].sum()
    np.testing.assert_allclose(loss_of(packed, y)[0], expected, rtol=1e-5)
    np.testing.assert_array_equal(viterbi(packed, jnp.array([PLACES]))[0], emission[0].argmax(-1))
