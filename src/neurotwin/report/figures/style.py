"""One look for all figures: drawn small, in colours that the page can swap for light and dark, as SVG."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

WIDTH = 4.0  # inches: 384 CSS pixels, so that the text stays readable on a phone and nothing is scaled far

# Okabe & Ito (2008). Each colour stands for a CSS variable in the page, so that dark mode can lighten it.
INK = "#1a1b1c"  # text and axes
FAINT = "#b9babb"  # frames, quiet areas
RULE = "#dcddde"  # grid
PAGE = "#fefefe"  # behind text
GREY = "#6e6f70"  # baselines
BLUE = "#0072b2"  # the twin; excitation
VERMILION = "#d55e00"  # ceilings; inhibition
PURPLE = "#b25a8f"  # nulls: Okabe-Ito's reddish purple, darkened to stand on white
GREEN = "#008f69"  # anatomy; bluish green, darkened likewise
ORANGE = "#b87a00"  # a fourth family; orange, darkened likewise
VARIABLES = {
    INK: "--ink",
    FAINT: "--faint",
    RULE: "--rule",
    PAGE: "--page",
    GREY: "--grey",
    BLUE: "--blue",
    VERMILION: "--vermilion",
    PURPLE: "--purple",
    GREEN: "--green",
    ORANGE: "--orange",
}

_SETTINGS: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "axes.titlesize": 10.0,
    "axes.labelsize": 9.5,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "legend.fontsize": 9.0,
    "legend.frameon": False,
    "text.color": INK,
    "text.parse_math": False,  # a neuron may be named "$x$"
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.grid": False,
    "axes.unicode_minus": True,
    "figure.facecolor": "none",
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 1.4,
    "svg.fonttype": "none",
    "svg.image_inline": True,
    "image.interpolation": "nearest",
}


@dataclass(frozen=True)
class Picture:
    """A figure ready to be shown.

    Parameters
    ----------
    name
        Of the file, and the root of every id in it; letters, digits and hyphens.
    title, alt
        What it is, and what it shows in words and numbers for who cannot see it.
    svg
        For the page: no size, no background, colours as CSS variables with fallbacks.
    width, height
        CSS pixels at natural size.
    """

    name: str
    title: str
    alt: str
    svg: str
    width: float
    height: float

    def standalone(self) -> str:
        """The figure as a file of its own, on white."""
        size = f'width="{self.width:.0f}" height="{self.height:.0f}" style="background: #ffffff"'
        text = re.sub(r"var\(--[a-z]+, (#[0-9a-f]{6})\)", r"\1", self.svg)
        return '<?xml version="1.0" encoding="utf-8"?>\n' + text.replace("<svg ", f"<svg {size} ", 1) + "\n"


@contextlib.contextmanager
def canvas(name: str, height: float, width: float = WIDTH) -> Iterator[Any]:
    """A figure of ``width`` × ``height`` inches under the report's settings; leaves no global state."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    settings: Any = {**_SETTINGS, "svg.hashsalt": name}
    with mpl.rc_context(settings):
        yield Figure(figsize=(width, height), layout="constrained")


def picture(figure: Any, name: str, title: str, alt: str) -> Picture:
    """Draw a figure to a ``Picture``; must be called inside its ``canvas``."""
    import matplotlib as mpl

    stream = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(
            stream,
            format="svg",
            transparent=True,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    width, height = (96.0 * inches for inches in figure.get_size_inches())
    return Picture(name, title, alt, _cleaned(stream.getvalue(), name, title, alt), width, height)


def _cleaned(text: str, name: str, title: str, alt: str) -> str:
    """One ``<svg>`` for a page with many: ids of its own, title and description, swappable colours."""
    text = text[text.index("<svg") :]
    head_end = text.index(">") + 1
    found = re.search(r'viewBox="([^"]+)"', text[:head_end])
    assert found is not None  # matplotlib always writes one
    body = re.sub(r"<metadata>.*?</metadata>", "", text[head_end:], flags=re.DOTALL)
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', body))
    for number, old in enumerate(sorted(used)):
        new = f"{name}-{number}"
        body = body.replace(f'id="{old}"', f'id="{new}" data-kept=""')
        body = body.replace(f"url(#{old})", f"url(#{new})").replace(f'href="#{old}"', f'href="#{new}"')
    body = re.sub(r' id="[^"]*"(?! data-kept)', "", body).replace(' data-kept=""', "")
    body = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font: \1 var(--figure-font, sans-serif)", body)
    body = re.sub(r"font-family: [^;\"]*", "font-family: var(--figure-font, sans-serif)", body)
    # a halo in the colour of the page keeps text legible where a line runs behind it
    halo = f"paint-order: stroke; stroke: {PAGE}; stroke-width: 3px; stroke-linejoin: round; "
    body = body.replace('<text style="', f'<text style="{halo}')
    for colour, variable in VARIABLES.items():
        body = body.replace(colour, f"var({variable}, {colour})")
    body = re.sub(r"<!--.*?-->|<style.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r"\n\s*\n+", "\n", body)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{found.group(1)}" stroke-linejoin="round" role="img" '
        f'aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(alt)}</desc>'
    )
    return head + body.strip()
