"""Chemical formulas as numbers: shares of the elements, and statistics of a few of their properties."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import numpy as np

from neurotwin._base.errors import InputError

SYMBOLS = (
    "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar", "K",
    "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr",
    "Rb", "Sr", "Y", "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I",
    "Xe", "Cs", "Ba", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb",
    "Lu", "Hf", "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At", "Rn", "Fr",
    "Ra", "Ac", "Th", "Pa", "U", "Np", "Pu", "Am", "Cm", "Bk", "Cf", "Es", "Fm", "Md", "No", "Lr",
)  # fmt: skip
"""In the order of the atomic number."""
# Pauling's scale, as tabulated in the CRC Handbook of Chemistry and Physics; elements without a value there are left out.
ELECTRONEGATIVITY = {
    "H": 2.20, "Li": 0.98, "Be": 1.57, "B": 2.04, "C": 2.55, "N": 3.04, "O": 3.44, "F": 3.98, "Na": 0.93,
    "Mg": 1.31, "Al": 1.61, "Si": 1.90, "P": 2.19, "S": 2.58, "Cl": 3.16, "K": 0.82, "Ca": 1.00, "Sc": 1.36,
    "Ti": 1.54, "V": 1.63, "Cr": 1.66, "Mn": 1.55, "Fe": 1.83, "Co": 1.88, "Ni": 1.91, "Cu": 1.90,
    "Zn": 1.65, "Ga": 1.81, "Ge": 2.01, "As": 2.18, "Se": 2.55, "Br": 2.96, "Rb": 0.82, "Sr": 0.95,
    "Y": 1.22, "Zr": 1.33, "Nb": 1.60, "Mo": 2.16, "Tc": 1.90, "Ru": 2.20, "Rh": 2.28, "Pd": 2.20,
    "Ag": 1.93, "Cd": 1.69, "In": 1.78, "Sn": 1.96, "Sb": 2.05, "Te": 2.10, "I": 2.66, "Xe": 2.60,
    "Cs": 0.79, "Ba": 0.89, "La": 1.10, "Ce": 1.12, "Pr": 1.13, "Nd": 1.14, "Sm": 1.17, "Gd": 1.20,
    "Dy": 1.22, "Ho": 1.23, "Er": 1.24, "Tm": 1.25, "Lu": 1.27, "Hf": 1.30, "Ta": 1.50, "W": 2.36,
    "Re": 1.90, "Os": 2.20, "Ir": 2.20, "Pt": 2.28, "Au": 2.54, "Hg": 2.00, "Tl": 1.62, "Pb": 2.33,
    "Bi": 2.02, "Po": 2.00, "At": 2.20, "Ra": 0.90, "Ac": 1.10, "Th": 1.30, "Pa": 1.50, "U": 1.38,
    "Np": 1.36, "Pu": 1.28,
}  # fmt: skip
UNKNOWN_ELECTRONEGATIVITY = 1.2
"""Taken for the lanthanides and actinides that have none; they lie between 1.1 and 1.3."""
NOBLE = (2, 10, 18, 36, 54, 86)
PROPERTIES = ("atomic number", "period", "column", "electronegativity")


def fractions_of(formula: str) -> dict[str, float]:
    """Element → share of the atoms, of "Ag(W3Br7)2" or "Fe0.62C0.001".

    Raises
    ------
    InputError
        Something that is no formula.
    """
    stack: list[Counter[str]] = [Counter()]
    tokens = re.findall(r"[A-Z][a-z]?|[(\[{]|[)\]}]|\d+\.?\d*(?:e-?\d+)?|\.\d+|\S", formula)
    last: Counter[str] = Counter()
    for token in tokens:
        if token in SYMBOLS:
            stack[-1].update(last)
            last = Counter({token: 1.0})  # type: ignore[dict-item]
        elif token in "([{":
            stack[-1].update(last)
            last = Counter()
            stack.append(Counter())
        elif token in ")]}" and len(stack) > 1:
            stack[-1].update(last)
            last = stack.pop()
        elif re.fullmatch(r"[\d.]+(?:e-?\d+)?", token) and last:
            times = float(token)
            last = Counter({element: count * times for element, count in last.items()})  # type: ignore[misc]
        else:
            raise _no_formula(formula)
    stack[-1].update(last)
    total = sum(stack[0].values())
    if len(stack) != 1 or not total > 0:
        raise _no_formula(formula)
    return {element: count / total for element, count in stack[0].items() if count}


def _no_formula(text: str) -> InputError:
    return InputError(
        "a cell is no chemical formula", got=repr(text), expected="elements and counts, such as Ag(W3Br7)2",
        fix="mend or empty that cell, or name another column by --option formula=",
    )  # fmt: skip


@cache
def properties_of(symbol: str) -> tuple[float, ...]:
    """Of an element: the values of ``PROPERTIES``; the f elements all stand in column 3."""
    z = SYMBOLS.index(symbol) + 1
    period = sum(z > noble for noble in NOBLE) + 1
    before = (0, *NOBLE)[period - 1]
    place, length = z - before, ((*NOBLE, 118)[period - 1]) - before
    if period == 1:
        column = 1 if z == 1 else 18
    elif place <= 2:
        column = place
    elif length == 32:
        column = 3 if place <= 17 else place - 14
    else:
        column = place + 18 - length
    return z, period, column, ELECTRONEGATIVITY.get(symbol, UNKNOWN_ELECTRONEGATIVITY)


def composition_features(formula: str) -> dict[str, float]:
    """Share of each element; number of elements; weighted mean and deviation, least and largest of ``PROPERTIES``.

    After the element-fraction and weighted-statistics features of Ward et al. 2016, npj Computational Materials 2: 16028, with
    four properties only.
    """
    shares = fractions_of(formula)
    weights = np.array(list(shares.values()))
    table = np.array([properties_of(symbol) for symbol in shares])
    mean = weights @ table
    deviation = np.sqrt(weights @ (table - mean) ** 2)
    found = {f"share of {symbol}": share for symbol, share in shares.items()}
    found |= {"elements": float(len(shares)), "largest share": float(weights.max())}
    for i, name in enumerate(PROPERTIES):
        found |= {f"mean {name}": mean[i], f"deviation of {name}": deviation[i],
                  f"least {name}": table[:, i].min(), f"largest {name}": table[:, i].max()}  # fmt: skip
    return found
