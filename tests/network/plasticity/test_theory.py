"""Learning rules against the theory that made them known."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.network.plasticity import BCM, RULES, STDP, Hebb, Oja, RewardSTDP, Rule, TripletSTDP, learn


def change(
    rule: Rule, pre_ms, post_ms, *, dt_ms: float = 0.1, reward=None, duration_ms: float | None = None
) -> float:
    """Total change of one synapse by spike times (ms, multiples of the step)."""
    last = max([*np.atleast_1d(pre_ms), *np.atleast_1d(post_ms)])
    steps = round((duration_ms or last + 1.0) / dt_ms) + 1

    def train(at) -> np.ndarray:
        return np.isin(np.arange(steps), np.round(np.atleast_1d(at) / dt_ms).astype(int)).astype(float)

    paid = np.zeros(steps) if reward is None else reward(dt_ms * np.arange(steps))
    fill = lambda values: {key: jnp.zeros(1) + value for key, value in values.items()}  # noqa: E731
    start = (
        jnp.zeros((1, 1)),
        {k: jnp.zeros((1, 1)) + v for k, v in rule.initial_synapse().items()},
        fill(rule.initial_pre()),
        fill(rule.initial_post()),
    )

    def step(carry, now):
        s_pre, s_post, r = now
        return learn(
            rule, *carry, s_pre[None], s_post[None], dt_ms, r, lambda x: x[None, :], lambda x: x[:, None]
        ), None

    with jax.enable_x64():
        start = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), start)
        return float(
            jax.lax.scan(step, start, tuple(jnp.asarray(x) for x in (train(pre_ms), train(post_ms), paid)))[
                0
            ][0][0, 0]
        )


@pytest.mark.parametrize("delta", [-60.0, -20.0, -5.0, -0.1, 0.1, 1.0, 10.0, 35.0])
def test_pair_stdp_reproduces_its_window(delta):
    rule = STDP(a_plus=0.01, a_minus=0.012, tau_plus_ms=17.0, tau_minus_ms=34.0)
    pre, post = (100.0, 100.0 + delta)
    expected = 0.01 * np.exp(-delta / 17.0) if delta > 0 else -0.012 * np.exp(delta / 34.0)
    assert change(rule, pre, post) == pytest.approx(expected, rel=1e-9)


def test_pair_stdp_adds_up_all_pairs():
    rule = STDP(a_plus=0.01, a_minus=0.012)
    pre, post = np.array([3.0, 20.0, 21.0]), np.array([8.0, 15.0, 40.0])
    d = post[None] - pre[:, None]
    expected = np.where(d > 0, 0.01 * np.exp(-np.abs(d) / 20), -0.012 * np.exp(-np.abs(d) / 20)).sum()
    assert change(rule, pre, post) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("frequency", [1.0, 10.0, 20.0, 50.0])
@pytest.mark.parametrize("delta", [10.0, -10.0])
def test_triplet_stdp_equals_the_sum_over_its_triplets(frequency, delta):
    rule = TripletSTDP(a2_plus=5e-10, a3_plus=6.2e-3, a2_minus=7e-3, a3_minus=2.3e-4)
    pre = 20.0 + np.round(1000.0 / frequency, 1) * np.arange(8)
    post = pre + delta
    total = 0.0
    for t in post:
        r1 = np.exp(-(t - pre[pre < t]) / 16.8).sum()
        o2 = np.exp(-(t - post[post < t]) / 114.0).sum()
        total += r1 * (5e-10 + 6.2e-3 * o2)
    for t in pre:
        o1 = np.exp(-(t - post[post < t]) / 33.7).sum()
        r2 = np.exp(-(t - pre[pre < t]) / 101.0).sum()
        total -= o1 * (7e-3 + 2.3e-4 * r2)
    assert change(rule, pre, post) == pytest.approx(total, rel=1e-8)


def test_triplet_stdp_potentiates_more_at_higher_frequency():
    """Sjöström et al. 2001, as fitted by Pfister & Gerstner: post 10 ms after pre gives little at 1 Hz."""
    by_frequency = [
        change(TripletSTDP(), 20 + 1000 / f * np.arange(15), 30 + 1000 / f * np.arange(15))
        for f in (1.0, 10.0, 20.0, 50.0)
    ]
    assert (np.diff(by_frequency) > 0).all()
    assert abs(by_frequency[0]) < 0.05 * by_frequency[-1]


def test_reward_stdp_waits_for_the_reward():
    rule = RewardSTDP(a_plus=0.01, a_minus=0.01, tau_eligibility_ms=200.0)
    pulse = lambda size: lambda t: np.where(np.isclose(t, 150.0), size, 0.0)  # noqa: E731
    assert change(rule, 10.0, 15.0, duration_ms=400.0) == 0.0
    eligible = 0.01 * np.exp(-5.0 / 20.0) * np.exp(-(150.0 - 15.0) / 200.0)
    assert change(rule, 10.0, 15.0, duration_ms=400.0, reward=pulse(3.0)) == pytest.approx(
        0.1 * 3.0 * eligible, rel=1e-9
    )
    assert change(rule, 10.0, 15.0, duration_ms=400.0, reward=pulse(-3.0)) == pytest.approx(
        -0.3 * eligible, rel=1e-9
    )
    assert change(rule, 15.0, 10.0, duration_ms=400.0, reward=pulse(3.0)) < 0


def train(rule: Rule, inputs: np.ndarray, w: np.ndarray, f=lambda y: y):
    """Weights [post, pre] and outputs while a network y = f(W x) sees the inputs [T, pre] one a step."""
    post = {key: jnp.zeros(len(w)) + value for key, value in rule.initial_post().items()}

    def step(carry, x):
        w, post = carry
        y = f(w @ x)
        w, _, _, post = learn(
            rule, w, {}, {}, post, x, y, 1.0, 0.0, lambda a: a[None, :], lambda a: a[:, None]
        )
        return (w, post), (y, post.get("threshold", y))

    (w, _), out = jax.lax.scan(step, (jnp.asarray(w, jnp.float32), post), jnp.asarray(inputs, jnp.float32))
    return np.asarray(w), *map(np.asarray, out)


def test_oja_finds_the_first_principal_component():
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(6, 6))
    inputs = rng.normal(size=(40_000, 6)) @ mixing.T
    inputs /= inputs.std()
    values, vectors = np.linalg.eigh(np.cov(inputs.T))
    w, *_ = train(Oja(rate=1e-3), inputs, 0.1 * rng.normal(size=(1, 6)))
    assert values[-1] > 1.4 * values[-2]
    assert abs(w[0] @ vectors[:, -1]) / np.linalg.norm(w) > 0.995
    assert np.linalg.norm(w) == pytest.approx(1.0, abs=0.05)


def test_bcm_becomes_selective_and_its_threshold_is_the_mean_square():
    rng = np.random.default_rng(1)
    patterns = np.array(
        [[1.0, 0.2, 0.1, 0.1], [0.1, 1.0, 0.2, 0.1], [0.1, 0.1, 1.0, 0.2], [0.2, 0.1, 0.1, 1.0]]
    )
    inputs = patterns[rng.integers(0, 4, 60_000)]
    rule = BCM(rate=2e-3, threshold_ms=300.0)
    w, y, threshold = train(rule, inputs, 0.5 + 0.1 * rng.random((3, 4)), jax.nn.relu)
    for row in w @ patterns.T:
        row = np.sort(np.maximum(row, 0))
        assert row[-1] == pytest.approx(4.0, rel=0.15)  # answers to one of four: y = θ = E[y²] = y²/4
        assert row[-2] < 0.1 * row[-1]
    np.testing.assert_allclose(threshold[-20_000:].mean(0), (y[-20_000:] ** 2).mean(0), rtol=0.05)


def test_hebb_is_the_outer_product_of_the_activities():
    rng = np.random.default_rng(2)
    x, y, w = rng.random(4), rng.random(3), rng.random((3, 4))
    new, *_ = learn(
        Hebb(0.1, 0.5),
        jnp.asarray(w),
        {},
        {},
        {},
        jnp.asarray(x),
        jnp.asarray(y),
        2.0,
        0.0,
        lambda a: a[None],
        lambda a: a[:, None],
    )
    np.testing.assert_allclose(new, w + 0.2 * (np.outer(y, x) - 0.5 * w), rtol=1e-5)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_changes_nothing_without_activity_and_keeps_its_bounds(name):
    rule = RULES[name](w_min=-0.5, w_max=0.5)
    w = jnp.asarray(np.random.default_rng(3).uniform(-0.5, 0.5, (2, 3)), jnp.float32)
    fill = lambda values, n: {key: jnp.full(n, value, jnp.float32) for key, value in values.items()}  # noqa: E731
    state = (
        w,
        fill(rule.initial_synapse(), (2, 3)),
        fill(rule.initial_pre(), 3),
        fill(rule.initial_post(), 2),
    )
    spread = (lambda a: a[None, :], lambda a: a[:, None])
    quiet = learn(rule, *state, jnp.zeros(3), jnp.zeros(2), 1.0, 1.0, *spread)
    np.testing.assert_array_equal(quiet[0], w)
    busy = state
    for _ in range(300):
        busy = learn(rule, *busy, jnp.ones(3), 50 * jnp.ones(2), 1.0, 1.0, *spread)
    assert float(jnp.abs(busy[0]).max()) <= 0.5
    assert not np.allclose(busy[0], w)
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(busy))
    with pytest.raises(InputError, match="w_min is not below w_max"):
        RULES[name](w_min=1.0, w_max=0.0)
