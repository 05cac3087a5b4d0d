"""Spoken digits by speakers who were never heard: ``neurotwin task spoken-digits``."""

from __future__ import annotations

from functools import partial

import numpy as np

from neurotwin._base.registry import Registry
from neurotwin.tasks.baselines import majority
from neurotwin.tasks.data import TaskData
from neurotwin.tasks.losses import class_loss
from neurotwin.tasks.metrics import CLASSIFICATION
from neurotwin.tasks.networks import (
    ConvolutionalNetwork,
    DenseNetwork,
    RecurrentNetwork,
    SpikingConvolutionalNetwork,
)
from neurotwin.tasks.networks.together import together
from neurotwin.tasks.readers.speech import read_speech
from neurotwin.tasks.settings import Settings
from neurotwin.tasks.sound import Variation, encoder
from neurotwin.tasks.speech_baselines import cepstral_regression, cepstral_svm
from neurotwin.tasks.task import TASKS, Model, Spec, Task

MODELS: Registry[Model] = Registry("network of the task spoken-digits")
TRAINING = Settings(epochs=80, batch=64, learning_rate=2e-3, dropout=0.4, augment=True)
LEAST_STEPS = 600
CONTRAST = {"widths": (6.0, 5.0), "noise": 0.3}
"""Of the local contrast: surroundings in windows and bands, so that a microphone's tilt goes; units of 10 dB."""

encode = encoder(windows=32, mels=24, variation=Variation())
"""24 bands, a telephone's: wide enough that a voice's pitch is hardly seen."""


def describe(data: TaskData) -> Spec:
    """Shape of a picture and number of classes; the networks see local contrast."""
    shape = np.shape(encode(data.train.take(np.arange(1)), None).x)[1:]
    return {"shape": shape, "classes": len(data.classes), "contrast": CONTRAST}


MODELS.register("cnn-ensemble")(
    Model(
        together(ConvolutionalNetwork),
        "three cnn that are trained side by side and answer together",
        TRAINING,
        LEAST_STEPS,
        rival="dense-ensemble",
    )
)
MODELS.register("cnn")(
    Model(
        ConvolutionalNetwork,
        "3×3 convolutions (32, 64) over time and frequency, pooling, dense 128, dropout, softmax",
        TRAINING,
        LEAST_STEPS,
        rival="dense",
    )
)
MODELS.register("recurrent")(
    Model(
        RecurrentNetwork,
        "gated recurrent units, 64 in each direction over time, softmax on the mean of their states",
        TRAINING,
        LEAST_STEPS,
        rival="dense",
    )
)
MODELS.register("spiking-cnn")(
    Model(
        SpikingConvolutionalNetwork,
        "the cnn with leaky integrate-and-fire neurons, 4 time steps, surrogate gradients",
        TRAINING,
        LEAST_STEPS,
        rival="cnn",
        limits=(
            "The whole picture of a clip is a constant current into the spiking network: it does not listen as time goes by.",
        ),
    )
)
MODELS.register("dense")(
    Model(DenseNetwork, "two hidden layers of one width, all dense", TRAINING, LEAST_STEPS)
)
MODELS.register("dense-ensemble")(
    Model(together(DenseNetwork), "three dense that answer together", TRAINING, LEAST_STEPS)
)

TASKS.register("spoken-digits")(
    Task(
        name="spoken-digits",
        title="Spoken digits",
        about="the digit that an unheard speaker says; FSDD from the data folder, an npz, or a folder of wav files",
        load=partial(read_speech, usual="fsdd_4speakers.npz"),
        describe=describe,
        encode=encode,
        loss=class_loss,
        metrics=CLASSIFICATION,
        models=MODELS,
        default="cnn-ensemble",
        baselines={
            "cepstra and support vectors": cepstral_svm,
            "cepstra and regression": cepstral_regression,
            "most frequent class": majority,
        },
        limits=(
            "One draw of the tested speakers is one draw: between speakers accuracy differs by more than between seeds, and with "
            "one tested speaker there is no interval.",
            "Synthetic voices, where they are added, are sixteen synthesizers' voices: nobody's way of speaking, and few accents.",
            "Clips are cut to one utterance: finding speech in a stream, in noise or far from the microphone was not tested.",
        ),
        figures=("confusion", "spectrograms"),
        options={
            "voices": "synthetic adds a synthesizer's clips to the training part, as for FSDD if nothing is said; none"
        },
    )
)
