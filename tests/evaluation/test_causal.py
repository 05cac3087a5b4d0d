"""Zero-shot causal scores and the anatomical controls, on small worlds whose answer is known and on the
atlas.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import roc_auc_score

from neurotwin._base.errors import InputError, UnknownName
from neurotwin.biology.perturbations import Perturbations
from neurotwin.evaluation.anatomy import (
    NORMALISATIONS,
    anatomy_controls,
    direct_contacts,
    linear_propagation,
    path_length,
)
from neurotwin.evaluation.causal import anatomy_scores, auroc_difference, causal_scores, measured_pairs


def atlas(seed: int = 0, n: int = 25) -> tuple[Perturbations, np.ndarray]:
    """A made-up atlas in which the drive decides amplitude and significance; a third is unmeasured."""
    rng = np.random.default_rng(seed)
    drive = rng.normal(size=(n, n))
    amplitude = drive + 0.3 * rng.normal(size=(n, n))
    q = np.where(np.abs(drive) > 1.2, 0.01, 0.5)
    q[rng.random((n, n)) < 0.33] = np.nan
    names = tuple(f"N{i}" for i in range(n))
    return Perturbations(names, amplitude, q, np.ones((n, n), int)), drive


def by_metric(scores: list) -> dict:
    return {s.metric: s for s in scores}


def test_the_true_drive_scores_high_and_noise_at_chance() -> None:
    measured, drive = atlas()
    good = by_metric(causal_scores(drive, measured, n_resamples=200))
    assert good["auroc"].value == pytest.approx(1.0)
    assert good["spearman_amplitude"].value > 0.8
    assert good["spearman_signed"].value > 0.9
    noise = by_metric(
        causal_scores(np.random.default_rng(1).normal(size=drive.shape), measured, n_resamples=200)
    )
    assert noise["auroc"].low < 0.5 < noise["auroc"].high
    assert noise["spearman_signed"].low < 0.0 < noise["spearman_signed"].high
    for score in good.values():
        assert (score.family, score.split, score.model) == ("causal", "zero_shot", "twin")
        assert score.n == measured.measured.sum()


def test_sign_matters_to_the_signed_correlation_alone() -> None:
    measured, drive = atlas()
    right, wrong = (by_metric(causal_scores(sign * drive, measured, n_resamples=50)) for sign in (1, -1))
    assert wrong["auroc"].value == right["auroc"].value
    assert wrong["spearman_amplitude"].value == pytest.approx(right["spearman_amplitude"].value)
    assert wrong["spearman_signed"].value == pytest.approx(-right["spearman_signed"].value)


def test_orientation_matters() -> None:
    measured, drive = atlas()
    assert by_metric(causal_scores(drive.T, measured, n_resamples=50))["auroc"].value < 0.6


def test_the_diagonal_and_unmeasured_pairs_do_not_count() -> None:
    measured, drive = atlas()
    spoilt = drive.copy()
    np.fill_diagonal(spoilt, 1e6)
    spoilt[~measured.measured] = np.nan
    before, after = (by_metric(causal_scores(m, measured, n_resamples=20)) for m in (drive, spoilt))
    for part in (
        "value",
        "low",
        "high",
        "n",
    ):  # not the whole score: its ceiling is NaN, which equals nothing
        assert getattr(after["auroc"], part) == getattr(before["auroc"], part)


def test_unsigned_scores_are_ranked_as_they_are() -> None:
    measured, drive = atlas()
    # nearer 0 is stronger, as minus the path length: its magnitude would rank it backwards
    distance = -1.0 / np.abs(drive)
    scores = by_metric(causal_scores(distance, measured, signed=False, n_resamples=20))
    assert scores["auroc"].value == pytest.approx(1.0)
    assert "spearman_signed" not in scores


def test_a_pair_without_amplitude_still_counts_as_significant_or_not() -> None:
    measured, drive = atlas()
    amplitude = measured.amplitude.copy()
    lost = tuple(np.argwhere(measured.measured)[:7].T)
    amplitude[lost] = np.nan
    fewer = Perturbations(measured.names, amplitude, measured.q, measured.repeats)
    scores = by_metric(causal_scores(drive, fewer, n_resamples=20))
    assert scores["auroc"].n == measured.measured.sum()
    assert scores["spearman_amplitude"].n == scores["spearman_signed"].n == measured.measured.sum() - 7
    assert np.isfinite(scores["spearman_amplitude"].value)


def test_where_restricts_the_pairs() -> None:
    measured, drive = atlas()
    where = np.zeros(drive.shape, bool)
    where[:, :10] = True
    pairs = measured_pairs(measured, where=where)
    assert pairs.pre.max() < 10
    score = by_metric(
        causal_scores(
            drive + np.random.default_rng(2).normal(size=drive.shape), measured, where=where, n_resamples=20
        )
    )
    assert score["auroc"].n == pairs.pre.size < measured.measured.sum()


def test_auroc_agrees_with_sklearn_on_the_measured_pairs() -> None:
    measured, drive = atlas()
    noisy = drive + np.random.default_rng(3).normal(size=drive.shape)
    mask = measured.measured
    expected = roc_auc_score(measured.significant()[mask], np.abs(noisy)[mask])
    assert by_metric(causal_scores(noisy, measured, n_resamples=20))["auroc"].value == pytest.approx(expected)


def test_paired_difference_is_the_difference_and_knows_a_better_response() -> None:
    measured, drive = atlas()
    rng = np.random.default_rng(4)
    better, worse = drive + rng.normal(size=drive.shape), drive + 3 * rng.normal(size=drive.shape)
    found = auroc_difference(better, worse, measured)
    a, b = (by_metric(causal_scores(m, measured, n_resamples=20))["auroc"].value for m in (better, worse))
    assert found.value == pytest.approx(a - b)
    assert found.low > 0
    same = auroc_difference(better, better, measured)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)


def test_unusable_responses_are_refused() -> None:
    measured, drive = atlas()
    with pytest.raises(InputError, match=r"response must be a matrix(.|\n)*\(25, 25\)"):
        causal_scores(drive[:5], measured)
    drive[tuple(np.argwhere(measured.measured)[0])] = np.nan
    with pytest.raises(InputError, match="NaN or infinity at a measured pair"):
        causal_scores(drive, measured)
    with pytest.raises(InputError, match="no measured pair"):
        causal_scores(drive, measured, where=np.zeros(drive.shape))


def chain(n: int = 4) -> np.ndarray:
    contacts = np.zeros((n, n))
    contacts[np.arange(1, n), np.arange(n - 1)] = 2.0  # 0 → 1 → 2 → 3, row is post
    return contacts


def test_direct_contacts_add_both_kinds_and_drop_self_contacts() -> None:
    chemical, gap = np.array([[5.0, 2.0], [0.0, 0.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])
    fake = SimpleNamespace(matrix=lambda kind: sparse.csr_array(chemical if kind == "chemical" else gap))
    np.testing.assert_array_equal(direct_contacts(fake), [[0.0, 3.0], [1.0, 0.0]])  # type: ignore[arg-type]
    controls = anatomy_controls(fake)  # type: ignore[arg-type]
    assert list(controls) == ["anatomy: direct", "anatomy: path length", "anatomy: linear propagation"]


def test_path_length_follows_the_direction_of_synapses() -> None:
    hops = path_length(chain())
    assert hops[3, 0] == -3
    assert hops[1, 0] == -1
    assert hops[0, 3] == -4  # unreachable: minus the number of neurons
    assert hops[2, 2] == 0


def test_anatomy_scores_rank_near_pairs_first_over_the_connectomes_neurons() -> None:
    """Responses along a chain: the path length must rank them forwards although its numbers are negative."""
    names = tuple("abcdef")
    q = np.where(np.eye(6, k=-1) + np.eye(6, k=-2) > 0, 0.001, 0.9)
    shuffled = [3, 0, 5, 1, 4, 2]
    measured = Perturbations(
        tuple(names[i] for i in shuffled),
        (1 - q)[np.ix_(shuffled, shuffled)],
        q[np.ix_(shuffled, shuffled)],
        np.ones((6, 6), int),
    )
    contacts = {"chemical": sparse.csr_array(chain(6)), "electrical": sparse.csr_array((6, 6))}
    fake = SimpleNamespace(matrix=contacts.__getitem__, names=names)
    scores = anatomy_scores(fake, measured)  # type: ignore[arg-type]
    value = {s.model: s.value for s in scores if s.metric == "auroc"}
    assert value["anatomy: path length"] == value["anatomy: linear propagation"] == 1.0
    assert 0.5 < value["anatomy: direct"] < 1.0
    assert "spearman_signed" not in {s.metric for s in scores}


@pytest.mark.parametrize("normalisation", NORMALISATIONS.names())
def test_propagation_decays_along_a_chain_and_never_runs_back(normalisation: str) -> None:
    response = linear_propagation(chain(), normalisation, rho=0.5)
    np.testing.assert_allclose(response[:, 0], [1, 0.5, 0.25, 0.125])
    np.testing.assert_allclose(np.triu(response, 1), 0.0, atol=1e-15)


def test_pairs_without_a_path_tie_exactly() -> None:
    rng = np.random.default_rng(1)
    first, second = (rng.random((15, 15)) for _ in range(2))
    apart = np.block([[first, np.zeros((15, 15))], [first, second]])  # nothing leads from second to first
    order = rng.permutation(30)
    response = linear_propagation(apart[np.ix_(order, order)])
    blocks = (order < 15)[:, None] & (order >= 15)[None, :]
    assert np.all(response[blocks] == 0.0)


@pytest.mark.parametrize("normalisation", NORMALISATIONS.names())
def test_propagation_is_the_sum_over_paths(normalisation: str) -> None:
    contacts = np.random.default_rng(0).poisson(1.0, size=(12, 12)).astype(float)
    coupling = NORMALISATIONS[normalisation](contacts)
    coupling *= 0.7 / np.abs(np.linalg.eigvals(coupling)).max()
    series = sum(np.linalg.matrix_power(coupling, k) for k in range(200))
    np.testing.assert_allclose(linear_propagation(contacts, normalisation, rho=0.7), series, atol=1e-10)


def test_unknown_normalisation_and_bad_rho_are_refused() -> None:
    with pytest.raises(UnknownName, match=r"normalisation of contacts(.|\n)*symmetric"):
        linear_propagation(chain(), "symetric")
    with pytest.raises(InputError, match="between 0 and 1"):
        linear_propagation(chain(), rho=1.0)


def test_anatomy_on_the_measured_atlas(data_folder: Path) -> None:
    """The controls in ../shared/BASELINES.md: direct 0.57, path 0.62, propagation 0.62–0.64 on 1,151 of
    23,902 pairs.
    """
    with tarfile.open(data_folder / "celegans_connectome.tar.gz") as archive:
        member = next(m for m in archive.getnames() if m.endswith("randi2023_funatlas_compact.npz"))
        file = archive.extractfile(member)
        assert file is not None
        data = np.load(io.BytesIO(file.read()))
    names = tuple(str(n) for n in data["neuron_ids"])
    measured = Perturbations(names, data["wt_dFF"], data["wt_q"], data["wt_occ1"].astype(int))
    fake = SimpleNamespace(
        matrix=lambda kind: sparse.csr_array(data["chem" if kind == "chemical" else "gap"].astype(float))
    )
    value = {
        name: by_metric(causal_scores(m, measured, model=name, signed=False, n_resamples=50))["auroc"].value
        for name, m in anatomy_controls(fake).items()  # type: ignore[arg-type]
    }
    assert value["anatomy: direct"] == pytest.approx(0.568, abs=0.005)
    assert value["anatomy: path length"] == pytest.approx(0.618, abs=0.005)
    assert value["anatomy: linear propagation"] == pytest.approx(0.640, abs=0.005)
