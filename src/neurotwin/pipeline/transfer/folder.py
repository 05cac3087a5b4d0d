"""The run folder of a transfer, and what all of them leave there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from neurotwin._base.errors import NeurotwinError
from neurotwin.evaluation import Scorecard
from neurotwin.pipeline.folder import RECORD, RunFolder, claim_free_folder
from neurotwin.pipeline.record import COMPLETE, RUNNING, as_json, command_line, made_with
from neurotwin.pipeline.task import sha256_of_examples
from neurotwin.tasks import TaskData
from neurotwin.transfer.cost import Cost


@dataclass(frozen=True, eq=False)
class TransferResult:
    """What a run found; the same as is in its folder.

    Attributes
    ----------
    folder
        Where everything is kept.
    scores
        Of every method and of what stands beside it.
    costs
        A row for each adaptation: trained, total, gradient_bytes, optimiser_bytes, seconds.
    """

    folder: Path
    scores: Scorecard
    costs: pd.DataFrame


@contextmanager
def run_folder(
    name: str, out: str | Path | None, force: bool, settings: dict[str, Any], data: TaskData
) -> Iterator[tuple[RunFolder, dict[str, Any]]]:
    """A folder that is taken for a run, with its record; the record says that it is complete when the block ends well."""
    started = time.monotonic()
    folder = (
        RunFolder(claim_free_folder(Path("runs") / name), made=True)
        if out is None
        else RunFolder(out, force=force)
    )
    try:
        record = {
            "format": "neurotwin.run.1",
            "command": command_line(f"{name} ..."),
            "seed": settings["seed"],
            "settings": settings,
            **made_with(),
            "hashes": {part: sha256_of_examples(examples) for part, examples in data.parts().items()},
        }
        folder.open(as_json({**record, "status": RUNNING}))
        try:
            yield folder, record
            record["wall_seconds"] = round(time.monotonic() - started, 1)
            folder.write(RECORD, as_json({**record, "status": COMPLETE}))
            folder.complete()
        except BaseException as error:
            if isinstance(error, NeurotwinError):
                folder.restore()
            raise
    finally:
        folder.release()


def cost_table(costs: dict[str, tuple[Cost, float]]) -> pd.DataFrame:
    """A row for each adaptation, from its cost and its seconds."""
    return pd.DataFrame(
        [
            {"model": name, **asdict(cost), "seconds": round(seconds, 2)}
            for name, (cost, seconds) in costs.items()
        ]
    )
