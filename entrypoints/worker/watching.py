"""A port of the worker's own for monitoring: /metrics and /livez."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from entrypoints.application import Application
from entrypoints.listening import listen
from entrypoints.telemetry.gauges import Gauges
from entrypoints.telemetry.metrics import MEDIA_TYPE, Metrics


@asynccontextmanager
async def watched(app: Application, metrics: Metrics, host: str, port: int) -> AsyncIterator[None]:
    """For as long as the block lasts; not at all on port 0. Raises ConfigurationError for a port in use."""
    if not port:
        yield
        return
    gauges = Gauges(app)

    async def expose(_: web.Request) -> web.Response:
        text = metrics.exposition(await gauges.metrics())
        return web.Response(body=text, headers={"Content-Type": MEDIA_TYPE})

    async def alive(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    server = web.Application()
    server.add_routes([web.get("/metrics", expose), web.get("/livez", alive)])
    runner = web.AppRunner(server, access_log=None, handle_signals=False)
    with listen(host, port, options="--metrics") as bound:
        await runner.setup()
        try:
            await web.SockSite(runner, bound).start()
            yield
        finally:
            await runner.cleanup()
            await gauges.stop()
