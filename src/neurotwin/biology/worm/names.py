"""One spelling for each neuron of the worm, and what a name says of class and side."""

from __future__ import annotations

import re
from collections.abc import Iterable

VENTRAL_CORD = ("AS", "DA", "DB", "DD", "VA", "VB", "VC", "VD")
"""Classes numbered along the ventral cord; Cook and others pad the number (VB02), the atlas does not."""

_PADDED = re.compile(rf"({'|'.join(VENTRAL_CORD)})0+(\d+)")
_NUMBERED = re.compile(rf"({'|'.join(VENTRAL_CORD)})\d+")

# The two AWC cells differ in which of them expresses str-2 ("ON"), and that is drawn by chance in each
# animal. Anatomy names the sides; wormneuroatlas lines the two up as AWCOFF = AWCL and AWCON = AWCR, by
# convention only.
_SYNONYMS = {"AWCOF": "AWCL", "AWCOFF": "AWCL", "AWCON": "AWCR"}

# classes of White 1986 whose members do not follow the left-right pattern
_CLASS_OF = {"RMED": "RME", "RMEV": "RME", "SABD": "SAB", "SABVL": "SAB", "SABVR": "SAB"}


def normalise_name(raw: str) -> str:
    """The spelling used here: no padding (VB02 → VB2), AWC by side (AWCOF → AWCL), no blanks around.

    >>> normalise_name(" VB02 "), normalise_name("AWCOF"), normalise_name("I1L")
    ('VB2', 'AWCL', 'I1L')
    """
    name = raw.strip()
    name = _SYNONYMS.get(name, name)
    padded = _PADDED.fullmatch(name)
    return padded[1] + padded[2] if padded else name


def cell_class(name: str, names: Iterable[str]) -> str:
    """The anatomical class: the name without its side, where the other side exists, and without number.

    >>> everyone = ["AVAL", "AVAR", "SMDDL", "SMDDR", "SMDVL", "SMDVR", "AVL", "VB2"]
    >>> [cell_class(name, everyone) for name in ("AVAL", "SMDVR", "AVL", "VB2")]
    ['AVA', 'SMD', 'AVL', 'VB']
    """
    everyone = set(names)
    if name in _CLASS_OF:
        return _CLASS_OF[name]
    numbered = _NUMBERED.fullmatch(name)
    if numbered:
        return numbered[1]
    quadrant, stem = name[-2:], name[:-2]
    others = {"DL": "VL", "DR": "VR", "VL": "DL", "VR": "DR"}
    if quadrant in others and stem + others[quadrant] in everyone:
        return stem
    return name[:-1] if side(name, everyone) else name


def side(name: str, names: Iterable[str]) -> str:
    """The last letter, "L" or "R", where a neuron with the other one exists, else ""."""
    other = {"L": "R", "R": "L"}.get(name[-1:])
    return name[-1] if other and name[:-1] + other in set(names) else ""


def neuron_type(description: str) -> str:
    """Sensory, inter, motor or pharynx, from the 'Type' of the cell table; "" where the wording is not known.

    A description with two roles ("Sublateral motor neuron; interneuron in White et al., 1986") counts by the
    first.
    """
    first = description.split(";")[0].strip().lower()
    if first.startswith("pharyngeal"):
        return "pharynx"
    if first.endswith("motor neuron"):
        return "motor"
    if first.endswith("interneuron") or first == "linker to pharynx":
        return "inter"
    senses = ("amphid", "phasmid", "cephalic", "mechanosensory", "touch", "o2, co2")
    return "sensory" if first.startswith(senses) else ""
