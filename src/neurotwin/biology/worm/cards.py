"""The words of the worm's data cards; the numbers in them come from the build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neurotwin.biology.provenance import DataCard
from neurotwin.biology.worm.raw import CONNECTOME_ARCHIVE, RECORDINGS_ARCHIVE, Extrasynaptic, LabelledWorm

WHITE = (
    "White J.G., Southgate E., Thomson J.N., Brenner S. (1986) The structure of the nervous system of the "
    "nematode Caenorhabditis elegans. "
    "Phil. Trans. R. Soc. B 314:1-340. doi:10.1098/rstb.1986.0056"
)
WITVLIET = (
    "Witvliet D. et al. (2021) Connectomes across development reveal principles of brain maturation. "
    "Nature 596:257-261. doi:10.1038/s41586-021-03778-8"
)
COOK = (
    "Cook S.J. et al. (2019) Whole-animal connectomes of both Caenorhabditis elegans sexes. "
    "Nature 571:63-71. doi:10.1038/s41586-019-1352-7"
)
FENYVES = (
    "Fenyves B.G., Szilagyi G.S., Vassy Z., Soti C., Csermely P. (2020) Synaptic polarity and sign-balance "
    "prediction using gene expression "
    "data in the Caenorhabditis elegans chemical synapse neuronal connectome network. "
    "PLoS Comput. Biol. 16:e1007974. doi:10.1371/journal.pcbi.1007974"
)
BENTLEY = (
    "Bentley B. et al. (2016) The multilayer connectome of Caenorhabditis elegans. "
    "PLoS Comput. Biol. 12:e1005283. doi:10.1371/journal.pcbi.1005283"
)
DAG = (
    "Dag U. et al. (2023) Dissecting the functional organization of the C. elegans serotonergic system at "
    "whole-brain scale. "
    "Cell 186:2574-2592.e20. doi:10.1016/j.cell.2023.04.023"
)
RANDI = (
    "Randi F., Sharma A.K., Dvali S., Leifer A.M. (2023) Neural signal propagation atlas of Caenorhabditis "
    "elegans. "
    "Nature 623:406-414. doi:10.1038/s41586-023-06683-4"
)
ATLAS_PACKAGE = "https://github.com/francescorandi/wormneuroatlas"
CECT = "https://github.com/openworm/ConnectomeToolbox"
WORMNEUROATLAS_LICENCE = (
    "the wormneuroatlas code is GPL-3; no separate licence of the numbers is stated there"
)
AWC_CAVEAT = (
    "AWCL and AWCR stand for AWCOFF and AWCON (wormneuroatlas' convention): which side is ON is drawn by "
    "chance in each animal, "
    "so the two are matched by side only."
)


@dataclass(frozen=True)
class MatrixFacts:
    """What was found when the atlas' wiring was taken apart."""

    chemical_before: int
    electrical_before: int
    remainder_pairs: int
    remainder_contacts: int
    awc_chemical: int
    awc_electrical: int
    vd9_contacts_before: int
    vd9_contacts_after: int
    vd9_pairs_before: int
    vd9_pairs_after: int
    electrical_to_self: int


@dataclass(frozen=True)
class Facts:
    """What the build measured."""

    hashes: Mapping[str, str]
    white: MatrixFacts
    cook: Mapping[str, int]
    sign_rules: Mapping[str, Mapping[str, int]]
    extrasynaptic: Mapping[str, Extrasynaptic]
    worms: list[LabelledWorm]
    embedded: list[str]


def worm_cards(facts: Facts) -> tuple[DataCard, ...]:
    """All cards, in the order in which a report shows them."""
    anatomy = facts.hashes[CONNECTOME_ARCHIVE]
    return (
        _cells(anatomy),
        _white_witvliet(anatomy, facts.white),
        _cook(anatomy, facts.cook),
        _fenyves(anatomy, facts.sign_rules),
        _bentley(anatomy, facts.extrasynaptic),
        _dag(facts.hashes[RECORDINGS_ARCHIVE], facts.worms, facts.embedded),
        _randi(anatomy),
    )


def _cells(sha256: str) -> DataCard:
    return DataCard(
        name="cells",
        title="300 neurons of the hermaphrodite: class, type, transmitter, side",
        source="cell table of the C. elegans Connectome Toolbox; Fenyves 2020; wormneuroatlas",
        version="cect 0.3.5",
        licence="MIT (cect); CC BY (Fenyves 2020)",
        citation=f"{COOK}; {FENYVES}",
        url=CECT,
        sha256=sha256,
        processing=(
            "The type is read from the table's words: pharyngeal cells are pharynx, motor neurons motor, "
            "interneurons inter "
            "(RIPL and RIPR, 'linker to pharynx', too), sense organs and touch cells sensory; of two roles "
            "the first counts.",
            "The class is the name without its side where the other side exists; ventral-cord cells are "
            "classed without number.",
            "Padded names lose their zeros (VB02 is VB2).",
        ),
        caveats=(
            "CANL and CANR are not among the 300 neurons of the atlas and are left out.",
            AWC_CAVEAT,
        ),
    )


def _white_witvliet(sha256: str, facts: MatrixFacts) -> DataCard:
    return DataCard(
        name="white-witvliet",
        title="Contacts summed over White 1986 (adult, L4) and Witvliet 2021 (datasets 7 and 8)",
        source="the anatomical connectome of wormneuroatlas (arrays chem and gap)",
        version="wormneuroatlas 0.0.7.3",
        licence=WORMNEUROATLAS_LICENCE,
        citation=f"{WHITE}; {WITVLIET}; {RANDI}",
        url=ATLAS_PACKAGE,
        sha256=sha256,
        processing=(
            f"As published the matrix has {facts.chemical_before:,} chemical pairs and "
            f"{facts.electrical_before:,} gap junction entries "
            "(both directions). Two faults of it were mended from the edge lists of White's adult and "
            "Witvliet 7 and 8.",
            "AWC: its rows and columns are empty, because the lists say AWCL and AWCR and the matrix AWCOF "
            "and AWCON; they now have "
            f"{facts.awc_chemical} chemical pairs and {facts.awc_electrical} gap junction entries.",
            "VD9: names that the matrix does not know (muscles, glia, CAN, AWC) were counted into its last "
            "row and column, which are VD9's; "
            f"{facts.vd9_pairs_before} chemical pairs with {facts.vd9_contacts_before:,} contacts became "
            f"the listed {facts.vd9_pairs_after} "
            f"with {facts.vd9_contacts_after}.",
            "Elsewhere the matrix is nowhere smaller than the three lists; the rest, "
            f"{facts.remainder_pairs:,} pairs with "
            f"{facts.remainder_contacts:,} contacts, is taken to be White's L4 larva, whose list is not in "
            "our folder.",
            f"{facts.electrical_to_self} gap junctions of a neuron with itself were dropped; chemical "
            "autapses stay.",
        ),
        caveats=(
            "A weight is a sum over four animals (a count of contacts, not of synapses in one worm): ASHL "
            "to AVAL is 26 = "
            "2 (White adult) + 8 + 15 (Witvliet 7 and 8) + 1 (the rest, White L4). Cook 2019 has 15; choose "
            "it with connectome='cook2019'.",
            "The four reconstructions cover different stretches of the body (Witvliet's the head; White's "
            "adult list the cord and tail too), "
            "so that contacts in the head count up to four times and others once.",
            "The AWC counts lack White's L4 larva, so they are lower than their neighbours'.",
            AWC_CAVEAT,
            "Delays are not known and stand at 0.",
        ),
    )


def _cook(sha256: str, facts: Mapping[str, int]) -> DataCard:
    return DataCard(
        name="cook2019",
        title="Whole-animal hermaphrodite connectome",
        source="Cook et al. 2019, as distributed with cect",
        version="cect 0.3.5",
        licence="MIT (cect); the paper's terms for the numbers",
        citation=COOK,
        url=CECT,
        sha256=sha256,
        processing=(
            f"Rows that end on a muscle, gland, glia or CAN were dropped: {facts['chemical_outside']:,} "
            "chemical, "
            f"{facts['electrical_outside']:,} electrical.",
            f"{facts['electrical_to_self']} gap junctions of a neuron with itself were dropped; chemical "
            "autapses stay.",
        ),
        caveats=(
            "A weight is a number of electron-microscope sections with contact, hence size and not only "
            "number of synapses.",
            "The table is pieced together from several animals, with gaps filled by symmetry.",
            "Delays are not known and stand at 0.",
        ),
    )


def _fenyves(sha256: str, rules: Mapping[str, Mapping[str, int]]) -> DataCard:
    counted = tuple(
        f"{name}: " + ", ".join(f"{rule} {count:,}" for rule, count in counts.items()) + " synapses."
        for name, counts in rules.items()
    )
    return DataCard(
        name="fenyves2020",
        title="Signs of chemical synapses predicted from transmitters and receptor genes",
        source="Fenyves et al. 2020, supplementary tables",
        version="2020",
        licence="CC BY",
        citation=FENYVES,
        url="https://doi.org/10.1371/journal.pcbi.1007974",
        sha256=sha256,
        processing=(
            "Per pair + and - are taken, 'complex' stays free; without a prediction acetylcholine alone "
            "excites and GABA alone inhibits; "
            "glutamate, two transmitters and none known stay free.",
            *counted,
        ),
        caveats=(
            "These are predictions from gene expression, not measurements.",
            "GABA is taken to inhibit; AVL and DVB are known to excite (enteric muscles, not in the tables).",
            "Gap junctions count as +1.",
        ),
    )


def _bentley(sha256: str, found: Mapping[str, Extrasynaptic]) -> DataCard:
    counted = tuple(
        f"{kind}: {entry.lines:,} lines give {len(entry.table):,} pairs; {entry.to_self} pairs of a neuron "
        "with itself and "
        f"{entry.outside} pairs with CAN were dropped."
        for kind, entry in found.items()
    )
    return DataCard(
        name="bentley2016",
        title="Extrasynaptic monoamine and neuropeptide pairs",
        source="Bentley et al. 2016, as distributed with wormneuroatlas",
        version="wormneuroatlas 0.0.7.3",
        licence=WORMNEUROATLAS_LICENCE,
        citation=BENTLEY,
        url=ATLAS_PACKAGE,
        sha256=sha256,
        processing=(
            "Lines were merged to (pre, post) pairs; the weight is the number of distinct "
            "transmitter-receptor combinations.",
            *counted,
        ),
        caveats=(
            "A pair says that one cell makes a transmitter and the other its receptor, not that a signal "
            "was seen to pass.",
            "Signs are free; nothing is known of distances or time courses.",
        ),
    )


def _dag(sha256: str, worms: list[LabelledWorm], embedded: list[str]) -> DataCard:
    labels = tuple(
        f"{worm.recording.subject}: {worm.traces} traces, {worm.recording.n_neurons} identified neurons "
        f"kept; {worm.ambiguous} ambiguous "
        f"labels and {worm.duplicates} doubled ones dropped."
        for worm in worms
    )
    gaps = ", ".join(
        f"{w.recording.subject} {w.irregular_frames} ({w.longest_gap_ms:.0f} ms at most)" for w in worms
    )
    return DataCard(
        name="dag2023",
        title="Whole-brain calcium imaging of freely moving worms",
        source="flavell-lab/NSM_5HTR_analysis, Dag et al. 2023",
        version="commit 47bc3704c13b",
        licence="none stated: the repository has no licence file",
        citation=DAG,
        url="https://github.com/flavell-lab/NSM_5HTR_analysis",
        sha256=sha256,
        processing=(
            "Traces are trace_F_F20 of the files: fluorescence, scaled per neuron.",
            "Labels with '?' name no single neuron and were dropped; of two traces with one label the more "
            "confident was kept.",
            *labels,
            f"Embedded are the two worms with the most identified neurons: {' and '.join(sorted(embedded))}.",
            "2022-01-16-01 has no identified neurons and is left out.",
        ),
        caveats=(
            "Despite its name trace_F_F20 has mean 1 over the recording in every neuron (and a 20th "
            "percentile near 0.75), so it is F over its mean. "
            "That scale is taken over the whole recording and cancels when the training stretch "
            "standardises a trace.",
            "The file's trace_z is not used: its mean and spread come from the test stretch too.",
            "The frame interval is the median, 600 ms; frames more than 50 ms from it: "
            f"{gaps}. The mean interval is about 602 ms.",
            "Identities come from NeuroPAL colours with a confidence of 1 to 5; low ones are kept.",
            AWC_CAVEAT,
        ),
    )


def _randi(sha256: str) -> DataCard:
    return DataCard(
        name="randi2023",
        title="Measured signal-propagation atlas, wild type",
        source="wormneuroatlas; the numbers are those of Randi et al. 2023",
        version="wormneuroatlas 0.0.7.3",
        licence=WORMNEUROATLAS_LICENCE,
        citation=RANDI,
        url=ATLAS_PACKAGE,
        sha256=sha256,
        processing=(
            "amplitude is wt_dFF (mean change of fluorescence), q is wt_q, repeats is wt_occ1; rows "
            "respond, columns were stimulated.",
            "A pair counts as measured when it has a q and is off the diagonal: 23,902 pairs, 1,151 with q "
            "< 0.05.",
        ),
        caveats=(
            "One measured pair (ADER stimulated, URYDL responding; one trial, q about 1e-16) has no "
            "amplitude: with amplitude and q "
            "there are 23,901 pairs, 1,150 with q < 0.05.",
            "Most pairs have few repeats, and an insignificant pair is not a proven absence of a response.",
            "A few amplitudes are far outside the rest (down to -17.5).",
            AWC_CAVEAT,
        ),
    )
