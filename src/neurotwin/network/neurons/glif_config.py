"""Reads the GLIF configurations of the Allen Cell Types Database."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from neurotwin._base.errors import InputError
from neurotwin.network.neurons.glif import GLIF


def read_glif(path: str | Path) -> GLIF:
    """A neuron from a ``neuron_config.json``, whose SI units become ours.

    What the file calls a spike cut is the refractory time. The Allen simulator skips it and applies the jumps of currents and
    threshold at its end; here they are applied at its beginning, larger by what decays until then, which is the same from
    there on.

    Raises
    ------
    InputError
        If the file is not such a configuration, or names a method that is none of the five models'.
    """
    try:
        given = json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise InputError(
            "not a GLIF configuration", got=f"{path}: {error}", expected="a neuron_config.json"
        ) from error
    if isinstance(given, dict) and len(given) == 1 and isinstance(next(iter(given.values())), dict):
        given = next(iter(given.values()))
    try:
        return _glif(given)
    except (KeyError, TypeError, IndexError) as error:
        raise InputError(
            "not a GLIF configuration",
            got=f"{path}: {error!r}",
            expected="the keys of the Allen Cell Types Database",
        ) from error


def _glif(given: dict[str, Any]) -> GLIF:
    scale = given["coeffs"]
    refractory_ms = given["spike_cut_length"] * given["dt"] * 1e3
    reset, threshold = given["voltage_reset_method"], given["threshold_dynamics_method"]
    resets = _choose("voltage_reset_method", reset["name"], {"zero": False, "v_before": True})
    currents = _choose(
        "AScurrent_dynamics_method", given["AScurrent_dynamics_method"]["name"], {"none": False, "exp": True}
    )
    follows = _choose(
        "threshold_dynamics_method",
        threshold["name"],
        {"inf": False, "spike_component": False, "three_components_exact": True},
    )
    tau_ms = [tau * 1e3 for tau in given["asc_tau_array"]]
    jumps = [
        amp * part * 1e12 for amp, part in zip(given["asc_amp_array"], scale["asc_amp_array"], strict=True)
    ]
    factors = given["AScurrent_reset_method"]["params"].get("r", [1.0, 1.0])
    spike = threshold["params"]
    decay = spike.get("b_spike", 0.0) * 1e-3
    return GLIF(
        level=5 if follows else 1 + resets + 2 * currents,
        capacitance_pF=given["C"] * scale["C"] * 1e12,
        leak_nS=scale["G"] / given["R_input"] * 1e9,
        v_rest_mV=(given["El_reference"] + given["El"]) * 1e3,
        threshold_mV=given["th_inf"] * scale["th_inf"] * 1e3,
        refractory_ms=refractory_ms,
        reset_factor=reset["params"].get("a", 0.0),
        reset_shift_mV=reset["params"].get("b", 0.0) * 1e3,
        threshold_jump_mV=spike.get("a_spike", 0.0) * 1e3 * math.exp(decay * refractory_ms),
        threshold_decay_per_ms=decay,
        current_jump_pA=tuple(
            jump * math.exp(refractory_ms / tau) for jump, tau in zip(jumps, tau_ms, strict=True)
        ),
        current_factor=tuple(factors),
        tau_current_ms=tuple(tau_ms),
        threshold_coupling_per_ms=spike.get("a_voltage", 0.0) * scale["a"] * 1e-3,
        threshold_voltage_decay_per_ms=spike.get("b_voltage", 0.0) * scale["b"] * 1e-3,
    )


def _choose(what: str, name: str, options: dict[str, bool]) -> bool:
    if name not in options:
        raise InputError(f"unknown {what} in the configuration", got=name, expected=", ".join(options))
    return options[name]
