"""Our speed against that of others, both measured in turn: ``python -m benchmarks --list``.

Run from the checkout; not part of the wheel. ``docs/benchmarks.md`` says how it is measured.
"""
