"""``neurotwin transfer adapt`` and ``neurotwin transfer fidelity``: options."""

from __future__ import annotations

from typing import Annotated

import typer

from neurotwin.cli.transfer import Data, Force, Out, Quiet, Seed, run_and_show, transfer

Methods = Annotated[str, typer.Option(help="Adaptation methods, with commas; all by default.")]
Rank = Annotated[int, typer.Option(help="Rank of LoRA's change.")]


@transfer.command()
def adapt(
    out: Out = None,
    data: Data = None,
    model: Annotated[
        str, typer.Option(help="Network of the task images: worm, larva, cnn, dense, spiking-cnn.")
    ] = "worm",
    methods: Methods = "",
    shots: Annotated[int, typer.Option(help="Known examples of each new class.")] = 10,
    draws: Annotated[int, typer.Option(help="How often these examples are drawn.")] = 3,
    epochs: Annotated[int, typer.Option(help="Passes over them.")] = 60,
    rank: Rank = 4,
    seed: Seed = 0,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Pre-train on half of the classes, adapt to the others with few examples, by every method, beside training from scratch."""
    from neurotwin.cli.parse import names_of

    run_and_show(
        "adapt", {}, out, data, quiet, module="adaptation", metrics=("accuracy",),
        model=model, methods=names_of(methods), shots=shots, draws=draws, epochs=epochs, rank=rank, seed=seed, force=force,
    )  # fmt: skip


@transfer.command()
def fidelity(
    out: Out = None,
    data: Data = None,
    animal: Annotated[
        str, typer.Option(help="worm, or larva (no recordings: structure only; data folder).")
    ] = "worm",
    worms: Annotated[
        str, typer.Option(help="How many recorded animals, or 'all'; more than 2 need the data folder.")
    ] = "2",
    methods: Methods = "",
    anchors: Annotated[str, typer.Option(help="Strengths of the anchor, with commas.")] = "",
    steps: Annotated[int, typer.Option(help="Gradient steps of the twin's fit.")] = 100,
    epochs: Annotated[int, typer.Option(help="Passes over the training images in each adaptation.")] = 12,
    first: Annotated[int, typer.Option(help="The first so many training images only; 0 takes all.")] = 0,
    rank: Rank = 4,
    twins: Annotated[
        str | None, typer.Option(help="Folder of an earlier run whose fitted twins are used again.")
    ] = None,
    seed: Seed = 0,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Adapt a twin of the worm to images, and plot task accuracy against how much of its scorecard survives."""
    from neurotwin.cli.parse import names_of, number_of_worms, numbers_of, path_of

    strengths = numbers_of(anchors, "--anchors")
    run_and_show(
        "fidelity", {"anchors": strengths} if strengths else {}, out, data, quiet,
        metrics=("accuracy", "cosmoothing_r_retained", "auroc_retained", "weight_distance"),
        animal=animal, worms=number_of_worms(worms), methods=names_of(methods), steps=steps, epochs=epochs, first=first,
        rank=rank, twins=path_of(twins, "--twins", "a run's folder"), seed=seed, force=force,
    )  # fmt: skip
