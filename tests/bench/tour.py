"""A tour: five million entries and a million and a half codes in one campaign, beside one of a hundred thousand.

Both are in one mongod with a cache of a fraction of the data. What grows with the campaign is what counts it.
Left out are the rows in which nothing looks at the rest of a campaign: several processes, telemetry, retries of
fanscores. The delay of publishing is the pause between two looks of the relay; the cost of a look is a row.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from tests.bench import tour_rows as rows
from tests.bench.figures import Figure
from tests.bench.ground import Ground
from tests.bench.memory import LIMIT_MIB, peak_mib
from tests.bench.neighbours import neighbours
from tests.bench.tour_data import Amount, Tour, tour
from tests.bench.tour_rows import Place, Seen

MOST_GROWTH = 2.0
LIMIT_SECONDS = 10.0
SMALL, LARGE = "small", "large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    work: str
    measure: Callable[[Place], Seen]
    whole: bool = False
    """A question about the whole campaign: it may take as long as the limit."""


ROWS = (
    Row(work=f"reserve 1 code, {rows.CALLERS} callers", measure=rows.reserve),
    Row(work=f"read one's entry, {rows.CALLERS} callers", measure=rows.read),
    Row(work=f"register, then change, {rows.CALLERS} callers, neighbours 20 ms", measure=rows.register),
    Row(work="relay what these registrations left", measure=rows.relay),
    Row(work="import codes", measure=rows.import_codes),
    Row(work="import the same file again", measure=rows.import_again),
    Row(work="upload scores, NDJSON", measure=rows.upload_scores),
    Row(work="count codes", measure=rows.count_codes, whole=True),
    Row(work="count entries by market, rank and status", measure=rows.count_entries, whole=True),
    Row(work="eligibility without filters", measure=rows.eligible, whole=True),
    Row(work="eligibility with all filters", measure=rows.eligible_with_filters, whole=True),
    Row(work="the first page of the ranking", measure=rows.rank),
    Row(work="export of all the eligible, NDJSON", measure=rows.export),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """All rows on one campaign."""

    seen: Mapping[str, Seen]
    service_mib: float
    worker_mib: float


def run(ground: Ground, console: Console) -> list[Figure]:
    size = ground.size
    amounts = {
        SMALL: Amount(entries=size.tour_small, codes=size.tour_small),
        LARGE: Amount(entries=size.tour_entries, codes=size.tour_codes),
    }
    with _folder(ground) as folder, tour(folder, amounts, console) as prepared:
        small, large = (_visit(ground, prepared, name, console) for name in (SMALL, LARGE))
    figures = [_figure(row, amounts, small.seen[row.work], large.seen[row.work]) for row in ROWS]
    return [
        *figures,
        _memory("the service, all of the above", amounts, small.service_mib, large.service_mib),
        _memory("the worker", amounts, small.worker_mib, large.worker_mib),
    ]


@contextmanager
def _folder(ground: Ground) -> Iterator[Path]:
    if ground.folder is not None:
        yield ground.folder
        return
    with tempfile.TemporaryDirectory(prefix="fangate-tour-") as folder:
        yield Path(folder)


def _visit(ground: Ground, prepared: Tour, name: str, console: Console) -> Visit:
    database, seen = prepared.databases[name], {}
    with neighbours() as settings, ground.service(database, neighbours=settings) as running:
        place = Place(ground=ground, node=prepared.node, database=database, service=running)
        for row in ROWS:
            seen[row.work] = row.measure(place)
            console.print(f"  {name}: {row.work}: {seen[row.work].text}")
        return Visit(seen=seen, service_mib=peak_mib(running), worker_mib=place.worker_mib)


def _figure(row: Row, amounts: Mapping[str, Amount], small: Seen, large: Seen) -> Figure:
    growth = large.cost / small.cost
    return Figure(
        work=f"{_described(amounts[LARGE])}: {row.work}",
        measured=large.text,
        ceiling=f"{_described(amounts[SMALL])}: {small.text}",
        outcome=f"{large.seconds:.2f} s, {growth:.1f} x the cost" if row.whole else f"{growth:.2f} x the cost",
        target=f"< {LIMIT_SECONDS:.0f} s" if row.whole else f"≤ {MOST_GROWTH:.0f} x",
        met=large.seconds < LIMIT_SECONDS if row.whole else growth <= MOST_GROWTH,
    )


def _memory(work: str, amounts: Mapping[str, Amount], small: float, large: float) -> Figure:
    return Figure(
        work=f"{_described(amounts[LARGE])}: memory of {work}",
        measured=f"{large:.0f} MiB",
        ceiling=f"{_described(amounts[SMALL])}: {small:.0f} MiB",
        outcome=f"{large - small:+.0f} MiB",
        target=f"≤ +{LIMIT_MIB} MiB",
        met=large - small <= LIMIT_MIB,
    )


def _described(amount: Amount) -> str:
    return f"{amount.entries:,} entries, {amount.codes:,} codes"
