"""A BERT model of 2 layers in Hugging Face's layout, made by hand, and the same in slow numpy."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

WIDTH, INNER, HEADS, LAYERS, PLACES = 8, 12, 2, 2, 24
CONFIG = {
    "model_type": "bert",
    "hidden_size": WIDTH,
    "intermediate_size": INNER,
    "num_attention_heads": HEADS,
    "num_hidden_layers": LAYERS,
    "max_position_embeddings": PLACES,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "layer_norm_eps": 1e-12,
}
LETTERS = "abcdefghijklmnopqrstuvwxyz0"
VOCABULARY = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS, *(f"##{c}" for c in LETTERS), *".,-", "anna", "berlin", "##lin", "lives", "in",
]  # fmt: skip


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = {
        "embeddings.word_embeddings.weight": (len(VOCABULARY), WIDTH),
        "embeddings.position_embeddings.weight": (PLACES, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
    }
    norms = ["embeddings.LayerNorm"]
    for i in range(LAYERS):
        own = f"encoder.layer.{i}."
        for part in (
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
        ):
            shapes |= {f"{own}{part}.weight": (WIDTH, WIDTH), f"{own}{part}.bias": (WIDTH,)}
        shapes |= {
            f"{own}intermediate.dense.weight": (INNER, WIDTH),
            f"{own}intermediate.dense.bias": (INNER,),
        }
        shapes |= {f"{own}output.dense.weight": (WIDTH, INNER), f"{own}output.dense.bias": (WIDTH,)}
        norms += [own + "attention.output.LayerNorm", own + "output.LayerNorm"]
    for norm in norms:
        shapes |= {f"{norm}.weight": (WIDTH,), f"{norm}.bias": (WIDTH,)}
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def write(folder: Path, arrays: dict[str, np.ndarray] | None = None, **config: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    told = {**CONFIG, "vocab_size": len(VOCABULARY), **config}
    (folder / "config.json").write_text(json.dumps(told))
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    save_file(weights() if arrays is None else arrays, folder / "model.safetensors")
    return folder


def states(w: dict[str, np.ndarray], pieces: list[int]) -> list[np.ndarray]:
    """Of one text, behind the embeddings and each layer ``[place, unit]``; a loop over heads and places, in float64."""
    w = {name: array.astype(float) for name, array in w.items()}

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        return (
            centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12) * w[name + ".weight"]
            + w[name + ".bias"]
        )

    def dense(x: np.ndarray, name: str) -> np.ndarray:
        return x @ w[name + ".weight"].T + w[name + ".bias"]

    h = w["embeddings.word_embeddings.weight"][pieces] + w["embeddings.token_type_embeddings.weight"][0]
    h = norm(h + w["embeddings.position_embeddings.weight"][: len(pieces)], "embeddings.LayerNorm")
    found, size = [h], WIDTH // HEADS
    for i in range(LAYERS):
        own = f"encoder.layer.{i}."
        q, k, v = (dense(h, f"{own}attention.self.{name}") for name in ("query", "key", "value"))
        mixed = np.zeros_like(h)
        for head in range(HEADS):
            part = slice(head * size, (head + 1) * size)
            for place in range(len(h)):
                seen = np.exp(k[:, part] @ q[place, part] / math.sqrt(size))
                mixed[place, part] = seen / seen.sum() @ v[:, part]
        h = norm(h + dense(mixed, own + "attention.output.dense"), own + "attention.output.LayerNorm")
        inner = dense(h, own + "intermediate.dense")
        inner = inner * np.vectorize(lambda z: 0.5 * (1 + math.erf(z / math.sqrt(2))))(inner)
        h = norm(h + dense(inner, own + "output.dense"), own + "output.LayerNorm")
        found.append(h)
    return found
