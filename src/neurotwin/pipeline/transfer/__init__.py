"""``neurotwin transfer``: each of its commands from data to report."""

from neurotwin.pipeline.transfer.adapt import run_adapt
from neurotwin.pipeline.transfer.fidelity import run_fidelity
from neurotwin.pipeline.transfer.folder import TransferResult

__all__ = ["TransferResult", "run_adapt", "run_fidelity"]
