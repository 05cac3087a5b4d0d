"""What an application is: data, encoder, networks, loss, metrics, baselines. One file of ``tasks/`` makes one ``Task``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import jax
import numpy as np

from neurotwin._base.registry import Registry
from neurotwin.biology import DataCard
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.settings import Settings

Spec = dict[str, Any]
"""What a network must know of the data to be built: sizes, scale, words. JSON can keep it, so that a saved network is rebuilt."""


class Batch(NamedTuple):
    """Arrays for one step. ``x`` and ``y`` are arrays, or any tree of arrays, whose first axis is the example."""

    x: Any
    y: Any


class Network(Protocol):
    """A pytree (``equinox.Module``) that answers for a whole batch."""

    def __call__(self, x: Any, key: jax.Array | None = None) -> Any:
        """``x`` of a :class:`Batch` → outputs ``[example, ...]``; with a key dropout is at work, without one it is not."""
        ...


Encoder = Callable[[Examples, np.random.Generator | None], Batch]
"""Examples → arrays; with a generator the inputs may be varied (augmentation)."""

Predictor = Callable[[Examples], np.ndarray]
"""Examples → outputs ``[example, ...]``, as the task's networks give them."""


Statistic = Callable[[np.ndarray], float]
"""Rows, which may repeat as a bootstrap draws them → number."""


@dataclass(frozen=True)
class Pretrained:
    """What a network begins from: learned elsewhere, read from files.

    Attributes
    ----------
    spec
        What a network must know to have its form, added to the data's.
    weights
        Arrays by their names in the file.
    card
        Where it comes from.
    """

    spec: Spec
    weights: Mapping[str, np.ndarray]
    card: DataCard


@dataclass(frozen=True)
class Model:
    """One network that a task offers.

    Attributes
    ----------
    build
        ``(spec, key) → network``; ``spec["dropout"]`` is there, and ``spec["parameters"]`` (how many are wanted) for a rival.
    about
        A line for people.
    settings, least_steps
        Its defaults; where no number of epochs is asked for, there are so many that these gradient steps are made.
    rival
        Name of the ordinary network of the same size that is trained beside it; "" for none.
    nulls
        Label → builder of the same network on false wiring.
    limits
        Sentences: what its result does not show.
    encode
        ``spec → Encoder``, where the task's own does not do.
    pretrained
        ``(path or None) → Pretrained``, for a network that begins from one; without a path one that is installed.
    start
        ``(network, Pretrained) → network`` that has its weights; None where the form alone is taken over.
    """

    build: Callable[[Spec, jax.Array], Any]
    about: str
    settings: Settings = field(default_factory=Settings)
    least_steps: int = 0
    rival: str = ""
    nulls: Mapping[str, Callable[[Spec, jax.Array], Any]] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
    encode: Callable[[Spec], Encoder] | None = None
    pretrained: Callable[[Path | None], Pretrained] | None = None
    start: Callable[[Any, Pretrained], Any] | None = None

    def settings_for(self, n_train: int, **given: Any) -> Settings:
        """Its defaults for so many training examples, with what was given in their place; InputError where they do not fit."""
        batch = given.get("batch") or min(self.settings.batch, max(1, n_train // 10))
        settings = replace(self.settings, **{"batch": batch, **given})
        settings.check_examples(n_train)
        per_epoch = n_train // settings.batch
        if "epochs" in given or settings.epochs * per_epoch >= self.least_steps:
            return settings
        return replace(settings, epochs=-(-self.least_steps // per_epoch))


@dataclass(frozen=True)
class Metric:
    """A number on a set of examples.

    Attributes
    ----------
    name, unit
        In ``scores.csv``.
    of
        ``(outputs, examples) → Statistic``: what can be computed once is, so that drawing rows a thousand times is cheap.
    higher_is_better
        Direction.
    """

    name: str
    of: Callable[[np.ndarray, Examples], Statistic]
    unit: str = ""
    higher_is_better: bool = True


@dataclass(frozen=True)
class Task:
    """An application.

    Attributes
    ----------
    name, title, about
        On the command line, on the report, in the list.
    load
        ``(path or None, allow_leaks) → TaskData``; without a path the sample that comes with the package or a dependency.
    describe
        ``TaskData → Spec``: from the training part alone.
    encode
        See :data:`Encoder`.
    loss
        ``(outputs, y) → [example]``.
    metrics
        The first one is the one that the report is about.
    models, default
        Networks by name, and the one that is trained where none is named.
    baselines
        Name → ``(task, data, seed) → Predictor``: the simple methods that everything stands beside.
    limits
        Sentences: what a result does not show, whatever the network.
    figures
        Which pictures the report draws: "confusion", "images" …
    by_class
        ``TaskData → Metrics`` that are also told, one for each class, where classes are only known with the data.
    keep
        Which epoch's parameters are kept: "loss", the least on the validation part, or "metric", the best first metric there.
    """

    name: str
    title: str
    about: str
    load: Callable[[Path | None, bool], TaskData]
    describe: Callable[[TaskData], Spec]
    encode: Encoder
    loss: Callable[[Any, Any], jax.Array]
    metrics: tuple[Metric, ...]
    models: Registry[Model]
    default: str
    baselines: Mapping[str, Callable[[Task, TaskData, int], Predictor]] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    by_class: Callable[[TaskData], tuple[Metric, ...]] | None = None
    keep: Literal["loss", "metric"] = "loss"

    def encoder_of(self, model: str, spec: Spec) -> Encoder:
        """What makes arrays for this network of the task."""
        own = self.models[model].encode
        return self.encode if own is None else own(spec)


TASKS: Registry[Task] = Registry("task")
