"""What recognising signs needs: light, gradients, one contrast for all images, tracks by sign."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from neurotwin.tasks import TASKS, Examples, TaskData, hold_out
from neurotwin.tasks.augment import relight
from neurotwin.tasks.gradients import CELL, ORIENTATIONS, oriented_gradients
from neurotwin.tasks.layers import LocalContrast, StandardiseEach, scaling

RNG = np.random.default_rng(0)


def stripes(angle, side=32):
    r, c = np.mgrid[:side, :side]
    return (127 * (1 + np.sin((np.cos(angle) * c + np.sin(angle) * r) * 0.9)))[None, ..., None]


def test_lighting_and_contrast_go():
    x = RNG.integers(0, 100, (3, 8, 8, 3)).astype(np.float32)
    layer = StandardiseEach(0.5)
    np.testing.assert_allclose(layer(jnp.asarray(2 * x + 30)), layer(jnp.asarray(x)), atol=1e-5)
    told = np.asarray(layer(jnp.asarray(x)))
    np.testing.assert_allclose(told.mean((1, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(told.std((1, 2, 3)), 1, atol=1e-5)


def test_an_even_image_is_not_blown_up():
    told = StandardiseEach(5.0)(
        jnp.asarray(np.full((1, 4, 4, 1), 7.0) + RNG.normal(size=(1, 4, 4, 1)) * 1e-3)
    )
    assert np.abs(told).max() < 1e-2
    assert isinstance(scaling({"mean": 1.0, "sd": 50.0, "each": True}), StandardiseEach)


def test_light_changes_the_tone_and_keeps_the_order():
    x = np.linspace(0, 255, 64, dtype=np.float32).reshape(1, 8, 8, 1)
    told = relight(x, np.random.default_rng(3), noise=0.0)
    assert np.abs(told - x).max() > 5
    assert (np.diff(told.ravel()) > 0).all()
    assert told.ravel()[[0, -1]] == pytest.approx([0, 255])
    assert np.std(relight(x, np.random.default_rng(3)) - told) > 0.1


def test_stripes_vote_for_their_direction_and_for_none_across():
    for k in range(ORIENTATIONS):
        found = oriented_gradients(stripes(np.pi * k / ORIENTATIONS))
        votes = found.reshape(-1, ORIENTATIONS).sum(0)
        assert votes.argmax() == k
        assert votes[(k + ORIENTATIONS // 2) % ORIENTATIONS] < 0.2 * votes[k]


def test_blocks_have_length_one_whatever_the_contrast():
    x = RNG.integers(0, 256, (2, 32, 32, 3)).astype(np.uint8)
    found = oriented_gradients(x)
    places = 32 // CELL - 1
    assert found.shape == (2, places * places * 4 * ORIENTATIONS)
    lengths = np.linalg.norm(found.reshape(2, places**2, -1), axis=-1)
    np.testing.assert_allclose(lengths, 1, atol=1e-3)
    np.testing.assert_allclose(oriented_gradients(x * 0.5), found, atol=1e-3)


def test_signs_with_few_tracks_are_in_both_parts():
    y = np.repeat([0, 1, 2], [4, 40, 2])
    groups = np.arange(46) // 2
    stay, held = hold_out(y, 0.2, groups=groups)
    assert set(y[stay]) == {0, 1, 2}
    assert set(y[held]) == {0, 1}  # the third sign has one track, which stays
    assert len(np.unique(groups[held][y[held] == 1])) == 4
    assert not set(groups[stay]) & set(groups[held])


def test_gradients_with_a_discriminant_tell_stripes_apart():
    def part(n):
        y = np.arange(n) % 3
        x = np.concatenate([stripes(np.pi * k / 3 + RNG.normal() * 0.1) for k in y])
        return Examples(x + RNG.normal(size=x.shape) * 20, y)

    data = TaskData(part(60), part(9), part(60), classes=("a", "b", "c"))
    predict = TASKS["driving"].baselines["oriented gradients, linear discriminant"](TASKS["driving"], data, 0)
    assert (predict(data.test).argmax(-1) == data.test.y).mean() > 0.95


def test_local_contrast_knows_neither_light_nor_its_slope():
    layer = LocalContrast((6.0, 6.0), 5.0)
    x = np.tile(stripes(0.3, 64), (1, 1, 1, 3))
    slope = np.linspace(0, 60, 64)[None, None, :, None]
    plain, lit = (
        np.asarray(layer(jnp.asarray(picture)))[:, 16:-16, 16:-16] for picture in (x / 2, x / 2 + slope)
    )
    assert np.corrcoef(plain.ravel(), lit.ravel())[0, 1] > 0.99
    # contrast is of size one where there is any, and an even surface stays even
    assert 0.8 < plain.std() < 1.2
    even = np.full((1, 32, 32, 3), 90.0) + RNG.normal(size=(1, 32, 32, 3)) / 4
    assert np.abs(layer(jnp.asarray(even))).max() < 0.3


def test_local_contrast_is_what_scipy_filters():
    x = RNG.uniform(0, 255, (2, 20, 12, 3)).astype(np.float32)
    centred = x - gaussian_filter(x, (0, 4, 3, 0))
    local = gaussian_filter((centred.mean(-1, keepdims=True)) ** 2, (0, 4, 3, 0))
    layer = scaling({"mean": 0.0, "sd": 1.0, "contrast": {"widths": [4.0, 3.0], "noise": 2.0}})
    np.testing.assert_allclose(layer(jnp.asarray(x)), centred / np.sqrt(local + 4), rtol=1e-4, atol=1e-4)
