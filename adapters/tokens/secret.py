"""The one secret that callers' tokens are signed with."""

from collections.abc import Sequence
from typing import Final

from ports.identity import NoKey, VerificationKey

ALGORITHM: Final = "HS256"


class SharedSecret:
    """HS256 with one secret, which never changes while the process runs."""

    def __init__(self, secret: str) -> None:
        self._key = VerificationKey(algorithm=ALGORITHM, material=secret.encode())

    @property
    def algorithms(self) -> Sequence[str]:
        return (ALGORITHM,)

    @property
    def generation(self) -> int:
        return 0

    async def key(self, kid: str | None, algorithm: str) -> VerificationKey | NoKey:
        return self._key if algorithm == ALGORITHM else NoKey.UNKNOWN

    async def changed_since(self, generation: int, kid: str | None) -> bool:
        return False
