"""The command line: parses, calls, prints. Mistakes of the user end with status 2 and no traceback."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of ``neurotwin``."""
    from neurotwin._base.errors import NeurotwinError
    from neurotwin.cli.failures import Interrupted, status_of

    try:
        from neurotwin.cli.app import app

        app(prog_name="neurotwin")
    except (NeurotwinError, OSError, Interrupted, KeyboardInterrupt) as error:
        sys.exit(status_of(error))
