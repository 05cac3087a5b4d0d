"""A whole run of the task driving on a small file of stripes that stand for signs."""

from __future__ import annotations

import numpy as np
import pytest

from neurotwin.pipeline.task import run_task


@pytest.mark.slow
def test_spikes_and_rectifiers_side_by_side_on_unseen_tracks(tmp_path):
    rng = np.random.default_rng(0)
    y, tracks = np.repeat(np.arange(3), 60), np.tile(np.repeat(np.arange(12), 5), 3)
    r, c = np.mgrid[:16, :16]
    angles = np.pi * y / 3 + rng.normal(size=180) * 0.05
    waves = np.stack([np.sin(0.9 * (np.cos(a) * c + np.sin(a) * r) + rng.random()) for a in angles])
    x = (127 + 60 * waves[..., None] + rng.normal(size=(180, 16, 16, 3)) * 20).clip(0, 255).astype(np.uint8)
    np.savez(tmp_path / "stripes.npz", x_train=x, y_train=y, track_train=tracks)
    done = run_task(
        "driving",
        tmp_path / "run",
        data=tmp_path / "stripes.npz",
        model="spiking-cnn",
        epochs=6,
        batch=12,
        augment=False,
    )
    for model, least in (
        ("spiking-cnn", 0.6),
        ("baseline: cnn, same size", 0.9),
        ("baseline: oriented gradients, linear discriminant", 0.9),
    ):
        assert done.scores.get(model=model, metric="accuracy").value >= least
    page = (done.folder / "report.html").read_text()
    assert "of each class's tracks were drawn for the test part" in page.replace("&#39;", "'")
    assert "finding them in a scene was not tested" in page
