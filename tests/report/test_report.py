"""The page: whole, self-contained, accessible, safe, and the same for the same content."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from neurotwin._base.errors import InputError
from neurotwin.biology import Biology, Connectome, DataCard, Recording
from neurotwin.blueprint import Blueprint, design
from neurotwin.evaluation import Scorecard
from neurotwin.report import ReportContent, TraceExample, build_report, save_figures, write_report

VOID = {"meta", "br", "img", "link", "hr", "input", "source", "path", "use", "image"}


class Page(HTMLParser):
    """Start tags with attributes, text, ids, and whether every element is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> inside {self.open[-3:]}")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def worm_text(worm_content: ReportContent) -> str:
    return build_report(worm_content)


@pytest.fixture(scope="module")
def page(worm_text: str) -> Page:
    return Page(worm_text)


def test_the_page_is_well_formed(page: Page):
    assert page.faults == [] and page.open == []
    assert page.all("html")[0]["lang"] == "en"
    assert [t for t, _ in page.tags if re.fullmatch(r"h[1-6]", t)].count("h1") == 1
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    for attributes in page.all("a"):
        if attributes["href"].startswith("#"):
            assert attributes["href"][1:] in ids
    for attributes in page.all("use"):
        assert attributes["xlink:href"][1:] in ids


def test_headings_do_not_skip_a_level(page: Page):
    levels = [int(t[1]) for t, _ in page.tags if re.fullmatch(r"h[1-6]", t)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_the_page_has_its_parts_in_order(page: Page):
    anchors = [
        a["id"] for t, a in page.tags if t == "section" and "id" in a and not a["id"].startswith("ask-")
    ]
    assert anchors == [
        "verdict",
        "goals",
        "scoreboard",
        "traces",
        "connectome",
        "causal",
        "indices",
        "design",
        "initialisation",
        "training",
        "data",
        "reproduce",
        "limits",
    ]


def test_every_picture_has_words(worm_text: str, page: Page):
    for attributes in page.all("img"):
        assert attributes.get("alt")
    pictures = re.findall(r"<svg.*?</svg>", worm_text, flags=re.DOTALL)
    assert len(pictures) >= 15
    for picture in pictures:
        assert 'role="img"' in picture[:300]
        title, alt = re.search(
            r"<title[^>]*>(.*?)</title><desc[^>]*>(.*?)</desc>", picture, re.DOTALL
        ).groups()  # type: ignore[union-attr]
        assert len(title) > 3 and len(alt) > 40
    assert "twin 0.52 [0.48, 0.56]" in worm_text  # the words hold the numbers, not only the subject


def test_tables_have_captions_and_headers(page: Page):
    assert len(page.all("caption")) == len(page.all("table")) > 8
    assert all(a.get("scope") in ("row", "col") for a in page.all("th"))


def test_nothing_is_loaded_and_nothing_runs(worm_text: str, page: Page):
    for tag, attributes in page.tags:
        assert tag not in ("script", "iframe", "link", "object", "embed", "base", "form")
        for name in ("src", "xlink:href", "srcset", "poster", "data"):
            assert not re.match(r"(https?:)?//", attributes.get(name, ""))
        assert not [name for name in attributes if name.startswith("on")]
        assert tag == "a" or not re.match(r"(https?:)?//", attributes.get("href", ""))
    assert not re.search(r"@import|url\(\s*['\"]?(?!#)", worm_text)


def test_equal_content_gives_equal_bytes_and_the_file_is_written_whole(
    tmp_path: Path, worm_content: ReportContent, worm_text: str
):
    path = tmp_path / "report.html"
    write_report(dataclasses.replace(worm_content), path, tmp_path / "figures")
    assert path.read_text(encoding="utf-8") == worm_text
    assert {p.name for p in tmp_path.iterdir()} == {"report.html", "figures"}
    paths = save_figures(worm_content, tmp_path / "again")
    assert len(paths) == len(set(paths)) >= 15
    first = {p.name: p.read_bytes() for p in (tmp_path / "figures").iterdir()}
    assert first == {p.name: p.read_bytes() for p in paths}
    for path in paths:
        root = ET.parse(path).getroot()
        assert root.tag.endswith("svg") and int(root.attrib["width"]) > 300
        assert "var(--blue" not in path.read_text(encoding="utf-8")


def test_it_is_small(worm_text: str):
    assert len(worm_text.encode()) < 3_000_000


def test_the_numbers_shown_are_those_given(page: Page):
    assert "r = 0.52 [0.48, 0.56]" in page.text
    assert "0.43 [0.38, 0.48]" in page.text
    assert "not reached" in page.text and "reached aim" in page.text
    assert "Of 10 goals 9 are reached, 1 not." in page.text
    assert "neurotwin run worm --out runs/worm --seed 0" in page.text
    assert "The scores on this page are made up" in page.text
    assert "172 of 300 neurons were recorded in no animal" in page.text


def test_every_score_is_in_the_table(worm_content: ReportContent, page: Page):
    assert f"All {len(worm_content.scorecard)} scores" in page.text


@pytest.fixture(scope="module")
def nasty_content(content_of: Callable[[Biology, Blueprint], ReportContent]) -> ReportContent:
    """Every string that a user can name holds markup, and a mathematical dollar sign."""
    bad = "<script>alert('$x$')</script>"
    names = [bad, "b&b", 'c"c', "d'd"]
    circuit = Connectome(
        pd.DataFrame({"name": names}),
        pd.DataFrame(
            {
                "pre": names[:3],
                "post": names[1:],
                "kind": "chemical",
                "weight": [1, 2, 3],
                "sign": [1, -1, 0],
                "sign_rule": bad,
            }
        ),
    )
    rng = np.random.default_rng(0)
    recording = Recording(rng.standard_normal((300, 4)), tuple(names), 100.0, subject=bad)
    card = DataCard(bad, bad, bad, bad, bad, bad, "javascript:alert(1)", bad, (bad,), (bad,))
    biology = Biology(bad, circuit, (recording,), cards=(card,))
    content = content_of(biology, design(biology, motif_nulls=2))
    scores = [dataclasses.replace(s, source=bad) for s in content.scorecard]
    scores.append(dataclasses.replace(scores[0], model=bad))
    return dataclasses.replace(
        content,
        title=bad,
        initialisation=bad,
        scorecard=Scorecard(scores),
        history=content.history.assign(model=bad),
        fits=content.fits.assign(name=bad),
        run={"command": bad, bad: bad, "arguments": {bad: [bad]}},
        not_shown=(bad,),
    )


def test_names_cannot_run(nasty_content: ReportContent):
    text = build_report(nasty_content)
    found = Page(text)
    assert found.faults == [] and found.open == []
    assert not found.all("script")
    assert not [a for a in found.all("a") if a["href"].startswith("javascript")]
    assert "<script>alert('$x$')</script>" in "".join(found.words)  # shown as text


def test_files_of_figures_with_nasty_names_are_xml(tmp_path: Path, nasty_content: ReportContent):
    for path in save_figures(nasty_content, tmp_path):
        ET.parse(path)


def test_missing_parts_are_told_in_words(circuit_content: ReportContent):
    found = Page(build_report(circuit_content))
    assert found.faults == []
    for words in (
        "nothing can be said of it",
        "No goals were set",
        "Not measured in this run.",
        "No paired differences were measured",
        "Nothing was scored",
        "No example traces",
        "not stimulated in these data",
        "There is no history of a training",
        "No distributions were fitted",
        "came without cards",
        "How the run was made was not recorded",
        "No animal was recorded",
        "No stimulation data",
    ):
        assert words in found.text, words
    assert "nan" not in found.text.lower().split()


@pytest.fixture(scope="module")
def lesser_text(worm_content: ReportContent) -> str:
    """One animal, nine fits, and no simulated response."""
    return build_report(
        dataclasses.replace(
            worm_content,
            biology=worm_content.biology.with_recordings(worm_content.biology.recordings[:1]),
            history=pd.concat([worm_content.history.assign(model=f"fit {i}") for i in range(9)]),
            causal_response=None,
        )
    )


@pytest.mark.parametrize(
    "told",
    [
        "One animal was recorded: nothing here says",
        "The first 8 of 9 fits are drawn",
        "the twin's response was not simulated",
    ],
)
def test_a_limit_is_told_where_there_is_one(told: str, worm_text: str, lesser_text: str):
    assert told in lesser_text.replace("&#39;", "'")
    assert told not in worm_text.replace("&#39;", "'")


def test_scores_without_a_value_are_told(worm_content: ReportContent):
    scores = [
        dataclasses.replace(s, value=math.nan, low=math.nan, high=math.nan) for s in worm_content.scorecard
    ]
    found = Page(build_report(dataclasses.replace(worm_content, scorecard=Scorecard(scores))))
    assert "nothing can be said of it" in found.text and "Not measured in this run." in found.text


def test_sparse_and_dense_weights_look_alike(worm_content: ReportContent, worm_text: str):
    from scipy import sparse

    assert (
        build_report(dataclasses.replace(worm_content, weights=sparse.csr_array(worm_content.weights)))
        == worm_text
    )


def test_content_refuses_what_does_not_fit(worm_content: ReportContent):
    with pytest.raises(InputError, match="weights does not fit the neurons"):
        dataclasses.replace(worm_content, weights=np.zeros((3, 3)))
    with pytest.raises(InputError, match="the table history lacks columns"):
        dataclasses.replace(worm_content, history=pd.DataFrame({"step": [1]}))
    with pytest.raises(InputError, match="the traces of a do not fit together"):
        TraceExample("a", "w", np.arange(3), np.arange(3), np.arange(4), 0.0)
    with pytest.raises(InputError, match="the limits are a tuple of sentences"):
        dataclasses.replace(worm_content, not_shown="one")  # type: ignore[arg-type]


def test_importing_the_package_loads_no_plotting():
    import subprocess
    import sys

    heavy = "('matplotlib', 'jinja2', 'jax')"
    code = f"import sys, neurotwin.report; sys.exit(any(m in sys.modules for m in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
