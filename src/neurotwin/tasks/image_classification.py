"""Image classification: ``neurotwin task images``."""

from __future__ import annotations

import numpy as np

from neurotwin._base.registry import Registry
from neurotwin.tasks.augment import jitter
from neurotwin.tasks.baselines import majority, softmax_regression
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.losses import class_loss
from neurotwin.tasks.metrics import CLASSIFICATION
from neurotwin.tasks.networks import ConvolutionalNetwork, DenseNetwork, SpikingConvolutionalNetwork
from neurotwin.tasks.networks.connectome import builder
from neurotwin.tasks.readers.images import read_images
from neurotwin.tasks.settings import Settings
from neurotwin.tasks.task import TASKS, Batch, Model, Spec, Task

MODELS: Registry[Model] = Registry("network of the task images")
SPIKING_LIMITS = (
    "Spikes are simulated in steps of 1 ms with the image as a constant current: nothing here says how much energy a spiking "
    "chip would need.",
)


def describe(data: TaskData) -> Spec:
    """Shape, number of classes, mean and standard deviation of the training images."""
    x = np.asarray(data.train.x)
    return {
        "shape": x.shape[1:],
        "classes": len(data.classes),
        "mean": float(x.mean(dtype=np.float64)),
        "sd": float(x.std(dtype=np.float64)) or 1.0,
    }


def describe_each(data: TaskData) -> Spec:
    """The same; and each image is brought to one brightness and contrast by itself, which differ between cameras and places."""
    return {**describe(data), "each": True}


def encode(examples: Examples, rng: np.random.Generator | None) -> Batch:
    """Images as they are, or moved and turned a little."""
    x = np.asarray(examples.x)
    return Batch(x if rng is None else jitter(x, rng), np.asarray(examples.y))


MODELS.register("cnn")(
    Model(
        ConvolutionalNetwork,
        "3×3 convolutions (32, 64), pooling, dense 128, dropout, softmax",
        Settings(epochs=10, learning_rate=2e-3, dropout=0.4, augment=True),
        least_steps=800,
        rival="dense",
    )
)
MODELS.register("dense")(
    Model(
        DenseNetwork,
        "two hidden layers of one width, all dense",
        Settings(epochs=10, learning_rate=1e-3, dropout=0.2, augment=True),
        least_steps=800,
    )
)
MODELS.register("spiking-cnn")(
    Model(
        SpikingConvolutionalNetwork,
        "the cnn with leaky integrate-and-fire neurons, 4 time steps, surrogate gradients",
        Settings(epochs=4, learning_rate=2e-3, dropout=0.2, augment=True),
        least_steps=800,
        rival="cnn",
        limits=SPIKING_LIMITS,
    )
)
for animal, size in {
    "worm": "300 neurons",
    "larva": "3,013 neurons; its wiring is in the data folder",
}.items():
    MODELS.register(animal)(
        Model(
            builder(animal),
            f"recurrent, on the {animal}'s chemical synapses and no others, from sensory to motor neurons ({size})",
            Settings(epochs=10, learning_rate=2e-3, dropout=0.2, augment=True),
            least_steps=800,
            rival="dense",
            nulls={name: builder(animal, name) for name in ("permuted", "rewired")},
            limits=(
                "Input and read-out are dense and trained: how much of the result they could reach without the wiring between "
                "them is what the nulls say, not the network itself.",
                "Weights are free after their beginning, signs too: this is the animal's wiring, not a model of its activity.",
            ),
        )
    )

TASKS.register("images")(
    Task(
        name="images",
        title="Image classification",
        about="one class for each image; digits, or an npz, idx files or a folder of pictures",
        load=read_images,
        describe=describe,
        encode=encode,
        loss=class_loss,
        metrics=CLASSIFICATION,
        models=MODELS,
        default="cnn",
        baselines={"softmax regression": softmax_regression, "most frequent class": majority},
        limits=(
            "Test images come from the same collection as the training images: how well the network does on others "
            "(another camera, another hand, another hospital) was not tested.",
            "One seed is one draw of first weights and of the order of examples: differences between networks that are "
            "smaller than those between seeds mean nothing.",
        ),
        figures=("confusion", "images"),
    )
)
