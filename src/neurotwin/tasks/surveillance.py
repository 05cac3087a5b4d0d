"""Surveillance: ``neurotwin task surveillance``."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from neurotwin._base.registry import Registry
from neurotwin.tasks.anomaly_baselines import (
    background_subtraction,
    exemplary_motion,
    gaussian_motion,
    nearest_motion,
    persistence,
    principal_components,
)
from neurotwin.tasks.anomaly_metrics import ANOMALY
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.networks.motion_predictor import MotionPredictor
from neurotwin.tasks.readers.frames import read_clips
from neurotwin.tasks.settings import Settings
from neurotwin.tasks.streaming import measure_stream
from neurotwin.tasks.task import TASKS, Batch, Explained, Model, Spec, Task

MODELS: Registry[Model] = Registry("network of the task surveillance")
PADDING = -1
LEAST_SD = 1e-3
"""Of a feature: where nothing ever moves."""


def describe(data: TaskData) -> Spec:
    """The background; mean and standard deviation of the motion features of exemplary patches of the training part."""
    known = exemplary_motion(data, seed=0)
    return {
        "background": np.asarray((data.facts or {})["background"]).tolist(),
        "mean": known.mean(0).tolist(),
        "sd": (known.std(0) + LEAST_SD).tolist(),
    }


def encode(examples: Examples, rng: np.random.Generator | None) -> Batch:
    """Clips ``[clip, time, row, column]`` and labels ``[clip, time]``, as long as the longest, filled up with the last frame."""
    longest = max(map(len, examples.x))
    frames = [x[np.minimum(np.arange(longest), len(x) - 1)] for x in examples.x]
    labels = [np.pad(y, (0, longest - len(y)), constant_values=PADDING) for y in examples.y]
    return Batch(np.stack(frames), np.stack(labels).astype(np.int32))


def loss(outputs: Any, y: Any) -> jax.Array:
    """-log p of a patch's motion, nats, mean over the normal frames of a clip: ``[clip]``."""
    outputs, normal = outputs[:, : y.shape[1]], y == 0
    return jnp.where(normal, outputs[..., 0], 0.0).sum(1) / jnp.maximum(1, normal.sum(1))


def _feed_forward(spec: Spec, key: jax.Array) -> MotionPredictor:
    return MotionPredictor(spec, key, recurrent=False)


TRAINING = Settings(epochs=12, batch=8, learning_rate=3e-3)
MODELS.register("recurrent")(
    Model(
        MotionPredictor,
        "each patch foretells its motion 20 frames ahead: a dense layer, gated recurrent units, a mixture of Gaussians; one set of "
        "weights",
        TRAINING,
        least_steps=120,
        rival="window",
        limits=(
            "It is told of movement and contrast, not of shape: who carries what nobody should is as usual as anybody.",
        ),
    )
)
MODELS.register("window")(
    Model(
        _feed_forward,
        "the same with dense layers on four frames in place of the recurrent ones",
        TRAINING,
        120,
    )
)

TASKS.register("surveillance")(
    Task(
        name="surveillance",
        title="Surveillance",
        about="anomalies in video of one fixed camera, frame by frame, learned from normal clips alone; UCSD Ped2",
        load=read_clips,
        describe=describe,
        encode=encode,
        loss=loss,
        metrics=ANOMALY,
        models=MODELS,
        default="recurrent",
        baselines={
            "nearest motion": nearest_motion,
            "Gaussian motion": gaussian_motion,
            "principal components": principal_components,
            "background subtraction": background_subtraction,
            "persistence": persistence,
        },
        limits=(
            "One fixed camera and one scene: the background is part of the network, and another camera needs its own training.",
            "frame_auc takes all frames of all test clips together, under one threshold and from past frames alone. "
            "frame_auc_rescaled stretches each clip to 0–1 with its future frames, as many papers do: for comparison only.",
            "Frames of a clip are alike, so that intervals resample whole clips; with few clips they are wide and rough.",
            "The validation AUC is on objects that were cut out of normal clips and pasted in faster or larger: "
            "it says little about other anomalies.",
            "Where in the image the anomaly is was not scored, only in which frame.",
        ),
        figures=("stream", "surprise"),
        explain=lambda trained: Explained(
            measured=measure_stream(trained.network, trained.outputs, trained.data.test)
        ),
    )
)
