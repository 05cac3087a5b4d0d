"""Each wrong parameter is refused where the neuron is made, by its name, its value and what would do."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin._base.errors import InputError, UnknownName
from neurotwin.network.neurons import (
    GLIF,
    LIF,
    NEURONS,
    AdaptiveLIF,
    AdEx,
    Graded,
    HodgkinHuxley,
    Izhikevich,
    LeakyRate,
    Unit,
)

POSITIVE = {
    LIF: ("tau_m_ms", "capacitance_pF"),
    AdaptiveLIF: ("tau_m_ms", "capacitance_pF", "tau_adaptation_ms"),
    AdEx: ("capacitance_pF", "leak_nS", "slope_mV", "tau_w_ms"),
    Izhikevich: ("a_per_ms", "capacitance_pF"),
    GLIF: ("capacitance_pF", "leak_nS", "threshold_mV", "tau_current_1_ms", "tau_current_2_ms"),
    HodgkinHuxley: ("capacitance_pF",),
    Graded: ("capacitance_pF", "leak_nS", "rise_per_ms", "decay_per_ms", "slope_per_mV"),
    LeakyRate: ("tau_ms",),
    Unit: (),
}
NOT_NEGATIVE = {
    LIF: ("refractory_ms",),
    AdaptiveLIF: ("refractory_ms",),
    AdEx: ("refractory_ms",),
    GLIF: ("refractory_ms", "threshold_decay_per_ms", "threshold_voltage_decay_per_ms"),
    HodgkinHuxley: ("sodium_nS", "potassium_nS", "leak_nS"),
}
ABOVE_THRESHOLD = [
    (LIF, {"v_reset_mV": -50.0}, "v_reset_mV is not below v_threshold_mV"),
    (AdaptiveLIF, {"v_reset_mV": -55.0}, "v_reset_mV is not below v_threshold_mV"),
    (AdEx, {"v_reset_mV": 30.0}, "v_reset_mV is not below v_peak_mV"),
    (AdEx, {"v_threshold_mV": 20.0}, "v_threshold_mV is not below v_peak_mV"),
    (Izhikevich, {"c_mV": 30.0}, "c_mV is not below v_peak_mV"),
]


def parameters(model) -> list[str]:
    return [f.name for f in dataclasses.fields(model) if not f.metadata.get("static")]


def test_every_model_is_here():
    assert set(POSITIVE) == set(NEURONS.values())


@pytest.mark.parametrize(("model", "name"), [(m, n) for m, names in POSITIVE.items() for n in names])
@pytest.mark.parametrize("value", [0.0, -1.5, np.nan, np.inf, np.array([1.0, -1.5])])
def test_time_constants_and_capacitances_are_positive(model, name, value):
    with pytest.raises(InputError, match=rf"{name} cannot be used(.|\n)*{name} = (.|\n)*finite and > 0"):
        model(**{name: value})


@pytest.mark.parametrize(("model", "name"), [(m, n) for m, names in NOT_NEGATIVE.items() for n in names])
def test_times_and_conductances_are_not_negative(model, name):
    with pytest.raises(InputError, match=rf"{name} cannot be used(.|\n)*{name} = -1(.|\n)*finite and >= 0"):
        model(**{name: -1.0})
    model(**{name: 0.0})


@pytest.mark.parametrize(("model", "name"), [(m, n) for m in POSITIVE for n in parameters(m)])
@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_every_parameter_is_finite(model, name, value):
    with pytest.raises(InputError, match=rf"{name} cannot be used(.|\n)*{name} = (nan|-inf)"):
        model(**{name: value})


@pytest.mark.parametrize(("model", "given", "message"), ABOVE_THRESHOLD)
def test_the_reset_is_below_threshold(model, given, message):
    with pytest.raises(InputError, match=message):
        model(**given)


def test_one_neuron_of_many_is_enough():
    with pytest.raises(InputError, match=r"tau_m_ms = -3 \(1 of 4\)"):
        LIF(tau_m_ms=jnp.array([10.0, 20.0, -3.0, 5.0]))


def test_names_are_known_when_the_model_is_made():
    with pytest.raises(UnknownName, match=r"unknown activation(.|\n)*sigmoid"):
        Unit(activation="sigmoyd")
    with pytest.raises(UnknownName, match="unknown activation"):
        LeakyRate(activation="step")
    with pytest.raises(InputError, match=r"no such GLIF model(.|\n)*level = 6(.|\n)*1, 2, 3, 4 or 5"):
        GLIF(level=6)


@pytest.mark.parametrize("model", NEURONS.values())
def test_traced_values_pass(model):
    """A model may be made inside a compiled function, where no value is known."""
    names = parameters(model)
    default = [float(getattr(model(), name)) for name in names]
    made = jax.jit(lambda values: jax.tree.leaves(model(**dict(zip(names, values, strict=True)))))(default)
    assert [float(value) for value in made] == pytest.approx(default)
