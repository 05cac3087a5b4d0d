"""Translation: files that do not fit are refused, the search finds what is likeliest, and a small language is learnt."""

from __future__ import annotations

import gzip
import tarfile

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.pipeline.task import run_task
from neurotwin.tasks import TASKS, Examples, fit, n_parameters
from neurotwin.tasks.byte_pairs import text_of_pieces
from neurotwin.tasks.readers.translation import LONGEST, read_translation
from neurotwin.tasks.translation import MODELS, loss
from neurotwin.tasks.translation_baselines import dictionary
from neurotwin.tasks.translation_metrics import references
from neurotwin.tasks.translation_search import beam, encode_pairs, greedy, lengths_of, translate

pytestmark = pytest.mark.usefixtures("compile_quickly")

NOUNS = {"hund": "dog", "katze": "cat", "mann": "man", "frau": "woman", "kind": "child"}
VERBS = {"sieht": "sees", "ruft": "calls", "kennt": "knows"}
RNG = np.random.default_rng(0)


def sentences(n):
    """The object comes first in one language and last in the other: word by word is not enough."""
    found = []
    for _ in range(n):
        a, b, v = RNG.choice(list(NOUNS)), RNG.choice(list(NOUNS)), RNG.choice(list(VERBS))
        found.append((f"{b} {v} {a} .", f"the {NOUNS[a]} {VERBS[v]} the {NOUNS[b]} ."))
    return found


def folder(path, sizes=(("train", 600), ("val", 20), ("test_2020", 20)), languages=("de", "en")):
    path.mkdir(exist_ok=True)
    for part, n in sizes:
        pairs = sentences(n)
        for side, language in enumerate(languages):
            (path / f"{part}.{language}").write_text(
                "".join(pair[side] + "\n" for pair in pairs), encoding="utf-8"
            )
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return read_translation(folder(tmp_path_factory.mktemp("pairs") / "a"))


def spec_of(data, **more):
    return {**TASKS["translation"].describe(data), "dropout": 0.0, **more}


def test_files_come_back_as_sentences(tmp_path):
    path = folder(tmp_path / "a")
    data = read_translation(path)
    for part, examples in zip(("train", "val", "test_2020"), data.parts().values(), strict=True):
        sources = [text_of_pieces(x.tolist()) for x in examples.x]
        assert sources == (path / f"{part}.de").read_text().splitlines()
        assert references(examples) == (path / f"{part}.en").read_text().splitlines()
    assert (data.facts["source"], data.facts["target"]) == ("de", "en")
    packed = tmp_path / "a.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        for file in sorted(path.iterdir()):
            (tmp_path / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
            archive.add(tmp_path / f"{file.name}.gz", f"a/{file.name}.gz")
    again = read_translation(packed)
    assert references(again.test) == references(data.test)


def test_pieces_are_learnt_on_the_training_part_alone(tmp_path):
    path = folder(tmp_path / "a")
    for name in ("val.en", "test_2020.en"):
        (path / name).write_text("zyxzyx zyxzyx\n" * 20)
    data = read_translation(path)
    assert not any("zy" in piece for x in data.test.y for piece in x)
    assert references(data.test)[0] == "zyxzyx zyxzyx"


def test_long_training_pairs_are_left_out_and_told(tmp_path):
    path = folder(tmp_path / "a")
    for language in ("de", "en"):
        lines = (path / f"train.{language}").read_text().splitlines()
        lines[3] = " ".join(["x1"] * LONGEST)
        (path / f"train.{language}").write_text("\n".join(lines) + "\n")
    data = read_translation(path)
    assert len(data.train) == 599 and "1 training pairs with more than 40 pieces" in data.split
    assert lengths_of(data.train).max() <= LONGEST


def broken(path, name, text):
    folder(path)
    (path / name).write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("val.en", "one line\n", "do not go line by line together"),
        ("test_2020.de", "\n" + "a b\n" * 19, "a line is empty"),
        ("train.fr", "un\n", "not the files of two languages"),
        ("test_2021.de", "a\n", "two files say that they are the test part in de"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path, name, text, what):
    with pytest.raises(InputError, match=what):
        read_translation(broken(tmp_path / "a", name, text))


def test_missing_files_are_named(tmp_path):
    with pytest.raises(InputError, match="comes with no sample") as error:
        read_translation(None)
    assert "--data multi30k_de_en.tar.gz" in str(error.value)
    with pytest.raises(InputError, match="not the files of two languages") as error:
        read_translation(folder(tmp_path / "a", (("train", 20), ("val", 20))))
    assert "add test.de, test.en" in str(error.value)
    (tmp_path / "b.txt").write_text("a")
    with pytest.raises(InputError, match="neither a folder nor a tar"):
        read_translation(tmp_path / "b.txt")


def test_model_1_by_hand_and_on_the_small_language():
    assert dictionary([["das", "haus"], ["das", "buch"], ["ein", "buch"]], [["the", "house"], ["the", "book"], ["a", "book"]]) == {
        "das": "the", "haus": "house", "buch": "book", "ein": "a",
    }  # fmt: skip
    pairs = sentences(300)
    found = dictionary([a.split() for a, _ in pairs], [b.split() for _, b in pairs])
    assert {word: found[word] for word in (*NOUNS, *VERBS)} == NOUNS | VERBS


@pytest.mark.parametrize("name", ["gru-attention", "gru"])
def test_padding_and_later_pieces_change_nothing(data, name):
    network = eqx.filter_jit(MODELS[name].build(spec_of(data), jax.random.key(0)))
    few = data.test.take(np.arange(3))
    x, asked = encode_pairs(few, None)
    asked = asked > 0
    wider = {k: np.pad(v, ((0, 0), (0, 7))) if v.ndim == 2 else v for k, v in x.items()}
    told = network(x)
    np.testing.assert_allclose(network(wider)[:, : asked.shape[1]][asked], told[asked], atol=1e-5)
    changed = {**x, "target": x["target"].copy()}
    changed["target"][:, 3] = x["target"][:, 1]
    after = network(changed)
    np.testing.assert_array_equal(after[:, :3], told[:, :3])
    assert not np.allclose(after[:, 3:5], told[:, 3:5])


def test_the_rival_is_of_the_same_size(data):
    network = MODELS["gru-attention"].build(spec_of(data), jax.random.key(0))
    rival = MODELS["gru"].build(spec_of(data, parameters=n_parameters(network)), jax.random.key(0))
    assert n_parameters(rival) == pytest.approx(n_parameters(network), rel=0.01)


def test_the_loss_is_nats_a_piece():
    outputs, y = jnp.array([[-1.0, -2.0], [-4.0, -9.0]]), jnp.array([[1.0, 1.0], [1.0, 0.0]])
    assert loss(outputs, y).mean() == pytest.approx(7 / 3)


class Fixed(eqx.Module):
    """Answers from a table of what follows what, whatever the source."""

    table: jax.Array
    pieces: tuple[str, ...] = eqx.field(static=True)
    end: int = eqx.field(static=True)

    def read(self, x):
        return jnp.asarray(x["source"])

    def start(self, memory):
        return jnp.zeros((len(memory), 1))

    def advance(self, memory, h, piece):
        return h, self.table[piece]


def test_beam_search_finds_what_greedy_search_misses():
    # a b c, then the end (3) and the beginning (4): "a" is likelier at first, but nothing good comes behind it
    p = np.full((5, 5), 1e-9)
    p[4, :3] = 0.55, 0.45, 1e-9
    p[0, [0, 1, 2, 3]] = 0.3, 0.3, 0.3, 0.1
    p[1, 3] = p[2, 3] = 1.0
    network = Fixed(jnp.log(jnp.asarray(p / p.sum(1, keepdims=True))), ("▁a", "▁b", "▁c"), 3)
    examples = Examples([np.array(["x"])], [np.array(["y"])])
    assert beam(network, examples).tolist() == ["b"]
    assert greedy(network, examples).tolist()[0].startswith("a")
    assert translate(network, examples, 1).tolist() == greedy(network, examples).tolist()


def test_translations_come_in_the_order_of_the_sources_whatever_the_batch(data, monkeypatch):
    network = MODELS["gru-attention"].build(spec_of(data, parameters=60_000), jax.random.key(3))
    whole = beam(network, data.test)
    monkeypatch.setattr("neurotwin.tasks.translation_search.AT_ONCE", 8)
    assert beam(network, data.test).tolist() == whole.tolist()


@pytest.mark.slow
def test_a_small_language_is_learnt(data):
    task, model = TASKS["translation"], MODELS["gru-attention"]
    settings = model.settings_for(len(data.train), epochs=10, batch=20, dropout=0.0, learning_rate=1e-2)
    network = model.build(spec_of(data, parameters=60_000), jax.random.key(0))
    fitted = fit(network, data.train, data.validation, task, settings)
    assert fitted.history[-1]["validation"] > 90
    told = beam(fitted.network, data.test)
    assert (told == np.array(references(data.test))).mean() > 0.8


@pytest.mark.slow
def test_a_whole_run(tmp_path):
    path = folder(tmp_path / "pairs", (("train", 64), ("val", 10), ("test", 10)))
    result = run_task("translation", tmp_path / "run", data=path, model="gru", epochs=1, batch=32)
    bleu = {score.model: score.value for score in result.scores.select(metric="bleu")}
    assert {"gru", "baseline: greedy search"} <= set(bleu)
    # right words in the source's order, without articles: no four of them in a row are right
    assert 0 < bleu["baseline: word by word (IBM model 1)"] < 60
    assert bleu["baseline: the source as it is"] < 20
    page = (result.folder / "report.html").read_text()
    assert "What it wrote" in page and "reference:" in page
