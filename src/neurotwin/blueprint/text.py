"""A blueprint for human readers, in plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurotwin.blueprint.blueprint import Blueprint


def to_text(blueprint: Blueprint, strongest: int = 10) -> str:
    """The design on a page: sizes, layers, the ``strongest`` projections, motifs, choices with reasons."""
    lines = [
        f"Blueprint of {blueprint.name}: {blueprint.n_neurons} neurons, time step {blueprint.dt_ms:g} ms",
        "",
        "Layers",
    ]
    for layer, members in blueprint.layers().items():
        neurons = [len(one.neurons) for one in members]
        level = sum(one.level * len(one.neurons) for one in members) / sum(neurons)
        lines.append(
            f"  {layer:<10} {sum(neurons):>4} neurons in {len(members):>3} populations, mean level "
            f"{level:+.2f}"
        )
    lines += ["", f"Projections ({len(blueprint.projections)}; the strongest first)"]
    ranked = sorted(blueprint.projections, key=lambda one: -one.contacts)
    lines += [f"  {projection.reason}" for projection in ranked[:strongest]]
    if blueprint.motifs:
        lines += ["", "Motifs", f"  {'':<28} {'count':>6} {'by chance':>16} {'z':>7} {'p':>7}"]
    for motif in blueprint.motifs:
        chance = "" if motif.null_mean is None else f"{motif.null_mean:.1f} ± {motif.null_sd or 0:.1f}"
        z = "" if motif.z is None else f"{motif.z:+.1f}"
        p = "" if motif.p is None else f"{motif.p:.2g}"
        lines.append(
            f"  {motif.name.replace('_', ' '):<28} {motif.count:>6} {chance:>16} {z:>7} {p:>7}".rstrip()
        )
    lines += ["", "Choices"]
    lines += [f"  {choice.what}: {choice.value}. {choice.reason}" for choice in blueprint.choices]
    return "\n".join(lines) + "\n"
