"""The page as a browser shows it: opened in headless Chromium, photographed wide and narrow."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from neurotwin.report import ReportContent, write_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs a chromium binary (apt-get install chromium)")
# For --dump-dom headless Chromium makes no window narrower than 500 pixels: the page is measured in a frame.
MEASURE = """<iframe id="frame" style="width: {width}px; height: 900px; border: 0" srcdoc="{page}"></iframe>
<script>
frame.onload = () => {{
  const inside = frame.contentDocument, root = inside.documentElement;
  const drawn = [...inside.querySelectorAll("figure svg")];
  const squeezed = drawn.filter(s => s.getBoundingClientRect().width < 200);
  const entries = frame.contentWindow.performance.getEntriesByType("resource");
  const loaded = entries.filter(e => !e.name.startsWith("data:"));
  document.title = [root.scrollWidth, root.clientWidth, squeezed.length, loaded.length].join(" ");
}}
</script>
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, worm_content: ReportContent) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_report(worm_content, path)
    return path


def chromium(page: Path, profile: Path, width: int, *arguments: str) -> str:
    """What Chromium writes to stdout when it opens ``page`` in a window of ``width`` pixels."""
    command = [
        str(CHROMIUM),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        f"--user-data-dir={profile}",
        f"--window-size={width},1600",
        *arguments,
        page.as_uri(),
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


@pytest.mark.parametrize("width", [1280, 360])
def test_the_screenshot_shows_a_page(page: Path, tmp_path: Path, width: int):
    from matplotlib.image import imread

    shot = tmp_path / "shot.png"
    chromium(page, tmp_path / "profile", width, f"--screenshot={shot}")
    pixels = np.asarray(imread(shot))[..., :3]
    assert pixels.shape[:2] == (1600, width)
    ink = (pixels < 0.5).all(axis=-1)
    assert 0.005 < ink.mean() < 0.5  # neither blank nor black
    bands = ink.reshape(16, 100, width).mean(axis=(1, 2))
    assert (bands > 0.001).sum() >= 14  # text all the way down
    assert not ink[:, -4:].any()  # nothing runs over the right edge


@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_never_scrolls_sideways(page: Path, tmp_path: Path, width: int):
    measured = tmp_path / "measured.html"
    inside = html.escape(page.read_text(encoding="utf-8"))
    measured.write_text(MEASURE.format(width=width, page=inside), encoding="utf-8")
    text = chromium(measured, tmp_path / "profile", 1400, "--dump-dom")
    found = re.search(r"<title>(\d+) (\d+) (\d+) (\d+)</title>", text)
    assert found is not None
    scroll, client, narrow, loaded = (int(v) for v in found.groups())
    assert client == width
    assert scroll <= client
    assert narrow == 0  # no picture is squeezed
    assert loaded == 0  # no request left the page


def test_the_browser_finds_the_headings(page: Path, tmp_path: Path):
    text = chromium(page, tmp_path / "profile", 1280, "--dump-dom")
    headings = [
        re.sub(r"<[^>]+>", "", h) for h in re.findall(r"<h[123][^>]*>(.*?)</h[123]>", text, re.DOTALL)
    ]
    assert headings[0] == "Twin of the worm C. elegans (made-up scores)"
    assert {"Verdict", "Goals", "Scoreboard", "Does it see the future?", "What this does not show"} <= set(
        headings
    )
