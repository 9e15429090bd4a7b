"""Every step of the algorithm gives what the published vectors say, byte for byte."""

import pytest

from domain.model.draws.allocation import allocate, result_digest, result_lines
from domain.model.draws.lines import list_digest, sorted_lines
from domain.model.draws.manifest_reading import read_manifest
from domain.model.draws.merkle import audit_path, leaf_hash, merkle_root, proves
from domain.model.draws.order import drawn_order
from domain.model.draws.randomness import draw_key, randomness_of
from tests.model.draws.vectors import VECTORS, Vector
from tests.support.drawing import market_by_cutoffs

pytestmark = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)


def test_the_list(vector: Vector) -> None:
    manifest = vector.values["manifest"]

    assert sorted_lines(reversed(vector.lines)) == vector.encoded_lines
    assert list_digest(vector.encoded_lines) == manifest["listDigest"]
    assert merkle_root(vector.encoded_lines).hex() == manifest["merkleRoot"]


def test_the_manifest(vector: Vector) -> None:
    manifest = read_manifest(vector.manifest)

    assert manifest.json() == vector.values["manifest"]
    assert manifest.digest == vector.values["manifestDigest"]


def test_a_fans_proof(vector: Vector) -> None:
    proof = vector.values["proof"]
    line, root = proof["line"].encode(), bytes.fromhex(vector.values["manifest"]["merkleRoot"])
    path = audit_path([leaf_hash(line) for line in vector.encoded_lines], proof["index"])

    assert [one.hex() for one in path] == proof["path"]
    assert proves(line, proof["index"], proof["size"], path, root)


def test_the_key_of_the_draw(vector: Vector) -> None:
    assert key_of(vector).hex() == vector.values["R"]


def test_the_order_and_the_result(vector: Vector) -> None:
    manifest = read_manifest(vector.manifest)
    order = drawn_order(vector.lines, key_of(vector))
    allocation = allocate(order, manifest.rules.places)
    results = result_lines(allocation.markets)

    assert [drawn.line.ballot_id for drawn in order] == vector.values["order"]
    assert b"".join(line + b"\n" for line in results) == vector.results_file
    assert result_digest(results) == vector.values["resultDigest"]
    assert allocation.placed == vector.values["placed"]
    assert {
        market: cutoff and {"tier": cutoff.tier, "key": cutoff.key.hex()}
        for market, cutoff in allocation.cutoffs.items()
    } == vector.values["cutoffs"]
    assert {one.line.ballot_id: market_by_cutoffs(one, allocation.cutoffs) for one in order} == allocation.markets


def key_of(vector: Vector) -> bytes:
    manifest = read_manifest(vector.manifest)
    randomness = randomness_of(vector.values["randomness"], manifest.beacon)
    return draw_key(manifest.encode(), manifest.seed, randomness)
