"""``neurotwin transfer``: what a trained network keeps, learns anew and forgets."""

from __future__ import annotations

from typing import Annotated

import typer

transfer = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What a trained network keeps, learns anew and forgets.",
)

Out = Annotated[str | None, typer.Option(help="Run folder; under runs/ by default, or the next free number.")]
Data = Annotated[
    str | None,
    typer.Option(
        help="Images as for 'neurotwin task images', or a name in $NEUROTWIN_DATA; else the digits."
    ),
]
Model = Annotated[str, typer.Option(help="Network of the task images: dense, cnn, worm, larva …")]
Seed = Annotated[int, typer.Option(help="First seed; equal seeds give equal scores.")]
Seeds = Annotated[int, typer.Option(help="How many seeds, one after the other.")]
Examples = Annotated[int, typer.Option(help="Training examples that are drawn of the data; 0 for all.")]
Force = Annotated[
    bool, typer.Option("--force", help="Replace an existing run, once the new one is complete.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


@transfer.command()
def continual(
    context: typer.Context,
    out: Out = None,
    data: Data = None,
    sequence: Annotated[
        str, typer.Option(help="split (classes in pairs) or permuted (pixels in another order).")
    ] = "split",
    model: Model = "dense",
    learners: Annotated[
        str | None,
        typer.Option(help="plain, joint, memory-only, replay, ewc, si, with commas; all by default."),
    ] = None,
    examples: Examples = 0,
    experiences: Annotated[int, typer.Option(help="How many; 0 for the sequence's own number.")] = 0,
    steps: Annotated[int, typer.Option(help="Gradient steps of an experience.")] = 200,
    batch: Annotated[int, typer.Option(help="Examples of a step.")] = 32,
    learning_rate: Annotated[float, typer.Option(help="Of Adam.")] = 1e-3,
    memory: Annotated[int, typer.Option(help="Examples that a learner may keep in all.")] = 100,
    seed: Seed = 0,
    seeds: Seeds = 3,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Learn experiences one after the other, beside fine-tuning and all at once: what is left of the earlier ones."""
    from neurotwin.cli.failures import Interrupted
    from neurotwin.cli.parse import given_in, names_of, path_of
    from neurotwin.cli.tasks import WIDE, TransferConsole, score_table

    passed = ("out", "data", "sequence", "model", "learners", "examples", "force", "quiet")
    settings = {key: value for key, value in given_in(context).items() if key not in passed}
    folder, file = path_of(out, "--out"), path_of(data, "--data", "a file or folder")
    try:
        with TransferConsole(quiet) as console:
            from neurotwin.pipeline.continual import run_continual

            result = run_continual(
                folder,
                data=file,
                sequence=sequence,
                model=model,
                examples=examples,
                learners=names_of(learners or ""),
                force=force,
                watcher=console,
                **settings,
            )
            if not quiet:
                console.stop()
                score_table(result.scores, result.folder, WIDE)
    except KeyboardInterrupt:
        raise Interrupted from None
