"""The command line: parses, calls, prints. Mistakes of the user end with status 2 and no traceback."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of ``neurotwin``."""
    from neurotwin._base.errors import DivergenceError, NeurotwinError
    from neurotwin.cli.app import app

    try:
        app()
    except NeurotwinError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1 if isinstance(error, DivergenceError) else 2)
    except OSError as error:
        print(f"error: {error.strerror or error}\n  given:    {error.filename or 'a file of the run'}", file=sys.stderr)
        print("  fix:      free some space or choose another folder, then continue with --resume", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("interrupted: continue with --resume and the same --out", file=sys.stderr)
        sys.exit(130)
