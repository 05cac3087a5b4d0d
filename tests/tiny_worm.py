"""Fixtures that several folders share: two animals of a worm of six neurons, and one training budget that compiles once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import jax
import numpy as np
import pandas as pd
import pytest

from neurotwin.biology import Biology, Connectome, Recording
from neurotwin.blueprint import Blueprint, design
from neurotwin.training import Split, TrainingConfig, fit, standardised_recordings

NEURONS = ("AL", "AR", "BL", "BR", "C", "D")
RECORDED = ("AL", "AR", "BL", "C", "D")


@contextmanager
def little_optimised() -> Iterator[None]:
    """Programs are compiled with little optimisation."""
    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", True)
    try:
        yield
    finally:
        jax.config.update("jax_disable_most_optimizations", before)


@pytest.fixture(autouse=True, scope="module")
def compile_quickly() -> Iterator[None]:
    """Nothing here runs for long, so little is gained by optimising it.

    For one module at a time: a folder without ``__init__.py`` is no package, and a package's scope would last to the end of the
    session, where other tests compare this process with another one bit by bit.
    """
    with little_optimised():
        yield


@pytest.fixture(scope="package")
def biology() -> Biology:
    """All kinds of synapses; two recordings in which neurons follow two slow signals."""
    chemical = [
        ("AL", "BL", 3, 1),
        ("AR", "BR", 5, 1),
        ("BL", "C", 2, -1),
        ("BR", "C", 4, -1),
        ("C", "D", 4, 0),
        ("D", "AL", 1, 0),
    ]
    rows = [(pre, post, "chemical", weight, sign) for pre, post, weight, sign in chemical]
    rows += [("BL", "BR", "electrical", 2, 0), ("BR", "BL", "electrical", 2, 0), ("D", "BL", "peptide", 1, 0)]
    synapses = pd.DataFrame(rows, columns=["pre", "post", "kind", "weight", "sign"])
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(2, len(RECORDED)))
    recordings = []
    for subject in ("w0", "w1"):
        signal = rng.normal(size=(60, 2))
        for t in range(1, 60):
            signal[t] += 0.85 * signal[t - 1]
        activity = signal @ mixing + 0.1 * rng.normal(size=(60, len(RECORDED)))
        recordings.append(Recording(activity, RECORDED, dt_ms=500.0, subject=subject))
    return Biology("tiny", Connectome(pd.DataFrame({"name": NEURONS}), synapses), tuple(recordings))


@pytest.fixture(scope="package")
def blueprint(biology: Biology) -> Blueprint:
    return design(biology, motif_nulls=0)


@pytest.fixture(scope="package")
def split() -> Split:
    return Split(validation_frames=10, test_frames=10)


@pytest.fixture(scope="package")
def recordings(biology: Biology, split: Split) -> tuple[Recording, ...]:
    return standardised_recordings(biology, split)


@pytest.fixture(scope="package")
def config() -> TrainingConfig:
    """A window is the whole training stretch: only who runs free differs from step to step."""
    return TrainingConfig(
        learning_rate=0.05,
        steps=40,
        windows=3,
        window_frames=40,
        burn_frames=3,
        forecast_windows=1,
        horizon_frames=6,
        validate_every=10,
        patience=3,
    )


@pytest.fixture(scope="package")
def tiny_fit(blueprint, recordings, config, split) -> Callable[..., Any]:
    """``fit`` with the defaults of this file; anything can be given otherwise."""
    return partial(fit, blueprint, recordings, config=config, split=split)
