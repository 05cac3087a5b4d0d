"""What is trained side by side in a task's run: the network, its same-size rival, its nulls; what each begins from and answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.tasks import Examples, Settings, Task, n_parameters, outputs_of
from neurotwin.tasks.task import Predictor, Pretrained, Settled

SAME = 0.1
"""A rival whose number of parameters differs by no more than this share is called of the same size."""


@dataclass(frozen=True, eq=False)
class Contestant:
    """A network, before and after training: its name in the scores, itself, how, and the task with what makes its arrays."""

    name: str
    network: Any
    settings: Settings
    task: Task

    def answer(self, examples: Examples) -> np.ndarray:
        """What the network answers, by the task's first search where it has any."""
        if self.task.searches:
            return next(iter(self.task.searches.values()))(self.network, examples)
        return outputs_of(self.network, examples, self.task.encode)


def pretrained(task: Task, model: str, path: str | Path | None) -> Pretrained | None:
    """What the network begins from; InputError where a folder was named and it begins from nothing."""
    read = task.models[model].pretrained
    if read is not None:
        return read(None if path is None else Path(path).expanduser())
    if path is None:
        return None
    able = [name for name, one in task.models.items() if one.pretrained is not None]
    raise InputError(
        f"the network {model} begins from no pretrained encoder",
        got=f"--encoder {path}",
        expected=f"--model {' or '.join(able)}" if able else None,
        fix="leave --encoder out",
    )


def contestants(
    task: Task, model: str, spec: dict[str, Any], settings: Settings, start: Pretrained | None
) -> list[Contestant]:
    """The network, its same-size rival and its nulls: one budget, one seed."""
    chosen, key = task.models[model], jax.random.key(settings.seed)
    network = chosen.build(spec, key)
    if start is not None and chosen.start is not None:
        network = chosen.start(network, start)
    own_task = replace(task, encode=task.encoder_of(model, spec))
    found = [Contestant(model, network, settings, own_task)]
    if chosen.rival:
        rival = task.models[chosen.rival]
        own = replace(
            rival.settings,
            epochs=settings.epochs,
            batch=settings.batch,
            augment=settings.augment,
            seed=settings.seed,
            patience=settings.patience,
        )
        sized = {**spec, "parameters": n_parameters(network), "dropout": own.dropout}
        of_rival = replace(task, encode=task.encoder_of(chosen.rival, spec))
        other = rival.build(sized, key)
        same = abs(n_parameters(other) - n_parameters(network)) <= SAME * n_parameters(network)
        label = f"baseline: {chosen.rival}" + ", same size" * same
        found.append(Contestant(label, other, own, of_rival))
    found += [
        Contestant(f"null: {label}", build(spec, key), settings, own_task)
        for label, build in chosen.nulls.items()
    ]
    return found


def settle(
    task: Task, trained: Sequence[Contestant], simple: dict[str, Predictor], validation: Examples
) -> dict[str, Settled]:
    """What the validation part settles for each of them; empty where the task leaves nothing to settle."""
    if task.settle is None:
        return {}
    answered = {one.name: one.answer(validation) for one in trained}
    answered |= {name: predict(validation) for name, predict in simple.items()}
    return {name: task.settle(outputs, validation) for name, outputs in answered.items()}
