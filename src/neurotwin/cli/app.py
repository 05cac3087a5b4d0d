"""Commands and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Fit a deep network, the twin, to a biological neural network, and show how close it is.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from neurotwin import __version__

        typer.echo(f"neurotwin {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version.")] = False,
) -> None:
    """Options of every command."""


@app.command()
def run(
    source: Annotated[str, typer.Argument(help="What to make a twin of: worm.")],
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/SOURCE by default, or the next free number.")] = None,
    worms: Annotated[str, typer.Option(help="How many recorded animals, or 'all'; more than 2 need the data folder.")] = "2",
    data: Annotated[Path | None, typer.Option(help="Data folder, instead of $NEUROTWIN_DATA.")] = None,
    connectome: Annotated[str, typer.Option(help="Reconstruction: white-witvliet or cook2019.")] = "white-witvliet",
    strategy: Annotated[str, typer.Option(help="Design that becomes the twin; see 'neurotwin list'.")] = "connectome",
    controls: Annotated[
        str, typer.Option(help="Designs and nulls beside it, with commas; 'none' for none.")
    ] = "guided,all-to-all,permuted,rewired",
    unseen: Annotated[
        str, typer.Option(help="Which of them are also fitted with each animal left out, with commas; 'none' for none.")
    ] = "connectome,permuted",
    init: Annotated[str, typer.Option(help="Initialiser: counts, gaussian, lognormal, gamma, best, glorot …")] = "counts",
    radius: Annotated[float, typer.Option(help="Spectral radius of the first chemical weights.")] = 0.5,
    activation: Annotated[str, typer.Option(help="tanh, sigmoid, relu or softplus.")] = "tanh",
    optimiser: Annotated[str, typer.Option(help="adam, adamw, adagrad, sgd or momentum.")] = "adam",
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 0.01,
    schedule: Annotated[str, typer.Option(help="cosine, constant, exponential or warmup.")] = "cosine",
    steps: Annotated[int, typer.Option(help="Gradient steps of each fit, at most.")] = 200,
    patience: Annotated[int, typer.Option(help="Validations without improvement that stop a fit; 0 never stops.")] = 3,
    clip_norm: Annotated[float, typer.Option(help="Largest norm of a gradient.")] = 1.0,
    dropout: Annotated[float, typer.Option(help="Probability of silencing what a neuron sends.")] = 0.0,
    weight: Annotated[
        list[str] | None,
        typer.Option(help="Weight of a term of the objective, as NAME=VALUE; may be repeated (structure=0.05, l1=0.001 …)."),
    ] = None,
    members: Annotated[int, typer.Option(help="Members of each ensemble, one seed each.")] = 2,
    seed: Annotated[int, typer.Option(help="First seed; equal seeds give equal scores.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted run to the same scores.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing run, once the new one is complete.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no scoreboard.")] = False,
) -> None:
    """Prepare, design, initialise, train, evaluate and report, into one folder."""
    from neurotwin.cli.parse import names_of, number_of_worms, objective_of
    from neurotwin.cli.show import Console, scoreboard

    with Console(quiet) as console:
        from neurotwin.pipeline import RunSettings
        from neurotwin.pipeline import run as run_pipeline
        from neurotwin.training import TrainingConfig

        training = TrainingConfig(
            optimiser=optimiser,
            learning_rate=learning_rate,
            schedule=schedule,
            steps=steps,
            patience=patience,
            clip_norm=clip_norm,
            dropout=dropout,
            objective=objective_of(weight or []),
        )
        settings = RunSettings(
            source=source,
            worms=number_of_worms(worms),
            connectome=connectome,
            strategy=strategy,
            controls=names_of(controls),
            unseen=names_of(unseen),
            init=init,
            radius=radius,
            activation=activation,
            seed=seed,
            members=members,
            training=training,
        )
        result = run_pipeline(out=out, settings=settings, data=data, resume=resume, force=force, watcher=console)
    if not quiet:
        scoreboard(result)


@app.command(name="list")
def show_options() -> None:
    """Sources, strategies, initialisers, optimisers and the other names that options take."""
    from neurotwin.cli.show import catalogue

    catalogue()
