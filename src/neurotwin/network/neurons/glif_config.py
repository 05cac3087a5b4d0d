"""Reads the GLIF configurations of the Allen Cell Types Database."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from neurotwin._base.errors import InputError
from neurotwin.network.neurons.glif import GLIF

RESETS = {"zero": False, "v_before": True}
CURRENTS = {"none": False, "exp": True}
THRESHOLDS = {"inf": False, "spike_component": False, "three_components_exact": True}


def read_glif(path: str | Path) -> GLIF:
    """A neuron from a ``neuron_config.json``, whose SI units become ours.

    The level follows from the methods that the file names: the reset rule makes 2, after-spike currents 3, both 4, a threshold
    that follows the potential 5. What the file calls a spike cut is the refractory time. The Allen simulator leaps over it and
    applies the jumps of currents and threshold at its end; here they are applied at its beginning, larger by what decays until
    then, which is the same from there on. It takes its first step after a cut of n steps n - 1 steps after the spike, so that
    its intervals are shorter than ours by one of its steps (0.05 ms); NEST's ``glif_psc`` holds n steps, as here.

    Parameters
    ----------
    path
        The file, as downloaded or inside one more level named by the model.

    Raises
    ------
    InputError
        If the file is not such a configuration, or names a method that is none of the five models'.
    """
    given = _load(path)
    try:
        return _glif(given)
    except (KeyError, TypeError, IndexError, ZeroDivisionError) as error:
        raise InputError(
            "not a GLIF configuration",
            got=f"{path}: {error!r}",
            expected="the keys of the Allen Cell Types Database",
        ) from error


def _load(path: str | Path) -> dict[str, Any]:
    try:
        given = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            "not a GLIF configuration", got=f"{path}: {error}", expected="a neuron_config.json"
        ) from error
    if isinstance(given, dict) and len(given) == 1 and isinstance(next(iter(given.values())), dict):
        return next(iter(given.values()))
    return given


def _glif(given: dict[str, Any]) -> GLIF:
    scale, threshold = given["coeffs"], given["threshold_dynamics_method"]
    reset, spike = given["voltage_reset_method"]["params"], threshold["params"]
    resets = _choose("voltage_reset_method", given["voltage_reset_method"]["name"], RESETS)
    currents = _choose("AScurrent_dynamics_method", given["AScurrent_dynamics_method"]["name"], CURRENTS)
    follows = _choose("threshold_dynamics_method", threshold["name"], THRESHOLDS)
    if follows and not (resets and currents):
        raise InputError(
            "no GLIF model has these methods",
            got="a threshold that follows the potential, without reset rule and after-spike currents",
            expected="level 5 has all three",
        )
    refractory_ms = given["spike_cut_length"] * given["dt"] * 1e3
    decay = spike.get("b_spike", 0.0) * 1e-3
    tau_1_ms, tau_2_ms = (tau * 1e3 for tau in given["asc_tau_array"])
    jump_1, jump_2 = (
        a * s * 1e12 for a, s in zip(given["asc_amp_array"], scale["asc_amp_array"], strict=True)
    )
    factor_1, factor_2 = given["AScurrent_reset_method"]["params"].get("r", (1.0, 1.0))
    return GLIF(
        level=5 if follows else 1 + resets + 2 * currents,
        capacitance_pF=given["C"] * scale["C"] * 1e12,
        leak_nS=scale["G"] / given["R_input"] * 1e9,
        v_rest_mV=(given["El_reference"] + given["El"]) * 1e3,
        threshold_mV=given["th_inf"] * scale["th_inf"] * 1e3,
        refractory_ms=refractory_ms,
        reset_factor=reset.get("a", 0.0),
        reset_shift_mV=reset.get("b", 0.0) * 1e3,
        threshold_jump_mV=spike.get("a_spike", 0.0) * 1e3 * math.exp(decay * refractory_ms),
        threshold_decay_per_ms=decay,
        current_1_jump_pA=jump_1 * math.exp(refractory_ms / tau_1_ms),
        current_2_jump_pA=jump_2 * math.exp(refractory_ms / tau_2_ms),
        current_1_factor=factor_1,
        current_2_factor=factor_2,
        tau_current_1_ms=tau_1_ms,
        tau_current_2_ms=tau_2_ms,
        threshold_coupling_per_ms=spike.get("a_voltage", 0.0) * scale["a"] * 1e-3,
        threshold_voltage_decay_per_ms=spike.get("b_voltage", 0.0) * scale["b"] * 1e-3,
    )


def _choose(what: str, name: str, options: dict[str, bool]) -> bool:
    if name not in options:
        raise InputError(f"unknown {what} in the configuration", got=name, expected=", ".join(options))
    return options[name]
