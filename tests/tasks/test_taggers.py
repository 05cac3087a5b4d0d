"""Networks that tag words: against slow loops, and what must not change their answers."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny_bert

from neurotwin.tasks import n_parameters
from neurotwin.tasks.data import Examples
from neurotwin.tasks.layers.crf import unpack, viterbi
from neurotwin.tasks.networks.encoder_tagger import EncoderTagger, frozen_tagger, pretrained_tagger
from neurotwin.tasks.networks.tagger import WIDTH, RecurrentTagger, WindowTagger, forbidden
from neurotwin.tasks.pieces import encode_pieces, encode_vectors
from neurotwin.tasks.readers.bert import read_bert
from neurotwin.tasks.words import encode_sentences, hash_of

pytestmark = pytest.mark.usefixtures("compile_quickly")

TAGS = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
SENTENCES = [["Anna", "lives", "in", "Berlin"], ["in", "London", "."]]


def _examples(*sentences: list[str]) -> Examples:
    return Examples([np.array(s) for s in sentences], [np.zeros(len(s), np.int32) for s in sentences])


def _spec(n_words: int = 0) -> dict:
    words = sorted({hash_of(word) for sentence in SENTENCES for word in sentence} | set(range(n_words)))
    return {"tags": TAGS, "words": words, "counts": [1] * len(words), "dropout": 0.5}


@eqx.filter_jit
def _outputs(network, x, key=None):
    return network(x, key)


def _answer(network, x, key=None) -> np.ndarray:
    return np.asarray(_outputs(network, x, key))


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return read_bert(tiny_bert.write(tmp_path_factory.mktemp("bert")))


@pytest.fixture(params=["bilstm-crf", "window", "encoder", "encoder-frozen"])
def tagger(request, bert):
    """A network, and what makes its arrays."""
    spec, key = {**_spec(), **bert.spec}, jax.random.key(0)
    return {
        "bilstm-crf": lambda: (RecurrentTagger(spec, key), encode_sentences),
        "window": lambda: (WindowTagger(spec, key), encode_sentences),
        "encoder": lambda: (pretrained_tagger(EncoderTagger(spec, key), bert), encode_pieces(spec)),
        "encoder-frozen": lambda: (frozen_tagger(spec, key), encode_vectors(spec)),
    }[request.param]()


def test_neither_neighbours_in_a_batch_nor_padding_change_an_answer(tagger) -> None:
    network, encode = tagger
    k = len(TAGS)
    together = _answer(network, encode(_examples(*SENTENCES, ["w"] * 20), None).x)
    for i, sentence in enumerate(SENTENCES):
        alone = _answer(network, encode(_examples(sentence), None).x)
        n = k + 2 + len(sentence)
        np.testing.assert_allclose(together[i, :n], alone[0, :n], rtol=1e-4, atol=1e-5)


def test_a_word_tells_its_neighbours_of_itself_and_other_sentences_nothing(tagger) -> None:
    network, encode = tagger
    before = _answer(network, encode(_examples(*SENTENCES), None).x)
    after = _answer(network, encode(_examples(["Anna", "lives", "in", "."], SENTENCES[1]), None).x)
    k = len(TAGS)
    assert np.abs(before[0, k + 2 + 2] - after[0, k + 2 + 2]).max() > 1e-5
    np.testing.assert_allclose(before[1, : k + 5], after[1, : k + 5], rtol=1e-4, atol=1e-5)


def test_a_capital_letter_counts_though_the_encoder_knows_none(tagger) -> None:
    network, encode = tagger
    one, two = (_answer(network, encode(_examples([word, "in"]), None).x) for word in ("berlin", "Berlin"))
    assert np.abs(one - two).max() > 1e-4


def test_dropout_is_at_work_with_a_key_only(tagger) -> None:
    network, encode = tagger
    x = encode(_examples(*SENTENCES), None).x
    first, second = (_answer(network, x, jax.random.key(i)) for i in (1, 2))
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_array_equal(_answer(network, x), _answer(network, x))


def test_the_recurrent_tagger_equals_a_loop_over_words() -> None:
    network = RecurrentTagger(_spec(), jax.random.key(3))
    x = encode_sentences(_examples(*SENTENCES), None).x
    told = _answer(network, x)
    words = np.asarray(network.reader(x, None))
    for i, sentence in enumerate(SENTENCES):
        both = []
        for cell, order in (
            (network.forward, range(len(sentence))),
            (network.backward, reversed(range(len(sentence)))),
        ):
            state, states = (jnp.zeros(cell.hidden_size), jnp.zeros(cell.hidden_size)), {}
            for place in order:
                state = cell(jnp.asarray(words[i, place]), state)
                states[place] = state[0]
            both.append(np.stack([states[place] for place in range(len(sentence))]))
        expected = np.concatenate(both, axis=-1) @ np.asarray(network.out.weight).T + np.asarray(
            network.out.bias
        )
        emission = np.asarray(unpack(told[i]).emission)[: len(sentence)]
        np.testing.assert_allclose(emission, expected, rtol=1e-4, atol=1e-5)


def test_words_that_were_never_seen_share_one_vector() -> None:
    network = RecurrentTagger(_spec(), jax.random.key(0))
    x = encode_sentences(_examples(["anna", "zzz", "yyy"]), None).x
    vectors = np.asarray(network.reader(x, None))[0, :, :64]
    np.testing.assert_array_equal(vectors[1], vectors[2])
    assert np.abs(vectors[0] - vectors[1]).max() > 0.01


def test_an_inside_never_follows_another_type() -> None:
    ban = forbidden(TAGS)
    assert ban[0].tolist() == [0, 0, 1, 0, 1]  # at the start
    assert ban[1 + TAGS.index("B-LOC")].tolist() == [0, 0, 0, 0, 1]
    assert ban[1 + TAGS.index("I-PER")].tolist() == [0, 0, 1, 0, 0]
    network = RecurrentTagger(_spec(), jax.random.key(0))
    network = eqx.tree_at(
        lambda n: n.out.bias, network, jnp.array([0.0, 0, 9, 0, 8])
    )  # it would say I everywhere
    x = encode_sentences(_examples(["a"] * 6), None).x
    tags = [TAGS[i] for i in np.asarray(viterbi(jnp.asarray(_answer(network, x)), jnp.array([6])))[0, :6]]
    assert tags == ["B-LOC"] + ["I-LOC"] * 5


def test_the_window_network_keeps_its_width_however_many_words_there_are() -> None:
    """Its default size once was less than the table of words of WNUT17, and its layers shrank to one unit."""
    assert WindowTagger(_spec(20_000), jax.random.key(0)).first.out_features == WIDTH
    asked = {**_spec(), "parameters": 200_000}
    assert n_parameters(WindowTagger(asked, jax.random.key(0))) == pytest.approx(200_000, rel=0.01)


def test_a_pretrained_encoder_replaces_the_drawn_one_and_nothing_else(bert) -> None:
    drawn = EncoderTagger({**_spec(), **bert.spec}, jax.random.key(0))
    started = pretrained_tagger(drawn, bert)
    np.testing.assert_array_equal(
        started.body.words.weight, bert.weights["embeddings.word_embeddings.weight"]
    )
    assert eqx.tree_equal(started.head, drawn.head)
    assert n_parameters(started) == n_parameters(drawn)
