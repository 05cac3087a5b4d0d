"""``neurotwin transfer adapt`` and ``neurotwin transfer fidelity``: options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from neurotwin.pipeline.adaptation import TransferResult

Out = Annotated[
    str | None, typer.Option(help="Run folder; runs/transfer-… by default, or the next free number.")
]
Data = Annotated[
    str | None,
    typer.Option(help="Images: file or folder, or its name in $NEUROTWIN_DATA; else scikit-learn's digits."),
]
Methods = Annotated[str, typer.Option(help="Adaptation methods, with commas; all by default.")]
Rank = Annotated[int, typer.Option(help="Rank of LoRA's change.")]
Seed = Annotated[int, typer.Option(help="Equal seeds give equal scores.")]
Force = Annotated[
    bool, typer.Option("--force", help="Replace an existing run, once the new one is complete.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


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
    from neurotwin.cli.failures import Interrupted
    from neurotwin.cli.parse import names_of, path_of
    from neurotwin.cli.tasks import TaskConsole

    folder, file = path_of(out, "--out"), path_of(data, "--data", "a file or folder")
    try:
        with TaskConsole(quiet) as console:
            from neurotwin.pipeline.adaptation import run_adapt

            result = run_adapt(
                folder, data=file, model=model, methods=names_of(methods), shots=shots, draws=draws, epochs=epochs,
                rank=rank, seed=seed, force=force, watcher=console,
            )  # fmt: skip
            if not quiet:
                console.stop()
                _show(result, ("accuracy",))
    except KeyboardInterrupt:
        raise Interrupted from None


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
    from neurotwin.cli.failures import Interrupted
    from neurotwin.cli.parse import names_of, number_of_worms, numbers_of, path_of
    from neurotwin.cli.tasks import TaskConsole

    folder, file = path_of(out, "--out"), path_of(data, "--data", "a file or folder")
    earlier, strengths = path_of(twins, "--twins", "a run's folder"), numbers_of(anchors, "--anchors")
    try:
        with TaskConsole(quiet) as console:
            from neurotwin.pipeline.fidelity import run_fidelity

            result = run_fidelity(
                folder, data=file,
                animal=animal, worms=number_of_worms(worms), methods=names_of(methods), steps=steps, epochs=epochs,
                first=first, rank=rank, twins=earlier, seed=seed, force=force, watcher=console,
                **({"anchors": strengths} if strengths else {}),
            )  # fmt: skip
            if not quiet:
                console.stop()
                _show(result, ("accuracy", "cosmoothing_r_retained", "auroc_retained", "weight_distance"))
    except KeyboardInterrupt:
        raise Interrupted from None


def _show(result: TransferResult, metrics: tuple[str, ...]) -> None:
    """Print the scores of each model, what it trains, and where the report is."""
    import rich.console
    from rich.table import Table

    from neurotwin.cli.tasks import WIDTH
    from neurotwin.report.task.page import value

    console = rich.console.Console(highlight=False)
    trained = dict(zip(result.costs["model"], result.costs["trained"], strict=True))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("model", *metrics, "trained"):
        table.add_column(title.replace("_", " "), no_wrap=True)
    for model in dict.fromkeys(score.model for score in result.scores):
        found = {score.metric: score for score in result.scores.select(model=model)}
        if metrics[0] not in found:
            continue
        cells = [value(found[metric]).replace("[", r"\[") if metric in found else "" for metric in metrics]
        table.add_row(model, *cells, f"{trained[model]:,}" if model in trained else "")
    console.width = max(console.width, 2 * WIDTH)
    console.print(table)
    console.print(f"\nreport: {result.folder / 'report.html'}", markup=False, soft_wrap=True)
