"""The examples in the docstrings of the installed package do what they say."""

from __future__ import annotations

import doctest
import io
from importlib import import_module
from pathlib import Path

import pytest

import neurotwin

ROOT = Path(neurotwin.__file__).parent


def modules_with_examples() -> list[str]:
    """Names of all modules whose source holds ``>>>``, found without importing any."""
    files = [file for file in ROOT.rglob("*.py") if ">>>" in file.read_text(encoding="utf-8")]
    parts = [("neurotwin", *file.relative_to(ROOT).with_suffix("").parts) for file in sorted(files)]
    return [".".join(part).removesuffix(".__init__") for part in parts]


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # an example may write files
    report = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    examples = [test for test in doctest.DocTestFinder().find(import_module(name)) if test.examples]
    assert examples, "a >>> outside every docstring is never run: move it into one"
    for test in examples:
        runner.run(test, out=report.write)
    assert runner.summarize(verbose=False).failed == 0, report.getvalue()


def test_the_search_finds_the_examples_that_there_are():
    assert {"neurotwin", "neurotwin.biology.split"} <= {*modules_with_examples()}
