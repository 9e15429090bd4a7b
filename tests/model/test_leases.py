"""The rules that share partitions among workers."""

from datetime import UTC, datetime, timedelta

from domain.model.ids import CampaignId, UserId
from domain.model.messaging.leases import PARTITIONS, Shares, partition_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LEASE = timedelta(seconds=30)
TICK = timedelta(milliseconds=1)


def held(shares: Shares) -> dict[str, int]:
    return {share.worker: len(share.partitions) for share in shares.shares}


def partitions_of(shares: Shares, worker: str) -> frozenset[int]:
    share = shares.of(worker)
    return share.partitions if share else frozenset()


def balanced(shares: Shares, workers: str, at: datetime = NOW) -> Shares:
    """All workers renew in turn and give back more than their fair share, until the shares do not change."""
    for _ in range(len(workers) + 2):
        for worker in workers:
            too_many = sorted(partitions_of(shares, worker))[shares.fair_share :]
            shares = shares.renewed(worker, at, LEASE, giving_back=too_many)
        taken = [partition for share in shares.shares for partition in share.partitions]
        assert len(taken) == len(set(taken)), "a slot has two holders"
    return shares


def test_an_entry_has_the_same_partition_for_ever() -> None:
    """The number is stored. With another one, no worker would find the messages of the entry."""
    assert partition_of(CampaignId("tour"), UserId("fan-2")) == 58
    assert {partition_of(CampaignId("tour"), UserId(f"fan-{one}")) for one in range(2_000)} == set(
        range(PARTITIONS)
    )


def test_a_single_worker_holds_all_partitions() -> None:
    assert held(Shares().renewed("a", NOW, LEASE)) == {"a": PARTITIONS}


def test_a_partition_moves_to_another_worker_only_after_it_was_given_back() -> None:
    shares = Shares().renewed("a", NOW, LEASE).renewed("b", NOW, LEASE)
    assert held(shares) == {"a": PARTITIONS, "b": 0}

    shares = shares.renewed("a", NOW, LEASE, giving_back=range(PARTITIONS // 2))
    assert held(shares) == {"a": PARTITIONS // 2, "b": 0}

    assert held(shares.renewed("b", NOW, LEASE)) == {"a": PARTITIONS // 2, "b": PARTITIONS // 2}


def test_every_worker_gets_a_fair_share() -> None:
    for count in range(1, 12):
        sizes = held(balanced(Shares(), "abcdefghijkl"[:count])).values()
        assert sum(sizes) == PARTITIONS
        assert max(sizes) <= -(-PARTITIONS // count)


def test_a_silent_worker_loses_its_partitions_at_the_end_of_its_lease_and_not_before() -> None:
    shares = balanced(Shares(), "ab")
    of_b = partitions_of(shares, "b")

    early = shares.renewed("a", NOW + LEASE - TICK, LEASE)
    assert partitions_of(early, "b") == of_b
    late = early.renewed("a", NOW + LEASE, LEASE)
    assert held(late) == {"a": PARTITIONS}
    assert not partitions_of(late.renewed("b", NOW + LEASE, LEASE), "b") & partitions_of(late, "a")


def test_a_worker_that_renews_late_keeps_the_partitions_that_are_still_free() -> None:
    shares = balanced(Shares(), "ab")

    assert partitions_of(shares.renewed("a", NOW + 2 * LEASE, LEASE), "a") >= partitions_of(shares, "a")


def test_a_worker_that_stops_frees_its_partitions() -> None:
    shares = balanced(Shares(), "ab").without("a")

    assert held(shares.renewed("b", NOW, LEASE)) == {"b": PARTITIONS}
    assert shares.without("a") == shares
