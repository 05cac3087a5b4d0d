"""Sparse products and convolutions: C++ where it was built, JAX everywhere, tested against each other and dense matrices."""

from neurotwin.network.kernels.correlation import correlate
from neurotwin.network.kernels.delays import delayed_product, delayed_sampled_product
from neurotwin.network.kernels.native import available as native_available
from neurotwin.network.kernels.native import why_not
from neurotwin.network.kernels.pattern import Pattern, pattern
from neurotwin.network.kernels.product import (
    IMPLEMENTATIONS,
    chosen,
    event_product,
    sampled_product,
    sparse_product,
)

__all__ = [
    "IMPLEMENTATIONS",
    "Pattern",
    "chosen",
    "correlate",
    "delayed_product",
    "delayed_sampled_product",
    "event_product",
    "native_available",
    "pattern",
    "sampled_product",
    "sparse_product",
    "why_not",
]
