"""The package root: light, lazy, complete, and helpful to whoever mistypes."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import neurotwin

HEAVY = {"equinox", "h5py", "jax", "matplotlib", "numpy", "optax", "pandas", "scipy", "sklearn"}
NETWORK_ONLY = {"equinox", "jax", "optax"}
LIGHT_PACKAGES = ["biology", "blueprint", "evaluation"]

# Precision, devices, logging and random state are the caller's: who sets them changes other people's results.
CALLERS_STATE = """
import logging, os
import equinox, jax, matplotlib, numpy, optax, pandas, rich, scipy, typer

def state():
    return {
        "jax": dict(jax.config.values),
        "logging": (logging.root.level, list(logging.root.handlers)),
        "matplotlib": dict(matplotlib.rcParams),
        "random state": numpy.random.get_state()[1].tolist(),
        "environment": dict(os.environ),
    }

before = state()
import neurotwin.cli, neurotwin.network, neurotwin.pipeline, neurotwin.report, neurotwin.training
after = state()
print(*[name for name in before if before[name] != after[name]] or ["nothing changed"])
"""


def in_a_fresh_interpreter(code: str) -> list[str]:
    """Lines that ``code`` prints; it must end well and warn of nothing."""
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    return finished.stdout.splitlines()


def modules_after(statement: str) -> set[str]:
    """Names of all modules that are loaded after ``statement``, which must not print."""
    (modules,) = in_a_fresh_interpreter(f"{statement}\nimport sys, json\nprint(json.dumps([*sys.modules]))")
    return set(json.loads(modules))


def test_importing_the_root_loads_nothing_but_the_root():
    loaded = modules_after("import neurotwin")
    assert {name for name in loaded if name.split(".")[0] == "neurotwin"} == {"neurotwin"}
    assert not HEAVY & loaded


@pytest.mark.parametrize("package", LIGHT_PACKAGES)
def test_what_prepares_designs_and_scores_does_without_jax_and_pictures(package):
    loaded = modules_after(f"import neurotwin.{package}")
    assert f"neurotwin.{package}" in loaded
    assert not (NETWORK_ONLY | {"matplotlib"}) & loaded


def test_the_command_line_imports_everything_inside_functions():
    loaded = modules_after("import neurotwin.cli")
    ours = {name for name in loaded if name.startswith("neurotwin.")}
    assert {name for name in ours if name.split(".")[1] not in {"cli", "_base"}} == set()
    assert not HEAVY & loaded


def test_no_import_sets_what_belongs_to_the_caller():
    assert in_a_fresh_interpreter(CALLERS_STATE) == ["nothing changed"]


@pytest.mark.parametrize("name", neurotwin.__all__)
def test_an_exported_name_is_that_of_its_module(name):
    exported = getattr(neurotwin, name)
    assert exported is getattr(import_module(neurotwin._HOME[name]), name)
    assert exported.__name__ == name
    assert exported.__module__.startswith("neurotwin.")


def test_the_three_lists_of_exports_agree():
    """``__all__`` and the imports under TYPE_CHECKING are for editors, ``_HOME`` for the interpreter."""
    tree = ast.parse(Path(neurotwin.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen_by_editors = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen_by_editors == neurotwin._HOME
    assert list(neurotwin._HOME) == neurotwin.__all__


def test_dir_lists_the_exports_before_their_first_use():
    modules_after("import neurotwin; assert {*neurotwin.__all__, '__version__'} <= {*dir(neurotwin)}")


def test_a_mistyped_name_is_an_attribute_error_with_the_nearest_ones():
    with pytest.raises(AttributeError, match=r"no attribute 'Conectome'; did you mean Connectome") as caught:
        neurotwin.Conectome  # noqa: B018
    assert caught.value.name == "Conectome"


def test_a_name_like_no_other_is_told_what_there_is():
    with pytest.raises(AttributeError, match=r"no attribute 'zzzz'; it has Biology, Blueprint, .*, run"):
        neurotwin.zzzz  # noqa: B018


def test_a_mistyped_name_in_a_from_import_is_an_import_error():
    with pytest.raises(ImportError, match="Conectome"):
        from neurotwin import Conectome  # noqa: F401


def test_probing_for_what_is_not_there_is_safe():
    assert not hasattr(neurotwin, "__wrapped__")
    assert not hasattr(neurotwin, "twin_of_nobody")


def test_the_version_is_the_installed_one():
    try:
        installed = importlib.metadata.version("neurotwin")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("neurotwin runs from its source folder here; CI installs it")
    assert installed == neurotwin.__version__


def test_type_checkers_are_told_that_the_package_is_typed():
    assert Path(neurotwin.__file__).with_name("py.typed").is_file()
