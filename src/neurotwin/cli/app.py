"""Commands and their options."""

from __future__ import annotations

from typing import Annotated

import typer

from neurotwin.cli import adaptation as adaptation  # its commands enter transfer
from neurotwin.cli.transfer import transfer

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Fit a deep network, the twin, to a biological neural network, and show how close it is.",
)

app.add_typer(transfer, name="transfer")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"neurotwin {version('neurotwin')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version.")
    ] = False,
) -> None:
    """Options of every command."""


@app.command()
def run(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="What to make a twin of: worm.")],
    out: Annotated[
        str | None, typer.Option(help="Run folder; runs/SOURCE by default, or the next free number.")
    ] = None,
    worms: Annotated[
        str, typer.Option(help="How many recorded animals, or 'all'; more than 2 need the data folder.")
    ] = "2",
    data: Annotated[str | None, typer.Option(help="Data folder, instead of $NEUROTWIN_DATA.")] = None,
    connectome: Annotated[
        str, typer.Option(help="Reconstruction: white-witvliet or cook2019.")
    ] = "white-witvliet",
    strategy: Annotated[
        str, typer.Option(help="Design that becomes the twin; see 'neurotwin list'.")
    ] = "connectome",
    controls: Annotated[
        str, typer.Option(help="Designs and nulls beside it, with commas; 'none' for none.")
    ] = "guided,all-to-all,permuted,rewired",
    unseen: Annotated[
        str,
        typer.Option(
            help="Which of these are also fitted with each animal left out, with commas, or 'none'."
        ),
    ] = "connectome,permuted",
    init: Annotated[
        str, typer.Option(help="Initialiser: counts, gaussian, lognormal, gamma, best, glorot …")
    ] = "counts",
    radius: Annotated[float, typer.Option(help="Spectral radius of the first chemical weights.")] = 0.5,
    activation: Annotated[str, typer.Option(help="tanh, sigmoid, relu or softplus.")] = "tanh",
    optimiser: Annotated[str, typer.Option(help="adam, adamw, adagrad, sgd or momentum.")] = "adam",
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 0.02,
    schedule: Annotated[str, typer.Option(help="cosine, constant, exponential or warmup.")] = "cosine",
    steps: Annotated[int, typer.Option(help="Gradient steps of each fit, at most.")] = 200,
    validate_every: Annotated[int, typer.Option(help="Gradient steps between validations.")] = 50,
    patience: Annotated[
        int, typer.Option(help="Validations without improvement that stop a fit; 0 never stops.")
    ] = 3,
    refine_steps: Annotated[
        int, typer.Option(help="Further steps in which the validation stretch trains too; 0 for none.")
    ] = 0,
    clip_norm: Annotated[float, typer.Option(help="Largest norm of a gradient.")] = 1.0,
    dropout: Annotated[float, typer.Option(help="Probability of silencing what a neuron sends.")] = 0.0,
    weight: Annotated[
        list[str] | None,
        typer.Option(
            help="Weight of a term of the objective, as NAME=VALUE (structure=0.05, l1=0.001 …); repeatable."
        ),
    ] = None,
    members: Annotated[int, typer.Option(help="Members of each ensemble, one seed each.")] = 2,
    seed: Annotated[int, typer.Option(help="First seed; equal seeds give equal scores.")] = 0,
    checkpoint_seconds: Annotated[
        float, typer.Option(help="Least time between two writes of the state of a fit.")
    ] = 5.0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue an interrupted run to the same scores.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an existing run, once the new one is complete.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Prepare, design, initialise, train, evaluate and report, into one folder."""
    from neurotwin.cli.failures import Interrupted
    from neurotwin.cli.parse import given_in, path_of, settings_of
    from neurotwin.cli.progress import Console

    given = given_in(context)
    folder, data_folder = path_of(out, "--out"), path_of(data, "--data")
    try:
        with Console(quiet) as console:
            from neurotwin.pipeline import RunSettings, settings_in
            from neurotwin.pipeline import run as run_pipeline

            stored = settings_in(folder) if resume and folder is not None else None
            result = run_pipeline(
                out=folder,
                settings=settings_of(given, stored or RunSettings()),
                data=data_folder,
                resume=resume,
                force=force,
                checkpoint_seconds=checkpoint_seconds,
                watcher=console,
            )
            if not quiet:
                from neurotwin.cli.show import scoreboard

                console.stop()
                scoreboard(result)
    except KeyboardInterrupt as error:
        interrupted = Interrupted()
        for note in getattr(error, "__notes__", []):
            interrupted.add_note(note)
        raise interrupted from None


@app.command()
def task(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Which task; see --list.")] = None,
    out: Annotated[
        str | None, typer.Option(help="Run folder; runs/NAME by default, or the next free number.")
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="File or folder, or its name in $NEUROTWIN_DATA; else a small sample.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(help="How the data are read, as NAME=VALUE (target=price …); repeatable; see --list."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="Network; see --list.")] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Folder of a pretrained BERT encoder; else the one that is installed.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal scores.")] = 0,
    epochs: Annotated[int, typer.Option(help="Passes over the training part; the network's default.")] = 0,
    batch: Annotated[int, typer.Option(help="Examples a gradient step; the network's default.")] = 0,
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate; the network's default.")] = 0.0,
    optimiser: Annotated[str, typer.Option(help="adam, adamw, adagrad, sgd or momentum.")] = "adam",
    schedule: Annotated[str, typer.Option(help="cosine, constant, exponential or warmup.")] = "cosine",
    body_rate: Annotated[
        float, typer.Option(help="Learning rate of a pretrained body, as a share of the others'.")
    ] = 1.0,
    dropout: Annotated[float, typer.Option(help="Probability; the network's default.")] = 0.0,
    patience: Annotated[
        int,
        typer.Option(help="Epochs without a better validation loss that stop the training; 0 never stops."),
    ] = 0,
    augment: Annotated[
        bool, typer.Option("--augment/--no-augment", help="Vary the training inputs; the network's default.")
    ] = False,
    allow_leaks: Annotated[
        bool,
        typer.Option("--allow-leaks", help="Accept a speaker, track, patient on both sides of the split."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an existing run, once the new one is complete.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    show: Annotated[
        bool, typer.Option("--list", help="Every task with its networks, and nothing else.")
    ] = False,
) -> None:
    """Train a network for a task, beside an ordinary one of its size, and report, into one folder."""
    from neurotwin.cli.failures import Interrupted
    from neurotwin.cli.parse import given_in, options_of, path_of, task_named
    from neurotwin.cli.tasks import TaskConsole, task_list, task_scores

    if show:
        task_list()
        return
    passed = ("name", "out", "data", "option", "model", "encoder", "allow_leaks", "force", "quiet", "show")
    settings = {key: value for key, value in given_in(context).items() if key not in passed}
    named, folder, file = task_named(name), path_of(out, "--out"), path_of(data, "--data", "a file or folder")
    try:
        with TaskConsole(quiet) as console:
            from neurotwin.pipeline.task import run_task

            result = run_task(
                named,
                folder,
                data=file,
                options=options_of(option or []),
                model=model,
                encoder=path_of(encoder, "--encoder"),
                allow_leaks=allow_leaks,
                force=force,
                watcher=console,
                **settings,
            )
            if not quiet:
                console.stop()
                task_scores(result)
    except KeyboardInterrupt:
        raise Interrupted from None


@app.command(name="list")
def show_options() -> None:
    """Sources, strategies, initialisers, optimisers and the other names that options take."""
    from neurotwin.cli.show import catalogue

    catalogue()
