"""``python -m benchmarks``: names, comparisons, the table, the figure."""

# ruff: noqa: T201 - the terminal is its job
from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from benchmarks import results
from benchmarks.case import all_cases
from benchmarks.family import Absent, compare


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status: 2 for a wrong name, 1 if a case of ours could not run or two sides disagree."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Ours and the peers, in turn.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="cases; 'all' for every one")
    parser.add_argument("--list", action="store_true", help="name the cases")
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes: proves that it runs and agrees; nothing is kept"
    )
    parser.add_argument("--repeats", type=int, help="interleaved runs after the warm-up")
    parser.add_argument("--table", action="store_true", help="write the kept results into docs/benchmarks.md")
    parser.add_argument(
        "--scaling", action="store_true", help="cost against size, into docs/images/scaling.png"
    )
    options = parser.parse_args(arguments)
    cases = all_cases()
    if options.list:
        for case in cases.values():
            print(f"{case.name:22}{case.work}")
    names = list(cases) if options.names == ["all"] else options.names
    unknown = [name for name in names if name not in cases]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; the cases are: {', '.join(cases)}", file=sys.stderr)
        return 2
    if not (options.list or names or options.table or options.scaling):
        parser.print_usage(sys.stderr)
        return 2
    status = 0
    for name in names:
        try:
            rows = compare(cases[name], quick=options.quick, repeats=options.repeats, say=_say)
        except Absent as why:
            _say(f"{name}: our side did not run: {why}")
            status = 1
            continue
        for row in rows:
            print(json.dumps(row), flush=True)
            status = max(status, int(row["agree"] is False))
        if not options.quick:
            results.keep(rows)
    if options.scaling:
        from benchmarks.scaling import measure_and_draw

        for row in measure_and_draw(quick=options.quick):
            print(json.dumps(row), flush=True)
    if options.table:
        results.write_table(cases)
    return status


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
