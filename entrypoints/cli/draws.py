"""``draws verify``: checks a draw from its published files. It needs no store and no settings."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

import click

from domain.model.draws.chunks import CHUNK_LINES
from domain.model.draws.lines import LONGEST_LINE
from domain.model.draws.manifest_reading import LONGEST_MANIFEST
from domain.model.draws.published import read_published
from domain.usecases.draws.verify_draw import Lines, VerifyDraw, VerifyDrawCommand
from entrypoints.bootstrap import draw_engine

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def draws() -> None:
    """Draws, for those who check them."""


@draws.command(
    epilog="Example:  fangate draws verify manifest.json list.csv results.csv --randomness 8f3a…\n\n"
    "Status 0: all steps agree. Status 1: a step differs; it is named."
)
@click.argument("manifest", type=_FILE)
@click.argument("list", type=_FILE)
@click.argument("results", type=_FILE)
@click.option("--randomness", required=True, help="In hex. Look it up at the beacon yourself.")
def verify(manifest: Path, list: Path, results: Path, randomness: str) -> None:
    """Compute a draw again and compare each step.

    MANIFEST is the manifest, or the answer of GET /{campaignId}/draws/{drawId}, as JSON. LIST and RESULTS are
    list.csv and results.csv. Compare the SHA-256 of the manifest with that of the announcement.
    """
    with manifest.open("rb") as file:
        encoded = file.read(LONGEST_MANIFEST + 1)
    command = VerifyDrawCommand(
        manifest=encoded, list=lines_of(list), results=lines_of(results), randomness=randomness.strip()
    )
    if difference := asyncio.run(VerifyDraw(engine=draw_engine())(command)):
        sys.exit(f"fangate: the draw differs: {difference}")
    published = read_published(encoded)
    click.echo("every step agrees")
    click.echo(f"SHA-256 of the manifest: {published.manifest.digest}")
    click.echo(f"not checked: {', '.join(published.not_checked) or 'nothing'}")


def lines_of(path: Path) -> Lines:
    """Reads the file in batches of lines. A line that is too long, or has no line feed, is no line of a draw."""

    async def batches() -> AsyncIterator[Sequence[bytes]]:
        with path.open("rb") as file:
            while batch := [line for _ in range(CHUNK_LINES) if (line := file.readline(LONGEST_LINE + 2))]:
                yield [line[:-1] if line.endswith(b"\n") else line + _NO_LINE_FEED for line in batch]

    return batches


_NO_LINE_FEED: Final = b"\0"
"""Makes a line without its line feed differ from the line with it. No line of a draw has this character."""
