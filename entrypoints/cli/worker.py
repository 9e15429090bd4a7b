"""``worker``: the background work."""

import click

from entrypoints.config.settings import read_settings

WORKER = """Examples:

\b
  fangate worker
  fangate worker --metrics-host 0.0.0.0 --metrics-port 9100"""


@click.command(epilog=WORKER)
@click.option("--metrics-host", default="127.0.0.1", show_default=True)
@click.option(
    "--metrics-port",
    default=None,
    type=click.IntRange(0, 65_535),
    help="Serve /metrics and /livez on this port; 0: on none.  [default: FANGATE_WORKER_METRICS_PORT]",
)
def worker(metrics_host: str, metrics_port: int | None) -> None:
    """Do the background work: pass on messages of registrations, and end lapsed reservations."""
    settings = read_settings()
    # A wrong setting is reported before the adapters are imported.
    from entrypoints.cli.working import run_worker  # noqa: PLC0415  # see above

    run_worker(settings, metrics_host, metrics_port)
