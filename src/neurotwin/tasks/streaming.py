"""A network on a stream: one frame at a time, and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

import equinox as eqx
import numpy as np

from neurotwin.evaluation.surprise import frame_scores, smoothed
from neurotwin.tasks.data import Examples


def stream(network: Any, frames: Iterable[np.ndarray]) -> Iterator[tuple[float, np.ndarray]]:
    """Score and map of surprise ``[patch]`` of each frame as it comes.

    Parameters
    ----------
    network
        With ``start()`` and ``step(state, frame)``, as ``MotionPredictor`` has them.
    frames
        ``[row, column]`` each, grey levels.
    """
    state, score = network.start(), 0.0
    for frame in frames:
        state, told = _advance(network, state, frame)
        surprise = np.asarray(told)[1:]
        score = float(smoothed(score, float(surprise.max())))
        yield score, surprise


def measure_stream(network: Any, outputs: np.ndarray, examples: Examples) -> dict[str, float]:
    """Time a frame takes from its arrival to its score, and how far scores of the stream are from those of whole clips.

    Parameters
    ----------
    network, outputs
        And what it said of whole clips, ``[clip, time, 1 + patch]``.
    examples
        The clips.
    """
    clip, times, scores = examples.x[0], [], []
    list(stream(network, clip[:2]))  # compiled, before anything is timed
    begun = time.perf_counter()
    for score, _ in stream(network, clip):
        times.append(1000 * (time.perf_counter() - begun))
        scores.append(score)
        begun = time.perf_counter()
    whole = frame_scores(outputs[:1, :, 1:])[0, : len(clip)]
    return {
        "ms a frame, median": float(np.median(times)),
        "ms a frame, 99th percentile": float(np.percentile(times, 99)),
        "largest difference of streamed and offline scores": float(np.abs(np.array(scores) - whole).max()),
    }


@eqx.filter_jit
def _advance(network: Any, state: Any, frame: np.ndarray) -> tuple[Any, Any]:
    return network.step(state, frame)
