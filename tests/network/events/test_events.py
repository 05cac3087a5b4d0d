"""The event-driven path against the engine, spike by spike; threads, resumption, refusals."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin._base.errors import DivergenceError, InputError, UnknownName
from neurotwin.network.engine import Dense, Network, Population, Projection, Source, simulate, sparse
from neurotwin.network.events import available, generate, simulate_events
from neurotwin.network.events.native import gather
from neurotwin.network.neurons import GLIF, LIF, NEURONS, AdaptiveLIF, AdEx, Graded, HodgkinHuxley, Izhikevich
from neurotwin.network.plasticity import Hebb
from neurotwin.network.synapses import (
    AMPA,
    GABAA,
    NMDA,
    SYNAPSES,
    Alpha,
    DoubleExponential,
    Exponential,
    GapJunction,
    Instantaneous,
    TsodyksMarkram,
)

pytestmark = pytest.mark.skipif(not available(), reason="built without a C++ compiler")

N, SOURCES, DT, STEPS = 300, 40, 0.1, 1500
NEURON_MODELS = {
    "lif": (LIF(), 450.0),
    "adaptive_lif": (AdaptiveLIF(), 500.0),
    "adex": (AdEx(), 700.0),
    "glif": (GLIF(), 200.0),
    **{f"glif, level {level}": (GLIF(level=level), 200.0) for level in (1, 2, 3, 4)},
    "izhikevich, exponential Euler": (Izhikevich(method="exponential_euler"), 8.0),
    "hodgkin_huxley": (HodgkinHuxley(), 1500.0),
    "izhikevich": (Izhikevich(), 8.0),
}


def network(neuron, synapse, scale: float, seed: int = 0, delays: bool = True) -> Network:
    rng = np.random.default_rng(seed)
    post, pre = np.nonzero(rng.random((N, N)) < 0.05)
    into, of = np.nonzero(rng.random((N, SOURCES)) < 0.1)
    weights = scale * rng.uniform(0.2, 1.0, len(post))
    between = DT * rng.integers(1, 30, len(post)) if delays else None
    return Network(
        [Population("cells", neuron, N), Population("source", Source(), SOURCES)],
        [
            Projection("cells", "cells", sparse(post, pre, weights, (N, N), delays_ms=between), synapse),
            Projection(
                "source", "cells", sparse(into, of, scale, (N, SOURCES)), Exponential(4.0), delay_ms=1.5
            ),
        ],
    )


def inputs(current: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {
        "cells": rng.uniform(0.6, 1.4, N) * current,
        "source": (rng.random((STEPS, SOURCES)) < 0.01).astype(float),
    }


def engine(net: Network, given, steps: int = STEPS) -> np.ndarray:
    return np.asarray(simulate(net, given, dt_ms=DT, n_steps=steps, dtype=jnp.float64).output("cells"))


def raster(events, steps: int = STEPS) -> np.ndarray:
    out = np.zeros((steps, N))
    out[np.round(events.time_ms["cells"] / DT).astype(int) - 1, events.index["cells"]] = 1
    return out


def test_every_spiking_model_is_tried_here():
    assert {name.split(",")[0] for name in NEURON_MODELS} == {
        n for n, model in NEURONS.items() if model.spiking
    }


@pytest.mark.parametrize("name", NEURON_MODELS)
def test_every_neuron_fires_the_engines_spikes(name):
    with jax.enable_x64():
        neuron, current = NEURON_MODELS[name]
        net, given = network(neuron, Exponential(3.0), 0.05 * current), inputs(current)
        expected = engine(net, given)
        got = raster(simulate_events(net, given, dt_ms=DT, n_steps=STEPS, dtype=np.float64))
        assert expected.sum() > 300
        # Sums in another order differ in the last bit, and networks make that grow: equal for 50 ms, alike after.
        np.testing.assert_array_equal(got[:500], expected[:500])
        assert abs(got.sum() / expected.sum() - 1) < 0.03


@pytest.mark.parametrize(
    "synapse",
    [Instantaneous(), Alpha(2.0), DoubleExponential(), AMPA(), GABAA(), NMDA()],
    ids=lambda s: type(s).__name__,
)
def test_every_synapse_drives_the_engines_spikes(synapse):
    with jax.enable_x64():
        scale = 20.0 if isinstance(synapse, Instantaneous | Alpha | DoubleExponential) else 0.3
        net, given = network(LIF(), synapse, scale), inputs(450.0)
        expected = engine(net, given)
        got = raster(simulate_events(net, given, dt_ms=DT, n_steps=STEPS, dtype=np.float64))
        assert expected.sum() > 300
        np.testing.assert_array_equal(got[:500], expected[:500])


def test_parameters_of_each_neuron_and_no_delays():
    with jax.enable_x64():
        taus = jnp.asarray(np.random.default_rng(3).uniform(8.0, 14.0, N))
        net, given = network(LIF(tau_m_ms=taus), Exponential(3.0), 10.0, delays=False), inputs(480.0)
        got = raster(
            simulate_events(net, {"cells": given["cells"]}, dt_ms=DT, n_steps=STEPS, dtype=np.float64)
        )
        np.testing.assert_array_equal(got[:500], engine(net, {"cells": given["cells"]})[:500])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_spikes_do_not_depend_on_the_number_of_threads(dtype):
    net, given = network(LIF(), Exponential(3.0), 40.0), inputs(450.0)
    runs = [simulate_events(net, given, dt_ms=DT, n_steps=STEPS, threads=n, dtype=dtype) for n in (1, 2, 3)]
    assert len(runs[0].time_ms["cells"]) > 300
    for other in runs[1:]:
        np.testing.assert_array_equal(runs[0].time_ms["cells"], other.time_ms["cells"])
        np.testing.assert_array_equal(runs[0].index["cells"], other.index["cells"])
        np.testing.assert_array_equal(runs[0].final["cells"]["v"], other.final["cells"]["v"])


def test_resumed_equals_uninterrupted_bit_by_bit():
    net, given = network(AdEx(), AMPA(), 1.0), inputs(700.0)
    part = lambda a, b: {"cells": given["cells"], "source": given["source"][a:b]}  # noqa: E731
    whole = simulate_events(net, given, dt_ms=DT, n_steps=STEPS)
    first = simulate_events(net, part(0, 617), dt_ms=DT, n_steps=617)
    second = simulate_events(net, part(617, STEPS), dt_ms=DT, n_steps=STEPS - 617, initial=first.final)
    joined = np.concatenate([first.time_ms["cells"], second.time_ms["cells"]])
    np.testing.assert_array_equal(joined, whole.time_ms["cells"])
    np.testing.assert_array_equal(second.final["cells"]["v"], whole.final["cells"]["v"])


def test_the_generated_code_is_that_of_the_models():
    written = generate.TARGET.read_text()
    if f"JAX {jax.__version__}:" not in written:
        pytest.skip(
            f"the code was not written with JAX {jax.__version__}; its spikes are compared all the same"
        )
    assert generate.generated() == written, "run: python -m neurotwin.network.events.generate"


def test_a_simulation_that_diverges_names_neuron_time_and_state():
    net = Network([Population("cells", HodgkinHuxley(method="euler"), 3)])
    with pytest.raises(DivergenceError, match=r"(?s)state .* of 'cells', neuron 1, at [\d.]+ ms.*fix:"):
        simulate_events(net, {"cells": [0.0, 1e9, 0.0]}, dt_ms=0.5, n_steps=200)


@pytest.mark.parametrize("synapse", [Exponential(), AMPA()])
def test_an_infinite_drive_is_found_though_the_reset_would_hide_it(synapse):
    weights = Dense(np.array([[1.0], [3e38]], np.float32))
    net = Network(
        [Population("in", Source(), 1), Population("cells", LIF(), 2)],
        [Projection("in", "cells", weights, synapse, name="from outside")],
    )
    spikes = np.zeros((20, 1))
    spikes[3:8] = 1
    with pytest.raises(
        DivergenceError, match=r"(?s)state .* of 'from outside', neuron 1, at [\d.]+ ms.*fix:"
    ):
        simulate_events(net, {"in": spikes}, dt_ms=0.1, n_steps=20)


def cells(weights=None, synapse=None, **options) -> Network:
    projections = (
        []
        if weights is None
        else [Projection("cells", "cells", weights, synapse or Exponential(), **options)]
    )
    return Network([Population("cells", LIF(), 2)], projections)


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (lambda: simulate_events(cells(), dt_ms=-1.0, n_steps=1), "not a positive time"),
        (lambda: simulate_events(cells(), dt_ms=0.1, n_steps=0), "nothing to simulate"),
        (lambda: simulate_events(cells(), dt_ms=0.1, n_steps=1, threads=0), "needs a thread"),
        (lambda: simulate_events(cells(), dt_ms=0.1, n_steps=1, dtype=np.int32), "not a type"),
        (lambda: simulate_events(cells(), {"cell": [1.0, 1.0]}, dt_ms=0.1, n_steps=1), "unknown population"),
        (lambda: simulate_events(cells(), {"cells": [1.0]}, dt_ms=0.1, n_steps=1), "does not fit"),
        (lambda: simulate_events(cells(), {"cells": [1.0, np.nan]}, dt_ms=0.1, n_steps=1), "is not finite"),
        (
            lambda: simulate_events(cells(), dt_ms=0.1, n_steps=1, initial={"cells": {"u": 1.0}}),
            "unknown state",
        ),
        (
            lambda: simulate_events(cells(Dense(jnp.ones((2, 2))), delay_ms=0.05), dt_ms=0.1, n_steps=1),
            "shorter than the step",
        ),
        (
            lambda: simulate_events(cells(Dense(jnp.ones((2, 2))), rule=Hebb()), dt_ms=0.1, n_steps=1),
            "a learning rule",
        ),
        (
            lambda: simulate_events(
                cells(Dense(jnp.ones((2, 2))), release=TsodyksMarkram()), dt_ms=0.1, n_steps=1
            ),
            "a release model",
        ),
        (
            lambda: simulate_events(cells(Dense(jnp.ones((2, 2))), GapJunction()), dt_ms=0.1, n_steps=1),
            "not compiled",
        ),
        (
            lambda: simulate_events(Network([Population("cells", Graded(), 2)]), dt_ms=0.1, n_steps=1),
            "not compiled",
        ),
    ],
)
def test_wrong_input_is_refused(action, says):
    with pytest.raises((InputError, UnknownName), match=says):
        action()


def test_an_initial_state_for_who_does_not_exist_is_refused():
    with pytest.raises(UnknownName, match="unknown population or projection in the initial state"):
        simulate_events(cells(), dt_ms=0.1, n_steps=1, initial={"cell": {}})


def test_every_linear_synapse_is_compiled_in():
    from neurotwin.network.events.native import descriptions

    kinds = {
        one["key"].split("(")[0].rsplit(".", 1)[-1] for one in descriptions() if one["kind"] == "synapse"
    }
    assert kinds == {model.__name__ for name, model in SYNAPSES.items() if name != "gap_junction"}


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.float64])
@pytest.mark.parametrize("threads", [1, 3])
def test_values_are_gathered_as_numpy_does(dtype, threads):
    rng = np.random.default_rng(0)
    values = rng.normal(size=1000).astype(dtype)
    for n in (0, 1, 2, 777):
        index = rng.integers(0, 1000, n).astype(np.int32)
        np.testing.assert_array_equal(gather(values[::-1], index, threads), values[::-1][index])
