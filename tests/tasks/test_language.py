"""Language models: nothing of the future in an answer, a text in pieces is the text, and the measures by hand."""

from __future__ import annotations

import lzma

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurotwin._base.errors import InputError
from neurotwin.pipeline.task import run_task
from neurotwin.tasks import TASKS, Examples, TaskData, n_parameters
from neurotwin.tasks.generation import generate
from neurotwin.tasks.language_baselines import LZMA, compressor, unigram
from neurotwin.tasks.language_metrics import LANGUAGE
from neurotwin.tasks.layers.recurrent import begin, run_cell
from neurotwin.tasks.readers.text import OTHER, PAD
from neurotwin.tasks.storage import load_network
from neurotwin.tasks.text_generation import MODELS, loss

pytestmark = pytest.mark.usefixtures("compile_quickly")

SPEC = {"characters": OTHER + "abcdefg \n", "window": 16, "dropout": 0.1, "parameters": 6_000}
RNG = np.random.default_rng(0)
X = RNG.integers(0, 10, (3, 16)).astype(np.int32)


@pytest.fixture(scope="module", params=sorted(MODELS))
def network(request):
    return MODELS[request.param].build(SPEC, jax.random.key(1))


def test_the_future_changes_no_bit_of_the_past(network):
    changed = X.copy()
    changed[:, 9:] = (changed[:, 9:] + 1) % 10
    jitted = eqx.filter_jit(network)
    before, after = np.asarray(jitted(X)), np.asarray(jitted(changed))
    np.testing.assert_array_equal(before[:, :9], after[:, :9])
    assert not np.array_equal(before[:, 9:], after[:, 9:])


def test_character_by_character_is_the_whole(network):
    state, told = network.begin(), []
    advance = eqx.filter_jit(network.advance)
    for character in X[0]:
        state, scores = advance(state, jnp.asarray(character))
        told.append(scores)
    np.testing.assert_allclose(np.stack(told), eqx.filter_jit(network)(X[:1])[0], atol=2e-5)


def test_a_full_window_moves_on():
    network = MODELS["transformer"].build(SPEC, jax.random.key(1))
    text = RNG.integers(0, 10, 20).astype(np.int32)
    state, advance = network.begin(), eqx.filter_jit(network.advance)
    for character in text:
        state, scores = advance(state, jnp.asarray(character))
    np.testing.assert_allclose(scores, eqx.filter_jit(network)(text[None, 4:])[0, -1], atol=2e-5)


def test_sizes_are_what_was_asked_for(network):
    assert n_parameters(network) == pytest.approx(
        6_000, rel=0.2
    )  # a Transformer's width comes in steps of its heads


@pytest.mark.parametrize(("kind", "back"), [(eqx.nn.GRUCell, True), (eqx.nn.LSTMCell, False)])
def test_a_cell_along_a_sequence_is_the_cell_at_each_step(kind, back):
    cell = kind(3, 5, key=jax.random.key(0))
    x, length = RNG.normal(size=(2, 7, 3)).astype(np.float32), np.array([7, 4])

    def slow(cell, one, n):
        state = jax.tree.map(lambda a: a[0], begin(cell, 1))
        told = [None] * 7
        for t in reversed(range(7)) if back else range(7):
            state = cell(one[t], state) if t < n else state
            told[t] = state if kind is eqx.nn.GRUCell else state[0]
        return jnp.stack(told)

    def fast(cell):
        return run_cell(cell, jnp.asarray(x), begin(cell, 2), jnp.asarray(length), back=back)[1]

    def oracle(cell):
        return jnp.stack([slow(cell, x[i], length[i]) for i in range(2)])

    def told_and_slope(of):
        def squared(cell):
            told = of(cell)
            return (told**2).sum(), told

        (_, told), slope = eqx.filter_jit(eqx.filter_value_and_grad(squared, has_aux=True))(cell)
        return [told, *jax.tree.leaves(slope)]

    for ours, theirs in zip(told_and_slope(fast), told_and_slope(oracle), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_bits_and_accuracy_by_hand():
    examples = Examples(np.zeros((2, 2), np.int32), np.array([[0, 1], [PAD, 0]]))
    p = np.array([[[0.5, 0.5], [0.75, 0.25]], [[0.1, 0.9], [0.875, 0.125]]])
    bits, right = (metric.of(np.log(p) + 3, examples) for metric in LANGUAGE)
    assert bits(np.arange(2)) == pytest.approx((1 + 2 - np.log2(0.875)) / 3)
    assert right(np.arange(2)) == pytest.approx(2 / 3)
    assert bits(np.array([0, 0])) == pytest.approx(1.5)
    outputs = loss(jnp.log(jnp.asarray(p)), jnp.asarray(examples.y))
    np.testing.assert_allclose(outputs, [1.5 * np.log(2), -np.log(0.875)], rtol=1e-6)


def _data(text):
    part = Examples(text[None, :-1], text[None, 1:])
    return TaskData(part, part, part, facts={"characters": OTHER + "ab"})


def test_simple_methods_by_hand():
    data = _data(np.array([1, 1, 2, 1, 1, 2, 1, 1]))
    told = unigram(TASKS["text"], data, 0)(data.test)
    np.testing.assert_allclose(told[0, 0], np.log([1, 7, 3]), rtol=1e-6)
    text = np.append([1], RNG.integers(1, 3, 3_000))
    data = _data(text)
    told = compressor(TASKS["text"], data, 0)(data.test)
    whole = "".join((OTHER + "ab")[i] for i in text).encode()
    longer = len(lzma.compress(whole + whole[1:], lzma.FORMAT_RAW, filters=LZMA)) - len(
        lzma.compress(whole, lzma.FORMAT_RAW, filters=LZMA)
    )
    assert LANGUAGE[0].of(told, data.test)(np.array([0])) == pytest.approx(8 * longer / 3_000)
    assert np.isnan(LANGUAGE[1].of(told, data.test)(np.array([0])))


def test_generation_follows_seed_temperature_and_scores(network):
    first = generate(network, "abc", 30, 1.0, seed=1)
    assert first == generate(network, "abc", 30, 1.0, seed=1)
    assert first != generate(network, "abc", 30, 1.0, seed=2)
    assert len(first) == 30 and OTHER not in first and set(first) <= set(SPEC["characters"])
    likeliest = generate(network, "abc", 3, 0.0)
    numbers = [SPEC["characters"].index(c) for c in "abc" + likeliest]
    scores = np.array(eqx.filter_jit(network)(np.array([numbers]))[0])
    scores[:, 0] = -np.inf
    assert list(scores[2:5].argmax(-1)) == numbers[3:]


@pytest.mark.parametrize(
    ("prompt", "temperature", "what"),
    [
        ("", 1.0, "cannot read the prompt"),
        ("aß", 1.0, "unknown characters 'ß'"),
        ("a", -1.0, "nothing can be generated"),
    ],
)
def test_a_prompt_that_cannot_be_read_is_refused(prompt, temperature, what):
    network = MODELS["gru"].build(SPEC, jax.random.key(1))
    with pytest.raises(InputError, match=what):
        generate(network, prompt, 5, temperature)


@pytest.mark.slow
def test_a_whole_run(tmp_path):
    words = RNG.choice(["to ", "be ", "or ", "not "], 3_000)
    (tmp_path / "words.txt").write_text("".join(words))
    result = run_task("text", tmp_path / "run", data=tmp_path / "words.txt", epochs=2, batch=8)
    models = {score.model for score in result.scores}
    assert {"gru", "baseline: transformer, same size", "baseline: uniform"} <= models
    bits = {s.model: s.value for s in result.scores.select(metric="bits_per_character")}
    best = bits["baseline: n-grams, order and smoothing by validation"]
    # a word of three or four characters costs two bits: 2 / 3.25 a character
    assert best == pytest.approx(2 / 3.25, rel=0.1) and bits["gru"] > 0.95 * 2 / 3.25
    assert max(best, bits["gru"]) < 1 < bits["baseline: unigram"] < bits["baseline: uniform"]
    accuracy = {s.model for s in result.scores.select(metric="next_character_accuracy")}
    assert "baseline: compressor, primed with the training text" not in accuracy
    assert "What it wrote" in (result.folder / "report.html").read_text()
    network, about = load_network(result.folder / "model.safetensors")
    assert network.characters == about["spec"]["characters"]
    assert generate(network, "to ", 5, 0.5, 1) == generate(result.network, "to ", 5, 0.5, 1)
