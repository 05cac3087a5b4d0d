"""Emotion in the voice of speakers who were never heard: ``neurotwin task speech-emotion``."""

from __future__ import annotations

from functools import partial

import numpy as np

from neurotwin.tasks.baselines import majority
from neurotwin.tasks.data import TaskData
from neurotwin.tasks.losses import class_loss
from neurotwin.tasks.metrics import CLASSIFICATION
from neurotwin.tasks.readers.speech import EMODB, read_speech
from neurotwin.tasks.sound import Variation, encoder
from neurotwin.tasks.speech import FEW_SPEAKERS, MODELS, OPTIONS
from neurotwin.tasks.speech_baselines import prosodic_regression, prosodic_svm
from neurotwin.tasks.task import TASKS, Spec, Task

EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
"""EMO-DB's letters, which are those of the German words."""

WIDTHS = (16, 32, 64)
"""Of the convolutional networks: there are a few hundred clips, not thousands."""

encode = encoder(windows=48, mels=32, variation=Variation(warp=0.1, colour_dB=1.5))
"""More bands than for digits, so that pitch leaves its mark; a voice's colour is a sign of strain and is varied less."""


def describe(data: TaskData) -> Spec:
    """Shape of a picture, number of classes, mean and deviation: what is loud and what is low is kept, unlike for digits."""
    x = np.asarray(encode(data.train, None).x)
    return {
        "shape": x.shape[1:],
        "classes": len(data.classes),
        "mean": float(x.mean()),
        "sd": float(x.std()),
        "widths": WIDTHS,
    }


TASKS.register("speech-emotion")(
    Task(
        name="speech-emotion",
        title="Emotion in speech",
        about="the emotion that an unheard speaker plays; EMO-DB from the data folder, an npz, or a folder of wav files",
        load=partial(read_speech, usual=EMODB, voices="none", names=EMOTIONS),
        describe=describe,
        encode=encode,
        loss=class_loss,
        metrics=CLASSIFICATION,
        models=MODELS,
        default="cnn-ensemble",
        baselines={
            "prosody, cepstra and support vectors": prosodic_svm,
            "prosody, cepstra and regression": prosodic_regression,
            "most frequent class": majority,
        },
        limits=(
            FEW_SPEAKERS,
            "Actors play emotions more clearly than people have them, and their sentences are those of the training part.",
        ),
        figures=("confusion", "spectrograms"),
        options=OPTIONS,
    )
)
