"""Online learning: a model in use that learns from a stream, notices drift and takes back what does harm."""

from neurotwin.transfer.online.detectors import DETECTORS, Detector
from neurotwin.transfer.online.guard import Guard
from neurotwin.transfer.online.measures import measures, smoothed
from neurotwin.transfer.online.policies import POLICIES, Policy
from neurotwin.transfer.online.serving import Event, Served, serve
from neurotwin.transfer.online.settings import OnlineSettings
from neurotwin.transfer.online.stream import DRIFTS, Stream, make_stream

__all__ = [
    "DETECTORS",
    "DRIFTS",
    "POLICIES",
    "Detector",
    "Event",
    "Guard",
    "OnlineSettings",
    "Policy",
    "Served",
    "Stream",
    "make_stream",
    "measures",
    "serve",
    "smoothed",
]
