"""Networks: what arrives when, the ways to run one that must agree, gradients, refusals."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from kernel_names import each_implementation

from neurotwin._base.errors import DivergenceError, InputError, UnknownName
from neurotwin.network.engine import (
    ByType,
    Convolution,
    Dense,
    Network,
    Population,
    Projection,
    Source,
    keep_signs,
    simulate,
    sparse,
)
from neurotwin.network.neurons import LIF, LeakyRate
from neurotwin.network.plasticity import Hebb
from neurotwin.network.synapses import AMPA, Exponential, GapJunction, Instantaneous, TsodyksMarkram

RNG = np.random.default_rng(1)
N, E, T = 12, 40, 60
POST, PRE = RNG.integers(0, N, E), RNG.integers(0, N, E)
VALUES = RNG.normal(size=E)
DELAYS = RNG.integers(1, 6, E).astype(float)


def rate_network(weights, **options) -> Network:
    cells = Population("cells", LeakyRate(tau_ms=5.0), N)
    return Network([cells], [Projection("cells", "cells", weights, Instantaneous(), **options)])


def spiking_network(delays=None) -> Network:
    sign = np.where(np.arange(E) % 3, 1, -1)
    weights = sparse(POST, PRE, 300.0 * sign * np.abs(VALUES), (N, N), delays_ms=delays)
    return Network([Population("cells", LIF(), N)], [Projection("cells", "cells", weights, Exponential(3.0))])


@pytest.fixture(scope="module")
def current() -> np.ndarray:
    return np.random.default_rng(2).normal(size=(T, N)).astype(np.float32)


@pytest.mark.parametrize("trained", [False, True])
def test_each_synapse_delivers_after_its_own_delay(trained):
    """A spike of a source at step 3 arrives, through weight w and delay d, in the update of step 3 + 1 + d."""
    dt, steps = 0.5, 20
    weights = sparse(
        np.arange(4),
        np.zeros(4, int),
        [1.0, 2.0, -3.0, 4.0],
        (4, 1),
        delays_ms=[0.5, 1.0, 4.0, 6.5],
        trained_delays=trained,
    )
    network = Network(
        [Population("source", Source(), 1), Population("cells", Source(), 4)],
        [Projection("source", "cells", weights)],
    )
    spikes = np.zeros((steps, 1))
    spikes[3] = 1
    arrived = np.asarray(simulate(network, {"source": spikes}, dt_ms=dt).output("cells"))
    expected = np.zeros((steps, 4))
    for i, (weight, delay) in enumerate([(1, 1), (2, 2), (-3, 8), (4, 13)]):
        expected[3 + 1 + delay, i] = weight
    np.testing.assert_array_equal(arrived, expected)


def test_a_trained_delay_between_two_steps_interpolates():
    weights = sparse([0], [0], [1.0], (1, 1), delays_ms=[2.25], trained_delays=True)
    network = Network(
        [Population("s", Source(), 1), Population("c", Source(), 1)], [Projection("s", "c", weights)]
    )
    spikes = np.zeros((8, 1))
    spikes[0] = 1
    arrived = np.asarray(simulate(network, {"s": spikes}, dt_ms=1.0).output("c"))[:, 0]
    np.testing.assert_allclose(arrived, [0, 0, 0, 0.75, 0.25, 0, 0, 0])


def test_one_delay_of_the_projection_equals_the_same_delay_at_every_synapse(current):
    dense = np.zeros((N, N), np.float32)
    np.add.at(dense, (POST, PRE), VALUES)
    one = simulate(rate_network(Dense(jnp.asarray(dense)), delay_ms=3.0), {"cells": current}, dt_ms=1.0)
    each = simulate(
        rate_network(sparse(POST, PRE, VALUES, (N, N), delays_ms=3.0)), {"cells": current}, dt_ms=1.0
    )
    np.testing.assert_allclose(one.output("cells"), each.output("cells"), atol=2e-6)


@pytest.mark.parametrize("delays", [None, DELAYS], ids=["no delays", "delays"])
def test_batch_equals_one_by_one(current, delays):
    network = rate_network(sparse(POST, PRE, VALUES, (N, N), delays_ms=delays))
    batch = np.stack([current, -current, 2 * current], axis=1)
    together = simulate(network, {"cells": batch}, dt_ms=1.0).output("cells")
    for b in range(3):
        alone = simulate(network, {"cells": batch[:, b]}, dt_ms=1.0).output("cells")
        np.testing.assert_allclose(together[:, b], alone, atol=2e-6)


@pytest.mark.parametrize(
    ("make", "scale"),
    [
        (lambda: rate_network(sparse(POST, PRE, VALUES, (N, N), delays_ms=DELAYS)), 1.0),
        (lambda: spiking_network(DELAYS), 400.0),
    ],
    ids=["rates", "spikes"],
)
def test_resumed_equals_uninterrupted(current, make, scale):
    network, strong = make(), scale * np.abs(current)
    whole = simulate(network, {"cells": strong}, dt_ms=1.0)
    first = simulate(network, {"cells": strong[:23]}, dt_ms=1.0)
    second = simulate(network, {"cells": strong[23:]}, dt_ms=1.0, initial=first.final)
    joined = np.concatenate([first.output("cells"), second.output("cells")])
    np.testing.assert_allclose(joined, whole.output("cells"), atol=2e-6)
    assert joined.std() > 0.1


def gradient(network, current, chunk):
    moving, fixed = eqx.partition(network, eqx.is_inexact_array)

    def loss(moving, current):
        run = simulate(
            eqx.combine(moving, fixed), {"cells": current}, dt_ms=1.0, chunk=chunk, dtype=current.dtype
        )
        return jnp.sum(run.output("cells") ** 2)

    return jax.value_and_grad(loss, argnums=(0, 1))(moving, jnp.asarray(current))


@pytest.mark.parametrize("delays", [None, DELAYS], ids=["no delays", "delays"])
@pytest.mark.parametrize("chunk", [1, 7, 10])
def test_chunks_change_nothing(current, delays, chunk):
    network = rate_network(sparse(POST, PRE, VALUES, (N, N), delays_ms=delays))
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5),
        gradient(network, current, chunk),
        gradient(network, current, T),
    )


@each_implementation
def test_gradients_equal_finite_differences(implementation):
    """To weights, delays, time constants, inputs: float64, every kind of weights in one network."""
    with jax.enable_x64():
        rng = np.random.default_rng(3)
        few = slice(0, 14)
        delays = rng.uniform(1.2, 4.4, 14)
        wired = sparse(
            POST[few],
            PRE[few],
            VALUES[few],
            (N, N),
            delays_ms=delays,
            trained_delays=True,
            implementation=implementation,
        )
        typed = ByType(
            sparse(POST[20:], PRE[20:], np.ones(20), (N, N), implementation=implementation),
            jnp.asarray(rng.normal(size=(2, 2))),
            jnp.arange(N) % 2,
            jnp.arange(N) % 2,
        )
        convolution = Convolution(jnp.asarray(rng.normal(size=(1, 1, 3, 3))), (3, 4))
        cells = Population("cells", LeakyRate(tau_ms=jnp.asarray(rng.uniform(2.0, 9.0, N))), N)
        network = Network(
            [cells],
            [
                Projection("cells", "cells", wired, name="wired"),
                Projection("cells", "cells", typed, Exponential(jnp.asarray(4.0)), name="typed"),
                Projection("cells", "cells", convolution, delay_ms=2.0, name="convolution"),
                Projection("cells", "cells", Dense(jnp.asarray(rng.normal(size=(N, N)) / 9)), name="dense"),
            ],
        )
        learned = jax.tree.map(eqx.is_inexact_array, network)
        scales = lambda n: n.projections[1].weights.wiring.values  # noqa: E731
        moving, fixed = eqx.partition(network, eqx.tree_at(scales, learned, False))

        def loss(moving, current):
            run = simulate(
                eqx.combine(moving, fixed), {"cells": current}, dt_ms=1.0, chunk=5, dtype=jnp.float64
            )
            return jnp.sum(jnp.sin(run.output("cells")))

        check_grads(
            jax.jit(loss),
            (moving, jnp.asarray(rng.normal(size=(12, 2, N)))),
            order=1,
            modes=["rev"],
            rtol=1e-5,
            eps=1e-5,
        )


def test_inside_jit_inputs_that_are_known_are_still_checked():
    network = rate_network(sparse(POST, PRE, VALUES, (N, N), delays_ms=0.1))
    with pytest.raises(InputError, match="is not finite"):
        jax.jit(
            lambda s: simulate(network, {"cells": np.full(N, np.nan)}, dt_ms=0.1, n_steps=s.shape[0]).final
        )(jnp.ones(2))
    with pytest.raises(InputError, match="shorter than the step"):
        jax.jit(lambda x: simulate(network, {"cells": x}, dt_ms=1.0).final)(jnp.ones((3, N)))


def test_the_gradient_of_a_final_state_needs_no_records(current):
    network = rate_network(sparse(POST, PRE, VALUES, (N, N)))

    def last(x, record):
        run = simulate(network, {"cells": x}, dt_ms=1.0, record=record, chunk=7)
        return jnp.sum(run.final["sent"]["cells"] ** 2)

    with_records, without = (
        jax.grad(last)(jnp.asarray(current), None),
        jax.grad(last)(jnp.asarray(current), {}),
    )
    np.testing.assert_allclose(without, with_records, atol=1e-6)


def test_parameter_sets_by_vmap_equal_one_by_one(current):
    def run(tau, scale):
        cells = Population("cells", LeakyRate(tau_ms=tau), N)
        weights = sparse(POST, PRE, VALUES, (N, N))
        weights = eqx.tree_at(lambda w: w.values, weights, weights.values * scale)
        network = Network([cells], [Projection("cells", "cells", weights)])
        return simulate(network, {"cells": current}, dt_ms=1.0).output("cells")

    taus, scales = jnp.asarray([3.0, 8.0]), jnp.asarray([0.5, 1.5])
    together = jax.vmap(run)(taus, scales)
    for i in range(2):
        np.testing.assert_allclose(together[i], run(taus[i], scales[i]), atol=5e-6)


def test_a_convolution_equals_its_matrix(current):
    convolution = Convolution(jnp.asarray(RNG.normal(size=(2, 1, 3, 3)), jnp.float32), (3, 4))
    matrix = np.asarray(jax.vmap(convolution.apply, out_axes=1)(jnp.eye(N)))
    sent = np.asarray(current)
    np.testing.assert_allclose(convolution.apply(jnp.asarray(sent)), sent @ matrix.T, atol=1e-5)
    assert convolution.shape == matrix.shape == (24, 12)


def test_weights_shared_by_type_learn_the_sum_of_their_synapses():
    wiring = sparse(POST, PRE, np.ones(E), (N, N))
    types = jnp.arange(N) % 2
    shared = ByType(wiring, jnp.zeros((2, 2)), types, types)
    sent = jnp.asarray(RNG.normal(size=N), jnp.float32)
    by_type = jax.grad(
        lambda t: shared.apply(sent)[0] * 0 + jnp.sum(eqx.tree_at(lambda w: w.typed, shared, t).apply(sent))
    )(shared.typed)
    expected = np.zeros((2, 2))
    np.add.at(expected, (POST % 2, PRE % 2), np.asarray(sent)[PRE])
    np.testing.assert_allclose(by_type, expected, rtol=1e-4, atol=1e-5)


def test_gap_junctions_pull_two_passive_cells_together():
    """dv/dt of the difference: -(1/τ + 2 g/C); both decay to rest by 1/τ."""
    cell = LIF(tau_m_ms=20.0, capacitance_pF=100.0, v_threshold_mV=1000.0, v_reset_mV=-70.0)
    g = 3.0
    network = Network(
        [Population("pair", cell, 2)],
        [Projection("pair", "pair", Dense(jnp.asarray([[0.0, g], [g, 0.0]])), GapJunction())],
    )
    kick = np.zeros((4000, 2))
    kick[:100, 0] = 200.0
    v = np.asarray(simulate(network, {"pair": kick}, dt_ms=0.01, record={"pair": ("v",)}).of("pair", "v"))
    difference = v[:, 0] - v[:, 1]
    rate = np.log(difference[500] / difference[1500]) / 10.0
    np.testing.assert_allclose(rate, 1 / 20 + 2 * g / 100, rtol=2e-3)


def test_a_conductance_drives_no_current_at_its_reversal_potential():
    weights = Dense(jnp.full((1, 1), 50.0))
    cell = LIF(v_rest_mV=0.0, v_reset_mV=-10.0, v_threshold_mV=1.0)
    network = Network(
        [Population("source", Source(), 1), Population("cell", cell, 1)],
        [Projection("source", "cell", weights, AMPA())],
    )
    run = simulate(network, {"source": np.ones((50, 1))}, dt_ms=0.1, record={"cell": ("v", "output")})
    np.testing.assert_allclose(run.of("cell", "v"), 0.0, atol=1e-5)


def test_release_depresses_before_the_delay():
    spikes = np.zeros((100, 1))
    spikes[::10] = 1
    weights = Dense(jnp.ones((1, 1)))
    release = TsodyksMarkram(u=0.5, tau_recovery_ms=800.0, tau_facilitation_ms=1e-3)
    network = Network(
        [Population("source", Source(), 1), Population("cell", Source(), 1)],
        [Projection("source", "cell", weights, release=release, delay_ms=2.0)],
    )
    arrived = np.asarray(simulate(network, {"source": spikes}, dt_ms=1.0).output("cell"))[:, 0]
    assert np.flatnonzero(arrived).tolist() == list(range(3, 100, 10))
    assert arrived[3] == pytest.approx(0.5)
    assert (np.diff(arrived[arrived > 0]) < 0).all()


def test_plastic_weights_are_state_and_sparse_equals_dense():
    rng = np.random.default_rng(5)
    mask = np.ones((3, 4), bool)  # absent synapses of a dense matrix learn too
    start = mask * rng.normal(size=(3, 4)).astype(np.float32)
    rates = rng.random((30, 4)).astype(np.float32)
    post, pre = np.nonzero(mask)
    learned = {}
    for kind, weights in (
        ("dense", Dense(jnp.asarray(start))),
        ("sparse", sparse(post, pre, start[mask], (3, 4))),
    ):
        network = Network(
            [Population("in", Source(), 4), Population("out", LeakyRate(tau_ms=2.0), 3)],
            [Projection("in", "out", weights, rule=Hebb(rate=0.01), name="plastic")],
        )
        learned[kind] = np.asarray(simulate(network, {"in": rates}, dt_ms=1.0).weights("plastic"))
    np.testing.assert_allclose(learned["dense"][mask], learned["sparse"], rtol=1e-5, atol=1e-6)
    assert not np.allclose(learned["sparse"], start[mask], atol=1e-3)


def test_signs_are_kept_after_an_optimiser_went_astray():
    weights = Dense(jnp.asarray([[1.0, 2.0]]), sign=1)
    astray = eqx.tree_at(lambda w: w.values, weights, jnp.asarray([[-0.5, 3.0]]))
    np.testing.assert_array_equal(keep_signs(astray).values, [[0.0, 3.0]])


def test_a_simulation_that_diverges_names_neuron_time_and_state():
    unstable = LeakyRate(tau_ms=1.0, method="euler", activation="relu")
    weights = Dense(jnp.asarray([[0.0, 0.0], [0.0, 1e9]]))
    network = Network([Population("cells", unstable, 2)], [Projection("cells", "cells", weights)])
    with pytest.raises(DivergenceError, match=r"(?s)state 'm' of 'cells', neuron 1, at \d+ ms.*fix:"):
        simulate(network, {"cells": [1.0, 1.0]}, dt_ms=1.0, n_steps=50)


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (lambda: sparse([0], [9], [1.0], (2, 2)), "pre|neuron"),
        (lambda: sparse([0], [1], [np.nan], (2, 2)), "not finite"),
        (lambda: sparse([0, 1], [1], [1.0], (2, 2)), "not described alike"),
        (lambda: sparse([0], [1], [1.0], (2, 2), delays_ms=[0.0]), "not positive"),
        (lambda: sparse([0], [1], [-1.0], (2, 2), sign=1), "break their sign constraint"),
        (lambda: Dense(jnp.ones((2, 2)), sign=2), "not a sign"),
        (lambda: Dense(jnp.ones(3)), "not a matrix"),
        (lambda: Convolution(jnp.ones((1, 1, 2, 3)), (4, 4)), "not a convolution kernel"),
        (lambda: rate_network(Dense(jnp.ones((2, 3)))), "do not fit the populations"),
        (lambda: Network([Population("a", LIF(), 1), Population("a", LIF(), 1)]), "share a name"),
        (
            lambda: Network([Population("a", LIF(), 1)], [Projection("a", "b", Dense(jnp.ones((1, 1))))]),
            "unknown population",
        ),
        (lambda: Population("a", LIF(tau_m_ms=jnp.ones(3)), 2), "does not fit population"),
        (lambda: Population("a", LIF(), 0), "without neurons"),
        (lambda: Projection("a", "a", Dense(jnp.ones((1, 1))), delay_ms=-1.0), "not positive"),
        (lambda: simulate(spiking_network(), dt_ms=0.0, n_steps=3), "not a positive time"),
        (lambda: simulate(spiking_network(), dt_ms=0.1), "number of steps is unknown"),
        (
            lambda: simulate(spiking_network(), {"cells": np.ones((5, N))}, dt_ms=0.1, n_steps=4),
            "lengths disagree",
        ),
        (lambda: simulate(spiking_network(), {"cells": np.ones((5, 3))}, dt_ms=0.1), "does not fit"),
        (lambda: simulate(spiking_network(), {"cell": np.ones((5, N))}, dt_ms=0.1), "unknown population"),
        (lambda: simulate(spiking_network(), {"cells": np.full((5, N), np.inf)}, dt_ms=0.1), "is not finite"),
        (lambda: simulate(spiking_network(np.full(E, 0.1)), dt_ms=0.2, n_steps=2), "shorter than the step"),
        (lambda: simulate(spiking_network(), dt_ms=0.1, n_steps=2, dtype=jnp.float64), "32 bits"),
        (lambda: simulate(spiking_network(), dt_ms=0.1, n_steps=2, dtype=jnp.int32), "not a type"),
        (lambda: simulate(spiking_network(), dt_ms=0.1, n_steps=2, chunk=0), "at least one step"),
        (
            lambda: simulate(spiking_network(), dt_ms=0.1, n_steps=2, record={"cells": ("u",)}),
            "unknown state",
        ),
        (
            lambda: simulate(spiking_network(), dt_ms=0.1, n_steps=2, initial={"a": 1}),
            "not one of this network",
        ),
        (lambda: simulate(spiking_network(), dt_ms=0.1, n_steps=2).output("b"), "unknown population"),
        (lambda: simulate(spiking_network(), dt_ms=0.1, n_steps=2).weights("b"), "unknown plastic"),
    ],
)
def test_wrong_input_is_refused_where_it_enters(action, says):
    with pytest.raises((InputError, UnknownName), match=says):
        action()
