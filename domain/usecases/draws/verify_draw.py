"""Compute a draw again, and compare it with what was published."""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from domain.model.draws.lines import MalformedLine
from domain.model.draws.manifest import Manifest
from domain.model.draws.manifest_reading import MalformedManifest
from domain.model.draws.merkle import MerkleTree, leaf_hash
from domain.model.draws.published import Published, read_published
from domain.model.draws.randomness import draw_key, randomness_of
from domain.model.draws.verification import Difference, ListChecker, Step, difference_of_lines
from domain.model.errors import InvalidValue, Refusals
from ports.drawing import ComputedDraw, DrawEngine

Lines = Callable[[], AsyncIterator[Sequence[bytes]]]
"""Reads a file from its beginning, in batches of lines without their line feeds. It can be called again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyDrawCommand:
    """``manifest``: JSON, the manifest or the answer about the draw. ``randomness``: in hex."""

    manifest: bytes = field(repr=False)
    list: Lines
    results: Lines
    randomness: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyDraw:
    """Check each step of a draw: manifest, answer, randomness, list, Merkle root, results, cutoffs.

    Returns the first step that differs, or None. The list and the results are read piece by piece.
    """

    engine: DrawEngine
    raises: ClassVar[Refusals] = ()

    async def __call__(self, command: VerifyDrawCommand) -> Difference | None:
        try:
            published = read_published(command.manifest)
        except MalformedManifest as error:
            return Difference(step=Step.MANIFEST, detail=str(error))
        manifest = published.manifest
        try:
            randomness = randomness_of(command.randomness, manifest.beacon)
        except InvalidValue as error:
            return Difference(step=Step.RANDOMNESS, detail=error.reason)
        return (
            published.difference(command.randomness)
            or await _difference_of_list(manifest, command.list)
            or await self._difference_of_draw(published, randomness, command)
        )

    async def _difference_of_draw(
        self, published: Published, randomness: bytes, command: VerifyDrawCommand
    ) -> Difference | None:
        manifest = published.manifest
        key = draw_key(manifest.encode(), manifest.seed, randomness)
        try:
            async with self.engine.compute(command.list(), key, manifest.rules.places) as computed:
                found = await _difference_of_results(computed, command.results)
                return found or published.difference_of_result(computed.result)
        except MalformedLine as error:  # The file was changed since it was checked.
            return Difference(step=Step.LIST, detail=f"a line {error}")


async def _difference_of_list(manifest: Manifest, lines: Lines) -> Difference | None:
    checker, tree, digest = ListChecker(manifest), MerkleTree(), hashlib.sha256()
    async for batch in lines():
        if found := checker.difference(batch):
            return found
        digest.update(b"".join(line + b"\n" for line in batch))
        for line in batch:
            tree.add(leaf_hash(line))
    if checker.lines != manifest.entrants:
        detail = f"it has {checker.lines} lines, and the manifest says {manifest.entrants}"
        return Difference(step=Step.LIST, detail=detail)
    if digest.hexdigest() != manifest.list_digest:
        return Difference(step=Step.LIST, detail="its digest is not listDigest of the manifest")
    if tree.root().hex() != manifest.merkle_root:
        return Difference(step=Step.MERKLE_ROOT, detail="it is not merkleRoot of the manifest")
    return None


async def _difference_of_results(computed: ComputedDraw, lines: Lines) -> Difference | None:
    given, compared = LineQueue(lines()), 0
    async for chunk in computed.results():
        found = await given.take(len(chunk.lines))
        if difference := difference_of_lines(chunk.lines, found, compared):
            return difference
        compared += len(chunk.lines)
    if await given.take(1):
        return Difference(step=Step.RESULTS, detail=f"there must be {compared} lines, and there are more")
    return None


class LineQueue:
    """Takes as many lines as wanted from batches of any size."""

    def __init__(self, batches: AsyncIterator[Sequence[bytes]]) -> None:
        self._batches = batches
        self._waiting: list[bytes] = []

    async def take(self, count: int) -> Sequence[bytes]:
        """The next lines. Fewer at the end of the file."""
        while len(self._waiting) < count:
            batch = await anext(self._batches, None)
            if batch is None:
                break
            self._waiting.extend(batch)
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken
