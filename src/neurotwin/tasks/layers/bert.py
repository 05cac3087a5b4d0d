"""BERT's Transformer encoder (Devlin et al. 2019), in which several short texts share a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.network.storage import leaf_names

ACTIVATIONS = {
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "gelu_new": jax.nn.gelu,
    "gelu_pytorch_tanh": jax.nn.gelu,
    "relu": jax.nn.relu,
}
"""By their names in ``config.json``."""
SPREAD = 0.02
"""Standard deviation of first weights."""
THEIRS = (
    ("layers[", "encoder.layer."),
    ("]", ""),
    ("attention_norm", "attention.output.LayerNorm"),
    ("attention.query_proj", "attention.self.query"),
    ("attention.key_proj", "attention.self.key"),
    ("attention.value_proj", "attention.self.value"),
    ("attention.output_proj", "attention.output.dense"),
    ("inner", "intermediate.dense"),
    ("outer_norm", "output.LayerNorm"),
    ("outer", "output.dense"),
    ("input_norm", "embeddings.LayerNorm"),
    ("words", "embeddings.word_embeddings"),
    ("positions", "embeddings.position_embeddings"),
    ("types", "embeddings.token_type_embeddings"),
)
"""Parts of the names of arrays: here, and in a BERT file."""


class BertLayer(eqx.Module):
    """y = norm(x + attention(x)); norm(y + W₂ f(W₁ y)), each with its biases and dropout."""

    attention: eqx.nn.MultiheadAttention
    attention_norm: eqx.nn.LayerNorm
    inner: eqx.nn.Linear
    outer: eqx.nn.Linear
    outer_norm: eqx.nn.LayerNorm
    dropout: eqx.nn.Dropout
    activation: str = eqx.field(static=True)

    def __init__(self, form: Mapping[str, Any], key: jax.Array) -> None:
        keys = jax.random.split(key, 3)
        width, inner, eps = form["hidden_size"], form["intermediate_size"], form["layer_norm_eps"]
        self.attention = eqx.nn.MultiheadAttention(
            form["num_attention_heads"], width, use_query_bias=True, use_key_bias=True, use_value_bias=True,
            use_output_bias=True, dropout_p=form["attention_probs_dropout_prob"], key=keys[0],
        )  # fmt: skip
        self.attention_norm = eqx.nn.LayerNorm(width, eps=eps)
        self.inner = eqx.nn.Linear(width, inner, key=keys[1])
        self.outer = eqx.nn.Linear(inner, width, key=keys[2])
        self.outer_norm = eqx.nn.LayerNorm(width, eps=eps)
        self.dropout = eqx.nn.Dropout(form["hidden_dropout_prob"])
        self.activation = form["hidden_act"]

    def __call__(self, x: jax.Array, mask: jax.Array, key: jax.Array | None) -> jax.Array:
        """One row ``[place, unit]``; ``mask`` ``[place, place]`` says which place sees which."""
        keys = [None] * 3 if key is None else list(jax.random.split(key, 3))
        still = key is None
        change = self.attention(x, x, x, mask=mask, key=keys[0], inference=still)
        x = jax.vmap(self.attention_norm)(x + self.dropout(change, key=keys[1], inference=still))
        change = jax.vmap(self.outer)(ACTIVATIONS[self.activation](jax.vmap(self.inner)(x)))
        return jax.vmap(self.outer_norm)(x + self.dropout(change, key=keys[2], inference=still))


class BertEncoder(eqx.Module):
    """Embeddings of pieces, positions and the one type, then layers.

    ``form`` has the keys of ``config.json`` that a BERT file comes with.
    """

    words: eqx.nn.Embedding
    positions: eqx.nn.Embedding
    types: eqx.nn.Embedding
    input_norm: eqx.nn.LayerNorm
    layers: tuple[BertLayer, ...]
    dropout: eqx.nn.Dropout

    def __init__(self, form: Mapping[str, Any], key: jax.Array) -> None:
        keys = jax.random.split(key, form["num_hidden_layers"] + 4)
        width = form["hidden_size"]
        self.words, self.positions, self.types = (
            eqx.nn.Embedding(form[size], width, key=own)
            for size, own in zip(
                ("vocab_size", "max_position_embeddings", "type_vocab_size"), keys[:3], strict=True
            )
        )
        self.input_norm = eqx.nn.LayerNorm(width, eps=form["layer_norm_eps"])
        self.layers = tuple(BertLayer(form, own) for own in keys[4:])
        self.dropout = eqx.nn.Dropout(form["hidden_dropout_prob"])

    def __call__(self, x: Mapping[str, jax.Array], key: jax.Array | None = None) -> list[jax.Array]:
        """States behind the embeddings and behind each layer, each ``[row, place, unit]``.

        Parameters
        ----------
        x
            ``piece``, ``position`` and ``text``, int32 ``[row, place]``: number of the piece, place in its text, and number of its
            text within the row. A piece sees its own text only, so that a row may hold several.
        key
            For dropout; None for none.
        """
        n = len(self.layers) + 1
        keys = [None] * n if key is None else list(jax.random.split(key, n))
        h = self.words.weight[x["piece"]] + self.positions.weight[x["position"]] + self.types.weight[0]
        h = jax.vmap(jax.vmap(self.input_norm))(h)
        h = self.dropout(h, key=keys[0], inference=key is None)
        mask = x["text"][:, :, None] == x["text"][:, None, :]
        states = [h]
        for layer, own in zip(self.layers, keys[1:], strict=True):
            if own is None:
                h = jax.vmap(lambda row, seen, layer=layer: layer(row, seen, None))(h, mask)
            else:
                h = jax.vmap(layer)(h, mask, jax.random.split(own, len(h)))
            states.append(h)
        return states


def first_weights(encoder: BertEncoder, key: jax.Array) -> BertEncoder:
    """As BERT begins before any training: matrices normal with a spread of 0.02, biases 0, norms 1."""
    names = leaf_names(encoder)
    drawn = []
    for (name, leaf), own in zip(names.items(), jax.random.split(key, len(names)), strict=True):
        if leaf.ndim == 2:
            drawn.append(SPREAD * jax.random.normal(own, leaf.shape))
        else:
            drawn.append(jnp.full(leaf.shape, float(name.endswith("norm.weight"))))
    return _filled(encoder, drawn)


def with_weights(encoder: BertEncoder, weights: Mapping[str, np.ndarray]) -> BertEncoder:
    """The encoder with the arrays of a BERT file, whose names have no ``bert.`` before them.

    Raises
    ------
    InputError
        An array is missing, or has another shape than ``config.json`` says.
    """
    found = []
    for name, leaf in leaf_names(encoder).items():
        theirs = name
        for ours, other in THEIRS:
            theirs = theirs.replace(ours, other)
        if theirs not in weights or weights[theirs].shape != leaf.shape:
            got = "none" if theirs not in weights else f"shape {weights[theirs].shape}"
            raise InputError(
                "the file's arrays are not those that its config.json speaks of",
                got=f"{theirs}: {got}",
                expected=f"shape {leaf.shape}",
                fix="take config.json and model.safetensors from one model",
            )
        found.append(jnp.asarray(weights[theirs], jnp.float32))
    return _filled(encoder, found)


def _filled(encoder: BertEncoder, arrays: list[jax.Array]) -> BertEncoder:
    """With these arrays, in the order of :func:`leaf_names`."""
    dynamic, static = eqx.partition(encoder, eqx.is_array)
    return eqx.combine(jax.tree.unflatten(jax.tree.structure(dynamic), arrays), static)
