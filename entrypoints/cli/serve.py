"""``serve``: the HTTP API, in as many processes as asked for."""

import click

from entrypoints.config.settings import read_settings

SERVE = """Examples:

\b
  fangate serve
  fangate serve --host 0.0.0.0 --port 80 --workers 4
  FANGATE_STORE=mongodb://localhost/fangate fangate serve"""


@click.command(epilog=SERVE)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65_535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the HTTP API."""
    settings = read_settings()
    # A wrong setting is reported before the web framework is imported, which takes a second.
    from entrypoints.cli.serving import serve_http  # noqa: PLC0415  # see above

    serve_http(settings, host, port, workers)
