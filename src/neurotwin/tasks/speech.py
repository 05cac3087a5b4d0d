"""What the tasks on speech share: their networks, and what a result on few speakers does not show."""

from __future__ import annotations

from neurotwin._base.registry import Registry
from neurotwin.tasks.networks import (
    ConvolutionalNetwork,
    DenseNetwork,
    RecurrentNetwork,
    SpikingConvolutionalNetwork,
)
from neurotwin.tasks.networks.together import together
from neurotwin.tasks.settings import Settings
from neurotwin.tasks.task import Model

MODELS: Registry[Model] = Registry("network of the tasks on speech")
TRAINING = Settings(epochs=80, batch=64, learning_rate=2e-3, dropout=0.4, augment=True)
LEAST_STEPS = 600
FEW_SPEAKERS = (
    "One draw of the tested speakers is one draw: between speakers accuracy differs by more than between seeds, and with "
    "one tested speaker there is no interval."
)
OPTIONS = {"tested": "speakers of the test part, A,B,…; a fifth of them are drawn otherwise"}

MODELS.register("cnn-ensemble")(
    Model(
        together(ConvolutionalNetwork),
        "several cnn that are trained side by side and answer together: six for digits, three for emotion",
        TRAINING,
        LEAST_STEPS,
        rival="dense-ensemble",
    )
)
MODELS.register("cnn")(
    Model(
        ConvolutionalNetwork,
        "3×3 convolutions over time and frequency (32 and 64 channels; for emotion 16 and 32), pooling, dense, dropout, softmax",
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
    Model(together(DenseNetwork), "as many dense that answer together", TRAINING, LEAST_STEPS)
)
