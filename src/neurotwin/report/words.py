"""Names of metrics, splits and models in plain words, and numbers as people read them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurotwin.evaluation import Score

METRIC_WORDS: dict[str, tuple[str, str]] = {
    "cosmoothing_r": (
        "co-smoothing r",
        "each recorded neuron in turn is hidden and predicted from the others; Pearson r of prediction and "
        "recording, averaged over neurons and animals",
    ),
    "auroc": (
        "causal AUROC",
        "how well the size of the twin's response tells the pairs that responded in the animal from those "
        "that did not; 0.5 is chance, 1 is perfect",
    ),
    "average_precision": (
        "average precision",
        "as AUROC, with the weight on the strongest predictions; chance is the share of responding pairs",
    ),
    "spearman_amplitude": (
        "size of response",
        "Spearman rank correlation of the sizes of both responses",
    ),
    "spearman_signed": ("signed response", "Spearman rank correlation of both responses, signs kept"),
    "magnitude_spearman": (
        "weights against contacts",
        "Spearman rank correlation of the size of the learnt weight with the number of contacts",
    ),
    "sign_agreement": ("sign agreement", "share of synapses of known sign whose learnt sign is the same"),
    "support_jaccard": ("same synapses", "synapses that both have, over synapses that either has"),
    "weight_ks": (
        "distance of weight distributions",
        "Kolmogorov–Smirnov distance of the two distributions of log weights, each centred: 0 is the same",
    ),
    "weight_wasserstein": (
        "shift of weight distributions",
        "Wasserstein distance of the log weights, each centred: 0 is the same, 0.69 a factor of 2",
    ),
    "spectrum_distance": (
        "power spectrum",
        "mean distance of the two log power spectra in decades: 0 is the same",
    ),
    "correlation_similarity": (
        "correlations between neurons",
        "correlation of the two correlation matrices: 1 is the same",
    ),
    "autocorrelation_time_error": (
        "time scales",
        "relative error of each neuron's autocorrelation time: 0 is the same",
    ),
    "dimensionality_ratio": (
        "dimensionality",
        "smaller over larger participation ratio: 1 is the same",
    ),
}
SPLIT_WORDS = {
    "held_out_time": "later time, same animals",
    "held_out_neurons": "neurons never seen",
    "held_out_animal": "an animal never seen",
    "zero_shot": "never trained on stimulation",
    "fitted": "after training",
    "generation": "running freely",
}
_FORECAST = re.compile(r"forecast_([a-z]+)_(\d+)")


def horizon_of(metric: str) -> int | None:
    """Frames ahead of a forecasting metric (``forecast_r_5`` → 5), else None."""
    found = _FORECAST.fullmatch(metric)
    return int(found.group(2)) if found else None


def metric_words(metric: str) -> str:
    """A metric's name for people."""
    horizon = horizon_of(metric)
    if horizon is not None:
        return f"forecast r, {horizon} frame{'s' if horizon != 1 else ''} ahead"
    return METRIC_WORDS.get(metric, (metric.replace("_", " "), ""))[0]


def metric_explained(metric: str) -> str:
    """What a metric measures, or ""."""
    return METRIC_WORDS.get(metric, ("", ""))[1]


def split_words(split: str) -> str:
    """A split's name for people."""
    return SPLIT_WORDS.get(split, split.replace("_", " "))


@dataclass(frozen=True)
class Model:
    """A model's name taken apart: "null: permuted" is of the kind "null" and called "permuted"."""

    kind: str
    name: str

    @property
    def words(self) -> str:
        """For labels: "twin", "permuted wiring", "ridge", "twin − permuted"."""
        if self.kind == "twin":
            return "twin" if not self.name else f"twin, {self.name}"
        if self.kind == "difference":
            return self.name.replace(" - ", " − ").replace("_", " ")
        name = self.name.replace("_", " ")
        return f"{name} wiring" if self.kind == "null" and "wiring" not in name else name


def model_of(model: str) -> Model:
    """Take a model's name apart; a name without a kind is "twin" or "other"."""
    kind, colon, name = model.partition(": ")
    if not colon:
        return Model("twin", "") if model == "twin" else Model("other", model)
    return Model(kind, name)


def number(value: float, digits: int = 2) -> str:
    """A number for reading: two decimals where that shows something, "not measured" for NaN."""
    if not math.isfinite(value):
        return "not measured" if math.isnan(value) else str(value).replace("-", "\N{MINUS SIGN}")
    if value and (abs(value) < 0.5 * 10**-digits or abs(value) >= 1000):
        text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1g}"
    else:
        text = f"{value:.{digits}f}"
    if not text.strip("-0."):
        text = text.lstrip("-")
    return text.replace("-", "\N{MINUS SIGN}")


def value_words(score: Score) -> str:
    """As "0.52 [0.48, 0.56]", with the unit; no brackets where there is no interval."""
    text = number(score.value)
    if math.isfinite(score.low) and math.isfinite(score.high):
        text += f" [{number(score.low)}, {number(score.high)}]"
    return f"{text} {score.unit}" if score.unit and math.isfinite(score.value) else text


def listed(parts: list[str], word: str = "and") -> str:
    """As "a", "a and b", or "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}" if parts else ""


def capital(text: str) -> str:
    """With a capital at the beginning, the rest as it is."""
    return text[:1].upper() + text[1:]
