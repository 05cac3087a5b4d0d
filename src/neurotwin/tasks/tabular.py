"""Any table with a target column: ``neurotwin task table``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurotwin._base.registry import Registry
from neurotwin.tasks.baselines import majority
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.losses import class_loss, number_loss
from neurotwin.tasks.metrics import CLASSIFICATION
from neurotwin.tasks.networks.connectome import builder
from neurotwin.tasks.networks.dense import DenseNetwork
from neurotwin.tasks.networks.tabular import ResidualEnsemble, in_units
from neurotwin.tasks.ranking_metrics import AUC, AVERAGE_PRECISION
from neurotwin.tasks.readers.tabular import OPTIONS, read_tabular
from neurotwin.tasks.regression_metrics import REGRESSION
from neurotwin.tasks.settings import Settings
from neurotwin.tasks.tabular_baselines import boosted_trees, linear, mean
from neurotwin.tasks.task import TASKS, Batch, Model, Spec, Task

MODELS: Registry[Model] = Registry("network of the task table")


def describe(data: TaskData) -> Spec:
    """Number of features and classes, mean and deviation of the target, and how rows become features (``TableCode``)."""
    facts = data.facts or {}
    return {
        "shape": (np.shape(data.train.x)[1],),
        "classes": len(data.classes) or 1,
        "mean": 0.0,
        "sd": 1.0,
        "target": None if data.classes else (facts["mean"], facts["sd"]),
        "column": facts["target"],
        "code": facts["code"],
    }


def encode(examples: Examples, rng: np.random.Generator | None) -> Batch:
    """Features as they are; numbers float32."""
    y = np.asarray(examples.y)
    return Batch(np.asarray(examples.x), y if np.issubdtype(y.dtype, np.integer) else y.astype(np.float32))


def for_data(task: Task, data: TaskData) -> Task:
    """Loss, metrics, pictures and simple methods for a class, or for a number, whose loss is in units of its variance."""
    if data.classes:
        two = (AUC, AVERAGE_PRECISION) if len(data.classes) == 2 else (AUC,)
        return replace(
            task,
            loss=class_loss,
            metrics=(*two, *CLASSIFICATION),
            figures=("confusion",),
            baselines={
                "logistic regression": linear,
                "gradient-boosted trees": boosted_trees,
                "most frequent class": majority,
            },
        )
    variance = (data.facts or {})["sd"] ** 2
    return replace(task, loss=lambda outputs, y: number_loss(outputs, y) / variance)


MODELS.register("mlp")(
    Model(
        in_units(ResidualEnsemble),
        "eight residual networks of dense layers, with layer normalisation and dropout, that answer together",
        Settings(epochs=60, batch=64, learning_rate=1e-3, dropout=0.2, patience=12),
        least_steps=1500,
        rival="dense",
    )
)
MODELS.register("dense")(
    Model(
        in_units(DenseNetwork),
        "two hidden layers of one width, all dense",
        Settings(epochs=60, batch=64, learning_rate=1e-3, dropout=0.2, patience=12),
        least_steps=1500,
    )
)
MODELS.register("worm")(
    Model(
        in_units(builder("worm")),
        "recurrent, on the worm's chemical synapses and no others, from sensory to motor neurons (300 neurons)",
        Settings(epochs=60, batch=64, learning_rate=2e-3, dropout=0.2, patience=12),
        least_steps=1500,
        rival="dense",
        nulls={name: in_units(builder("worm", name)) for name in ("permuted", "rewired")},
        limits=(
            "Input and read-out are dense and trained, and weights are free after their beginning: what the wiring adds is what "
            "the nulls say.",
        ),
    )
)

TASKS.register("table")(
    Task(
        name="table",
        title="A table: one column from the others",
        about="a number or a class for each row of any CSV; numbers, categories, formulas, molecules, peptides",
        load=read_tabular,
        options=OPTIONS,
        for_data=for_data,
        describe=describe,
        encode=encode,
        loss=number_loss,
        metrics=REGRESSION,
        figures=("predicted",),
        models=MODELS,
        default="mlp",
        baselines={
            "ridge": linear,
            "gradient-boosted trees": boosted_trees,
            "mean": mean,
        },
        limits=(
            "Test rows are of the same collection as the training rows, drawn at random unless a group was named: new families of "
            "molecules, materials or people were not tested.",
            "One seed is one draw of first weights and of the order of examples: differences between networks that are "
            "smaller than those between seeds mean nothing.",
        ),
    )
)
