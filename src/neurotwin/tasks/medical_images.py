"""Medical images: ``neurotwin task medical``."""

from __future__ import annotations

import numpy as np

from neurotwin._base.registry import Registry
from neurotwin.tasks.augment import jitter, relight
from neurotwin.tasks.baselines import gradient_boosted_trees, majority, softmax_regression
from neurotwin.tasks.calibration import Calibration, claims, reliability
from neurotwin.tasks.clinical_metrics import AT_THRESHOLD, CLINICAL, SPECIFICITY, settle
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.image_classification import describe_each
from neurotwin.tasks.losses import class_loss
from neurotwin.tasks.networks import ConvolutionalNetwork, DenseNetwork
from neurotwin.tasks.readers.medical import read_medical, shares
from neurotwin.tasks.saliency import DRAWS, SHARE, check, saliency
from neurotwin.tasks.settings import Settings
from neurotwin.tasks.task import TASKS, Batch, Explained, Model, Spec, Task, Trained

MODELS: Registry[Model] = Registry("network of the task medical")
WIDTHS = (16, 32, 64)
"""Of the convolutional network: MedMNIST's files have thousands of images, not tens of thousands."""
FAR = 0.05
"""A specificity that much below the one that was asked for is remarked on."""
CHECKED = 64
"""Test images, evenly spread, whose saliency is checked."""


def describe(data: TaskData) -> Spec:
    """As for any images, each brought to one brightness and contrast; and the network's widths."""
    return {**describe_each(data), "widths": WIDTHS}


def encode(examples: Examples, rng: np.random.Generator | None) -> Batch:
    """Images as they are; or moved, turned, scaled and in other tones. Never mirrored: the heart is on the left."""
    x = np.asarray(examples.x)
    return Batch(x if rng is None else relight(jitter(x, rng), rng, gamma=0.3), np.asarray(examples.y))


def explain(trained: Trained) -> Explained:
    """Reliability before and after calibration; saliency of a hit and of a mistake of each kind, beside an untrained network's."""
    network, untrained, data, outputs = trained.network, trained.untrained(), trained.data, trained.outputs
    settled = trained.settled
    assert settled is not None and isinstance(settled.adjust, Calibration)  # the task settles it
    y, calibration = np.asarray(data.test.y), settled.adjust
    x = np.asarray(data.test.x)
    rows = np.unique(np.linspace(0, len(y) - 1, CHECKED).astype(int))
    told = outputs.argmax(-1)
    maps, blank = (saliency(n, x[rows], told[rows]) for n in (network, untrained))
    found = check(network, maps, blank, x[rows], told[rows])
    shown = _examples(outputs, y)
    titles = [f"{data.classes[told[i]]}, {'right' if told[i] == y[i] else 'wrong'}" for i in shown]
    (specificity,) = (metric.of for metric in settled.metrics if metric.name == AT_THRESHOLD)
    kept = specificity(outputs, data.test)(np.arange(len(y)))
    offset = calibration.shift[-1]
    notes = (
        shares(data),
        f"Probabilities were calibrated on the validation part, whose shares they assume: scores × {calibration.scale:.2f}"
        + (f", and {offset:+.2f} for {data.classes[1]}" if len(data.classes) == 2 else "")
        + ". Scores ending in “uncalibrated” are those before it.",
        f"Thresholds are the lowest that reach {SPECIFICITY:.0%} specificity on the validation part. On the test part specificity "
        f"is then {kept:.0%}"
        + (
            ": its images differ, since the shares of the classes do not act on it."
            if kept < SPECIFICITY - FAR
            else "."
        ),
        f"Saliency: the gradient of the answer's log odds, mean over {DRAWS} noisy copies. On {len(rows)} test images the "
        f"rank correlation with the maps of an untrained network is {found.correlation:.2f}. With the {SHARE:.0%} most salient "
        f"pixels set to the image's mean the log odds of the answer fall by {found.salient:.2f} nats, with as many random "
        f"pixels by {found.random:.2f}.",
    )
    details = {
        "grey": "gray",  # bright is dense, as on the film
        "reliability": {
            "before calibration": reliability(*claims(calibration.undo(outputs), y)),
            "after calibration": reliability(*claims(outputs, y)),
        },
        "saliency": {
            "titles": titles,
            "image": x[shown].astype(np.float32),
            "trained": saliency(network, x[shown], told[shown]),
            "untrained": saliency(untrained, x[shown], told[shown]),
        },
    }
    return Explained(notes, details)


def _examples(outputs: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Rows: the surest right and the surest wrong answer for each of the last two classes, as far as there are any."""
    told = outputs.argmax(-1)
    margin = np.sort(outputs, axis=1)[:, -1] - np.sort(outputs, axis=1)[:, -2]
    found = []
    for right in (True, False):
        for kind in np.unique(told)[-2:]:
            rows = np.flatnonzero((told == kind) & ((told == y) == right))
            if len(rows):
                found.append(rows[margin[rows].argmax()])
    return np.array(found)


MODELS.register("cnn")(
    Model(
        ConvolutionalNetwork,
        "3×3 convolutions (16, 32), pooling, dense 64, dropout, softmax",
        Settings(epochs=20, batch=64, learning_rate=2e-3, dropout=0.4, augment=True),
        rival="dense",
    )
)
MODELS.register("dense")(
    Model(
        DenseNetwork,
        "two hidden layers of one width, all dense",
        Settings(epochs=20, batch=64, learning_rate=1e-3, dropout=0.2, augment=True),
    )
)

TASKS.register("medical")(
    Task(
        name="medical",
        title="Medical images",
        about="a finding in each image, with calibrated probabilities; PneumoniaMNIST or any MedMNIST npz",
        load=read_medical,
        describe=describe,
        encode=encode,
        loss=class_loss,
        metrics=CLINICAL,
        models=MODELS,
        default="cnn",
        baselines={
            "softmax regression": softmax_regression,
            "gradient-boosted trees": gradient_boosted_trees,
            "most frequent class": majority,
        },
        limits=(
            "This is no medical device: nothing was tested on other hospitals, machines or ages than the data's own.",
            "Probabilities hold where the classes are as frequent as in the validation part; elsewhere they are to be fitted anew.",
            "The validation part chose the epoch too, so calibration and threshold are a little too good there.",
            "One seed is one draw of first weights and of the order of examples.",
            "A saliency map says what the answer is sensitive to, not where the disease is.",
        ),
        figures=("reliability", "saliency", "confusion", "images"),
        settle=settle,
        explain=explain,
    )
)
