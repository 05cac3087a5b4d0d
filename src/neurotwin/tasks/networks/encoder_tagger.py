"""A tagger that reads words through a Transformer encoder."""

from __future__ import annotations

import equinox as eqx
import jax

from neurotwin.tasks.layers.bert import BertEncoder, first_weights, with_weights
from neurotwin.tasks.networks.tagger import RecurrentTagger
from neurotwin.tasks.task import Pretrained, Spec


class EncoderTagger(eqx.Module):
    """A Transformer encoder whose state at a word's first piece the recurrent tagger reads beside the word itself.

    Many encoders know no capital letters; the tagger's own marks and characters do.
    """

    body: BertEncoder
    head: RecurrentTagger

    def __init__(self, spec: Spec, key: jax.Array) -> None:
        """``spec``: as for the recurrent tagger; ``encoder`` as :func:`neurotwin.tasks.readers.bert.read_bert` gives it."""
        keys = jax.random.split(key, 3)
        form = spec["encoder"]["form"]
        self.body = first_weights(BertEncoder(form, keys[0]), keys[1])
        self.head = RecurrentTagger({**spec, "vectors": form["hidden_size"]}, keys[2])

    def __call__(self, x: dict[str, jax.Array], key: jax.Array | None = None) -> jax.Array:
        """As the recurrent tagger; ``x`` also holds ``piece``, ``position``, ``text`` and ``first``."""
        keys = (None, None) if key is None else jax.random.split(key)
        state = self.body(x, keys[0])[-1]
        vector = state.reshape(-1, state.shape[-1])[x["first"]]
        return self.head({**x, "vector": vector}, keys[1])


def pretrained_tagger(network: EncoderTagger, found: Pretrained) -> EncoderTagger:
    """The tagger with its encoder as it was read."""
    return eqx.tree_at(lambda n: n.body, network, with_weights(network.body, found.weights))


def frozen_tagger(spec: Spec, key: jax.Array) -> RecurrentTagger:
    """The recurrent tagger alone, which is given the vectors of an encoder that nothing trains."""
    return RecurrentTagger({**spec, "vectors": spec["encoder"]["form"]["hidden_size"]}, key)
