"""The use cases of draws."""

from dataclasses import dataclass

from domain.usecases.draws.abort_draw import AbortDraw
from domain.usecases.draws.announce_draw import AnnounceDraw
from domain.usecases.draws.export_list import ExportList
from domain.usecases.draws.export_results import ExportResults
from domain.usecases.draws.list_draws import ListDraws
from domain.usecases.draws.read_draw import ReadDraw
from entrypoints.application.needs import Neighbours
from entrypoints.config.settings import Settings
from ports.drawing import DrawEngine
from ports.stores import Stores
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    announce: AnnounceDraw
    abort: AbortDraw
    read: ReadDraw
    list: ListDraws
    export_list: ExportList
    export_results: ExportResults


def build_draws(
    settings: Settings, stores: Stores, neighbours: Neighbours, engine: DrawEngine, clock: Clock
) -> Draws:
    read = ReadDraw(draws=stores.draws)
    return Draws(
        announce=AnnounceDraw(
            campaigns=neighbours.campaigns,
            candidates=stores.candidates,
            engine=engine,
            lists=stores.draw_lists,
            draws=stores.draws,
            beacon=neighbours.beacon,
            clock=clock,
            notice=settings.draw_notice,
        ),
        abort=AbortDraw(draws=stores.draws, clock=clock),
        read=read,
        list=ListDraws(draws=stores.draws),
        export_list=ExportList(read=read, lists=stores.draw_lists),
        export_results=ExportResults(read=read, results=stores.draw_results),
    )
