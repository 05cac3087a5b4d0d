"""Molecules as numbers: SMILES as a graph of heavy atoms, without a chemistry library."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator

import numpy as np

from neurotwin._base.errors import InputError
from neurotwin.tasks.readers.composition import SYMBOLS

BINS = 512
"""Of the hashed atom environments of a molecule."""
RADIUS = 2
ATOMS = ("C", "N", "O", "S", "P", "F", "Cl", "Br", "I")
VALENCE = {"N": 3, "O": 2}
ORDER = {"-": 1.0, "/": 1.0, "\\": 1.0, "=": 2.0, "#": 3.0, "$": 4.0, ":": 1.5, "~": 1.0}
DESCRIPTORS = (
    *ATOMS, "other atoms", "heavy atoms", "aromatic atoms", "rings", "fragments", "double bonds", "triple bonds",
    "hydrogen-bond donors", "positive atoms", "negative atoms", "branching atoms",
)  # fmt: skip
_SMILES = re.compile(r"\[[^\[\]]+\]|Br|Cl|[BCNOPSFIbcnops*]|%\d\d|\d|[-=#$:~/\\]|[().]")
_BRACKET = re.compile(r"\[(\d*)([A-Za-z][a-z]?|\*)(@*(?:TH|AL)?\d?)(H\d*)?([+-]*\d*)(?::\d+)?\]")


class Molecule:
    """Heavy atoms and bonds of a SMILES string (Weininger 1988), without stereochemistry and without re-aromatising.

    Attributes
    ----------
    atoms
        ``(symbol, aromatic, charge, hydrogens or None where implicit)`` of each.
    bonds
        ``(atom, atom, order)``; aromatic 1.5.

    Raises
    ------
    InputError
        Something that is no SMILES.
    """

    def __init__(self, smiles: str) -> None:
        self.atoms: list[tuple[str, bool, int, int | None]] = []
        self.bonds: list[tuple[int, int, float]] = []
        here: int | None = None
        branches: list[int | None] = []
        rings: dict[str, tuple[int, float | None]] = {}
        order: float | None = None
        for token in _tokens(smiles):
            if token in ORDER:
                order = ORDER[token]
            elif token == "(":
                branches.append(here)
            elif token == ")" and branches:
                here = branches.pop()
            elif token == ".":
                here, order = None, None
            elif token[0] == "%" or token.isdigit():
                if here is None:
                    raise _no_smiles(smiles)
                number = token.lstrip("%0")
                if number in rings:
                    other, opened = rings.pop(number)
                    self._join(other, here, order or opened)
                else:
                    rings[number] = (here, order)
                order = None
            elif token == ")":
                raise _no_smiles(smiles)
            else:
                self.atoms.append(_atom(token, smiles))
                if here is not None:
                    self._join(here, len(self.atoms) - 1, order)
                here, order = len(self.atoms) - 1, None
        if rings or branches or not self.atoms:
            raise _no_smiles(smiles)

    def _join(self, a: int, b: int, order: float | None) -> None:
        both = self.atoms[a][1] and self.atoms[b][1]
        self.bonds.append((a, b, order or (1.5 if both else 1.0)))

    def neighbours(self) -> list[list[tuple[int, float]]]:
        """Of each atom: the atoms it is bound to, with the order of the bond."""
        found: list[list[tuple[int, float]]] = [[] for _ in self.atoms]
        for a, b, order in self.bonds:
            found[a].append((b, order))
            found[b].append((a, order))
        return found


def _tokens(smiles: str) -> Iterator[str]:
    place = 0
    while place < len(smiles):
        found = _SMILES.match(smiles, place)
        if found is None:
            raise _no_smiles(smiles)
        yield found[0]
        place = found.end()


def _atom(token: str, smiles: str) -> tuple[str, bool, int, int | None]:
    if token[0] != "[":
        return token.capitalize(), token.islower(), 0, None
    found = _BRACKET.fullmatch(token)
    if found is None:
        raise _no_smiles(smiles)
    symbol, hydrogens, sign = found[2], found[4] or "", found[5]
    if symbol.islower() and len(symbol) == 2 and symbol not in ("se", "as", "te"):
        raise _no_smiles(smiles)
    if symbol[0].isupper() and len(symbol) == 2 and symbol not in SYMBOLS:
        raise _no_smiles(smiles)
    size = int(digits) if (digits := sign.lstrip("+-")) else len(sign)
    charge = -size if sign.startswith("-") else size
    return symbol.capitalize(), symbol.islower(), charge, (int(hydrogens[1:] or 1) if hydrogens else 0)


def _no_smiles(text: str) -> InputError:
    return InputError(
        "a cell is no SMILES", got=repr(text), expected="a molecule such as CC(=O)Oc1ccccc1C(=O)O",
        fix="mend or empty that cell, or name another column by --option smiles=",
    )  # fmt: skip


def molecule_features(smiles: str) -> np.ndarray:
    """``[len(DESCRIPTORS) + BINS]``: counts of atoms, bonds and rings; log(1 + count) of hashed atom environments.

    Environments are those of circular fingerprints (Rogers & Hahn 2010, J. Chem. Inf. Model. 50: 742) up to ``RADIUS`` bonds, with
    invariants of their own: element, aromaticity, charge, number of neighbours, sum of bond orders. They do not depend on the order
    in which the SMILES is written.
    """
    molecule = Molecule(smiles.strip())
    near = molecule.neighbours()
    symbols = Counter(symbol for symbol, *_ in molecule.atoms)
    bound = [sum(order for _, order in around) for around in near]
    donors = 0
    for (symbol, aromatic, charge, hydrogens), used in zip(molecule.atoms, bound, strict=True):
        if symbol in VALENCE:
            free = VALENCE[symbol] + charge - used if hydrogens is None and not aromatic else hydrogens or 0
            donors += free >= 1
    n, orders = len(molecule.atoms), Counter(order for *_, order in molecule.bonds)
    fragments = _fragments(near)
    charges = [charge for _, _, charge, _ in molecule.atoms]
    told = [
        *(symbols[symbol] for symbol in ATOMS), n - sum(symbols[symbol] for symbol in ATOMS), n,
        sum(aromatic for _, aromatic, *_ in molecule.atoms), len(molecule.bonds) - n + fragments, fragments,
        orders[2.0], orders[3.0], donors, sum(c > 0 for c in charges), sum(c < 0 for c in charges),
        sum(len(around) > 2 for around in near),
    ]  # fmt: skip
    counts = np.zeros(BINS)
    marks = [
        _hash(atom[:3], len(around), used)
        for atom, around, used in zip(molecule.atoms, near, bound, strict=True)
    ]
    for radius in range(RADIUS + 1):
        for mark in marks:
            counts[mark % BINS] += 1
        if radius < RADIUS:
            marks = [
                _hash(mark, sorted((order, marks[other]) for other, order in around))
                for mark, around in zip(marks, near, strict=True)
            ]
    return np.concatenate([np.asarray(told, float), np.log1p(counts)])


def _fragments(near: list[list[tuple[int, float]]]) -> int:
    """How many parts hang together."""
    seen: set[int] = set()
    found = 0
    for start in range(len(near)):
        if start in seen:
            continue
        found += 1
        waiting = [start]
        while waiting:
            atom = waiting.pop()
            if atom not in seen:
                seen.add(atom)
                waiting.extend(other for other, _ in near[atom])
    return found


def _hash(*parts: object) -> int:
    return zlib.crc32(repr(parts).encode())
