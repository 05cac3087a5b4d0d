"""From structure to one HTML page that needs nothing but itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurotwin.report import figures, scoreboard, tables
from neurotwin.report.verdict import verdict_parts

if TYPE_CHECKING:
    from neurotwin.report.content import ReportContent
    from neurotwin.report.figures import Picture

_HERE = Path(__file__).parent


@dataclass(frozen=True, eq=False)
class Pictures:
    """Every figure of the page, by section; drawn once, when first asked for."""

    content: ReportContent

    @cached_property
    def questions(self) -> list[scoreboard.Question]:
        """The scoreboard."""
        return scoreboard.questions(self.content)

    @cached_property
    def traces(self) -> list[Picture]:
        """Recorded and predicted activity."""
        return figures.traces(self.content.examples)

    @cached_property
    def connectome(self) -> list[Picture]:
        """Animal and twin, side by side."""
        return figures.connectome_pair(self.content)

    @cached_property
    def weights(self) -> list[Picture]:
        """Distributions of weights."""
        return figures.weight_distributions(self.content)

    @cached_property
    def causal(self) -> list[Picture]:
        """Maps of responses to stimulation."""
        return figures.causal_maps(self.content)

    @cached_property
    def design(self) -> list[Picture]:
        """Layers, and motifs where they were counted against chance."""
        motifs = figures.motif_scores(self.content.blueprint.motifs)
        return [figures.layer_diagram(self.content.blueprint), *([motifs] if motifs else [])]

    @cached_property
    def training(self) -> list[Picture]:
        """Curves of the training."""
        return figures.training(self.content.history)

    def all(self) -> list[Picture]:
        """In the order of the page."""
        asked = [picture for question in self.questions for picture in question.pictures]
        return [
            *asked,
            *self.traces,
            *self.connectome,
            *self.weights,
            *self.causal,
            *self.design,
            *self.training,
        ]


def render(content: ReportContent, pictures: Pictures) -> str:
    """The page as text; equal content gives equal text."""
    return page("template.html.j2", **_structure(content, pictures))


def page(template: str, **structure: Any) -> str:
    """A template of this folder, with the style and the macros that all pages share."""
    from jinja2 import DictLoader, Environment, StrictUndefined
    from markupsafe import Markup

    def drawn(picture: Picture) -> Markup:
        # drawn by matplotlib, which escapes every text; titles and descriptions are escaped in style.py
        return Markup(picture.svg)

    def text(name: str) -> str:
        return (_HERE / name).read_text(encoding="utf-8")

    environment = Environment(
        loader=DictLoader({"page": text(template), "macros": text("macros.html.j2")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawn"] = drawn
    environment.filters["safe_link"] = safe_link
    return environment.get_template("page").render(css=Markup(text("style.css")), **structure)


def _structure(content: ReportContent, pictures: Pictures) -> dict[str, Any]:
    card = content.scorecard
    lead, numbers, reached = verdict_parts(card, content.targets)
    return {
        "content": content,
        "facts": tables.facts(content),
        "lead": lead,
        "numbers": numbers,
        "reached": reached,
        "goals": tables.goals(content.targets),
        "pictures": pictures,
        "structure": tables.family_table(card, "structure", "Weights of the twin against the wiring"),
        "indices": tables.family_table(card, "biology", "Behaviour of the activity, animal and twin"),
        "scores": tables.score_table(card),
        "wiring": tables.wiring_table(content),
        "traffic": tables.traffic_table(content),
        "projections": tables.projection_table(content),
        "populations": tables.population_table(content),
        "choices": tables.choices(content),
        "motifs": tables.motif_table(content),
        "fits": tables.fit_table(content.fits),
        "run": tables.run_tables(content.run),
        "drawn": figures.DRAWN,
        "n_fits": content.history["model"].nunique() if len(content.history) else 0,
        "limits": tables.limits(content),
    }


def safe_link(url: str) -> str:
    """The address if it is a web address, else ""; so that no other scheme becomes a link."""
    return url if url.startswith(("https://", "http://")) else ""
