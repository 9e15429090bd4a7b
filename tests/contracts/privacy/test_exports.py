"""What every store shows of a person in an export."""

from datetime import timedelta

from domain.model.audit.records import AuditRecord, new_audit_id
from domain.model.ids import UserId
from domain.model.privacy.people import Place
from domain.usecases.draws.list_own_draws import ListOwnDraws
from domain.usecases.privacy.export_person import ROWS_AT_ONCE, ExportPerson
from ports.stores import Stores
from tests.contracts.privacy.persons import ANN, KEY, LATER, OTHER, count, settle_in
from tests.contracts.registrations.entry_stores import NOW, TOUR
from tests.support.codes import ManualClock


def exporting(stores: Stores) -> ExportPerson:
    own_draws = ListOwnDraws(
        draws=stores.draws, lists=stores.draw_lists, results=stores.draw_results, entries=stores.entries
    )
    return ExportPerson(
        places=stores.personal_data,
        reader=stores.person_reader,
        audit=stores.audit,
        own_draws=own_draws,
        clock=ManualClock(LATER),
        key=KEY,
    )


async def test_an_export_shows_what_is_held(stores: Stores) -> None:
    await settle_in(stores, ANN, 1)
    export = exporting(stores)

    exported = await export(ANN)
    rows = [row async for page in exported.audit for row in page]

    assert [one.entry.campaign_id for one in exported.entries] == [OTHER, TOUR]
    assert exported.entries[0].entry.details.first_name == "Annabel"
    assert [change.revision for change in exported.entries[0].history] == [1, 2, 3]
    assert [(one.campaign_id, one.score) for one in exported.scores] == [(TOUR, 90)]
    assert [(one.campaign_id, one.code[:2]) for one in exported.codes] == [(TOUR, "I-")]
    assert len(rows) == 2
    assert exported.held == {place: await count(stores, place, ANN) for place in Place}
    assert not (await export(UserId("unknown"))).entries


async def test_an_export_has_all_rows_of_the_audit_log(stores: Stores) -> None:
    for number in range(2 * ROWS_AT_ONCE + 1):
        row = AuditRecord(
            id=new_audit_id(), at=NOW + timedelta(seconds=number // 3), by=ANN, operation="reserveCodes",
            campaign_id=TOUR, request_id=str(number), asked={}, outcome={"count": number},
        )  # fmt: skip
        await stores.audit.append(row)
    export = exporting(stores)

    pages = [page async for page in (await export(ANN)).audit]

    assert [len(page) for page in pages] == [ROWS_AT_ONCE, ROWS_AT_ONCE, 1]
    assert {row.request_id for page in pages for row in page} == {str(one) for one in range(2 * ROWS_AT_ONCE + 1)}
