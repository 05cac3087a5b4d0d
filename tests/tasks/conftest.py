"""What modules ask for whose networks take longer to compile than to run."""

from collections.abc import Iterator

import pytest
from tiny_worm import little_optimised


@pytest.fixture(scope="module")
def compile_quickly() -> Iterator[None]:
    """Little is gained by optimising what does not run for long."""
    with little_optimised():
        yield
