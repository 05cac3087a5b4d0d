"""The rows of every table, and the lists of facts and limits, from the content."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neurotwin.report import figures
from neurotwin.report.words import (
    capital,
    metric_explained,
    metric_words,
    model_of,
    number,
    split_words,
    value_words,
)

if TYPE_CHECKING:
    from neurotwin.evaluation import Score, Scorecard
    from neurotwin.report.content import ReportContent


@dataclass(frozen=True)
class Table:
    """A table of text; ``numeric`` names the columns that are set flush right, ``note`` stands below;
    with ``stack`` a row becomes a block on a narrow screen.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()
    note: str = ""
    stack: bool = False


def goals(targets: pd.DataFrame | None) -> list[dict[str, str]]:
    """The table of goals: goal, value, least, aim, the status in words and a class for its colour."""
    if targets is None:
        return []
    signs = {"reached aim": "✓✓", "reached": "✓", "not reached": "✗", "not measured": "?"}
    rows = []
    for row in targets.to_dict("records"):
        value, low, high = (float(row[k]) for k in ("value", "low", "high"))
        interval = f" [{number(low)}, {number(high)}]" if math.isfinite(low) and math.isfinite(high) else ""
        status = str(row["status"])
        rows.append(
            {
                "goal": str(row["target"]),
                "value": number(value) + interval if math.isfinite(value) else "–",
                "minimum": number(float(row["minimum"])) if math.isfinite(float(row["minimum"])) else "–",
                "aim": number(float(row["aim"])) if math.isfinite(float(row["aim"])) else "–",
                "sign": signs.get(status, "?"),
                "status": status,
                "css": status.replace(" ", "-"),
            }
        )
    return rows


def family_table(card: Scorecard, family: str, caption: str) -> Table | None:
    """Scores of one family, a row for each metric and a column for each model; None where there is none."""
    scores = [s for s in card.select(family=family) if model_of(s.model).kind != "difference"]
    if not scores:
        return None
    models = list(dict.fromkeys(s.model for s in scores))
    rows = []
    groups: dict[tuple[str, str], list[Score]] = {}
    for score in scores:
        groups.setdefault((score.metric, score.split), []).append(score)
    for (metric, split), own in groups.items():
        by_model = {s.model: s for s in own}
        direction = "higher" if own[0].higher_is_better else "lower"
        meaning = metric_explained(metric)
        meaning = (
            f"{meaning} ({direction} is better; {split_words(split)})"
            if meaning
            else f"{direction} is better"
        )
        remark = "; ".join(dict.fromkeys(s.source for s in own if s.source and s.model == own[0].model))
        values = [value_words(by_model[m]) if m in by_model else "–" for m in models]
        rows.append((capital(metric_words(metric)), *values, remark or "–", meaning))
    columns = (
        "Index" if family == "biology" else "Score",
        *(model_of(m).words for m in models),
        "Remark",
        "Meaning",
    )
    return Table(caption, columns, tuple(rows), tuple(range(1, len(models) + 1)), stack=True)


def score_table(card: Scorecard) -> Table:
    """Every score, as in scores.csv."""
    rows = tuple(
        (
            s.family,
            metric_words(s.metric),
            split_words(s.split),
            model_of(s.model).words if model_of(s.model).kind != "other" else s.model,
            value_words(s),
            number(s.ceiling) if math.isfinite(s.ceiling) else "–",
            f"{s.n:,}" if s.n else "–",
            "higher" if s.higher_is_better else "lower",
        )
        for s in card
    )
    columns = ("Family", "Score", "Data", "Model", "Value [95 % interval]", "Reference", "n", "Better")
    return Table(f"All {len(rows)} scores", columns, rows, (4, 5, 6))


def wiring_table(content: ReportContent) -> Table:
    """Synapses of the animal by kind and sign."""
    kinds: dict[str, Any] = content.biology.connectome.summary()["kinds"]
    rows = tuple(
        (
            kind,
            f"{found['synapses']:,}",
            f"{found['contacts']:,.0f}",
            f"{100 * found['density']:.1f} %",
            f"{found['positive']:,}",
            f"{found['negative']:,}",
            f"{found['free']:,}",
        )
        for kind, found in kinds.items()
    )
    columns = ("Kind", "Connections", "Contacts", "Density", "Excite", "Inhibit", "Sign free")
    rules = content.biology.connectome.sign_rules("chemical")
    note = "Where the signs of chemical synapses come from: " + ", ".join(
        f"{rule or 'no rule'} {count:,}" for rule, count in rules.items()
    )
    return Table("Wiring of the animal", columns, rows, tuple(range(1, 7)), f"{note}." if rules else "")


def traffic_table(content: ReportContent) -> Table:
    """Chemical contacts from layer (row) to layer (column)."""
    traffic = figures.layer_traffic(content.blueprint)
    layers = list(content.blueprint.layers())
    rows = tuple((pre, *(f"{traffic.get((pre, post), 0.0):,.0f}" for post in layers)) for pre in layers)
    caption = "Chemical contacts from layer (row) to layer (column)"
    return Table(
        caption, ("From", *(f"to {post}" for post in layers)), rows, tuple(range(1, len(layers) + 1))
    )


def projection_table(content: ReportContent) -> Table:
    """Projections between populations, counted by kind and role."""
    found: dict[tuple[str, str], list[float]] = {}
    for one in content.blueprint.projections:
        entry = found.setdefault((one.kind, one.role), [0, 0, 0.0])
        entry[0] += 1
        entry[1] += one.n_synapses
        entry[2] += one.contacts
    rows = tuple(
        (kind, role, f"{a:,.0f}", f"{b:,.0f}", f"{c:,.0f}") for (kind, role), (a, b, c) in found.items()
    )
    columns = ("Kind", "Role", "Projections", "Connections", "Contacts")
    note = "Each single projection, with its reason, is in blueprint.json."
    return Table("Projections between populations by kind and role", columns, rows, (2, 3, 4), note)


def population_table(content: ReportContent) -> Table:
    """Every population with its neurons and its reason."""
    populations = content.blueprint.populations
    rows = tuple(
        (p.name, p.layer, f"{p.level:+.2f}".replace("-", "−"), ", ".join(p.neurons), p.reason)
        for p in populations
    )
    columns = ("Population", "Layer", "Level", "Neurons", "Why")
    return Table(f"All {len(rows)} populations", columns, rows, (2,))


def motif_table(content: ReportContent) -> Table | None:
    """Motifs against chance, with the strongest instances by name."""
    motifs = content.blueprint.motifs
    if not motifs:
        return None

    def shown(value: float | None, digits: int) -> str:
        return "–" if value is None else number(value, digits)

    rows = tuple(
        (
            m.name.replace("_", " "),
            f"{m.count:,}",
            "–" if m.null_mean is None else f"{number(m.null_mean, 1)} ± {shown(m.null_sd, 1)}",
            shown(m.z, 1),
            shown(m.p, 3),
            "; ".join("–".join(group) for group in m.neurons[:3]) or "–",
            m.description,
        )
        for m in motifs
    )
    columns = ("Motif", "Found", "By chance", "z", "p", "Strongest", "In words")
    return Table("Motifs, and what chance gives", columns, rows, (1, 2, 3, 4))


def choices(content: ReportContent) -> list[dict[str, str]]:
    """The decisions of the design; long citations ("Source: …") apart, to be shown on demand."""
    rows = []
    for choice in content.blueprint.choices:
        reason, _, source = choice.reason.partition(" Source: ")
        rows.append({"what": capital(choice.what), "value": choice.value, "reason": reason, "source": source})
    return rows


def fit_table(fits: pd.DataFrame) -> Table | None:
    """Fitted families; the lowest AIC first is best."""
    if not len(fits):
        return None
    best = float(np.min(np.asarray(fits["aic"], dtype=np.float64)))
    rows = []
    for row in fits.to_dict("records"):
        parameters = row["parameters"]
        if isinstance(parameters, dict):
            parameters = ", ".join(f"{name} = {value:.4g}" for name, value in parameters.items())
        aic = float(row["aic"])
        rows.append(
            (
                str(row["name"]),
                str(parameters),
                f"{aic:,.1f}",
                f"{aic - best:,.1f}",
                number(float(row["ks"]), 3),
            )
        )
    note = str(fits.attrs.get("ks_p", ""))
    columns = ("Family", "Parameters", "AIC", "AIC above best", "KS distance")
    caption = "Families fitted to the contact counts by maximum likelihood (lower is better)"
    return Table(caption, columns, tuple(rows), (2, 3, 4), f"{capital(note)}." if note else "")


def run_tables(run: dict[str, Any]) -> list[Table]:
    """How the run was made: one table of plain values, and one for each nested part."""
    plain, nested = [], []
    for key, value in run.items():
        label = str(key).replace("_", " ")
        if isinstance(value, dict):
            rows = tuple((str(k), _text(v)) for k, v in value.items())
            nested.append(Table(capital(label), ("Name", "Value"), rows))
        elif key != "command":
            plain.append((capital(label), _text(value)))
    return ([Table("Run", ("Name", "Value"), tuple(plain))] if plain else []) + nested


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if value is None or isinstance(value, (str, int, bool)):
        return str(value)
    return json.dumps(value, sort_keys=True, default=str)


def limits(content: ReportContent) -> list[str]:
    """What the report does not show: as given, then what follows from the data themselves."""
    biology = content.biology
    seen = int(biology.recorded_by().any(axis=1).sum()) if biology.recordings else 0
    total = biology.connectome.n_neurons
    own = list(content.not_shown)
    if not biology.recordings:
        own.append("No animal was recorded, so the activity of the twin is not tested at all.")
    elif seen < total:
        own.append(
            f"{total - seen} of {total} neurons were recorded in no animal: what the twin does there is "
            "untested."
        )
    if len(biology.recordings) == 1:
        own.append("One animal was recorded: nothing here says how far the twin holds for another.")
    if biology.perturbations is None:
        own.append("No stimulation data: nothing here says that the twin is right about cause and effect.")
    if not content.not_shown:
        own.append(
            "A twin that predicts activity need not have the animal's weights: activity alone does not "
            "identify them, and different weights can predict equally well."
        )
    return list(dict.fromkeys(own))


def facts(content: ReportContent) -> list[str]:
    """One line of sizes for the head of the page."""
    biology, run = content.biology, content.run
    chemical = len(biology.connectome.edges("chemical")[0])
    animals = len(biology.recordings)
    parts = [
        f"{biology.connectome.n_neurons:,} neurons",
        f"{chemical:,} chemical connections",
        f"{animals} recorded animal{'s' if animals != 1 else ''}",
    ]
    if biology.perturbations is not None:
        parts.append(f"{int(biology.perturbations.measured.sum()):,} stimulated pairs")
    if "seed" in run:
        parts.append(f"seed {run['seed']}")
    if isinstance(run.get("wall_seconds"), (int, float)):
        parts.append(f"{run['wall_seconds']:,.0f} s")
    return parts
