"""``neurotwin transfer``: what a trained network keeps, learns anew and forgets."""

from __future__ import annotations

import typer

transfer = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What a trained network keeps, learns anew and forgets.",
)
