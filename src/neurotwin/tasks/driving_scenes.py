"""Driving scenes: ``neurotwin task driving``, traffic signs on tracks that were never trained on."""

from __future__ import annotations

import numpy as np

from neurotwin._base.registry import Registry
from neurotwin.tasks.augment import jitter, relight
from neurotwin.tasks.baselines import majority
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.gradients import discriminant_of_gradients
from neurotwin.tasks.image_classification import SPIKING_LIMITS
from neurotwin.tasks.image_classification import describe as describe_images
from neurotwin.tasks.losses import class_loss
from neurotwin.tasks.metrics import CLASSIFICATION
from neurotwin.tasks.networks import ConvolutionalNetwork, DenseNetwork, SpikingConvolutionalNetwork
from neurotwin.tasks.readers.traffic_signs import read_signs
from neurotwin.tasks.settings import Settings
from neurotwin.tasks.task import TASKS, Batch, Model, Spec, Task

MODELS: Registry[Model] = Registry("network of the task driving")
CONTRAST = {"widths": (6.0, 6.0), "noise": 5.0}
"""Of the local contrast: surroundings in pixels, and grey levels of contrast that count as nothing."""


def describe(data: TaskData) -> Spec:
    """As for any images; and the networks see each place against its surroundings, whatever light falls on the sign."""
    return {**describe_images(data), "contrast": CONTRAST}


def encode(examples: Examples, rng: np.random.Generator | None) -> Batch:
    """Images as they are; or moved, turned, scaled and lit otherwise. Never mirrored: left and right are different signs."""
    x = np.asarray(examples.x)
    if rng is not None:
        x = relight(jitter(x, rng, shift=0.1, degrees=12.0, zoom=0.12), rng)
    return Batch(x, np.asarray(examples.y))


MODELS.register("cnn")(
    Model(
        ConvolutionalNetwork,
        "local contrast, 3×3 convolutions (32, 64), pooling, dense 128, dropout, softmax",
        Settings(epochs=40, batch=32, learning_rate=1.5e-3, dropout=0.4, augment=True),
        rival="dense",
    )
)
MODELS.register("dense")(
    Model(
        DenseNetwork,
        "two hidden layers of one width, all dense",
        Settings(epochs=30, batch=32, learning_rate=1e-3, dropout=0.2, augment=True),
    )
)
MODELS.register("spiking-cnn")(
    Model(
        SpikingConvolutionalNetwork,
        "the cnn with leaky integrate-and-fire neurons, 4 time steps, surrogate gradients",
        Settings(epochs=40, batch=32, learning_rate=1.5e-3, dropout=0.1, augment=True),
        rival="cnn",
        limits=SPIKING_LIMITS,
    )
)

TASKS.register("driving")(
    Task(
        name="driving",
        title="Driving scenes: traffic signs",
        about="the kind of each traffic sign, on unseen tracks; GTSRB's folders or an npz with tracks",
        load=read_signs,
        describe=describe,
        encode=encode,
        loss=class_loss,
        metrics=CLASSIFICATION,
        models=MODELS,
        default="cnn",
        baselines={
            "oriented gradients, linear discriminant": discriminant_of_gradients,
            "most frequent class": majority,
        },
        limits=(
            "Signs are cut out already: finding them in a scene was not tested.",
            "Signs with few tracks have one or two in the test part: accuracy hardly depends on them, balanced accuracy does, and "
            "its interval is wide.",
            "One country, one camera, one season: others were not tested.",
            "One seed is one draw of first weights and of the order of examples.",
        ),
        figures=("confusion", "images"),
    )
)
