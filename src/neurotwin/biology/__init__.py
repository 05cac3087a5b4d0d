"""Step 1, prepare: files become a ``Biology``: connectome, recordings, perturbations, one set of names."""

from neurotwin.biology.biology import Biology
from neurotwin.biology.connectome import Connectome
from neurotwin.biology.nulls import NULLS
from neurotwin.biology.perturbations import Perturbations
from neurotwin.biology.provenance import DataCard
from neurotwin.biology.recording import RECORDING_KINDS, Recording
from neurotwin.biology.sources import SOURCES, data_folder, load
from neurotwin.biology.split import TimeSplit, leave_one_out, time_split
from neurotwin.biology.tables import KINDS

__all__ = [
    "KINDS",
    "NULLS",
    "RECORDING_KINDS",
    "SOURCES",
    "Biology",
    "Connectome",
    "DataCard",
    "Perturbations",
    "Recording",
    "TimeSplit",
    "data_folder",
    "leave_one_out",
    "load",
    "time_split",
]
