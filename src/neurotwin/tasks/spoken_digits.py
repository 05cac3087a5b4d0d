"""Spoken digits by speakers who were never heard: ``neurotwin task spoken-digits``."""

from __future__ import annotations

from functools import partial

import numpy as np

from neurotwin.tasks.baselines import majority
from neurotwin.tasks.data import TaskData
from neurotwin.tasks.losses import class_loss
from neurotwin.tasks.metrics import CLASSIFICATION
from neurotwin.tasks.readers.speech import FSDD, read_speech
from neurotwin.tasks.sound import Variation, encoder
from neurotwin.tasks.speech import FEW_SPEAKERS, MODELS, OPTIONS
from neurotwin.tasks.speech_baselines import cepstral_regression, cepstral_svm
from neurotwin.tasks.task import TASKS, Spec, Task

CONTRAST = {"widths": (6.0, 5.0), "noise": 0.3}
"""Of the local contrast: surroundings in windows and bands, so that a microphone's tilt goes; units of 10 dB."""

MEMBERS = 6
"""Of the ensembles: more of them answer better, by ever less."""

encode = encoder(windows=32, mels=24, variation=Variation())
"""24 bands, a telephone's: wide enough that a voice's pitch is hardly seen."""


def describe(data: TaskData) -> Spec:
    """Shape of a picture and number of classes; the networks see local contrast."""
    shape = np.shape(encode(data.train.take(np.arange(1)), None).x)[1:]
    return {"shape": shape, "classes": len(data.classes), "contrast": CONTRAST, "members": MEMBERS}


TASKS.register("spoken-digits")(
    Task(
        name="spoken-digits",
        title="Spoken digits",
        about="the digit that an unheard speaker says; FSDD from the data folder, an npz, or a folder of wav files",
        load=partial(read_speech, usual=FSDD),
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
            FEW_SPEAKERS,
            "Synthetic voices, where they are added, are sixteen synthesizers' voices: nobody's way of speaking, and few accents.",
            "Clips are cut to one utterance: finding speech in a stream, in noise or far from the microphone was not tested.",
        ),
        figures=("confusion", "spectrograms"),
        options={
            **OPTIONS,
            "voices": "synthetic adds a synthesizer's clips to the training part, as for FSDD if nothing is said; none",
        },
    )
)
