"""Surveillance: streams equal clips, nothing looks ahead, measures and baselines, one short run."""

from __future__ import annotations

import json

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import logsumexp, softmax
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from neurotwin.evaluation.surprise import frame_scores
from neurotwin.pipeline.task import run_task
from neurotwin.tasks import TASKS, Examples, n_parameters
from neurotwin.tasks.anomaly_metrics import ANOMALY, rescaled
from neurotwin.tasks.motion import FEATURES, grid_of, motion_features, pool
from neurotwin.tasks.networks.motion_predictor import LEAST_SCALE, PARTS, MotionPredictor
from neurotwin.tasks.storage import load_network
from neurotwin.tasks.streaming import stream

pytestmark = pytest.mark.usefixtures("compile_quickly")

TASK = TASKS["surveillance"]
METRICS = {metric.name: metric for metric in ANOMALY}
BACKGROUND = np.full((30, 40), 100, np.uint8)
SPEC = {"background": BACKGROUND.tolist(), "mean": [1.0] * len(FEATURES), "sd": [2.0] * len(FEATURES)}


def walk(n=30, speed=0.5, row=10, size=4, seed=0):
    """A dark square that crosses an even ground."""
    x = np.tile(BACKGROUND, (n, 1, 1)) + np.random.default_rng(seed).integers(
        0, 3, (n, 30, 40), dtype=np.uint8
    )
    for t in range(n):
        at = int(4 + speed * t) % 34
        x[t, row : row + size, at : at + size] = 20
    return x


def network(recurrent, horizon=1):
    return MotionPredictor({**SPEC, "horizon": horizon}, jax.random.key(1), recurrent)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """An npz of walkers; the test clips hold a faster one."""
    train = [walk(44, 0.5, row, seed=row) for row in (4, 8, 12, 16, 20) for _ in range(2)]
    fast = [np.concatenate([walk(22, 0.5, row, seed=50), walk(22, 2.0, row, seed=51)]) for row in (6, 14)]
    path = tmp_path_factory.mktemp("clips") / "walkers.npz"
    np.savez(
        path,
        training_frames=np.concatenate(train),
        training_clip=np.repeat(np.arange(10), 44),
        testing_frames=np.concatenate(fast),
        testing_clip=np.repeat([1, 2], 44),
        testing_label=np.tile(np.repeat([0, 1], 22), 2),
    )
    return path


@pytest.mark.parametrize("recurrent", [True, False])
@pytest.mark.parametrize("horizon", [1, 3])
def test_a_stream_gives_what_the_whole_clip_gives(recurrent, horizon):
    net, clip = network(recurrent, horizon), walk()
    whole = np.asarray(eqx.filter_jit(net)(clip[None]))
    told = list(stream(net, clip))
    np.testing.assert_allclose([m for _, m in told], whole[0, :, 1:], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose([s for s, _ in told], frame_scores(whole[..., 1:])[0], rtol=1e-4, atol=1e-5)
    assert (whole[0, 0] == 0).all()
    # the first score is no mean with the frame before, of which nothing is said
    assert told[1][0] == pytest.approx(whole[0, 1, 1:].max(), rel=1e-4)
    assert (whole[0, 1:, 1:] > 0).all()


@pytest.mark.parametrize("name", ["recurrent", "window", *TASK.baselines])
def test_no_score_depends_on_later_frames(name, clips):
    clip, later = walk(), walk()
    later[20:] = 255 - later[20:]
    if name in TASK.models:
        net = network(name == "recurrent")
        first, second = (np.asarray(net(x[None])) for x in (clip, later))
    else:
        data = TASK.load(clips, False)
        predict = TASK.baselines[name](TASK, data, 0)
        first, second = (predict(Examples([x], [np.zeros(30, np.uint8)])) for x in (clip, later))
    a, b = (frame_scores(x[..., 1:])[0] for x in (first, second))
    np.testing.assert_allclose(a[:20], b[:20], rtol=1e-5)
    assert np.abs(a[20:] - b[20:]).min() > 1e-3 * np.abs(a).max()


def test_the_rival_is_as_large():
    net = network(True)
    spec = {**SPEC, "parameters": n_parameters(net)}
    assert abs(n_parameters(MotionPredictor(spec, jax.random.key(0), False)) / n_parameters(net) - 1) < 0.01


def test_the_recurrent_state_matters():
    net, clip = network(True), walk()
    late = np.asarray(net(clip[None, 10:]))[0]
    whole = np.asarray(net(clip[None]))[0, 10:]
    assert np.abs(late[2] - whole[2]).max() > 1e-4


def test_the_loss_is_that_of_a_mixture_of_gaussians():
    net, clip, rng = network(True), walk(8), np.random.default_rng(2)
    bias = rng.normal(size=net.out.bias.shape).astype(np.float32)
    net = eqx.tree_at(lambda n: (n.out.weight, n.out.bias), net, (net.out.weight * 0, jnp.asarray(bias)))
    x = ((motion_features(clip, BACKGROUND) - 1) / 2).reshape(8, -1, 1, len(FEATURES))
    parts = bias.reshape(PARTS, -1)
    scale = np.log1p(np.exp(parts[:, 1 + len(FEATURES) :])) + LEAST_SCALE
    log_p = norm.logpdf(x, parts[:, 1 : 1 + len(FEATURES)], scale).sum(-1)
    log_p = logsumexp(log_p + np.log(softmax(parts[:, 0])), axis=-1)
    told = np.asarray(net(clip[None]))[0]
    np.testing.assert_allclose(told[1:, 0], -log_p.mean(1)[1:], rtol=1e-4)
    most = len(FEATURES) * norm.logpdf(0, scale=LEAST_SCALE)
    np.testing.assert_allclose(told[1:, 1:], most - log_p[1:], rtol=1e-4)


def test_numpy_and_the_compiled_network_read_the_same_motion():
    clip = walk(20, 0.7)
    compiled = jax.jit(lambda x: motion_features(x, jnp.asarray(BACKGROUND, "int32")))(clip.astype(np.int32))
    np.testing.assert_allclose(compiled, motion_features(clip, BACKGROUND), rtol=1e-5, atol=1e-5)


def test_nothing_is_expected_of_what_came_within_the_horizon():
    """A flash in frame 10 is in the features that compare with it, and in what is foretold from frame 18 on."""
    net, clip = network(True, horizon=8), walk(22)
    flash = clip.copy()
    flash[10, :20] = 255
    told, other = (np.asarray(net(x[None]))[0] for x in (clip, flash))
    same = np.abs(told - other).max(1) < 1e-5
    assert np.flatnonzero(~same).tolist() == [10, 11, 13, 16, 18, 19, 20, 21]


def test_training_looks_at_normal_frames_alone():
    outputs = np.zeros((1, 4, 3), np.float32)
    outputs[0, :, 0] = [1, 2, 30, 400]
    y = np.array([[0, 0, 1, -1]])
    assert float(TASK.loss(outputs, y)[0]) == pytest.approx(1.5)


def test_pooling_is_the_mean_of_neighbours():
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(pool(x), [[2, 3, 0], [0, 0, 0]])
    assert grid_of((60, 90)) == (10, 15)
    assert grid_of((31, 40)) == (6, 7)


def test_displacement_is_found():
    clip = walk(20, 0.5)
    told = motion_features(clip, BACKGROUND)[-1].reshape(-1, len(FEATURES))
    busiest = told[told[:, 0].argmax()]
    along, across = busiest[FEATURES.index("along")], busiest[FEATURES.index("across")]
    assert along == pytest.approx(3)  # 0.5 columns a frame over 6 frames
    assert across == pytest.approx(0)


def test_measures_are_scikit_learns():
    rng = np.random.default_rng(0)
    lengths, y = (30, 20), [np.repeat([0, 1], 15), np.repeat([1, 0], 10)]
    outputs = rng.random((2, 30, 5)).astype(np.float32)
    outputs[0, 15:, 1:] += 0.3
    examples = Examples([np.zeros((n, 2, 2)) for n in lengths], y)
    scores = [frame_scores(outputs[..., 1:])[i, :n] for i, n in enumerate(lengths)]
    rows = np.array([0, 1])
    found = {name: metric.of(outputs, examples)(rows) for name, metric in METRICS.items()}
    assert found["frame_auc"] == pytest.approx(roc_auc_score(np.concatenate(y), np.concatenate(scores)))
    assert found["clip_auc"] == pytest.approx(
        np.mean([roc_auc_score(a, b) for a, b in zip(y, scores, strict=True)])
    )
    stretched = np.concatenate([rescaled(s) for s in scores])
    assert found["frame_auc_rescaled"] == pytest.approx(roc_auc_score(np.concatenate(y), stretched))


def test_the_equal_error_rate_by_hand():
    examples = Examples([np.zeros((4, 2, 2))] * 2, [np.zeros(4, int), np.ones(4, int)])
    outputs = np.zeros((2, 4, 2))
    outputs[0, :, 1], outputs[1, :, 1] = 1.0, 2.0
    assert METRICS["equal_error_rate"].of(outputs, examples)(np.arange(2)) == 0
    assert METRICS["equal_error_rate"].of(outputs[::-1], examples)(np.arange(2)) == 1
    assert np.isnan(METRICS["frame_auc"].of(outputs, examples)(np.array([0])))


@pytest.mark.slow
def test_a_whole_run(clips, tmp_path):
    done = run_task("surveillance", tmp_path / "run", data=clips, epochs=4, seed=3)
    models = {score.model for score in done.scores}
    assert {"recurrent", "baseline: window, same size", "baseline: nearest motion"} <= models
    # a square four times as fast is no riddle
    assert done.scores.get(model="baseline: nearest motion", metric="frame_auc").value > 0.9
    assert done.scores.get(model="recurrent", metric="frame_auc").value > 0.7
    record = json.loads((done.folder / "run.json").read_text())
    assert record["measured"]["ms a frame, median"] > 0
    assert record["measured"]["largest difference of streamed and offline scores"] < 1e-3
    page = (done.folder / "report.html").read_text()
    for words in ("held out for validation", "past frames alone", "anomalous ones shaded", "surprise"):
        assert words in page
    again, about = load_network(done.folder / "model.safetensors")
    clip = walk()[None]
    np.testing.assert_array_equal(np.asarray(again(clip)), np.asarray(done.network(clip)))
    assert about["model"] == "recurrent"
