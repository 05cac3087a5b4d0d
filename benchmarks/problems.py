"""The problems, from a seed: the same arrays for every side. NumPy only, since both environments read this."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

Problem = dict[str, Any]

DT_MS, TAU_MS = 1.0, 10.0
LEARNING_RATE = 1e-3
"""Of Adam (b1 0.9, b2 0.999, eps 1e-8), in every training step."""

ABSENT_LARVA = "the larva's connectome is not in NEUROTWIN_DATA"


def rate_network(
    *,
    n: int,
    t: int,
    b: int,
    synapses: int = 0,
    pairs: int = 0,
    larva: bool = False,
    dense: bool = False,
    seed: int = 0,
) -> Problem:
    """Rate units, chemical synapses and gap junctions, an input and a target activity.

    With f = tanh, λ = 1 - exp(-(1 + Σ_j G_ij) dt / τ) and s = f(m)::

        m  <-  m + λ ((W s + G m + b + x) / (1 + Σ_j G_ij) - m)

    and the loss is the mean of (m - target)² over steps, runs and neurons. Trained: the weight of each synapse, the conductance
    of each pair, each bias.

    Returns
    -------
    dict
        "n"; "post", "pre" int32 [E] sorted by post then pre, "weight" float32 [E]; "gap_a", "gap_b" int32 [P], "gap" float32 [P];
        "bias" [N]; "x", "target" float32 [T, B, N].
    """
    rng = np.random.default_rng(seed)
    if larva:
        post, pre, n = larva_edges(None if synapses == 0 else n)
    elif dense:
        post, pre = (part.reshape(-1).astype(np.int32) for part in np.indices((n, n)))
    else:
        post, pre = random_edges(rng, n, synapses)
    incoming = np.bincount(post, minlength=n)
    weight = rng.normal(size=len(post)) / np.sqrt(np.maximum(incoming[post], 1))
    chosen = rng.choice(n * (n - 1) // 2, pairs, replace=False) if pairs else np.zeros(0, int)
    upper = np.triu_indices(n, 1) if pairs else (np.zeros(0, int), np.zeros(0, int))
    return {
        "n": n,
        "post": post,
        "pre": pre,
        "weight": weight.astype(np.float32),
        "gap_a": upper[0][chosen].astype(np.int32),
        "gap_b": upper[1][chosen].astype(np.int32),
        "gap": rng.uniform(0.05, 0.2, pairs).astype(np.float32),
        "bias": np.zeros(n, np.float32),
        "x": rng.standard_normal((t, b, n), np.float32),
        "target": 0.3 * rng.standard_normal((t, b, n), np.float32),
    }


def random_edges(rng: np.random.Generator, n: int, synapses: int) -> tuple[np.ndarray, np.ndarray]:
    """As many synapses as asked, each pair once, with log-normal in-degrees; sorted by post, then pre, int32."""
    if synapses > n * n // 2:
        raise ValueError(f"{synapses} synapses are more than half of all pairs of {n} neurons")
    share = rng.lognormal(0.0, 1.0, n)
    share /= share.sum()
    flat = np.zeros(0, np.int64)
    while len(flat) < synapses:
        missing = int((synapses - len(flat)) * 1.02) + 8
        drawn = rng.choice(n, missing, p=share) * n + rng.integers(0, n, missing)
        flat = np.unique(np.concatenate([flat, drawn]))
    if len(flat) > synapses:
        flat = np.sort(rng.choice(flat, synapses, replace=False))
    return (flat // n).astype(np.int32), (flat % n).astype(np.int32)


def larva_edges(keep: int | None) -> tuple[np.ndarray, np.ndarray, int]:
    """The larval brain (Winding et al. 2023): post, pre, neurons; only the first ``keep`` neurons if a number."""
    data = os.environ.get("NEUROTWIN_DATA")
    archive = Path(data or "/nonexistent") / "drosophila_larva.tar.gz"
    if not archive.exists():
        raise ImportError(f"{ABSENT_LARVA}: {archive}")
    with tarfile.open(archive) as tar:
        file = (
            tar.extractfile("./drosophila_larva/edges.csv")
            if "./drosophila_larva/edges.csv" in tar.getnames()
            else None
        )
        file = file or tar.extractfile("drosophila_larva/edges.csv")
        assert file is not None
        edges = np.loadtxt(
            io.TextIOWrapper(file), delimiter=",", usecols=(0, 1), dtype=np.int64, comments=None
        )
        nodes = tar.extractfile(next(name for name in tar.getnames() if name.endswith("nodes.csv")))
        assert nodes is not None
        names = np.array(
            [line.split(",")[0] for line in io.TextIOWrapper(nodes).read().splitlines()[1:]], np.int64
        )
    place = {int(name): i for i, name in enumerate(names)}
    pre = np.array([place[int(i)] for i in edges[:, 0]], np.int32)
    post = np.array([place[int(i)] for i in edges[:, 1]], np.int32)
    size = len(names) if keep is None else keep
    inside = (pre < size) & (post < size)
    order = np.lexsort((pre[inside], post[inside]))
    return post[inside][order], pre[inside][order], size


def spiking_layer(*, n: int, t: int, b: int, seed: int = 0) -> Problem:
    """Recurrent LIF, all to all: v <- v + λ (W s + x - v), s = v ≥ 1, then v = 0; surrogate 1 / (1 + |v - 1|)².

    The loss is the mean over runs and neurons of (rate - target)², λ = 1 - exp(-dt / τ). Trained: W [post, pre].
    """
    rng = np.random.default_rng(seed)
    return {
        "n": n,
        "weight": (rng.normal(size=(n, n)) / np.sqrt(n)).astype(np.float32),
        "x": (1.0 + rng.standard_normal((t, b, n), np.float32)),
        "target": rng.uniform(0.0, 0.1, (b, n)).astype(np.float32),
    }


def sparse_matrix(*, n: int, synapses: int, seed: int = 0) -> Problem:
    """A sparse matrix with log-normal in-degree, a vector, and a gradient to its product."""
    rng = np.random.default_rng(seed)
    post, pre = random_edges(rng, n, synapses)
    return {
        "n": n,
        "post": post,
        "pre": pre,
        "weight": rng.standard_normal(len(post), np.float32),
        "x": rng.standard_normal(n, np.float32),
        "dy": rng.standard_normal(n, np.float32),
    }


def cuba(*, n: int, probability: float = 0.02, seed: int = 0) -> Problem:
    """Current-based LIF network (Vogels & Abbott 2005; Brette et al. 2007, benchmark 2): 80 % excitatory, delay 1.5 ms.

    τ dv/dt = -(v - E) + g_e + g_i, τ 20 ms, E -49 mV, threshold -50, reset -60, refractory 5 ms; g_e, g_i decay with 5 and 10 ms
    and jump by 1.62 and -9 mV, which is scaled to keep the mean drive where ``n`` is not 4000.
    """
    rng = np.random.default_rng(seed)
    excitatory = int(0.8 * n)
    flat = np.unique(rng.integers(0, n * n, int(n * n * probability)))
    post, pre = (flat // n).astype(np.int32), (flat % n).astype(np.int32)
    scale = 4000 / n
    return {
        "n": n,
        "excitatory": excitatory,
        "post": post,
        "pre": pre,
        "jump_mV": np.where(pre < excitatory, 1.62 * scale, -9.0 * scale).astype(np.float32),
        "v0_mV": rng.uniform(-60.0, -50.0, n).astype(np.float32),
        "tau_ms": 20.0,
        "rest_mV": -49.0,
        "threshold_mV": -50.0,
        "reset_mV": -60.0,
        "refractory_ms": 5.0,
        "tau_e_ms": 5.0,
        "tau_i_ms": 10.0,
        "delay_ms": 1.5,
        "dt_ms": 0.1,
    }


def fly(*, n: int, synapses: int, seed: int = 0) -> Problem:
    """A network of the size of a fly's brain: log-normal in-degrees, a delay for every synapse, 80 % excitatory, 1 to 5 Hz.

    Membrane and synapse are those of Shiu et al. 2024 (τ 20 ms, rest -52 mV, threshold -45, reset -52, refractory 2.2 ms, synaptic
    decay 5 ms); delays lie between 0.5 and 5 ms. A constant drive of its own brings each neuron near its threshold. In a
    neuron with k inputs each weighs as much as one of 1.25 mV (excitatory) or -6 mV (inhibitory) shared among √k.
    """
    rng = np.random.default_rng(seed)
    post, pre = random_edges(rng, n, synapses)
    degree = np.bincount(post, minlength=n)
    size = np.where(pre < int(0.8 * n), 1.25, -6.0)
    return {
        "n": n,
        "post": post,
        "pre": pre,
        "jump_mV": (size / np.sqrt(degree[post])).astype(np.float32),
        "delay_ms": (rng.integers(5, 51, len(post)) * 0.1).astype(np.float32),
        "v0_mV": rng.uniform(-52.0, -45.0, n).astype(np.float32),
        "drive_mV": rng.normal(6.2, 1.0, n).astype(np.float32),
        "tau_ms": 20.0,
        "rest_mV": -52.0,
        "threshold_mV": -45.0,
        "reset_mV": -52.0,
        "refractory_ms": 2.2,
        "tau_s_ms": 5.0,
        "dt_ms": 0.1,
    }


def hodgkin_huxley(*, n: int, seed: int = 0) -> Problem:
    """Cells of 20,000 µm² (200 pF), each with a current of its own, pA [N]."""
    rng = np.random.default_rng(seed)
    return {
        "n": n,
        "current_pA": rng.uniform(1000.0, 4000.0, n).astype(np.float32),
        "dt_ms": 0.025,
        "leak_mV": -54.3,
    }


def upward_crossings(v: np.ndarray, threshold_mV: float = 0.0) -> int:
    """Spikes in voltages [T, N]."""
    return int(((v[:-1] < threshold_mV) & (v[1:] >= threshold_mV)).sum())


def images(
    *, b: int, side: int = 28, classes: int = 10, widths: tuple[int, int, int] = (32, 64, 64), seed: int = 0
) -> Problem:
    """Grey pictures, classes, and the weights of a network: two 3×3 convolutions (each pooled 2×2, rectified), two dense layers.

    Kernels are [row, column, in, out]; the first dense layer, [out, in], reads [row, column, channel].
    """
    rng = np.random.default_rng(seed)
    one, two, units = widths
    left = ((side - 2) // 2 - 2) // 2
    shapes = {
        "first": (3, 3, 1, one),
        "second": (3, 3, one, two),
        "dense": (units, left * left * two),
        "out": (classes, units),
    }

    def draw(shape: tuple[int, ...]) -> np.ndarray:
        inputs = np.prod(shape[:-1]) if len(shape) == 4 else shape[1]
        return rng.normal(0, np.sqrt(2 / inputs), shape).astype(np.float32)

    return {
        "x": rng.random((b, side, side, 1), dtype=np.float32),
        "y": rng.integers(0, classes, b),
        "widths": widths,
        "classes": classes,
        **{name: draw(shape) for name, shape in shapes.items()},
    }
