"""Proofs that a line is in a list (RFC 9162, section 2.1)."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.model.draws.merkle import audit_path, leaf_hash, merkle_root, node_hash, proves

EXAMPLES = settings(derandomize=True, deadline=None, max_examples=100)


def by_the_book(lines: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1, word for word."""
    if not lines:
        return hashlib.sha256().digest()
    if len(lines) == 1:
        return leaf_hash(lines[0])
    split = 1
    while split * 2 < len(lines):
        split *= 2
    return node_hash(by_the_book(lines[:split]), by_the_book(lines[split:]))


@pytest.mark.parametrize("size", range(34))
def test_the_root_is_that_of_the_rfc(size: int) -> None:
    lines = [b"line %d" % number for number in range(size)]

    assert merkle_root(lines) == by_the_book(lines)


@pytest.mark.parametrize("size", range(1, 34))
def test_each_line_has_a_proof_that_proves_nothing_else(size: int) -> None:
    lines = [b"line %d" % number for number in range(size)]
    root, leaves = merkle_root(lines), [leaf_hash(line) for line in lines]

    for index, line in enumerate(lines):
        path = audit_path(leaves, index)
        assert proves(line, index, size, path, root)
        assert not proves(b"line x", index, size, path, root)
        assert not any(proves(line, other, size, path, root) for other in range(-1, size + 2) if other != index)
        assert not proves(line, index, size, [*path, b"\0" * 32], root)
        assert not path or not proves(line, index, size, path[:-1], root)
        assert not proves(line, index, size, path, bytes(32))


@EXAMPLES
@given(st.lists(st.binary(max_size=4), min_size=1, max_size=40), st.data())
def test_no_changed_path_proves_a_line(lines: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(lines) - 1))
    path = audit_path([leaf_hash(line) for line in lines], index)
    changed = data.draw(st.permutations(path))
    root = merkle_root(lines)

    assert proves(lines[index], index, len(lines), path, root)
    assert proves(lines[index], index, len(lines), changed, root) == (changed == path)


def test_a_node_is_no_line() -> None:
    """Without different first bytes, the two hashes of a node could be shown as a line."""
    left, right = leaf_hash(b"a"), leaf_hash(b"b")

    assert leaf_hash(left + right) != merkle_root([b"a", b"b"])
