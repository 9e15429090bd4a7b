"""Filters, statuses and events of the model are complete over HTTP, and every parameter of a query filters."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final

import msgspec
import pytest

from domain.model.codes.code import CodeStatus
from domain.model.codes.inventory import CodeFilter
from domain.model.registrations.eligibility import Query
from domain.model.registrations.entry import EntryEvent
from domain.usecases.registrations.find_entries import FindEntriesCommand
from entrypoints.http.codes.catalogue import ListQuery
from entrypoints.http.codes.counts import CountsBody
from entrypoints.http.entries.eligibility import EligibilityQuery
from entrypoints.http.entries.search import EntriesQuery
from entrypoints.http.openapi.asyncapi import HAPPENED
from tests.support.operations import declared_in

PAGES: Final = {"limit", "cursor"}
GIVEN: Final[Mapping[str, Any]] = {
    "minScore": 50, "maxScore": 60, "market": ["nyc"], "maxRank": 1, "selection": ["selected"],
    "code": "A1", "type": "tm", "status": "assigned", "reserveId": "reservation-1", "userId": "ann",
    "prefix": "A", "importId": "0123456789abcdef",
    "phone": "+12125550123", "email": "ann@example.com", "fraud": "flagged", "scored": True,
}  # fmt: skip
"""A value that filters, for each parameter."""
OF_ENTRIES: Final[Mapping[str, Any]] = {"market": "nyc", "selection": "selected", "status": "confirmed"}
"""The values of the list of entries that differ: it takes one of each."""
QUERIES: Final[Mapping[type[msgspec.Struct], tuple[Any, Callable[[Any], Any]]]] = {
    EligibilityQuery: (Query(), EligibilityQuery.query),
    ListQuery: (CodeFilter(), ListQuery.wanted),
    EntriesQuery: (FindEntriesCommand(), EntriesQuery.command),
}
"""With the filter of the model that excludes nothing, and how the query makes its own."""


def changed_by(declared: type[msgspec.Struct], name: str) -> set[str]:
    """The fields of the model's filter that one parameter changes."""
    nothing, filter_of = QUERIES[declared]
    given = {**GIVEN, **OF_ENTRIES} if declared is EntriesQuery else GIVEN
    wanted = filter_of(msgspec.convert({name: given[name]}, declared))
    return {one.name for one in fields(nothing) if getattr(wanted, one.name) != getattr(nothing, one.name)}


@pytest.mark.parametrize("declared", QUERIES, ids=lambda declared: declared.__name__)
def test_every_parameter_sets_a_filter_and_every_filter_has_a_parameter(declared: type[msgspec.Struct]) -> None:
    names = {one.encode_name for one in msgspec.structs.fields(declared)} - PAGES
    assert names <= set(GIVEN), f"{__file__}: add a value for {names - set(GIVEN)}"

    changed = {name: changed_by(declared, name) for name in names}

    assert all(changed.values()), f"{declared_in(declared)}: hand on each parameter: {changed}"
    reached = set().union(*changed.values())
    assert reached == {one.name for one in fields(QUERIES[declared][0])}, declared_in(declared)


def test_every_status_of_a_code_is_counted() -> None:
    statuses = {status.value for status in CodeStatus}
    assert set(CountsBody.__struct_fields__) == statuses | {"total"}, declared_in(CountsBody)


def test_every_event_is_described_to_its_consumers() -> None:
    assert set(HAPPENED) == set(EntryEvent), "entrypoints/http/openapi/asyncapi.py"
