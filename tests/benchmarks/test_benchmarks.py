"""The benchmarks' own arithmetic and manners, on sides that are made up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    not (ROOT / "benchmarks" / "case.py").exists(), reason="the benchmarks are run from a checkout"
)

SIDE = """
def prepare(seconds, value, package=None, crash=False, **size):
    if package:
        __import__(package)
    if crash:
        raise RuntimeError("the matrix is singular")
    times = iter([9.0, *seconds] * 9)
    return lambda: {"seconds": next(times), "value": value}
"""
OURS, PEER = [0.1, 0.2, 0.7], [0.4, 0.1, 0.9]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The benchmarks, importable; made-up sides too, in our process and in the workers."""
    (tmp_path / "made_up_side.py").write_text(SIDE)
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    from benchmarks import case, family

    return case, family


def made_up(case, peers=(), checks=None, **ours):
    options = {"seconds": OURS, "value": 1.0, **ours}
    return case.Case(
        "made_up",
        "nothing",
        "made_up_side",
        full={},
        quick={},
        peers=peers,
        options=options,
        checks=checks or {},
        repeats=3,
    )


def peer(case, python="ours", **options):
    return case.Side("the other", "made_up_side", {"seconds": PEER, "value": 1.0, **options}, python)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )


def test_ratio_is_the_peers_median_over_ours_without_the_warm_up(package):
    case, family = package
    (row,) = family.compare(made_up(case, (peer(case),)))
    assert row["ours_s"] == 0.2 and row["peer_s"] == 0.4
    assert row["ratio"] == pytest.approx(0.4 / 0.2)
    assert row["spread"] == pytest.approx(np.ptp(np.quantile(OURS, [0.25, 0.75])) / 0.2)
    assert row["repeats"] == 3 and row["peer"] == "the other" and row["name"] == "made_up"
    assert row["peak_mb"] > 1


def test_a_line_survives_json_and_has_the_fields(package):
    case, family = package
    (row,) = family.compare(made_up(case, (peer(case),)))
    read = json.loads(json.dumps(row))
    assert {"name", "ours_s", "peer", "peer_s", "ratio", "peak_mb", "spread"} <= set(read)


@pytest.mark.parametrize(("value", "agree"), [(1.0005, True), (1.5, False)])
def test_sides_that_compute_something_else_are_told(package, value, agree):
    case, family = package
    said: list[str] = []
    (row,) = family.compare(made_up(case, (peer(case, value=value),), {"value": 1e-3}), say=said.append)
    assert row["agree"] is agree
    assert bool(said) is not agree


def test_a_number_that_only_one_side_gives_is_no_agreement(package):
    case, family = package
    (row,) = family.compare(made_up(case, (peer(case),), {"loss": 1e-3}))
    assert row["agree"] is False


def test_a_peer_that_is_not_installed_is_left_out_with_the_reason(package):
    case, family = package
    said: list[str] = []
    rows = family.compare(
        made_up(case, (peer(case, package="no_such_simulator"), peer(case))), say=said.append
    )
    assert len(rows) == 1 and rows[0]["ratio"] == pytest.approx(2.0)
    assert "no_such_simulator" in said[0] and "left out" in said[0]


def test_a_peer_that_fails_is_left_out_with_its_error(package):
    case, family = package
    said: list[str] = []
    (row,) = family.compare(made_up(case, (peer(case, crash=True),)), say=said.append)
    assert row["peer"] is None and row["ratio"] is None and row["ours_s"] == 0.2
    assert "RuntimeError: the matrix is singular" in said[0]


def test_without_the_peers_environment_the_script_that_makes_it_is_named(package, monkeypatch, tmp_path):
    case, family = package
    monkeypatch.setenv("NEUROTWIN_PEERS", str(tmp_path / "nowhere"))
    said: list[str] = []
    family.compare(made_up(case, (peer(case, python="peers"),)), say=said.append)
    assert "make_peers.sh" in said[0]


def test_our_side_failing_is_an_error(package):
    case, family = package
    with pytest.raises(family.Absent, match="singular"):
        family.compare(made_up(case, crash=True))


def test_the_table_marks_the_fastest_peer(package):
    case, family = package
    from benchmarks import results

    slow = case.Side("slow", "made_up_side", {"seconds": [2.0, 2.0, 2.0], "value": 1.0}, "ours")
    one = made_up(case, (slow, peer(case)))
    rows = [{**row, "date": "2026-11-24 08:00", "machine": results.machine()} for row in family.compare(one)]
    lines = results.table({"made_up": one}, rows).splitlines()
    assert [("**2.00×**" in line, "**10.00×**" in line) for line in lines[-2:]] == [
        (True, False),
        (False, False),
    ]


def test_the_table_goes_between_the_markers_from_the_last_results(package, tmp_path):
    case, family = package
    from benchmarks import results

    page, kept = tmp_path / "page.md", tmp_path / "results.jsonl"
    page.write_text(f"before\n{results.BEGIN}\nold\n{results.END}\nafter\n")
    one = made_up(case, (peer(case),))
    rows = family.compare(one)
    results.keep([{**rows[0], "ratio": 77.0}], kept)
    results.keep(rows, kept)
    results.write_table({"made_up": one}, page, kept)
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n")
    assert "old" not in text and "77" not in text and "2.00×" in text


def test_both_environments_are_given_the_same_problem(package):
    from benchmarks import problems

    first, second = (problems.rate_network(n=30, synapses=100, pairs=20, t=3, b=2) for _ in range(2))
    assert all(np.array_equal(first[key], second[key]) for key in first)
    flat = first["post"].astype(int) * 30 + first["pre"]
    assert len(flat) == 100 and (np.diff(flat) > 0).all()
    assert (first["gap_a"] < first["gap_b"]).all()


def test_cost_in_proportion_to_synapses_is_a_straight_line(package):
    from benchmarks import scaling

    sizes = (1e4, 1e5, 1e6)
    straight = [{"axis": "synapses", "value": e, "seconds": 1e-3 + 2e-8 * e} for e in sizes]
    bent = [{"axis": "synapses", "value": e, "seconds": 1e-12 * e**2 + 1e-3} for e in sizes]
    assert scaling.straightness(straight)["largest_deviation"] < 1e-6
    assert scaling.straightness(bent)["largest_deviation"] > 0.2


def test_list_names_every_case():
    told = run("--list")
    assert told.returncode == 0
    names = [line.split()[0] for line in told.stdout.splitlines()]
    assert {
        "worm_step",
        "larva_step",
        "dense_lif",
        "cuba",
        "fly",
        "hh_gradient",
        "memory",
        "cold_start",
    } <= set(names)


def test_an_unknown_name_ends_with_2_and_names_the_cases():
    told = run("worm_stepp")
    assert told.returncode == 2
    assert "worm_stepp" in told.stderr and "larva_step" in told.stderr


@pytest.mark.slow
def test_a_real_case_agrees_with_plain_jax(tmp_path):
    told = run("bptt_1m", "--quick", NEUROTWIN_PEERS=str(tmp_path))
    assert told.returncode == 0, told.stderr
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    assert len(rows) == 2 and all(row["agree"] for row in rows)
