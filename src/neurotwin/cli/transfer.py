"""``neurotwin transfer``: what a trained network keeps, learns anew and forgets."""

from __future__ import annotations

from typing import Annotated, Any

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

PASSED = ("out", "data", "model", "examples", "force", "quiet")
"""Options that are no settings."""


def options_of(context: typer.Context, *besides: str) -> dict[str, Any]:
    """The settings that were given, by name."""
    from neurotwin.cli.parse import given_in

    return {key: value for key, value in given_in(context).items() if key not in (*PASSED, *besides)}


def run_and_show(
    name: str,
    settings: dict[str, Any],
    out: str | None,
    data: str | None,
    quiet: bool,
    *,
    module: str = "",
    metrics: tuple[str, ...] = (),
    **options: Any,
) -> None:
    """Run ``run_<name>`` of ``neurotwin.pipeline.<module>`` (named as the command by default) and print its scores."""
    from importlib import import_module

    from neurotwin.cli.failures import Interrupted
    from neurotwin.cli.parse import path_of
    from neurotwin.cli.tasks import TaskConsole, TransferConsole, score_table

    folder, file = path_of(out, "--out"), path_of(data, "--data", "a file or folder")
    # what is fitted by epochs tells its losses, other experiments tell what each of their parts reached
    progress = TaskConsole if "epochs" in options else TransferConsole
    try:
        with progress(quiet) as console:
            run = getattr(import_module(f"neurotwin.pipeline.{module or name}"), f"run_{name}")
            result = run(folder, data=file, watcher=console, **options, **settings)
            if not quiet:
                console.stop()
                costs = getattr(result, "costs", None)
                trained = {} if costs is None else dict(zip(costs["model"], costs["trained"], strict=True))
                score_table(result.scores, result.folder, metrics, trained)
    except KeyboardInterrupt:
        raise Interrupted from None


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
    from neurotwin.cli.parse import names_of

    given = options_of(context, "sequence", "learners")
    chosen = names_of(learners or "")
    run_and_show(
        "continual", given, out, data, quiet,
        sequence=sequence, learners=chosen, model=model, examples=examples, force=force,
    )  # fmt: skip


@transfer.command(name="few-shot")
def few_shot(
    context: typer.Context,
    out: Out = None,
    data: Data = None,
    model: Model = "dense",
    shots: Annotated[str, typer.Option(help="Examples of each new class, with commas.")] = "1,5,10,20",
    draws: Annotated[int, typer.Option(help="How often they are drawn.")] = 50,
    new: Annotated[int, typer.Option(help="How many classes the body never meets.")] = 5,
    examples: Examples = 0,
    seed: Seed = 0,
    seeds: Seeds = 3,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Learn new classes from a few examples each, on a body that has never met them."""
    from neurotwin.cli.parse import numbers_of

    given = options_of(context, "shots")
    run_and_show(
        "few_shot",
        given,
        out,
        data,
        quiet,
        shots=numbers_of(shots, "--shots", int),
        model=model,
        examples=examples,
        force=force,
    )


@transfer.command()
def online(
    context: typer.Context,
    out: Out = None,
    data: Data = None,
    model: Model = "dense",
    drift: Annotated[str, typer.Option(help="permuted, rotated or inverted.")] = "permuted",
    detector: Annotated[str, typer.Option(help="adwin or page-hinkley.")] = "adwin",
    warm: Annotated[int, typer.Option(help="Examples before the stream.")] = 400,
    length: Annotated[int, typer.Option(help="Examples of the stream; 0 for all that are left.")] = 0,
    burst: Annotated[int, typer.Option(help="Examples with false labels.")] = 120,
    seed: Seed = 0,
    seeds: Seeds = 3,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Learn from a stream while in use: drift is detected, and an update that does harm is rolled back."""
    run_and_show("online", options_of(context), out, data, quiet, model=model, force=force)
