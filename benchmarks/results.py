"""What was measured: kept with the machine it was measured on, and shown as a table."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.case import Case
from benchmarks.family import ROOT, threads

KEPT = ROOT / "benchmarks" / "results.jsonl"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- table: python -m benchmarks --table -->", "<!-- end of table -->"


VECTOR_UNITS = (("avx512f", "AVX-512"), ("avx2", "AVX2"))


def machine() -> dict[str, Any]:
    """CPU model, cores, memory, GPU, system and Python."""
    return {
        "cpu": _cpu(),
        "cores": threads(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "gpu": _gpu(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def keep(rows: Iterable[Mapping[str, Any]], path: Path = KEPT) -> None:
    """Append results, with machine and date."""
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M")
    with path.open("a") as file:
        for row in rows:
            file.write(json.dumps({**row, "date": now, "machine": machine()}) + "\n")


def last(path: Path = KEPT) -> list[dict[str, Any]]:
    """The last result of each case and peer on each kind of machine (by device)."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    if path.exists():
        for line in path.read_text().splitlines():
            row = json.loads(line)
            key = (row["name"], row["peer"], row["machine"]["cpu"], row["machine"]["gpu"])
            found.pop(key, None)
            found[key] = row
    return list(found.values())


def table(cases: Mapping[str, Case], rows: Iterable[Mapping[str, Any]]) -> str:
    """Markdown: for each machine its description and a line a comparison, fastest peer first."""
    machines: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        machines.setdefault(json.dumps(row["machine"], sort_keys=True), []).append(row)
    by_hardware: dict[str, list[Mapping[str, Any]]] = {}
    for described, group in machines.items():
        m = json.loads(described)
        head = f"{m['cpu']}, {m['cores']} cores, {m['memory_gb']:g} GB" + (
            f", {m['gpu']}" if m["gpu"] else ""
        )
        by_hardware.setdefault(head, []).extend(group)
    parts = []
    for head, group in by_hardware.items():
        newest = max(row["date"] for row in group)
        parts.append(f"**{head}**; last measured {newest} UTC; {_used(group)}.\n\n{_lines(cases, group)}")
    return "\n\n".join(parts) if parts else "Nothing has been measured yet."


def write_table(cases: Mapping[str, Case], page: Path = PAGE, kept: Path = KEPT) -> None:
    """Put the table of the kept results between the markers of the page."""
    text = page.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{table(cases, last(kept))}\n\n{END}{after}")


def _lines(cases: Mapping[str, Case], rows: list[Mapping[str, Any]]) -> str:
    lines = [
        "| case | ours | peer | peer's | peer ÷ ours | asked | aim | peak, ours | spread |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    order = list(cases)
    known = [row for row in rows if row["name"] in cases]
    for row in sorted(known, key=lambda r: (order.index(r["name"]), r["peer_s"] or 0.0)):
        case = cases[row["name"]]
        best = min((r["peer_s"] or 0.0) for r in known if r["name"] == row["name"]) == (row["peer_s"] or 0.0)
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}×"
        share = row.get("also", {}).get("bandwidth_share")
        reached = "" if share is None else f" ({100 * share:.0f} % of bandwidth)"
        loop = row.get("also", {}).get("loop_s")
        reached = reached if loop is None else f" (loop alone {seconds(loop)})"
        differs = " (results differ)" if row["agree"] is False else ""
        lines.append(
            f"| {case.name} | {seconds(row['ours_s'])}{reached} | {row['peer'] or 'none'}{differs} | {seconds(row['peer_s'])} | "
            f"{f'**{ratio}**' if best and ratio else ratio} | {_asked(case.at_least) if best else ''} | "
            f"{_asked(case.aim) if best else ''} | {_memory(row)} | {100 * row['spread']:.0f} % |"
        )
    return "\n".join(lines)


def _memory(row: Mapping[str, Any]) -> str:
    on_gpu = row.get("gpu_mb", 0.0)
    return f"{row['peak_mb']:.0f} MB" + (f", GPU {on_gpu:.0f} MB" if on_gpu else "")


def _used(rows: Iterable[Mapping[str, Any]]) -> str:
    """Versions of all packages that took part."""
    both = [side for row in rows for side in row["versions"].values()]
    return ", ".join(
        sorted({f"{k} {v}" for side in both for k, v in side.items() if k not in ("device", "numpy")})
    )


def seconds(value: float | None) -> str:
    """A time for people."""
    if value is None:
        return ""
    return (
        f"{value:.3g} s"
        if value >= 1
        else f"{value * 1e3:.3g} ms"
        if value >= 1e-3
        else f"{value * 1e6:.3g} µs"
    )


def _asked(value: float | None) -> str:
    return "" if value is None else f"{value:g}×"


def _cpu() -> str:
    """Name, family, model and widest vector unit: virtual machines give one name to several generations."""
    told: dict[str, str] = {}
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            name, colon, value = line.partition(":")
            if colon:
                told.setdefault(name.strip(), value.strip())
    except OSError:
        pass
    if "model name" not in told:
        return platform.processor() or platform.machine()
    flags = told.get("flags", "").split()
    vector = next((label for flag, label in VECTOR_UNITS if flag in flags), "")
    parts = (
        told["model name"],
        f"family {told.get('cpu family', '?')} model {told.get('model', '?')}",
        vector,
    )
    return ", ".join(part for part in parts if part)


def _gpu() -> str:
    try:
        told = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.strip().splitlines()[0] if told.returncode == 0 and told.stdout.strip() else ""
