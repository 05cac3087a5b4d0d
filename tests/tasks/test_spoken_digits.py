"""Spoken digits: the recurrent network against a slow loop, the simple methods, and a whole run on a few made-up voices."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from scipy.io import wavfile

from neurotwin._base.errors import InputError
from neurotwin.pipeline.task import run_task
from neurotwin.tasks import TASKS, Examples, TaskData
from neurotwin.tasks.networks import RecurrentNetwork
from neurotwin.tasks.prosody import CEPSTRA
from neurotwin.tasks.speech_baselines import SEGMENTS, cepstral_features

SPEC = {"shape": (6, 5, 1), "classes": 3, "mean": 1.0, "sd": 2.0, "units": 4, "dropout": 0.5}


def test_the_recurrent_network_is_two_loops_and_a_mean():
    network = RecurrentNetwork(SPEC, jax.random.key(0))
    x = np.random.default_rng(0).normal(size=(2, 6, 5, 1)).astype(np.float32)
    told = network(x)
    for i in range(2):
        rows, means = (x[i, :, :, 0] - 1.0) / 2.0, []
        for cell, order in ((network.forward, rows), (network.backward, rows[::-1])):
            state, states = np.zeros(4, np.float32), []
            for row in order:
                state = cell(row, state)
                states.append(state)
            means.append(np.mean(states, 0))
        expected = network.out.weight @ np.concatenate(means) + network.out.bias
        np.testing.assert_allclose(told[i], expected, atol=1e-5)


def test_the_recurrent_network_hears_the_order_of_time():
    network = RecurrentNetwork(SPEC, jax.random.key(0))
    x = np.random.default_rng(0).normal(size=(1, 6, 5, 1)).astype(np.float32)
    assert np.abs(network(x) - network(x[:, ::-1])).max() > 1e-3


def test_cepstral_features_of_a_steady_and_a_moving_sound():
    steady = np.full((1, 10, 24, 1), 3.0)
    found = cepstral_features(steady)[0].reshape(SEGMENTS + 1, CEPSTRA)
    # a flat spectrum has only the coefficient of its level: 3 √24
    np.testing.assert_allclose(found[:SEGMENTS, 0], 3 * np.sqrt(24))
    np.testing.assert_allclose(found[:SEGMENTS, 1:], 0, atol=1e-9)
    np.testing.assert_allclose(found[SEGMENTS], 0, atol=1e-9)
    moving = steady * np.arange(10)[None, :, None, None]
    found = cepstral_features(moving)[0].reshape(SEGMENTS + 1, CEPSTRA)
    np.testing.assert_allclose(found[:SEGMENTS, 0], 3 * np.sqrt(24) * np.arange(0.5, 10, 2))
    assert found[SEGMENTS, 0] == pytest.approx(3 * np.sqrt(24) * np.arange(10).std())


def test_a_validation_part_may_share_speakers_and_the_test_part_may_not():
    def part(*speakers):
        return Examples(np.zeros((4, 2)), np.array([0, 1, 0, 1]), np.resize(speakers, 4))

    data = TaskData(part("a", "b"), part("a"), part("c"), ("0", "1"), validation_shares_groups=True)
    assert data.leaks() == {"train and validation": ["a"]}
    for parts in ((part("a"), part("a"), part("a")), (part("a"), part("b", "c"), part("c"))):
        with pytest.raises(InputError, match="the split leaks"):
            TaskData(*parts, ("0", "1"), validation_shares_groups=True)
    with pytest.raises(InputError, match="in train and validation: a"):
        TaskData(part("a", "b"), part("a"), part("c"), ("0", "1"))


@pytest.fixture
def voices(tmp_path):
    """Three voices that say a rising or a falling tone, each at a pitch of its own."""
    folder, rng = tmp_path / "voices", np.random.default_rng(0)
    folder.mkdir()
    t = np.arange(2400) / 8000
    for speaker, pitch in {"ann": 1.2, "bob": 1.0, "cem": 0.9}.items():
        for digit in (0, 1):
            for take in range(15):
                slope = (2 * digit - 1) * rng.uniform(1500, 2500)
                phase = 2 * np.pi * pitch * (1200 * t + slope * (t - t[-1] / 2) * t / 2)
                wave = 8000 * np.sin(phase) + 300 * rng.normal(size=len(t))
                wavfile.write(folder / f"{digit}_{speaker}_{take}.wav", 8000, wave.astype(np.int16))
    return folder


def test_a_whole_run_on_files_of_ones_own(voices, tmp_path):
    result = run_task("spoken-digits", tmp_path / "run", data=voices, epochs=8, batch=16)
    for model in ("cnn-ensemble", "baseline: cepstra and support vectors"):
        assert result.scores.get(model=model, metric="accuracy").value > 0.9
    assert result.scores.get(model="baseline: most frequent class", metric="accuracy").value == 0.5
    page = (result.folder / "report.html").read_text()
    for words in (
        "tested on",
        "2 groups are both in train and validation",
        "as their publisher says",
        "one tested speaker",
        "without an interval: too few groups",
    ):
        assert words in page
    assert "indistinguishable from" not in page


@pytest.mark.slow
@pytest.mark.parametrize("model", ["recurrent", "spiking-cnn"])
def test_other_networks_learn_too(voices, tmp_path, model):
    from neurotwin.tasks import fit, outputs_of

    task = TASKS["spoken-digits"]
    data, chosen = task.load(voices, False), task.models[model]
    settings = chosen.settings_for(len(data.train), epochs=25, batch=16)
    network = chosen.build({**task.describe(data), "dropout": 0.1}, jax.random.key(0))
    fitted = fit(network, data.train, data.validation, task, settings)
    outputs = outputs_of(fitted.network, data.test, task.encode)
    assert (outputs.argmax(-1) == data.test.y).mean() > 0.85
