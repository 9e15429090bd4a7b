"""The use cases of draws."""

from dataclasses import dataclass

from domain.usecases.codes.assign_codes import AssignCodes
from domain.usecases.codes.release_codes import ReleaseCodes
from domain.usecases.codes.reserve_codes import ReserveCodes
from domain.usecases.draws.abort_draw import AbortDraw
from domain.usecases.draws.announce_draw import AnnounceDraw
from domain.usecases.draws.count_waitlists import CountWaitlists
from domain.usecases.draws.export_list import ExportList
from domain.usecases.draws.export_results import ExportResults
from domain.usecases.draws.fill_draw import FillDraw
from domain.usecases.draws.give_codes import GiveCodes
from domain.usecases.draws.keep_claim import KeepClaim
from domain.usecases.draws.list_draws import ListDraws
from domain.usecases.draws.list_own_draws import ListOwnDraws
from domain.usecases.draws.place_entries import PlaceEntries
from domain.usecases.draws.placed_fans import PlacedFans
from domain.usecases.draws.read_draw import ReadDraw
from domain.usecases.draws.resume_draws import ResumeDraws
from domain.usecases.draws.run_draw import RunDraw
from domain.usecases.draws.verify_draw import VerifyDraw
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
    count_waitlists: CountWaitlists
    list: ListDraws
    export_list: ExportList
    export_results: ExportResults
    list_own: ListOwnDraws
    run: RunDraw
    fill: FillDraw
    give_codes: GiveCodes
    resume: ResumeDraws
    verify: VerifyDraw


def build_draws(
    settings: Settings, stores: Stores, neighbours: Neighbours, engine: DrawEngine, clock: Clock
) -> Draws:
    read = ReadDraw(draws=stores.draws)
    fill = _fill(stores, clock)
    run = RunDraw(
        draws=stores.draws,
        lists=stores.draw_lists,
        results=stores.draw_results,
        engine=engine,
        beacon=neighbours.beacon,
        place=fill.place,
        fill=fill,
        keep=fill.keep,
        clock=clock,
    )
    return Draws(
        announce=_announce(settings, stores, neighbours, engine, clock),
        abort=AbortDraw(draws=stores.draws, clock=clock),
        read=read,
        count_waitlists=CountWaitlists(read=read, queries=stores.entry_queries),
        list=ListDraws(draws=stores.draws),
        export_list=ExportList(read=read, lists=stores.draw_lists),
        export_results=ExportResults(read=read, results=stores.draw_results),
        list_own=ListOwnDraws(
            draws=stores.draws, lists=stores.draw_lists, results=stores.draw_results, entries=stores.entries
        ),
        run=run,
        fill=fill,
        give_codes=_give_codes(settings, stores, read, clock),
        resume=ResumeDraws(draws=stores.draws, run=run, clock=clock),
        verify=VerifyDraw(engine=engine),
    )


def _announce(
    settings: Settings, stores: Stores, neighbours: Neighbours, engine: DrawEngine, clock: Clock
) -> AnnounceDraw:
    return AnnounceDraw(
        campaigns=neighbours.campaigns,
        candidates=stores.candidates,
        engine=engine,
        lists=stores.draw_lists,
        draws=stores.draws,
        beacon=neighbours.beacon,
        clock=clock,
        notice=settings.draw_notice,
    )


def _fill(stores: Stores, clock: Clock) -> FillDraw:
    return FillDraw(
        draws=stores.draws,
        results=stores.draw_results,
        candidates=stores.candidates,
        place=PlaceEntries(candidates=stores.candidates, entries=stores.entries, clock=clock),
        keep=KeepClaim(draws=stores.draws, clock=clock),
        clock=clock,
    )


def _give_codes(settings: Settings, stores: Stores, read: ReadDraw, clock: Clock) -> GiveCodes:
    pool = stores.pool
    return GiveCodes(
        read=read,
        draws=stores.draws,
        fans=PlacedFans(results=stores.draw_results, candidates=stores.candidates, catalogue=stores.catalogue),
        catalogue=stores.catalogue,
        pool=pool,
        reserve=ReserveCodes(pool=pool, clock=clock, ttl=settings.reservation_ttl),
        assign=AssignCodes(pool=pool, clock=clock),
        release=ReleaseCodes(pool=pool, clock=clock),
        clock=clock,
    )
