"""The implementations of the sparse product, those that cannot run here skipped with the reason."""

import pytest

from neurotwin.network.kernels import why_not

compiled = pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")
IMPLEMENTATIONS = [pytest.param("native", marks=compiled), "ell", "dense"]
each_implementation = pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
