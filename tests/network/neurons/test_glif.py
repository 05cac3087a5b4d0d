"""GLIF 1-5 against LIF, their closed forms, and the Allen Institute's simulator on its own configurations."""

from __future__ import annotations

import dataclasses
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.network.neurons import GLIF, LIF, read_glif

LEVELS_OF_THE_DATA = {
    "485904755": 3,
    "486052403": 4,
    "486557295": 1,
    "486558431": 2,
    "489931668": 2,
    "566282032": 2,
    "566283540": 5,
    "566283879": 4,
    "566288171": 2,
    "566291893": 1,
    "566291897": 3,
    "566302725": 1,
}


@pytest.fixture(scope="module")
def configurations(data_folder, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("glif")
    with tarfile.open(data_folder / "allen_cell_types.tar.gz") as archive:
        for member in archive:
            if member.name.endswith(("neuron_config.json", "model_metadata.json")):
                # not extract(), whose argument filter came with Python 3.11.4
                (folder / member.name).parent.mkdir(parents=True, exist_ok=True)
                (folder / member.name).write_bytes(archive.extractfile(member).read())
    return folder / "allen_cell_types" / "GLIF"


def test_level_1_is_lif(run):
    lif = LIF(
        tau_m_ms=20.0,
        capacitance_pF=100.0,
        v_rest_mV=-75.0,
        v_threshold_mV=-50.0,
        v_reset_mV=-75.0,
        refractory_ms=3.0,
    )
    current = np.array([120.0, 130.0, 300.0, 1000.0])
    ours, states = run(GLIF(level=1), current, 5000, 0.1)
    theirs, reference = run(lif, current, 5000, 0.1)
    assert ours[:, 1:].sum() > 100
    np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(states["v"], reference["v"], atol=1e-9)
    assert set(states) == {"v", "refractory"}


def test_the_reset_rule_scales_and_shifts_and_the_threshold_jumps(run):
    cell = GLIF(level=2, reset_factor=0.5, reset_shift_mV=3.0)
    out, states = run(cell, np.array([300.0]), 2000, 0.1)
    first = np.flatnonzero(out[:, 0])[0]
    before = states["v"][first - 1, 0] + 75
    reached = before * np.exp(-0.1 / 20) + 60 * -np.expm1(-0.1 / 20)
    assert reached >= 25
    assert states["v"][first, 0] == pytest.approx(-75 + 0.5 * reached + 3, rel=1e-12)
    t = 0.1 * np.arange(2000)
    spikes = t[out[:, 0] > 0]
    raised = np.where(t[:, None] >= spikes, 2 * np.exp(-0.03 * (t[:, None] - spikes)), 0).sum(1)
    np.testing.assert_allclose(states["threshold_s"][:, 0], raised, rtol=1e-9)


def test_after_spike_currents_jump_and_decay(run):
    cell = GLIF(level=3, current_1_factor=0.5)
    out, states = run(cell, np.array([400.0]), 1000, 0.1)
    expected = [0.0, 0.0]
    for fired, first, second in zip(
        out[:, 0], states["current_1"][:, 0], states["current_2"][:, 0], strict=True
    ):
        expected = [expected[0] * np.exp(-0.1 / 100), expected[1] * np.exp(-0.1 / 10)]
        if fired:
            expected = [0.5 * expected[0] - 10, expected[1] - 50]
        assert [first, second] == pytest.approx(expected, rel=1e-9)
    assert out.sum() > 5


def test_level_5_s_threshold_follows_the_potential(run):
    """To a_v / b_v (v - E) under a current that does not make it fire."""
    out, states = run(GLIF(level=5), np.array([100.0]), 10_000, 0.1)
    assert out.sum() == 0
    assert states["v"][-1, 0] == pytest.approx(-55.0)
    assert states["threshold_v"][-1, 0] == pytest.approx(0.004 / 0.03 * 20)


@pytest.mark.parametrize(("level", "names"), [(2, "threshold_s"), (4, "threshold_s current_1 current_2")])
def test_only_the_states_of_a_level_exist(level, names):
    assert set(GLIF(level=level).initial()) == {"v", "refractory", *names.split()}


def test_reads_every_configuration(configurations):
    found = {path.parent.name: read_glif(path) for path in configurations.glob("*/neuron_config.json")}
    assert {name: cell.level for name, cell in found.items()} == LEVELS_OF_THE_DATA
    for name, cell in found.items():
        described = json.loads((configurations / name / "model_metadata.json").read_text())["name"]
        assert described.startswith(str(cell.level))
        assert 40 < cell.capacitance_pF < 200
        assert 1 < cell.leak_nS < 15
        assert -85 < cell.v_rest_mV < -65
        assert 15 < cell.threshold_mV < 45
        assert 1 < cell.refractory_ms < 8


def allen_simulator(config: dict, current_A: float, steps: int) -> list[int]:
    """Steps with a spike, by the rules of AllenSDK's ``GlifNeuron.run`` in SI units: Euler, a leap over the spike cut."""
    scale, dt, cut = config["coeffs"], config["dt"], config["spike_cut_length"]
    reset, follows = config["voltage_reset_method"], config["threshold_dynamics_method"]["params"]
    has_currents = config["AScurrent_dynamics_method"]["name"] == "exp"
    kept = np.array(config["AScurrent_reset_method"]["params"].get("r", [1.0, 1.0]))
    rate = 1 / np.array(config["asc_tau_array"])
    amp = np.array(config["asc_amp_array"]) * scale["asc_amp_array"] * has_currents
    a_v, b_v = follows.get("a_voltage", 0) * scale["a"], follows.get("b_voltage", 0) * scale["b"]
    a_s, b_s = follows.get("a_spike", 0.0), follows.get("b_spike", 0.0)
    v, th_s, th_v, extra = 0.0, 0.0, 0.0, np.zeros(2)
    spikes, step = [], 0
    while step < steps:
        slope = (current_A + extra.sum() - scale["G"] * v / config["R_input"]) / (config["C"] * scale["C"])
        th_v, th_s = th_v + dt * (a_v * v - b_v * th_v), th_s * np.exp(-b_s * dt)
        v, extra = v + dt * slope, extra * np.exp(-rate * dt)
        if v > config["th_inf"] * scale["th_inf"] + th_s + th_v:
            spikes.append(step)
            v = reset["params"].get("a", 0.0) * v + reset["params"].get("b", 0.0)
            th_s = th_s * np.exp(-b_s * dt * cut) + a_s
            extra = kept * extra * np.exp(-rate * dt * cut) + amp
            step += cut
        else:
            step += 1
    return spikes


def config_of_level_5() -> dict:
    """Made up, with each scale different from 1."""
    exp = {"a_spike": 2e-3, "b_spike": 100.0, "a_voltage": 4.0, "b_voltage": 20.0}
    return {
        "C": 5e-11, "R_input": 2e8, "El": 0.0, "El_reference": -0.07, "dt": 5e-5, "spike_cut_length": 60, "th_inf": 0.02,
        "asc_amp_array": [-1e-11, 1e-10], "asc_tau_array": [0.05, 0.005],
        "coeffs": {"C": 2.0, "G": 1.5, "th_inf": 1.1, "a": 0.5, "b": 1.5, "asc_amp_array": [2.0, 0.5]},
        "voltage_reset_method": {"name": "v_before", "params": {"a": 0.5, "b": 0.001}},
        "AScurrent_dynamics_method": {"name": "exp", "params": {}},
        "AScurrent_reset_method": {"name": "sum", "params": {"r": [0.9, 1.0]}},
        "threshold_dynamics_method": {"name": "three_components_exact", "params": exp},
    }  # fmt: skip


def test_si_units_become_ours(tmp_path):
    path = tmp_path / "neuron_config.json"
    path.write_text(json.dumps(config_of_level_5()))
    cell = read_glif(path)
    found = {field.name: getattr(cell, field.name) for field in dataclasses.fields(cell)}
    expected = {
        "level": 5, "capacitance_pF": 100.0, "leak_nS": 7.5, "v_rest_mV": -70.0, "threshold_mV": 22.0, "refractory_ms": 3.0,
        "reset_factor": 0.5, "reset_shift_mV": 1.0, "threshold_jump_mV": 2 * np.exp(0.3), "threshold_decay_per_ms": 0.1,
        "current_1_jump_pA": -20 * np.exp(3 / 50), "current_2_jump_pA": 50 * np.exp(3 / 5),
        "current_1_factor": 0.9, "current_2_factor": 1.0, "tau_current_1_ms": 50.0, "tau_current_2_ms": 5.0,
        "threshold_coupling_per_ms": 0.002, "threshold_voltage_decay_per_ms": 0.03,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def check_against_allen(run, path: Path) -> int:
    """For 1 s at their step; how many spikes were compared.

    Theirs resumes a step sooner after each spike; apart from that, Euler and the exact membrane differ by one step an interval at
    most.
    """
    config, cell = json.loads(path.read_text()), read_glif(path)
    current = 1.5 * cell.leak_nS * cell.threshold_mV
    config = config if "C" in config else next(iter(config.values()))
    theirs = np.array(allen_simulator(config, current * 1e-12, 20_000))
    out, _ = run(cell, np.array([current]), 20_000, 0.05)
    ours = np.flatnonzero(out[:, 0])
    assert abs(len(ours) - len(theirs)) <= 1 + len(theirs) // 50
    count = np.arange(min(len(ours), len(theirs)))
    shift = ours[: len(count)] - theirs[: len(count)] - count
    assert np.abs(np.diff(shift, prepend=0)).max() <= 1
    return len(count)


@pytest.mark.parametrize("name", LEVELS_OF_THE_DATA)
def test_fires_as_in_the_allen_simulator(run, configurations, name):
    assert check_against_allen(run, configurations / name / "neuron_config.json") > 5


def test_a_made_up_cell_fires_as_in_the_allen_simulator(run, tmp_path):
    path = tmp_path / "neuron_config.json"
    path.write_text(json.dumps(config_of_level_5()))
    assert check_against_allen(run, path) > 5


def test_refuses_what_is_no_configuration(tmp_path):
    path = tmp_path / "neuron_config.json"
    with pytest.raises(InputError, match="not a GLIF configuration"):
        read_glif(path)
    path.write_text("{")
    with pytest.raises(InputError, match="not a GLIF configuration"):
        read_glif(path)
    path.write_text(json.dumps({"C": 1.0, "R_input": 2.0}))
    with pytest.raises(InputError, match=r"not a GLIF configuration(.|\n)*coeffs"):
        read_glif(path)
    path.write_text("[1, 2]")
    with pytest.raises(InputError, match="not a GLIF configuration"):
        read_glif(path)


def test_refuses_methods_of_no_level(tmp_path):
    path = tmp_path / "neuron_config.json"
    none = {"name": "none", "params": {}}
    path.write_text(
        json.dumps({**config_of_level_5(), "voltage_reset_method": {"name": "fixed", "params": {}}})
    )
    with pytest.raises(InputError, match=r"unknown voltage_reset_method(.|\n)*fixed(.|\n)*zero, v_before"):
        read_glif(path)
    path.write_text(json.dumps({**config_of_level_5(), "AScurrent_dynamics_method": none}))
    with pytest.raises(InputError, match="no GLIF model has these methods"):
        read_glif(path)
