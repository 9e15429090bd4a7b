"""Every operation there is. A new one is a line here; routes, OpenAPI and tests read this list."""

from typing import Final

from entrypoints.http import audit, background, campaigns, pages, parked, system, uploads
from entrypoints.http.codes import assignments, catalogue, counts, history, imports, reservations
from entrypoints.http.entries import (
    administration,
    confirmation,
    counting,
    eligibility,
    numbers,
    registration,
    scoring,
    search,
    timeline,
    withdrawal,
)
from entrypoints.http.operation import Operation
from entrypoints.http.privacy import erasures, exports

OPERATIONS: Final[tuple[Operation, ...]] = (
    uploads.upload_codes,
    uploads.upload_scores,
    imports.import_codes,
    imports.withdraw_import,
    imports.list_imports,
    imports.get_import,
    reservations.reserve_codes,
    reservations.reserve_codes_by_get,
    assignments.assign_codes,
    assignments.release_codes,
    counts.count_codes,
    catalogue.list_codes,
    catalogue.list_my_codes,
    history.get_code_history,
    registration.register,
    search.list_entries,
    registration.get_my_entry,
    registration.get_entry,
    withdrawal.withdraw_my_entry,
    withdrawal.withdraw_entry,
    confirmation.confirm_phone,
    confirmation.resend_code,
    confirmation.lift_phone_block,
    numbers.free_phone,
    scoring.score_entries,
    eligibility.count_eligible,
    eligibility.rank_eligible,
    counting.count_entries,
    timeline.read_timeline,
    administration.select_entries,
    administration.transfer_entries,
    campaigns.list_campaigns,
    parked.list_parked,
    parked.retry_parked,
    background.read_operations,
    audit.list_audit,
    exports.export_person,
    erasures.erase_person,
    system.livez,
    system.readyz,
    system.metrics,
    pages.openapi_document,
    pages.asyncapi_document,
    pages.docs,
    pages.root,
    *pages.assets,
)
