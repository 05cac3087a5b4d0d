"""Pictures of calibration and saliency: what they say in words is what they were given."""

from __future__ import annotations

import numpy as np
import pandas as pd

from neurotwin.evaluation import Scorecard
from neurotwin.report.task import TaskContent
from neurotwin.report.task.reliability import reliability
from neurotwin.report.task.saliency import saliency


def content(**details):
    return TaskContent(
        "t", "a", "cnn", "auc", Scorecard([]), pd.DataFrame(), (), "s", {}, ("normal", "ill"), details=details
    )


def test_reliability_states_the_gap():
    bins = (np.array([3, 0, 1]), np.array([0.1, np.nan, 0.9]), np.array([0.2, np.nan, 0.5]))
    drawn = reliability(content(reliability={"after": bins}))
    assert drawn is not None
    assert "after, claim and observation differ by 0.175" in drawn.alt  # (3 · 0.1 + 1 · 0.4) / 4
    assert "claimed probability of ill" in drawn.svg


def test_saliency_names_its_images():
    maps = {
        "titles": ["ill, right", "normal, wrong"],
        "image": np.ones((2, 4, 4, 1)),
        "trained": np.random.default_rng(0).random((2, 4, 4)),
        "untrained": np.zeros((2, 4, 4)),
    }
    drawn = saliency(content(saliency=maps))
    assert drawn is not None
    assert "normal, wrong" in drawn.alt
    assert drawn.svg.count("<image") == 6


def test_without_their_arrays_there_is_no_picture():
    assert reliability(content()) is None
    assert saliency(content()) is None
