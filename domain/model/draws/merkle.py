"""A Merkle tree over the lines of a list (RFC 9162, section 2.1). A fan's proof shows that a line is in the list.

Leaves and nodes are hashed with different first bytes. Without them, a node could be passed off as a line.
"""

import hashlib
from collections.abc import Iterable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(line: bytes) -> bytes:
    """Of a line without its line feed."""
    return hashlib.sha256(b"\x00" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class MerkleTree:
    """The root of leaves that come one by one. It keeps one hash per level, not the leaves.

    ``_peaks[n]`` is the root of a complete tree of 2**n leaves, or None, as the binary digits of the number of
    leaves are 1 or 0.
    """

    __slots__ = ("_peaks",)

    def __init__(self) -> None:
        self._peaks: list[bytes | None] = []

    def add(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        self.add_subtree(leaf, 0)

    def add_subtree(self, root: bytes, level: int) -> None:
        """Add the root of the next 2**level leaves. The number of leaves before it must be a multiple of that."""
        while level < len(self._peaks) and (left := self._peaks[level]) is not None:
            self._peaks[level] = None
            root, level = node_hash(left, root), level + 1
        self._peaks.extend([None] * (level + 1 - len(self._peaks)))
        self._peaks[level] = root

    def root(self) -> bytes:
        """Smaller trees hang on the right. No leaf is repeated: two lists would have the same root."""
        roots = [peak for peak in self._peaks if peak is not None]
        if not roots:
            return EMPTY_ROOT
        whole = roots[0]
        for peak in roots[1:]:
            whole = node_hash(peak, whole)
        return whole


def merkle_root(lines: Iterable[bytes]) -> bytes:
    """Of the sorted lines. Of an empty list, SHA-256 of nothing."""
    tree = MerkleTree()
    for line in lines:
        tree.add(leaf_hash(line))
    return tree.root()


def audit_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes beside the way from a leaf to the root, the lowest first (RFC 9162, 2.1.3.1).

    ``leaves``: the hashes of all leaves. A tree of n leaves is split at the largest power of two less than n.
    """
    if len(leaves) == 1:
        return []
    split = largest_power_of_two_below(len(leaves))
    if index < split:
        return [*audit_path(leaves[:split], index), subtree_root(leaves[split:])]
    return [*audit_path(leaves[split:], index - split), subtree_root(leaves[:split])]


def subtree_root(leaves: Iterable[bytes]) -> bytes:
    tree = MerkleTree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def largest_power_of_two_below(size: int) -> int:
    """Less than ``size``, not equal to it: 4 leaves are split 2 and 2, 5 are split 4 and 1."""
    return 1 << ((size - 1).bit_length() - 1)


def root_of_path(line: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a proof leads to (RFC 9162, 2.1.3.2). None: the path does not fit index and size."""
    if not 0 <= index < size:
        return None
    at, last, root = index, size - 1, leaf_hash(line)
    for beside in path:
        if last == 0:
            return None
        if at % 2 or at == last:
            root = node_hash(beside, root)
            while at % 2 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, beside)
        at, last = at >> 1, last >> 1
    return root if last == 0 else None


def proves(line: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Does the proof show that the line is in the list of this root?"""
    return root_of_path(line, index, size, path) == root
