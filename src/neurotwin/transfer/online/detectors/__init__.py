"""Drift detectors, one a file; importing them enters them into ``DETECTORS``."""

from neurotwin.transfer.online.detectors import adwin as adwin
from neurotwin.transfer.online.detectors import page_hinkley as page_hinkley
from neurotwin.transfer.online.detectors.detector import DETECTORS, Detector

__all__ = ["DETECTORS", "Detector"]
