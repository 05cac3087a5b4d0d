"""What an application is: data, encoder, networks, loss, metrics, baselines. One file of ``tasks/`` makes one ``Task``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import jax
import numpy as np

from neurotwin._base.errors import unknown_name
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


Search = Callable[[Any, Examples], np.ndarray]
"""``(network, examples) → outputs``: an answer that one call of the network does not give."""

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


class Settled(NamedTuple):
    """What the validation part settles for one trained classifier before the test part is looked at.

    Attributes
    ----------
    adjust, into
        Outputs → outputs (calibrated …), and network → the network that gives such outputs by itself.
    metrics
        Those that need constants from the validation part (a threshold …), for adjusted outputs.
    facts
        The constants, as JSON could keep them.
    """

    adjust: Callable[[np.ndarray], np.ndarray]
    into: Callable[[Any], Any]
    metrics: tuple[Metric, ...] = ()
    facts: Mapping[str, Any] = {}


class Trained(NamedTuple):
    """The network that a run is about, with what it said of the test part.

    Attributes
    ----------
    network, untrained
        Trained; and a call that gives the same network with weights drawn anew.
    data, outputs
        All parts; outputs on the test part.
    settled
        What the validation part settled for it, where the task settles anything.
    seed
        Of the run.
    """

    network: Any
    untrained: Callable[[], Any]
    data: TaskData
    outputs: np.ndarray
    settled: Settled | None
    seed: int


class Explained(NamedTuple):
    """What is told of a trained network besides its scores.

    Attributes
    ----------
    notes
        Sentences for the report.
    details
        Arrays by name that a picture of ``report/task`` draws.
    excerpts
        Pairs of a heading and a text that the report shows as they are: what a network wrote.
    measured
        Numbers that are no scores, such as the time an answer takes; kept in ``run.json``.
    """

    notes: tuple[str, ...] = ()
    details: Mapping[str, Any] = {}
    excerpts: tuple[tuple[str, str], ...] = ()
    measured: Mapping[str, float] = {}


@dataclass(frozen=True)
class Task:
    """An application.

    Attributes
    ----------
    name, title, about
        On the command line, on the report, in the list.
    load
        ``(path or None, allow_leaks, **options) → TaskData``; without a path a sample that comes with the package or a dependency.
    options
        Name → what it is, of each option that ``load`` takes; its value is a word. See :meth:`read`.
    for_data
        The task as these data ask for it, where loss or metrics depend on them (a number or a class is told …).
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
    searches
        Label → :data:`Search`, where outputs are found by one; the network itself then answers what ``loss`` needs. The first one
        is the network's in the scores, the last one (the quickest) measures the validation part; the others stand beside.
    lengths
        ``Examples → [example]``: training batches are made of examples of about one length, so that little is padded.
    keep
        Which epoch's parameters are kept: "loss", the least on the validation part, or "metric", the best first metric there.
    settle
        ``(outputs, validation part) → Settled``, for each network and each simple method by itself.
    explain
        ``Trained → Explained``, for the network that the run is about.
    """

    name: str
    title: str
    about: str
    load: Callable[..., TaskData]
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
    searches: Mapping[str, Search] = field(default_factory=dict)
    lengths: Callable[[Examples], np.ndarray] | None = None
    keep: Literal["loss", "metric"] = "loss"
    settle: Callable[[np.ndarray, Examples], Settled] | None = None
    explain: Callable[[Trained], Explained] | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    for_data: Callable[[Task, TaskData], Task] | None = None

    def read(
        self, path: Path | None, allow_leaks: bool = False, options: Mapping[str, str] | None = None
    ) -> TaskData:
        """``load`` with options, of which an unknown one is refused."""
        for name in options or {}:
            if name not in self.options:
                raise unknown_name(f"option of the task {self.name}", name, list(self.options))
        return self.load(path, allow_leaks, **(options or {}))

    def fitted_to(self, data: TaskData) -> Task:
        """The task as these data ask for it."""
        return self if self.for_data is None else self.for_data(self, data)

    def encoder_of(self, model: str, spec: Spec) -> Encoder:
        """What makes arrays for this network of the task."""
        own = self.models[model].encode
        return self.encode if own is None else own(spec)


TASKS: Registry[Task] = Registry("task")
