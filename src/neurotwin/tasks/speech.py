"""Spoken digits and emotional speech: ``neurotwin task spoken-digits`` and ``neurotwin task speech-emotion``."""

from __future__ import annotations

from functools import partial

import numpy as np

from neurotwin._base.registry import Registry
from neurotwin.tasks.baselines import majority
from neurotwin.tasks.data import TaskData
from neurotwin.tasks.image_classification import loss
from neurotwin.tasks.metrics import CLASSIFICATION
from neurotwin.tasks.networks import (
    ConvolutionalNetwork,
    DenseNetwork,
    RecurrentNetwork,
    SpikingConvolutionalNetwork,
)
from neurotwin.tasks.readers.speech import read_speech
from neurotwin.tasks.settings import Settings
from neurotwin.tasks.sound import Variation, encoder
from neurotwin.tasks.speech_baselines import cepstral_regression, cepstral_svm
from neurotwin.tasks.task import TASKS, Encoder, Model, Spec, Task

WIDTHS = (16, 32, 64)
"""Of the convolutional networks: clips are hundreds, not tens of thousands."""
TRAINING = Settings(epochs=30, batch=64, learning_rate=2e-3, dropout=0.4, augment=True)


def describer(encode: Encoder):
    """Shape, number of classes, mean and standard deviation of the training pictures."""

    def describe(data: TaskData) -> Spec:
        x = np.asarray(encode(data.train, None).x)
        return {
            "shape": x.shape[1:],
            "classes": len(data.classes),
            "mean": float(x.mean(dtype=np.float64)),
            "sd": float(x.std(dtype=np.float64)) or 1.0,
            "widths": WIDTHS,
        }

    return describe


def networks(task: str, training: Settings, least_steps: int) -> Registry[Model]:
    """The networks that listen to speech, with one way to train them."""
    models: Registry[Model] = Registry(f"network of the task {task}")
    models.register("cnn")(
        Model(
            ConvolutionalNetwork,
            "3×3 convolutions (16, 32) over time and frequency, pooling, dense 64, dropout, softmax",
            training,
            least_steps,
            rival="dense",
        )
    )
    models.register("recurrent")(
        Model(
            RecurrentNetwork,
            "gated recurrent units, 64 in each direction over time, softmax on the mean of their states",
            training,
            least_steps,
            rival="dense",
        )
    )
    models.register("spiking-cnn")(
        Model(
            SpikingConvolutionalNetwork,
            "the cnn with leaky integrate-and-fire neurons, 4 time steps, surrogate gradients",
            training,
            least_steps,
            rival="cnn",
            limits=(
                "The whole picture of a clip is a constant current into the spiking network: it does not listen as time goes by.",
            ),
        )
    )
    models.register("dense")(
        Model(DenseNetwork, "two hidden layers of one width, all dense", training, least_steps)
    )
    return models


LIMITS = (
    "One draw of the tested speakers is one draw: between speakers accuracy differs by more than between seeds, and with one "
    "tested speaker there is no interval.",
    "Clips are cut to one utterance: finding speech in a stream, in noise or far from the microphone was not tested.",
)
SPELL = encoder(windows=32, mels=24, variation=Variation())
FEEL = encoder(windows=64, mels=40, variation=Variation(warp=0.1))
BASELINES = {
    "cepstra and support vectors": cepstral_svm,
    "cepstra and regression": cepstral_regression,
    "most frequent class": majority,
}

TASKS.register("spoken-digits")(
    Task(
        name="spoken-digits",
        title="Spoken digits",
        about="the digit that an unheard speaker says; FSDD from the data folder, an npz, or a folder of wav files",
        load=partial(read_speech, usual="fsdd_4speakers.npz"),
        describe=describer(SPELL),
        encode=SPELL,
        loss=loss,
        metrics=CLASSIFICATION,
        models=networks("spoken-digits", TRAINING, 600),
        default="cnn",
        baselines=BASELINES,
        limits=LIMITS,
        figures=("confusion", "spectrograms"),
    )
)
TASKS.register("speech-emotion")(
    Task(
        name="speech-emotion",
        title="Speech emotion",
        about="the emotion that an unheard speaker plays; EMO-DB from the data folder, an npz, or a folder of wav files",
        load=partial(read_speech, usual="emodb_7speakers.npz"),
        describe=describer(FEEL),
        encode=FEEL,
        loss=loss,
        # balanced accuracy first: emotions are not equally frequent
        metrics=(CLASSIFICATION[1], CLASSIFICATION[0], *CLASSIFICATION[2:]),
        models=networks("speech-emotion", TRAINING, 600),
        default="cnn",
        baselines=BASELINES,
        limits=LIMITS,
        figures=("confusion", "spectrograms"),
    )
)
